//! Step one: from a spec to what Graph shall hold: first the tenant, which has to let the namespace in. Names of Graph
//! objects are the business of [`super::references`].

use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::ResourceExt;
use kube::core::{Selector, SelectorExt};
use kube::runtime::reflector::ObjectRef;

use super::context::Context;
use super::managed::Managed;
use super::outcome::Failure;
use super::reasons;
use super::tenant::Tenant;
use crate::api::EntraTenant;

/// The tenant that an object may use, with the object that describes it. Reads caches only.
pub fn tenant<K: Managed>(object: &K, context: &Context) -> Result<(Arc<EntraTenant>, Arc<Tenant>), Failure> {
    let name = object.common().tenant;
    let Some(described) = context.stores.tenants.get(&ObjectRef::new(name)) else {
        return Err(Failure::waiting(
            reasons::TENANT_NOT_FOUND,
            format!("waiting for EntraTenant {name:?}: it does not exist; create it, or name another one in a new object"),
        ));
    };
    let namespace = object.namespace().unwrap_or_default();
    if !lets_in(&described, &namespace, context) {
        let message = format!(
            "EntraTenant {name:?} does not let namespace {namespace:?} in; an administrator of the tenant can add it to spec.allowedNamespaces"
        );
        return Err(Failure::stalled(reasons::NAMESPACE_NOT_ALLOWED, message));
    }
    if described.spec.suspend == Some(true) {
        let message = format!("EntraTenant {name:?} is suspended; nothing is done for it until its spec.suspend is false");
        return Err(Failure::waiting(reasons::SUSPENDED, message));
    }
    let tenant = context.tenant(&described)?;
    Ok((described, tenant))
}

/// Whether a tenant lets a namespace in. Nothing said means nobody.
pub fn lets_in(tenant: &EntraTenant, namespace: &str, context: &Context) -> bool {
    let Some(rule) = &tenant.spec.allowed_namespaces else {
        return false;
    };
    if rule.names.iter().flatten().any(|name| name == namespace) {
        return true;
    }
    let Some(selector) = &rule.selector else { return false };
    let Some(object) = context.stores.namespaces.get(&ObjectRef::new(namespace)) else {
        return false;
    };
    matches(selector, object.labels())
}

fn matches(selector: &LabelSelector, labels: &std::collections::BTreeMap<String, String>) -> bool {
    // A selector that cannot be understood lets nobody in.
    Selector::try_from(selector.clone()).is_ok_and(|selector: Selector| selector.matches(labels))
}
