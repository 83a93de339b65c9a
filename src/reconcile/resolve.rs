//! Step one: from a spec to the desired state in Graph: first the tenant, which has to allow the namespace. Names of Graph
//! objects are resolved in [`crate::reconcile::references`].

use crate::cluster::allowed_namespaces::allows;
use crate::report::stop::Stop;
use std::sync::Arc;

use kube::ResourceExt;
use kube::runtime::reflector::ObjectRef;

use crate::api::EntraTenant;
use crate::cluster::managed::Managed;
use crate::reconcile::context::Context;
use crate::report::reason::Reason;
use crate::tenant::shared::Tenant;

/// The tenant that an object may use, with the object that describes it. Reads caches only.
pub(crate) fn tenant<K: Managed>(object: &K, context: &Context) -> Result<(Arc<EntraTenant>, Arc<Tenant>), Stop> {
    let name = object.common().tenant;
    let Some(described) = context.cluster.caches.tenants.get(&ObjectRef::new(name)) else {
        return Err(Stop::waiting(
            Reason::TenantNotFound,
            format!("waiting for EntraTenant {name:?}: it does not exist; create it, or name another one in a new object"),
        ));
    };
    let namespace = object.namespace().unwrap_or_default();
    if !allows(&described, &namespace, &context.cluster.caches) {
        let message = format!(
            "EntraTenant {name:?} does not allow namespace {namespace:?}; an administrator of the tenant can add it to spec.allowedNamespaces"
        );
        return Err(Stop::stalled(Reason::NamespaceNotAllowed, message));
    }
    if described.spec.suspend == Some(true) {
        let message = format!("EntraTenant {name:?} is suspended; nothing is done for it until its spec.suspend is false");
        return Err(Stop::waiting(Reason::Suspended, message));
    }
    let tenant = context.tenant(&described)?;
    Ok((described, tenant))
}
