//! The command line: `serve` and `check`. Standard output carries the start line only; logs go to standard error.

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::base::clock::RealTime;
use crate::contract::{self, Contract};
use crate::seed::{Seed, seeded};
use crate::simulator::Simulator;
use crate::world::Collection;

/// Enough to use the program without the repository.
const EXAMPLE: &str = r#"Example:
  A seed says what exists. Put this into seed.yaml:

    now: 2026-01-05T08:00:00Z     # the clock stands still until it is moved; left out, it is the real time
    tenants:
      - id: 11111111-1111-1111-1111-111111111111
        verifiedDomains: [contoso.com]
        apps:
          - appId: 22222222-2222-2222-2222-222222222222
            clientSecret: s3cret
            roles: [CloudPC.ReadWrite.All, Group.Read.All]
        users:
          - {userPrincipalName: admin@contoso.com, roles: [Windows 365 Administrator]}
          - {userPrincipalName: ada@contoso.com, licences: [CPC_E_2C_8GB_128GB]}
        groups:
          - {displayName: finance, members: [ada@contoso.com]}

  Start it; it prints one line of JSON when it is ready:

    graph-sim serve --seed seed.yaml --listen 127.0.0.1:8443 --dir graph-sim-run

  Get a token, use it against /v1.0 and /beta, and move the clock:

    curl --cacert graph-sim-run/ca.pem https://127.0.0.1:8443/contoso.com/oauth2/v2.0/token \
      -d grant_type=client_credentials -d client_id=22222222-2222-2222-2222-222222222222 \
      -d client_secret=s3cret -d scope=https://graph.microsoft.com/.default
    curl --cacert graph-sim-run/ca.pem -H "Authorization: Bearer $TOKEN" https://127.0.0.1:8443/v1.0/groups
    curl --cacert graph-sim-run/ca.pem https://127.0.0.1:8443/_sim/clock -d '{"advance": "PT1H"}'

  Control API, open to every client that reaches it: /_sim/ledger (requests), state, portal (acts as an administrator), token,
  devicecode (approves a person's sign-in), seed, clock, faults, options and health."#;

/// A simulator of Microsoft Graph's Cloud PC API and of the Entra token endpoint.
///
/// It speaks HTTPS only, keeps everything in memory and needs no tenant. What it does not know, it refuses.
#[derive(Parser)]
#[command(name = "graph-sim", version, after_long_help = EXAMPLE)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves until SIGTERM or SIGINT, then ends with status 0.
    ///
    /// When it is ready, it prints one line of JSON on standard output with the keys "graph", "login", "control" and "ca":
    /// three addresses, and the file with the CA certificate that a client must trust. Logs go to standard error.
    #[command(after_long_help = EXAMPLE)]
    Serve(ServeArguments),
    /// Checks seeds as `serve` would read them and ends: status 0 when they are good, 1 with the reason otherwise.
    Check {
        /// A seed file (YAML). Give it again for more; later ones are merged into earlier ones.
        #[arg(long = "seed", value_name = "FILE", required = true)]
        seeds: Vec<PathBuf>,
    },
}

#[derive(Args)]
struct ServeArguments {
    /// A seed file (YAML). Give it again for more; later ones are merged into earlier ones.
    #[arg(long = "seed", value_name = "FILE", required = true)]
    seeds: Vec<PathBuf>,
    /// The address to listen on; port 0 takes a free one.
    ///
    /// With 127.0.0.1:443 and Microsoft's host names in the hosts file, unmodified clients reach it.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The folder for ca.pem; created when it is missing. Default: a fresh temporary folder, removed at the end.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The folder of openapi-v1.0-cloudpc.yaml and openapi-beta-cloudpc.yaml.
    ///
    /// Every accepted request and every answer is then checked against them; one that does not fit is a bug of the simulator,
    /// is answered with 500 and shown by /_sim/health. Default: the environment variable GRAPH_OPENAPI_DIR, where that is set and
    /// not empty.
    #[arg(long, value_name = "DIR")]
    openapi: Option<PathBuf>,
    /// What is logged, such as "info" or "graph_sim=debug".
    #[arg(long, value_name = "FILTER", env = "GRAPH_SIM_LOG", default_value = "graph_sim=info,warn")]
    log: String,
}

/// Runs the program.
#[must_use]
pub fn run() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(arguments) => serve(arguments),
        Command::Check { seeds } => check(&seeds),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("graph-sim: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn check(files: &[PathBuf]) -> Result<()> {
    let (world, _) = seeded(&read_all(files)?, RealTime::default()).map_err(|reason| anyhow::anyhow!(reason))?;
    for tenant in world.tenants.values() {
        let objects: usize = tenant.collections.values().map(Collection::len).sum();
        eprintln!(
            "tenant {} ({}): {} apps, {} users, {} groups, {objects} Cloud PC objects",
            tenant.id,
            tenant.display_name,
            tenant.apps.len(),
            tenant.users.len(),
            tenant.groups.len()
        );
    }
    Ok(())
}

fn serve(arguments: ServeArguments) -> Result<()> {
    let filter = log_filter(&arguments.log)?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    let seeds = read_all(&arguments.seeds)?;
    let contract = match arguments.openapi.or_else(contract::directory) {
        Some(folder) => Some(Arc::new(Contract::load(&folder)?)),
        None => None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // Before the start line: its reader may send a signal at once.
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let simulator = Simulator::start_seeded(&seeds, arguments.listen, arguments.dir, contract)?;
        announce(&simulator)?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        drop(simulator);
        Ok(())
    })
}

/// The wanted filter, without the libraries' debug logs of headers and bodies, which hold secrets and tokens.
fn log_filter(wanted: &str) -> Result<EnvFilter> {
    let filter = EnvFilter::try_new(wanted).with_context(|| format!("--log {wanted}"))?;
    ["h2", "hyper", "hyper_util", "reqwest", "rustls", "tokio_rustls"]
        .into_iter()
        .try_fold(filter, |filter, library| {
            Ok(filter.add_directive(format!("{library}=info").parse()?))
        })
}

fn announce(simulator: &Simulator) -> Result<()> {
    let line = json!({
        "graph": simulator.graph_url(),
        "login": simulator.login_url(),
        "control": simulator.control_url(),
        "ca": simulator.ca_path(),
    });
    let mut output = std::io::stdout().lock();
    writeln!(output, "{line}")?;
    Ok(output.flush()?)
}

fn read_all(files: &[PathBuf]) -> Result<Vec<Seed>> {
    files
        .iter()
        .map(|file| {
            let yaml = std::fs::read_to_string(file).with_context(|| format!("cannot read seed {}", file.display()))?;
            Seed::parse(&yaml, file.parent()).map_err(|reason| anyhow::anyhow!("seed {}: {reason}", file.display()))
        })
        .collect()
}
