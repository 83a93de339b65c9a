//! All scenarios and all found plans, as tests by name.

use std::process::ExitCode;

fn main() -> ExitCode {
    explore::main()
}
