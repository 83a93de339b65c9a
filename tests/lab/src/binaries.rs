//! Where the built programs are: next to each other in Cargo's target folder.
//!
//! Prohibition: nothing is built here; a test that started a build would hide a stale binary.

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};

/// The simulator's binary: the one asked for, or the one next to the operator's.
pub(crate) fn simulator(asked: Option<&Path>, operator: &Path) -> Result<PathBuf> {
    let path = match asked {
        Some(path) => path.to_owned(),
        None => operator.with_file_name("graph-sim"),
    };
    existing(&path)
}

/// The absolute path of an existing program.
pub(crate) fn existing(path: &Path) -> Result<PathBuf> {
    ensure!(
        path.is_file(),
        "{} is not there: run `cargo build --workspace --bins` first",
        path.display()
    );
    std::path::absolute(path).with_context(|| format!("make {} absolute", path.display()))
}

/// The OpenAPI description of Graph that the simulator is checked against. It is no part of this repository, so it may be absent.
pub(crate) fn graph_description() -> Option<PathBuf> {
    let named = std::env::var_os("GRAPH_OPENAPI_DIR").map(PathBuf::from);
    let directory = named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/graph"));
    directory.join("openapi-v1.0-cloudpc.yaml").is_file().then_some(directory)
}
