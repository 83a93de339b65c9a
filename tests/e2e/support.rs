//! What several topics need.

use lab::{Lab, Options};

/// A lab with one working replica of this build.
pub async fn lab() -> Lab {
    Lab::start(options()).await.expect("a lab")
}

/// The options for a lab of this build.
pub fn options() -> Options {
    Options::new(env!("CARGO_BIN_EXE_cloudpc-operator"))
}
