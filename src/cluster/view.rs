//! The cluster as all passes share it.

use std::sync::Arc;

use kube::core::ObjectMeta;
use kube::runtime::reflector::ObjectRef;
use kube::{Client, ResourceExt};

use crate::api::{EntraTenant, ManagedStatus, Mode, TargetRef};
use crate::cluster::allowed_namespaces::allows;
use crate::cluster::caches::{Cached, Caches};
use crate::cluster::kinds::each_kind;
use crate::cluster::malformed::Malformed;
use crate::cluster::managed::Managed;
use crate::cluster::published::Published;
use crate::cluster::wakes::Wakes;
use crate::report::failure::Failure;
use crate::report::reason::Reason;

/// The caches of the cluster, and the client that the controllers write with.
pub(crate) struct Cluster {
    /// Kubernetes; never repeats a write.
    pub client: Client,
    /// Caches of the objects in Kubernetes.
    pub caches: Caches,
    /// Triggers between kinds.
    pub wakes: Wakes,
    /// The newest status of objects that others read.
    pub published: Published,
    /// Objects that cannot be read as their kind.
    pub malformed: Arc<Malformed>,
}

impl Cluster {
    /// What identifies this cluster: the UID of the namespace `kube-system`, which no backup and no other cluster has.
    pub(crate) fn id(&self) -> Result<String, Failure> {
        let system = self.caches.namespaces.get(&ObjectRef::new("kube-system"));
        system.and_then(|namespace| namespace.metadata.uid.clone()).ok_or_else(|| {
            let message = "the namespace kube-system, by whose UID the controller recognises its cluster, is not there or cannot be seen";
            Failure::retry(Reason::KubernetesApi, message)
        })
    }

    /// Visits every resource that represents an object in Graph, whatever its kind.
    fn visit_managed(&self, mut visit: impl FnMut(&Visited<'_>)) {
        macro_rules! each {
            (managed { $($field:ident: $kind:ty),* } others { $($rest:tt)* }) => {
                $(for object in <$kind>::cache(&self.caches).state() {
                    self.show(&*object, &mut visit);
                })*
            };
        }
        each_kind!(each);
    }

    /// Shows the object that an Assignment in this namespace refers to, if the cache has it.
    pub(crate) fn visit_target<R>(&self, target: &TargetRef, namespace: &str, visit: impl FnOnce(&Visited<'_>) -> R) -> Option<R> {
        macro_rules! search {
            (managed { $($field:ident: $kind:ty),* } others { $($rest:tt)* }) => {
                $(if <$kind>::TARGET == Some(target.kind) {
                    let object = <$kind>::cache(&self.caches).get(&ObjectRef::new(&target.name).within(namespace))?;
                    return Some(self.show(&*object, visit));
                })*
            };
        }
        each_kind!(search);
        None
    }

    fn show<K: Managed, R>(&self, object: &K, visit: impl FnOnce(&Visited<'_>) -> R) -> R {
        let common = object.common();
        visit(&Visited {
            kind: K::KIND,
            meta: object.meta(),
            status: object.status(),
            tenant: common.tenant,
            is_suspended: common.suspend,
            is_active: !common.suspend && common.mode != Some(Mode::Observe),
            wake: &|| K::trigger(&self.wakes).object(object),
        })
    }

    /// Asks for a pass over everything that uses a tenant.
    pub(crate) fn wake_tenant_users(&self, tenant: &str) {
        self.visit_managed(|object| {
            if object.tenant == tenant {
                (object.wake)();
            }
        });
    }

    /// Asks for a pass over everything in a namespace.
    pub(crate) fn wake_namespace(&self, namespace: &str) {
        self.visit_managed(|object| {
            if object.meta.namespace.as_deref() == Some(namespace) {
                (object.wake)();
            }
        });
    }

    /// The resources that use a tenant, as `Kind namespace/name`: those that have an object in Graph, and those that the tenant
    /// allows and that are going to have one.
    pub(crate) fn tenant_users(&self, tenant: &EntraTenant) -> Vec<String> {
        let tenant_name = tenant.name_any();
        let mut users = Vec::new();
        self.visit_managed(|object| {
            if object.tenant != tenant_name {
                return;
            }
            let (namespace, name) = (object.meta.namespace.as_deref(), object.meta.name.as_deref());
            let namespace = namespace.unwrap_or_default();
            if self.published.is_finalized(object.meta.uid.as_deref().unwrap_or_default()) {
                return;
            }
            let has_one = object
                .status
                .is_some_and(|status| status.id.is_some() || status.pending_create.is_some());
            if has_one || object.is_active && allows(tenant, namespace, &self.caches) {
                users.push(format!("{} {namespace}/{}", object.kind, name.unwrap_or_default()));
            }
        });
        users.sort();
        users
    }
}

/// An object that represents one in Graph, for code that treats all kinds alike.
pub(crate) struct Visited<'a> {
    kind: &'static str,
    pub meta: &'a ObjectMeta,
    pub status: Option<&'a ManagedStatus>,
    tenant: &'a str,
    pub is_suspended: bool,
    /// Neither suspended nor in mode Observe.
    is_active: bool,
    /// Asks for a pass over it soon.
    pub wake: &'a dyn Fn(),
}
