//! `cloudpc-operator run`: its flags, and the configuration that they become.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::base::random;
use crate::base::text::shortened;
use crate::cli::values;
use crate::cli::values::HttpsUrl;
use crate::runtime::telemetry::LogFormat;

/// The longest pod name that becomes part of the identity, in bytes.
const MAX_POD_NAME: usize = 63;

/// The flags. Every one can be given in the environment instead.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The controller's own namespace: of the lease, and of the Secrets and service accounts that tenants name. While it is being deleted, nothing is removed in Graph.
    #[arg(long, env = "POD_NAMESPACE", default_value = "cloudpc-system", value_name = "NAME", value_parser = values::dns_label)]
    leader_election_namespace: String,

    /// Name of the lease. Installations that share a namespace need different names.
    #[arg(long, env = "CLOUDPC_LEADER_ELECTION_ID", default_value = "cloudpc-operator", value_name = "NAME", value_parser = values::dns_label)]
    leader_election_id: String,

    /// Run without a lease. Only safe while no other replica runs.
    #[arg(long, env = "CLOUDPC_NO_LEADER_ELECTION")]
    no_leader_election: bool,

    /// Name of the pod, for the lease and for events.
    #[arg(long, env = "POD_NAME", value_name = "NAME")]
    pod_name: Option<String>,

    /// The service account that the pod runs as: while it is being deleted, nothing is removed in Graph.
    #[arg(long, env = "POD_SERVICE_ACCOUNT", value_name = "NAME", value_parser = values::object_name)]
    service_account: Option<String>,

    /// Where /livez and /readyz are served.
    #[arg(long, env = "CLOUDPC_HEALTH_ADDRESS", default_value = "0.0.0.0:8081", value_name = "IP:PORT")]
    health_address: SocketAddr,

    /// Where /metrics is served.
    #[arg(long, env = "CLOUDPC_METRICS_ADDRESS", default_value = "0.0.0.0:8080", value_name = "IP:PORT")]
    metrics_address: SocketAddr,

    /// Label the metrics of tenants with the name of the EntraTenant.
    #[arg(long, env = "CLOUDPC_TENANT_METRICS")]
    tenant_metrics: bool,

    /// How log lines are written.
    #[arg(long, env = "CLOUDPC_LOG_FORMAT", default_value = "human", value_name = "FORMAT")]
    log_format: LogFormat,

    /// The token that Microsoft Entra ID exchanges (workload identity).
    #[arg(long, env = "AZURE_FEDERATED_TOKEN_FILE", value_name = "PATH", value_parser = values::file)]
    federated_token_file: Option<PathBuf>,

    /// Where tokens of the public cloud are obtained.
    #[arg(
        long,
        env = "AZURE_AUTHORITY_HOST",
        default_value = "https://login.microsoftonline.com",
        value_name = "URL"
    )]
    authority_host: HttpsUrl,

    /// Where Microsoft Graph is, in the public cloud.
    #[arg(
        long,
        env = "CLOUDPC_GRAPH_ENDPOINT",
        default_value = "https://graph.microsoft.com",
        value_name = "URL"
    )]
    graph_endpoint: HttpsUrl,

    /// How long Graph may take to show what was written.
    #[arg(long, env = "CLOUDPC_SETTLE_WINDOW", default_value = "60s", value_name = "DURATION", value_parser = values::duration)]
    settle_window: Duration,

    /// Objects of one kind that are worked on at a time; more when other tenants or namespaces would get none.
    #[arg(long, env = "CLOUDPC_CONCURRENCY", default_value_t = 8, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    concurrency: u16,

    /// Read Graph and report what differs, for every tenant and object; write nothing to Graph.
    #[arg(long, env = "CLOUDPC_READ_ONLY")]
    read_only: bool,
}

/// The configuration of `run`. Every value has been checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The controller's own namespace: of the lease, and of what tenants' credentials name.
    pub leader_election_namespace: String,
    /// The name of the lease.
    pub leader_election_id: String,
    /// Whether a lease is needed to run.
    pub leader_election: bool,
    /// The pod, or the host where there is none. Names the reporting instance of events.
    pub instance: String,
    /// The service account that the process runs as, when that is known.
    pub service_account: Option<String>,
    /// Unique for this process, even across restarts of one pod: requests that a predecessor left under way must be waited for.
    pub identity: String,
    /// Where probes are answered.
    pub health_address: SocketAddr,
    /// Where metrics are answered.
    pub metrics_address: SocketAddr,
    /// Whether metrics have the label of the tenant.
    pub tenant_metrics: bool,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// The projected service account token for workload identity.
    pub federated_token_file: Option<PathBuf>,
    /// The authority of Microsoft Entra ID, for tenants of the public cloud.
    pub authority_host: HttpsUrl,
    /// The root of Microsoft Graph, without a version, for tenants of the public cloud.
    pub graph_endpoint: HttpsUrl,
    /// How long Graph may take to show what was written.
    pub settle_window: Duration,
    /// Objects of one kind that are worked on at a time.
    pub concurrency: u16,
    /// Whether nothing is written to Graph.
    pub read_only: bool,
}

impl Arguments {
    /// Checks what concerns several flags and settles what the environment decides.
    pub(crate) fn validated(self) -> Result<Config, String> {
        let (health, metrics) = (self.health_address, self.metrics_address);
        if health == metrics && health.port() != 0 {
            return Err(format!(
                "--health-address and --metrics-address are both {health}; they need different ports"
            ));
        }
        let instance = instance(self.pod_name, std::env::var("HOSTNAME").ok());
        Ok(Config {
            leader_election_namespace: self.leader_election_namespace,
            leader_election_id: self.leader_election_id,
            leader_election: !self.no_leader_election,
            identity: format!("{instance}_{}", random::uuid()),
            instance,
            service_account: self.service_account,
            health_address: health,
            metrics_address: metrics,
            tenant_metrics: self.tenant_metrics,
            log_format: self.log_format,
            federated_token_file: self.federated_token_file,
            authority_host: self.authority_host,
            graph_endpoint: self.graph_endpoint,
            settle_window: self.settle_window,
            concurrency: self.concurrency,
            read_only: self.read_only,
        })
    }
}

/// The first name that is not empty.
fn instance(pod_name: Option<String>, host_name: Option<String>) -> String {
    [pod_name, host_name]
        .into_iter()
        .flatten()
        .find(|name| !name.trim().is_empty())
        .map(|name| shortened(&name, MAX_POD_NAME).to_owned())
        .unwrap_or_else(|| "cloudpc-operator".to_owned())
}
