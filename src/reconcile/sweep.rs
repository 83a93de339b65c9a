//! Once a minute: what this process remembers against what the caches hold. Nothing here asks Graph.

use std::collections::HashSet;

use kube::api::{Api, ApiResource, DynamicObject, ListParams};
use kube::runtime::reflector::Store;
use kube::{Resource, ResourceExt};

use super::context::{Context, Wake};
use super::driver::{Kind, overwritten};
use crate::api::{Assignment, ProvisioningPolicy, UserSetting};

/// Wakes objects whose status somebody else has written, and drops the notes of objects that are gone.
pub async fn sweep(context: &Context) {
    let (stores, wakes) = (&context.stores, &context.wakes);
    let mut alive = HashSet::new();
    look_through(&stores.tenants, &wakes.tenants, &mut alive, context);
    look_through(&stores.policies, &wakes.policies, &mut alive, context);
    look_through(&stores.settings, &wakes.settings, &mut alive, context);
    look_through(&stores.assignments, &wakes.assignments, &mut alive, context);
    context.memory.retain(&alive);
    context.claims.retain(&alive);
    context.backoff.retain(&alive);
    for (kind, drifted) in context.memory.retain_drifted(&alive) {
        context.metrics.drifted(kind, drifted);
    }
    forget_malformed::<ProvisioningPolicy>(context).await;
    forget_malformed::<UserSetting>(context).await;
    forget_malformed::<Assignment>(context).await;
}

fn look_through<K: Kind>(store: &Store<K>, wake: &Wake<K>, alive: &mut HashSet<String>, context: &Context) {
    for object in store.state() {
        if overwritten(&*object, context) {
            wake.object(&object);
        }
        alive.extend(object.uid());
    }
}

/// An unreadable object that is gone holds nothing back any more. Its deletion is not told by the watch, which cannot
/// read it either.
async fn forget_malformed<K: Resource<DynamicType = ()>>(context: &Context) {
    let kind = K::kind(&());
    for (namespace, name) in context.malformed.of_kind(&kind) {
        let api: Api<DynamicObject> = Api::namespaced_with(context.kubernetes.clone(), &namespace, &ApiResource::erase::<K>(&()));
        let named = ListParams::default().fields(&format!("metadata.name={name}"));
        if api.list_metadata(&named).await.is_ok_and(|found| found.items.is_empty()) {
            context.malformed.remove(&kind, &namespace, &name);
        }
    }
}
