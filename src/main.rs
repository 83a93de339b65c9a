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

fn serve(config: &cli::Config) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(process::run(config))
}
