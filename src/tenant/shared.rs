//! A tenant as the pipeline sees it: its client, its gate, its snapshots. One per EntraTenant, rebuilt when the
//! identity in its spec changes. What belongs to the tenant itself, whichever EntraTenant names it, is in
//! [`Shared`].

use tokio::time::Instant;

use crate::api::ResolvedGroup;
use crate::graph::{AuditEvent, Connection, DeviceImage, GalleryImage, Named};
use crate::report::stop::Stop;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

use crate::api;
use crate::api::{Credentials, EntraTenant, EntraTenantSpec, Mode};
use crate::graph::{Client, ClientConfig, ClockSkew, Cloud, CloudPc, Collection, Entity, GraphError, Member, Permit, SharedBudget};
use crate::report::failure::Failure;
use crate::report::reason::Reason;
use crate::runtime::metrics::TenantMetrics;
use crate::tenant::audit::AuditLog;
use crate::tenant::credentials::{cloud, credential};
use crate::tenant::endpoints::Endpoints;
use crate::tenant::fleet::Fleet;
use crate::tenant::gate::{About, Gate};
use crate::tenant::lookups::Lookups;
use crate::tenant::packed::Packed;
use crate::tenant::snapshot::{Snapshot, Snapshots};
use crate::tenant::write_access::WriteAccess;

/// The drift poll's interval when the spec names none.
pub(crate) const DEFAULT_INTERVAL: Duration = Duration::from_secs(300);

/// How soon a list is tried again that failed for a reason of its own.
const LIST_PAUSE: Duration = Duration::from_secs(20);

/// Which tenant of Entra something belongs to. Several EntraTenants may represent one.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct TenantKey {
    /// The Microsoft cloud.
    pub cloud: api::Cloud,
    /// The tenant's id in lower case.
    pub tenant_id: String,
}

impl TenantKey {
    /// The key of a cloud and a tenant id; case does not count.
    pub(crate) fn new(cloud: api::Cloud, tenant_id: &str) -> Self {
        Self {
            cloud,
            tenant_id: tenant_id.to_lowercase(),
        }
    }
}

impl From<&EntraTenantSpec> for TenantKey {
    fn from(spec: &EntraTenantSpec) -> Self {
        Self::new(spec.cloud.unwrap_or_default(), &spec.tenant_id)
    }
}

/// What all EntraTenants share that reach one tenant as one application: Graph counts requests by these, and a list that
/// one of them made answers for the others.
pub(crate) struct Shared {
    pub budget: SharedBudget,
    pub snapshots: Snapshots,
}

/// One tenant.
pub(crate) struct Tenant {
    /// The name of the EntraTenant.
    pub name: String,
    /// Graph, signed in as the tenant's application.
    pub client: Client,
    /// Holds passes back after a failure that concerns all of them.
    pub gate: Gate,
    /// How far our clock is from Microsoft's.
    pub clock: Arc<ClockSkew>,
    /// What is counted for it.
    pub metrics: TenantMetrics,
    /// Which tenant it is.
    pub key: TenantKey,
    identity: Identity,
    since: Instant,
    shared: Arc<Shared>,
    /// Lists that names are looked up in.
    pub(crate) lookups: Lookups,
    /// The audit log.
    pub(crate) audit: AuditLog,
    /// Cloud PCs and members.
    fleet: Fleet,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Identity {
    cloud: Cloud,
    tenant_id: String,
    client_id: Option<String>,
    credentials: Option<Credentials>,
}

impl From<&EntraTenantSpec> for Identity {
    fn from(spec: &EntraTenantSpec) -> Self {
        Self {
            cloud: cloud(spec),
            tenant_id: spec.tenant_id.clone(),
            client_id: spec.client_id.clone(),
            credentials: spec.credentials.clone(),
        }
    }
}

/// Refuses a cloud without the Cloud PC API, before anything is asked there.
fn offered(cloud: Cloud) -> Result<(), Failure> {
    if cloud.has_cloud_pc() {
        return Ok(());
    }
    let message = format!(
        "Microsoft Graph has no Cloud PC API at {}, so nothing is sent there; Windows 365 can be managed in the clouds Public and USGovernment",
        cloud.graph()
    );
    Err(Failure::stalled(Reason::CloudNotSupported, message))
}

impl Tenant {
    /// A tenant that signs in as its spec says. `mark`: what the ids of its writes begin with.
    pub(crate) fn new(
        name: String,
        spec: &EntraTenantSpec,
        endpoints: &Endpoints,
        metrics: TenantMetrics,
        shared: Arc<Shared>,
        mark: [u8; 4],
    ) -> Result<Self, Failure> {
        let cloud = cloud(spec);
        offered(cloud)?;
        let (root, authority) = endpoints
            .of(cloud)
            .map_err(|error| Failure::stalled(Reason::InternalError, format!("an address of the cloud is wrong: {error}")))?;
        let clock = Arc::new(ClockSkew::default());
        let config = ClientConfig {
            root,
            scope: cloud.scope(),
            credential: credential(spec, authority, endpoints, &clock)?,
            request_timeout: endpoints.request_timeout,
            observer: Arc::new(metrics.clone()),
            clock: Arc::clone(&clock),
            budget: shared.budget.clone(),
            mark,
        };
        Ok(Self {
            name,
            client: Client::with_transport(config, (endpoints.connect.https)()?)?,
            gate: Gate::default(),
            clock,
            metrics,
            key: spec.into(),
            identity: spec.into(),
            since: Instant::now(),
            shared,
            lookups: Lookups::default(),
            audit: AuditLog::default(),
            fleet: Fleet::default(),
        })
    }

    /// Whether the spec still describes the identity of this tenant.
    pub(crate) fn is_as(&self, spec: &EntraTenantSpec) -> bool {
        self.identity == Identity::from(spec)
    }

    /// The snapshot of a collection.
    pub(crate) fn snapshot(&self, collection: Collection) -> &Snapshot {
        self.shared.snapshots.of(collection)
    }

    /// Makes sure that the collection was listed, at most `oldest` ago. The poller keeps the list current.
    pub(crate) async fn listed(&self, collection: Collection, oldest: Duration) -> Result<(), Stop> {
        self.list_since(collection, Instant::now().checked_sub(oldest).unwrap_or(self.since))
            .await
    }

    /// Lists the collection unless a list was asked for after `not_before`.
    pub(crate) async fn list_since(&self, collection: Collection, not_before: Instant) -> Result<(), Stop> {
        let snapshot = self.snapshot(collection);
        if snapshot.listed().is_some_and(|listed| listed >= not_before) {
            return self.signed_in().await;
        }
        let _turn = snapshot.turn()?;
        if let Some(failure) = snapshot.recent_failure(LIST_PAUSE) {
            return Err(failure.into());
        }
        self.gate.check()?;
        let asked = Instant::now();
        let listed = self.client.list_as(collection, |entity| Packed::of(&entity)).await;
        let result = self.gate.record_read(About::Tenant, asked, listed);
        // A failure that has closed the gate is remembered there.
        let own = |_failure: &&Failure| self.gate.closed().is_none();
        snapshot.note_failure(result.as_ref().err().and_then(Stop::failure).filter(own).cloned());
        snapshot.take(result?, asked);
        Ok(())
    }

    /// Makes sure of a list that was requested after `not_before`: now, or together with the others that wait for one.
    pub(crate) async fn shared_list(&self, collection: Collection, not_before: Instant) -> Result<(), Stop> {
        let snapshot = self.snapshot(collection);
        let listed = snapshot.listed();
        if listed.is_some_and(|listed| listed >= not_before) {
            return self.signed_in().await;
        }
        let wait = snapshot.waiting.due(listed, snapshot.pages(), Instant::now());
        if !wait.is_zero() {
            return Err(Stop::later(wait));
        }
        self.list_since(collection, not_before).await
    }

    /// A list that another EntraTenant of the same tenant and application has made is only for an EntraTenant that can sign in itself.
    async fn signed_in(&self) -> Result<(), Stop> {
        if self.client.has_token() {
            return Ok(());
        }
        self.read_request(self.client.token()).await.map(drop)
    }

    /// Reads one object and remembers what was seen.
    pub(crate) async fn read(&self, collection: Collection, id: &str) -> Result<Option<Entity>, Stop> {
        let entity = self.read_request(self.client.get(collection, id)).await;
        let (asked, entity) = entity?;
        self.snapshot(collection).put(id, entity.as_ref(), asked);
        Ok(entity)
    }

    /// Makes a read for one object through the gate. Returns when it was asked for as well.
    pub(crate) async fn read_request<T>(&self, request: impl Future<Output = Result<T, GraphError>>) -> Result<(Instant, T), Stop> {
        self.gate.read(About::Object, request).await
    }

    /// The events of the audit log: see [`AuditLog::events`].
    pub(crate) async fn audit(&self, from: Timestamp, not_before: Instant) -> Result<Option<Arc<Vec<AuditEvent>>>, Stop> {
        self.audit.events(&self.client, &self.gate, from, not_before).await
    }

    /// A group that many Assignments may name: see [`Lookups::group`].
    pub(crate) async fn group(
        &self,
        reference: &str,
        look_up: impl Future<Output = Result<ResolvedGroup, Stop>>,
    ) -> Result<ResolvedGroup, Stop> {
        self.lookups.group(reference, look_up).await
    }

    /// The images of the gallery.
    pub(crate) async fn gallery(&self, wanted: impl Fn(&GalleryImage) -> bool) -> Result<Vec<GalleryImage>, Stop> {
        self.lookups.gallery.read(&self.gate, wanted, self.client.gallery_images()).await
    }

    /// The custom images.
    pub(crate) async fn images(&self, wanted: impl Fn(&DeviceImage) -> bool) -> Result<Vec<DeviceImage>, Stop> {
        self.lookups.images.read(&self.gate, wanted, self.client.device_images()).await
    }

    /// The Azure network connections.
    pub(crate) async fn connections(&self, wanted: impl Fn(&Connection) -> bool) -> Result<Vec<Connection>, Stop> {
        self.lookups
            .connections
            .read(&self.gate, wanted, self.client.on_premises_connections())
            .await
    }

    /// The Frontline service plans.
    pub(crate) async fn plans(&self, wanted: impl Fn(&Named) -> bool) -> Result<Vec<Named>, Stop> {
        self.lookups
            .plans
            .read(&self.gate, wanted, self.client.front_line_service_plans())
            .await
    }

    /// The Cloud PCs of a policy: see [`Fleet::cloud_pcs`].
    pub(crate) async fn cloud_pcs(&self, policy: &str, not_before: Instant) -> Result<Vec<CloudPc>, Stop> {
        self.fleet.cloud_pcs(&self.client, &self.gate, policy, not_before).await
    }

    /// The users who are members of a group themselves: see [`Fleet::members`].
    pub(crate) async fn members(&self, group: &str, not_before: Instant) -> Result<Arc<Vec<Member>>, Stop> {
        self.fleet.members(&self.client, &self.gate, group, not_before).await
    }

    /// Waits for the turn of a write. The state may have changed during the wait, so [`Gate::check`] is called after it.
    pub(crate) async fn write_permit(&self) -> Result<Permit, Stop> {
        match self.gate.closed() {
            Some(failure) => Err(failure.into()),
            None => self.client.permit().await.map_err(|error| self.gate.failed(error)),
        }
    }

    /// Makes a write in its turn and through the gate, unless this process may not write or may have lost the lead.
    pub(crate) async fn write_request<T, F>(&self, request: impl FnOnce(Permit) -> F, access: &WriteAccess) -> Result<T, Stop>
    where
        F: Future<Output = Result<T, GraphError>>,
    {
        self.write_after(std::future::ready(Ok(())), request, access).await
    }

    /// The same for a write that depends on the state at its turn: `look` runs when that has come, and an error of it means that
    /// nothing is sent.
    pub(crate) async fn write_after<T, F>(
        &self,
        look: impl Future<Output = Result<(), Stop>>,
        request: impl FnOnce(Permit) -> F,
        access: &WriteAccess,
    ) -> Result<T, Stop>
    where
        F: Future<Output = Result<T, GraphError>>,
    {
        access.may_change_graph()?;
        let permit = self.write_permit().await?;
        look.await?;
        self.permitted(permit, request, access).await
    }

    /// Makes a write whose turn has come, under the same conditions.
    pub(crate) async fn permitted<T, F>(&self, permit: Permit, request: impl FnOnce(Permit) -> F, access: &WriteAccess) -> Result<T, Stop>
    where
        F: Future<Output = Result<T, GraphError>>,
    {
        access.may_change(&self.name)?;
        self.gate.check()?;
        let asked = Instant::now();
        self.gate.record(asked, request(permit).await)
    }

    /// Forgets the failures of lists: a pass found that the tenant works again.
    pub(crate) fn forget_failures(&self) {
        for collection in Collection::ALL {
            self.snapshot(*collection).note_failure(None);
        }
    }
}

/// The poll interval of a tenant.
pub(crate) fn interval(spec: &EntraTenantSpec) -> Duration {
    spec.interval
        .as_deref()
        .and_then(|text| text.parse::<jiff::SignedDuration>().ok())
        .and_then(|duration| Duration::try_from(duration).ok())
        .unwrap_or(DEFAULT_INTERVAL)
}

/// Whether an object is only observed: by its own mode, or by its tenant's, which wins.
pub(crate) fn only_observes(tenant: &EntraTenant, mode: Option<Mode>) -> bool {
    tenant.spec.mode == Some(Mode::Observe) || mode == Some(Mode::Observe)
}
