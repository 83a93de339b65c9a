//! The tenants in use, and what those of them share that reach one tenant of Entra as one application.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, Weak};

use parking_lot::Mutex;

use crate::api::{EntraTenant, EntraTenantSpec};
use crate::graph::{Limits, SharedBudget};
use crate::report::failure::Failure;
use crate::runtime::metrics::{Metrics, TenantMetrics};
use crate::tenant::endpoints::Endpoints;
use crate::tenant::shared::{Shared, Tenant, TenantKey};
use crate::tenant::snapshot::Snapshots;

/// The key of [`Shared`].
type SharedKey = (TenantKey, Option<String>);

/// The tenants in use, by the name of their EntraTenant.
pub(crate) struct Tenants {
    endpoints: Endpoints,
    metrics: Metrics,
    known: Mutex<Known>,
    /// The cluster's mark, for the ids of writes; nothing is written before it is known.
    mark: OnceLock<[u8; 4]>,
}

#[derive(Default)]
struct Known {
    tenants: HashMap<String, Arc<Tenant>>,
    /// Lives as long as one of the tenants that share it.
    shared: HashMap<SharedKey, Weak<Shared>>,
}

impl Known {
    fn shared(&mut self, spec: &EntraTenantSpec, metrics: &TenantMetrics) -> Arc<Shared> {
        self.shared.retain(|_, shared| shared.strong_count() > 0);
        let key = (TenantKey::from(spec), spec.client_id.as_deref().map(str::to_lowercase));
        if let Some(shared) = self.shared.get(&key).and_then(Weak::upgrade) {
            return shared;
        }
        let shared = Arc::new(Shared {
            budget: SharedBudget::new(&Limits::default(), Arc::new(metrics.clone())),
            snapshots: Snapshots::default(),
        });
        self.shared.insert(key, Arc::downgrade(&shared));
        shared
    }
}

impl Tenants {
    /// No tenant yet.
    pub(crate) fn new(endpoints: Endpoints, metrics: Metrics) -> Self {
        Self {
            endpoints,
            metrics,
            known: Mutex::default(),
            mark: OnceLock::new(),
        }
    }

    /// Marks the writes of all tenants with the id of this cluster.
    pub(crate) fn mark(&self, cluster: &str) {
        self.mark.get_or_init(|| mark(cluster));
    }

    /// The tenant that an EntraTenant describes; a new one when its identity changed, so that no token and no verdict of
    /// the old identity survives.
    pub(crate) fn get(&self, object: &EntraTenant) -> Result<Arc<Tenant>, Failure> {
        let name = object.metadata.name.clone().unwrap_or_default();
        let mut known = self.known.lock();
        if let Some(tenant) = known.tenants.get(&name).filter(|tenant| tenant.is_as(&object.spec)) {
            return Ok(Arc::clone(tenant));
        }
        let metrics = self.metrics.tenant(&name);
        let shared = known.shared(&object.spec, &metrics);
        let tenant = Arc::new(Tenant::new(
            name.clone(),
            &object.spec,
            &self.endpoints,
            metrics,
            shared,
            self.mark.get().copied().unwrap_or_default(),
        )?);
        known.tenants.insert(name, Arc::clone(&tenant));
        Ok(tenant)
    }

    /// The tenant of this name, if it is in use.
    pub(crate) fn known(&self, name: &str) -> Option<Arc<Tenant>> {
        self.known.lock().tenants.get(name).cloned()
    }

    /// Forgets a tenant that was deleted.
    pub(crate) fn forget(&self, name: &str) {
        self.known.lock().tenants.remove(name);
    }
}

/// The prefix of the ids of a cluster's writes: the start of a hash of the cluster's id, which does not reveal the id.
pub(crate) fn mark(cluster: &str) -> [u8; 4] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, cluster.as_bytes());
    let mut mark = [0; 4];
    mark.copy_from_slice(&digest.as_ref()[..4]);
    mark
}
