//! Brings everything up in order: control plane, simulator, installation, operator.

use crate::binaries;
use crate::directory::Directory;
use crate::operator::{Operator, OperatorOptions};
use crate::process::Process;
use crate::repository;
use crate::seeds::{Federation, trust};
use crate::simulator::Simulator;
use crate::wait::seconds;
use anyhow::{Context, Result};
use control_plane::ControlPlane;
use kube::Client;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// So many lines of a log are shown.
const LAST_WORDS: usize = 25;

/// The operator's namespace, as `manifests/` has it.
pub const NAMESPACE: &str = "cloudpc-system";
/// The operator's ServiceAccount, as `manifests/` has it.
pub const SERVICE_ACCOUNT: &str = "cloudpc-operator";
/// The audience of the tokens that Entra exchanges.
pub const AUDIENCE: &str = "api://AzureADTokenExchange";

/// How a lab starts.
#[derive(Clone, Debug)]
pub struct Options {
    /// The built operator; in a test of its package, `env!("CARGO_BIN_EXE_cloudpc-operator")`.
    pub operator_binary: PathBuf,
    /// The built simulator; left out, `graph-sim` next to the operator.
    pub simulator_binary: Option<PathBuf>,
    /// Further seeds (YAML), merged in their order into `examples/simulator/seed.yaml`.
    pub seeds: Vec<String>,
    /// How long the operator may consider a read older than its write.
    pub settle_window: String,
    /// Whether [`Lab::start`] starts a replica and waits until it works.
    pub start_operator: bool,
    /// Whether the API server writes an audit log.
    pub audited: bool,
}

impl Options {
    /// One replica, the seed of the examples, a short settle window.
    pub fn new(operator_binary: impl Into<PathBuf>) -> Self {
        Self {
            operator_binary: operator_binary.into(),
            simulator_binary: None,
            seeds: Vec::new(),
            settle_window: "2s".to_owned(),
            start_operator: true,
            audited: false,
        }
    }

    /// The same without a replica.
    #[must_use]
    pub fn without_operator(mut self) -> Self {
        self.start_operator = false;
        self
    }

    /// The same with an audit log of the API server.
    #[must_use]
    pub fn audited(mut self) -> Self {
        self.audited = true;
        self
    }

    /// The same with one more seed.
    #[must_use]
    pub fn seed(mut self, yaml: impl Into<String>) -> Self {
        self.seeds.push(yaml.into());
        self
    }
}

/// Everything running together. Several can run side by side; dropping one ends all that belongs to it.
pub struct Lab {
    // Fields drop in this order: the control plane last, because it removes the folder.
    operator: Option<Operator>,
    /// The simulated Graph and Entra.
    pub sim: Simulator,
    client: Client,
    options: Options,
    directory: Directory,
    replicas: AtomicU32,
    /// The Kubernetes control plane.
    pub plane: ControlPlane,
}

impl Lab {
    /// Starts the parts, installs `crds/` and `manifests/`, and starts a replica unless the options say otherwise.
    ///
    /// # Errors
    /// When a binary is missing or a part does not come up; the error carries the last lines of its log.
    pub async fn start(options: Options) -> Result<Self> {
        let lab = Self::prepare(options).await?;
        lab.install().await?;
        if lab.options.start_operator {
            lab.with_operator().await
        } else {
            Ok(lab)
        }
    }

    /// Starts control plane and simulator; nothing of the operator is in the cluster yet.
    ///
    /// # Errors
    /// See [`Lab::start`].
    pub async fn prepare(options: Options) -> Result<Self> {
        binaries::existing(&options.operator_binary)?;
        let binary = binaries::simulator(options.simulator_binary.as_deref(), &options.operator_binary)?;
        let plane = match options.audited {
            true => ControlPlane::start_audited().await?,
            false => ControlPlane::start().await?,
        };
        let directory = Directory::create(&plane)?;
        let federation = Federation {
            issuer: plane.issuer(),
            subject: format!("system:serviceaccount:{NAMESPACE}:{SERVICE_ACCOUNT}"),
            audience: AUDIENCE,
        };
        let path = repository().join("examples/simulator/seed.yaml");
        let base = std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        let yamls = std::iter::once(&base).chain(&options.seeds);
        let mut seeds = yamls.map(|yaml| federation.complete(yaml)).collect::<Result<Vec<_>>>()?;
        trust(&mut seeds[0], plane.ca_pem_path())?;
        let sim = Simulator::start(&binary, &seeds, federation, &directory).await?;
        let client = plane.admin_client().await?;
        Ok(Self {
            operator: None,
            sim,
            client,
            options,
            directory,
            replicas: AtomicU32::new(0),
            plane,
        })
    }

    /// Applies `crds/` and `manifests/` and waits until the definitions are served.
    ///
    /// # Errors
    /// What kubectl says.
    pub async fn install(&self) -> Result<()> {
        self.kubectl(&["apply", "--server-side", "-k", "crds"]).await?;
        self.kubectl(&["apply", "--server-side", "-k", "manifests"]).await?;
        self.kubectl(&[
            "wait",
            "--for=condition=Established",
            "--timeout=60s",
            "customresourcedefinition",
            "--all",
        ])
        .await?;
        Ok(())
    }

    /// Starts the replica that belongs to the lab, and waits until it works.
    ///
    /// # Errors
    /// See [`Lab::start`].
    pub async fn with_operator(mut self) -> Result<Self> {
        let operator = self.start_operator().await?;
        operator.wait_leading().await?;
        operator.wait_ready().await?;
        self.operator = Some(operator);
        Ok(self)
    }

    /// The replica that [`Lab::start`] or [`Lab::with_operator`] started.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn operator(&self) -> &Operator {
        self.operator.as_ref().expect("this lab was started without an operator")
    }

    /// The last lines that the operator of the lab has logged: what it did instead of what a test waited for.
    pub(crate) fn last_words(&self) -> String {
        let log = self.operator.as_ref().and_then(|operator| operator.logs().ok()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LAST_WORDS)..].join("\n")
    }

    /// Starts a replica, one more or the first, without waiting for it. It belongs to the caller.
    ///
    /// # Errors
    /// When the ServiceAccount is missing or the process does not start.
    pub async fn start_operator(&self) -> Result<Operator> {
        self.start_operator_with(OperatorOptions::default()).await
    }

    /// Starts a replica that differs from the others.
    ///
    /// # Errors
    /// See [`Lab::start_operator`].
    pub async fn start_operator_with(&self, options: OperatorOptions) -> Result<Operator> {
        let number = self.replicas.fetch_add(1, Ordering::Relaxed);
        let name = options.pod_name.clone().unwrap_or_else(|| format!("cloudpc-operator-{number}"));
        let kubeconfig = self.plane.service_account_kubeconfig(NAMESPACE, SERVICE_ACCOUNT).await?;
        let token = self
            .plane
            .project_token(NAMESPACE, SERVICE_ACCOUNT, AUDIENCE, seconds(3600))
            .await?;
        let command = self.command(&name, &kubeconfig, token.path(), &options)?;
        let process = Process::start(&name, command, self.directory.log(&name), None, self.directory.group())?;
        let http = reqwest::Client::builder().no_proxy().timeout(seconds(10)).build()?;
        Ok(Operator { process, http, token })
    }

    /// A client with every right.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    fn command(&self, name: &str, kubeconfig: &Path, token: &Path, options: &OperatorOptions) -> Result<Command> {
        let mut command = Command::new(binaries::existing(&self.options.operator_binary)?);
        command.env_clear().arg("run").args(&options.arguments);
        let given = |flag: &str| options.arguments.iter().any(|argument| argument.split('=').next() == Some(flag));
        let defaults = [
            ("--log-format", "json"),
            ("--health-address", "127.0.0.1:0"),
            ("--metrics-address", "127.0.0.1:0"),
            ("--settle-window", &self.options.settle_window),
        ];
        for (flag, value) in defaults.into_iter().filter(|(flag, _)| !given(flag)) {
            command.arg(format!("{flag}={value}"));
        }
        command
            .env("KUBECONFIG", kubeconfig)
            .env("POD_NAMESPACE", NAMESPACE)
            .env("POD_NAME", name)
            .env("POD_SERVICE_ACCOUNT", SERVICE_ACCOUNT)
            .env("AZURE_FEDERATED_TOKEN_FILE", token)
            .env("AZURE_AUTHORITY_HOST", self.sim.login_url())
            .env("CLOUDPC_GRAPH_ENDPOINT", self.sim.graph_url())
            .env("SSL_CERT_FILE", self.sim.ca_path())
            .envs(options.environment.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }
}
