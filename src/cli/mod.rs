//! Arguments and environment to a validated configuration. Each value is parsed into its meaning where it enters, so
//! that a wrong one is reported with the name of its flag and nothing later has to check again.
//!
//! One file per subcommand. Prohibition: no value of an argument is a secret; secrets come from files.

mod run;
mod values;

use std::ffi::OsString;

use clap::{CommandFactory, Parser, Subcommand};

pub use run::Config;

/// Keeps Windows 365 (Cloud PC) configuration in Microsoft Graph equal to Kubernetes resources.
#[derive(Debug, Parser)]
#[command(name = "cloudpc-operator", version, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Run the controllers.
    Run(Box<run::Arguments>),
    /// Print the custom resource definitions as YAML.
    Crds,
    /// Print the version.
    Version,
}

/// What the process was asked to do.
#[derive(Debug)]
pub enum Command {
    /// Run the controllers.
    Run(Box<Config>),
    /// Print the custom resource definitions.
    Crds,
    /// Print the version.
    Version,
}

/// Reads the arguments of the process. On a mistake or a question for help, prints and ends the process.
pub fn parse() -> Command {
    parse_from(std::env::args_os()).unwrap_or_else(|error| error.exit())
}

/// Reads the given arguments; the first is the name of the program.
///
/// # Errors
///
/// The message for the user, naming the flag. Help and version are errors, too, as clap has it.
pub fn parse_from<I, T>(arguments: I) -> Result<Command, clap::Error>
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    Ok(match Cli::try_parse_from(arguments)?.command {
        Subcommands::Run(arguments) => {
            Command::Run(Box::new(arguments.validated().map_err(|problem| {
                Cli::command().error(clap::error::ErrorKind::ArgumentConflict, problem)
            })?))
        }
        Subcommands::Crds => Command::Crds,
        Subcommands::Version => Command::Version,
    })
}

#[cfg(test)]
mod tests;
