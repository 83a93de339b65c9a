//! The `cloudpc-operator` binary: arguments, then one subcommand.

use std::process::ExitCode;

use cloudpc_operator::cli::{self, Command};
use cloudpc_operator::process;
use cloudpc_operator::runtime::telemetry;

fn main() -> ExitCode {
    let result = match cli::parse() {
        Command::Run(config) => {
            telemetry::init(config.log_format);
            serve(&config)
        }
        Command::Crds => process::print_crds(&mut std::io::stdout()),
        Command::Version => {
            println!("{}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cloudpc-operator: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The work waits for Graph, not for the processor; and each further thread keeps memory that it does not free.
const MOST_THREADS: usize = 4;

fn serve(config: &cli::Config) -> anyhow::Result<()> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads.min(MOST_THREADS))
        .enable_all()
        .build()?
        .block_on(process::run(config))
}
