//! For Rust code: a simulator inside the process, on its own threads, until it is dropped.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use anyhow::{Context, Result, anyhow};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use crate::base::clock::RealTime;
use crate::contract::Contract;
use crate::entra::access::AccessTokens;
use crate::entra::issuers::Issuers;
use crate::seed::{Seed, parsed, seeded};
use crate::server::listener;
use crate::server::tls::make_certificates;
use crate::service::Service;
use crate::world::World;

/// How a simulator starts.
#[derive(Clone, Debug)]
pub struct SimulatorOptions {
    /// Seeds as YAML text, merged in their order. Relative paths in them count from the working directory;
    /// a certificate may also be in the seed itself, as PEM.
    pub seeds: Vec<String>,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The folder for `ca.pem`; left out, a temporary one that is removed with the simulator.
    pub dir: Option<PathBuf>,
    /// The description of Graph. With it, an exchange that is not as described is answered with 500 and shown in
    /// `/_sim/health`, and dropping the simulator panics when there was one, so that no test misses it.
    pub contract: Option<Arc<Contract>>,
}

impl Default for SimulatorOptions {
    fn default() -> Self {
        Self {
            seeds: Vec::new(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            dir: None,
            contract: None,
        }
    }
}

/// A running simulator; dropping it stops it.
pub struct Simulator {
    root: String,
    ca_pem: String,
    ca_path: PathBuf,
    world: Arc<Mutex<World>>,
    service: Arc<Service>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    _temporary: Option<TempDir>,
}

impl Simulator {
    /// Starts one and returns when it accepts connections. It needs no runtime of the caller.
    ///
    /// # Errors
    /// A seed that is refused, an address that cannot be listened on, a folder that cannot be written.
    pub fn start(options: SimulatorOptions) -> Result<Self> {
        let seeds = parsed(&options.seeds).map_err(|reason| anyhow!(reason))?;
        Self::start_seeded(&seeds, options.listen, options.dir, options.contract)
    }

    pub(crate) fn start_seeded(seeds: &[Seed], listen: SocketAddr, dir: Option<PathBuf>, contract: Option<Arc<Contract>>) -> Result<Self> {
        let (world, trusted) = seeded(seeds, RealTime::default()).map_err(|reason| anyhow!(reason))?;
        let listener = TcpListener::bind(listen).with_context(|| format!("cannot listen on {listen}"))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let certificates = make_certificates(address.ip())?;
        let (folder, temporary) = folder(dir)?;
        let ca_path = folder.join("ca.pem");
        std::fs::write(&ca_path, &certificates.ca_pem).with_context(|| format!("cannot write {}", ca_path.display()))?;

        let root = root(address);
        let world = Arc::new(Mutex::new(world));
        let issuers = Issuers::default();
        issuers.trust(trusted);
        let service = Service::new(Arc::clone(&world), issuers, Arc::new(AccessTokens::new()?), root.clone()).with_contract(contract);
        let service = Arc::new(service);
        let (stop, stopped) = oneshot::channel();
        let thread = spawn(listener, TlsAcceptor::from(certificates.server), Arc::clone(&service), stopped)?;
        Ok(Self {
            root,
            ca_pem: certificates.ca_pem,
            ca_path,
            world,
            service,
            stop: Some(stop),
            thread: Some(thread),
            _temporary: temporary,
        })
    }

    /// Graph's root, without a version.
    #[must_use]
    pub fn graph_url(&self) -> &str {
        &self.root
    }

    /// The login authority, without a tenant.
    #[must_use]
    pub fn login_url(&self) -> &str {
        &self.root
    }

    /// The control API's root.
    #[must_use]
    pub fn control_url(&self) -> String {
        format!("{}/_sim", self.root)
    }

    /// The file with the CA certificate.
    #[must_use]
    pub fn ca_path(&self) -> &Path {
        &self.ca_path
    }

    /// The CA certificate.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Everything that exists. Requests wait while it is locked.
    #[must_use]
    pub fn world(&self) -> Arc<Mutex<World>> {
        Arc::clone(&self.world)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of that thread was printed when it happened; there is nothing to add.
            let _ = thread.join();
        }
        if self.service.contract().is_some() && !std::thread::panicking() {
            let (violations, panics) = (self.service.violations(), self.service.panics());
            assert!(violations.is_empty(), "not as described:\n{}", violations.join("\n"));
            assert_eq!(panics, 0, "handlers of the simulator panicked");
        }
    }
}

fn folder(wanted: Option<PathBuf>) -> Result<(PathBuf, Option<TempDir>)> {
    if let Some(folder) = wanted {
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        return Ok((std::path::absolute(folder)?, None));
    }
    let temporary = tempfile::Builder::new()
        .prefix("graph-sim-")
        .tempdir()
        .context("cannot create a temporary folder")?;
    Ok((temporary.path().to_path_buf(), Some(temporary)))
}

fn root(address: SocketAddr) -> String {
    match address.ip() {
        ip if ip.is_unspecified() => format!("https://localhost:{}", address.port()),
        IpAddr::V6(ip) => format!("https://[{ip}]:{}", address.port()),
        IpAddr::V4(ip) => format!("https://{ip}:{}", address.port()),
    }
}

/// On a thread with a runtime of its own, so that it works from any caller, synchronous or not, and can be dropped anywhere.
fn spawn(listener: TcpListener, tls: TlsAcceptor, service: Arc<Service>, stopped: oneshot::Receiver<()>) -> Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("graph-sim-worker")
        .enable_all()
        .build()?;
    let listener = {
        let _context = runtime.enter();
        tokio::net::TcpListener::from_std(listener)?
    };
    let serve = move || {
        runtime.block_on(listener::serve(listener, tls, service, stopped));
        runtime.shutdown_background();
    };
    Ok(std::thread::Builder::new().name("graph-sim".to_owned()).spawn(serve)?)
}
