//! The `graph-sim` program. Everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    graph_sim::cli::run()
}
