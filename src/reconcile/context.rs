//! What every controller shares: caches of our kinds, the tenants, and the sinks for events and metrics.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::Stream;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Namespace;
use kube::Client;
use kube::ResourceExt;
use kube::core::{ObjectMeta, PartialObjectMeta};
use kube::runtime::reflector::{ObjectRef, Store};
use tokio::sync::mpsc;

use crate::api::{Assignment, EntraTenant, ManagedStatus, Mode, ProvisioningPolicy, UserSetting};
use crate::cluster::managed::Managed;
use crate::reconcile::claims::Claims;
use crate::reconcile::memory::Memory;
use crate::reconcile::resolve::lets_in;
use crate::reconcile::uninstall::Uninstall;
use crate::report::failure::Failure;
use crate::report::reason;
use crate::runtime::backoff::Backoff;
use crate::runtime::contained::InFlight;
use crate::runtime::events::Publisher;
use crate::runtime::metrics::Metrics;
use crate::runtime::pulse::Pulse;
use crate::runtime::watch::Complete;
use crate::tenant::shared::{Tenant, Tenants};

/// The shared context of all controllers in this process.
pub struct Context {
    /// Kubernetes; never repeats a write.
    pub kubernetes: Client,
    /// Caches of what Kubernetes holds.
    pub stores: Stores,
    /// The tenants in use.
    pub tenants: Tenants,
    /// Whether the operator itself is being removed.
    pub uninstall: Uninstall,
    /// Triggers between kinds.
    pub wakes: Wakes,
    /// The newest status of objects that others read.
    pub published: Published,
    /// Notes between passes.
    pub memory: Memory,
    /// Which resource each object in Graph was proved to belong to.
    pub claims: Claims,
    /// How often an object failed in a row.
    pub backoff: Backoff,
    /// Events.
    pub events: Publisher,
    /// Metrics.
    pub metrics: Metrics,
    /// Passes that are under way; shutdown waits for them.
    pub in_flight: InFlight,
    /// Objects that cannot be read as their kind.
    pub malformed: Arc<Malformed>,
    /// How long Graph may take to show what was written.
    pub settle: Duration,
    /// Whether this process writes nothing to Graph, whatever the objects say.
    pub read_only: bool,
    /// When this process became the leader.
    pub leading_since: Timestamp,
    /// Whether the process has run without standing still.
    pub pulse: Pulse,
}

/// Caches of what Kubernetes holds, complete before the first pass.
pub struct Stores {
    /// All tenants.
    pub tenants: Store<EntraTenant>,
    /// All provisioning policies.
    pub policies: Store<ProvisioningPolicy>,
    /// All user settings.
    pub settings: Store<UserSetting>,
    /// All assignments.
    pub assignments: Store<Assignment>,
    /// The labels of all namespaces.
    pub namespaces: Store<PartialObjectMeta<Namespace>>,
    /// Whether they are complete.
    pub complete: Vec<Complete>,
}

impl Stores {
    /// Waits until every cache is complete: a pass that ran on half of the Assignments would unassign the other half.
    pub async fn ready(&self) -> bool {
        for complete in &self.complete {
            if !complete.wait().await {
                return false;
            }
        }
        true
    }

    /// Whether every cache is complete now.
    pub fn complete(&self) -> bool {
        self.complete.iter().all(Complete::now)
    }
}

/// The objects that could not be decoded: `(kind, namespace, name)`.
#[derive(Default)]
pub struct Malformed(Mutex<BTreeSet<(&'static str, String, String)>>);

impl Malformed {
    /// Remembers one.
    pub fn insert(&self, kind: &'static str, namespace: &str, name: &str) {
        self.lock().insert((kind, namespace.to_owned(), name.to_owned()));
    }

    /// Forgets one that is gone.
    pub fn remove(&self, kind: &str, namespace: &str, name: &str) {
        self.lock().retain(|(k, ns, n)| !(*k == kind && ns == namespace && n == name));
    }

    /// Namespace and name of those of a kind.
    pub fn of_kind(&self, kind: &str) -> Vec<(String, String)> {
        self.lock()
            .iter()
            .filter(|(k, ..)| *k == kind)
            .map(|(_, namespace, name)| (namespace.clone(), name.clone()))
            .collect()
    }

    /// The names of a kind in a namespace.
    pub fn names(&self, kind: &'static str, namespace: &str) -> BTreeSet<String> {
        self.lock()
            .iter()
            .filter(|(k, ns, _)| *k == kind && ns == namespace)
            .map(|(_, _, name)| name.clone())
            .collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeSet<(&'static str, String, String)>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The status that this process wrote last, for readers that the watch has not told yet: an Assignment that is woken
/// by its target's pass must not judge by the status from before it.
#[derive(Default)]
pub struct Published(Mutex<HashMap<String, Written>>);

/// When, and the status; none when our finalizer was taken off.
type Written = (Instant, Option<Arc<ManagedStatus>>);

/// How long a written status is kept; by then the watch has told.
const PUBLISHED_FOR: Duration = Duration::from_secs(5);
/// How long it is known that an object was let go; by then the watch has told, or another finalizer holds it.
const FINALIZED_FOR: Duration = Duration::from_secs(60);

impl Published {
    /// Remembers what was written.
    pub fn put<K: Managed>(&self, object: &K, status: &ManagedStatus) {
        let mut published = self.lock();
        published.retain(|_, (at, status)| at.elapsed() < if status.is_some() { PUBLISHED_FOR } else { FINALIZED_FOR });
        let status = Some(Arc::new(status.clone()));
        published.insert(object.uid().unwrap_or_default(), (Instant::now(), status));
    }

    /// Remembers that our finalizer is off: the object holds nothing in Graph any more, whatever its last status says.
    pub fn finalized(&self, uid: &str) {
        self.lock().insert(uid.to_owned(), (Instant::now(), None));
    }

    /// Whether our finalizer was taken off a moment ago.
    pub fn is_finalized(&self, uid: &str) -> bool {
        self.lock()
            .get(uid)
            .is_some_and(|(at, status)| status.is_none() && at.elapsed() < FINALIZED_FOR)
    }

    /// The newest status of an object.
    pub fn latest<K: Managed>(&self, object: &K) -> Arc<ManagedStatus> {
        let written = self
            .lock()
            .get(&object.uid().unwrap_or_default())
            .filter(|(at, _)| at.elapsed() < PUBLISHED_FOR)
            .and_then(|(_, status)| status.clone());
        written.unwrap_or_else(|| Arc::new(object.status().cloned().unwrap_or_default()))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Written>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// One kind's in-process trigger.
pub struct Wake<K: kube::Resource<DynamicType = ()>> {
    sender: mpsc::UnboundedSender<ObjectRef<K>>,
    receiver: Mutex<Option<mpsc::UnboundedReceiver<ObjectRef<K>>>>,
}

impl<K: kube::Resource<DynamicType = ()>> Default for Wake<K> {
    fn default() -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        Self {
            sender,
            receiver: Mutex::new(Some(receiver)),
        }
    }
}

impl<K: kube::Resource<DynamicType = ()> + 'static> Wake<K> {
    /// Asks for a pass over this object soon.
    pub fn object(&self, object: &K) {
        // Fails only when the controller is gone, and then nobody needs waking.
        let _ = self.sender.send(ObjectRef::from_obj(object));
    }

    /// The wakes, for the kind's controller; empty for a second caller.
    pub fn stream(&self) -> impl Stream<Item = ObjectRef<K>> + Send + 'static {
        let receiver = self.receiver.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        futures::stream::unfold(receiver, |receiver| async move {
            let mut receiver = receiver?;
            let object = receiver.recv().await?;
            Some((object, Some(receiver)))
        })
    }
}

/// The triggers of all kinds.
#[derive(Default)]
pub struct Wakes {
    /// Tenants.
    pub tenants: Wake<EntraTenant>,
    /// Provisioning policies.
    pub policies: Wake<ProvisioningPolicy>,
    /// User settings.
    pub settings: Wake<UserSetting>,
    /// Assignments.
    pub assignments: Wake<Assignment>,
}

impl Context {
    /// Refuses a write to Graph after the process stood still for so long that another one may be the leader by now.
    /// The lease notices that too, but perhaps a moment after a pass that was in the middle of its work.
    pub fn may_write(&self) -> Result<(), Failure> {
        if self.pulse.steady() {
            return Ok(());
        }
        Err(Failure::retry(
            reason::INTERNAL_ERROR,
            "the process stood still for longer than its lease allows, so it writes nothing any more",
        ))
    }

    /// Refuses every change of Graph in a read-only process. Plans are held back long before; this is the last door.
    pub fn may_change_graph(&self) -> Result<(), Failure> {
        self.may_write()?;
        if self.read_only {
            let message = "the controller runs with --read-only, so nothing is changed or deleted in Graph";
            return Err(Failure::waiting(reason::READ_ONLY, message));
        }
        Ok(())
    }

    /// What identifies this cluster: the UID of the namespace `kube-system`, which no backup and no other cluster has.
    pub fn cluster(&self) -> Result<String, Failure> {
        let system = self.stores.namespaces.get(&ObjectRef::new("kube-system"));
        system.and_then(|namespace| namespace.metadata.uid.clone()).ok_or_else(|| {
            let message = "the namespace kube-system, by whose UID the controller recognises its cluster, is not there or cannot be seen";
            Failure::retry(reason::KUBERNETES_API, message)
        })
    }

    /// The tenant that an EntraTenant describes.
    pub fn tenant(&self, described: &EntraTenant) -> Result<Arc<Tenant>, Failure> {
        self.tenants.mark(&self.cluster()?);
        self.tenants.get(described)
    }

    /// Goes over every object that stands for something in Graph, whatever its kind.
    fn visit_managed(&self, mut visit: impl FnMut(&Visited<'_>)) {
        fn all<K: Managed>(context: &Context, visit: &mut impl FnMut(&Visited<'_>)) {
            for object in K::all(context) {
                let common = object.common();
                visit(&Visited {
                    kind: K::KIND,
                    meta: object.meta(),
                    status: object.status(),
                    tenant: common.tenant,
                    is_active: !common.suspend && common.mode != Some(Mode::Observe),
                    wake: &|| K::wake(context).object(&object),
                });
            }
        }
        all::<ProvisioningPolicy>(self, &mut visit);
        all::<UserSetting>(self, &mut visit);
    }

    /// Asks for a pass over everything that uses a tenant.
    pub fn wake_tenant_users(&self, tenant: &str) {
        self.visit_managed(|object| {
            if object.tenant == tenant {
                (object.wake)();
            }
        });
    }

    /// Asks for a pass over everything in a namespace.
    pub fn wake_namespace(&self, namespace: &str) {
        self.visit_managed(|object| {
            if object.meta.namespace.as_deref() == Some(namespace) {
                (object.wake)();
            }
        });
    }

    /// Who uses a tenant, as `Kind namespace/name`: what has an object in Graph, and what the tenant lets in and that is
    /// going to have one.
    pub fn tenant_users(&self, tenant: &EntraTenant) -> Vec<String> {
        let tenant_name = tenant.name_any();
        let mut users = Vec::new();
        self.visit_managed(|object| {
            if object.tenant != tenant_name {
                return;
            }
            let (namespace, name) = (object.meta.namespace.as_deref(), object.meta.name.as_deref());
            let namespace = namespace.unwrap_or_default();
            let has_one = object
                .status
                .is_some_and(|status| status.id.is_some() || status.pending_create.is_some());
            if has_one || object.is_active && lets_in(tenant, namespace, self) {
                users.push(format!("{} {namespace}/{}", object.kind, name.unwrap_or_default()));
            }
        });
        users.sort();
        users
    }
}

/// An object that stands for something in Graph, as those see it to whom all kinds are alike.
struct Visited<'a> {
    kind: &'static str,
    meta: &'a ObjectMeta,
    status: Option<&'a ManagedStatus>,
    tenant: &'a str,
    /// Neither suspended nor only looking.
    is_active: bool,
    /// Asks for a pass over it soon.
    wake: &'a dyn Fn(),
}
