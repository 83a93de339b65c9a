//! Once a minute: compares the notes of this process with the caches. Nothing here asks Graph.

use std::collections::HashSet;

use kube::api::{Api, ApiResource, DynamicObject, ListParams};
use kube::{Resource, ResourceExt};

use crate::cluster::kinds::each_kind;
use crate::reconcile::context::Context;
use crate::reconcile::driver::overwritten;
use crate::reconcile::memory::Uid;
use crate::reconcile::pass::Kind;

/// Wakes objects whose status another writer has changed, and drops the notes of objects that are gone.
pub(crate) async fn sweep(context: &Context) {
    let mut alive = HashSet::new();
    macro_rules! look_through_all {
        (managed { $($managed:ident: $managed_kind:ty),* } others { $($other:ident: $other_kind:ty),* }) => {
            $(look_through::<$managed_kind>(&mut alive, context);)*
            $(look_through::<$other_kind>(&mut alive, context);)*
        };
    }
    each_kind!(look_through_all);
    context.memory.retain(&alive);
    context.claims.retain(&alive);
    context.cluster.published.retain(&alive);
    context.backoff.retain(&alive);
    for (kind, drifted) in context.memory.retain_drifted(&alive) {
        context.metrics.drifted(kind, drifted);
    }
    macro_rules! forget_all {
        (managed { $($managed:ident: $managed_kind:ty),* } others { $($other:ident: $other_kind:ty),* }) => {
            $(forget_malformed::<$managed_kind>(context).await;)*
            $(forget_malformed::<$other_kind>(context).await;)*
        };
    }
    each_kind!(forget_all);
}

fn look_through<K: Kind>(alive: &mut HashSet<String>, context: &Context) {
    for object in K::cache(&context.cluster.caches).state() {
        if Uid::of(&*object).is_some_and(|uid| overwritten(&*object, &uid, context)) {
            K::trigger(&context.cluster.wakes).object(&object);
        }
        alive.extend(object.uid());
    }
}

/// An object that does not decode and is gone holds nothing back any more. The watch does not report its deletion, because it
/// cannot decode the object either.
async fn forget_malformed<K: Resource<DynamicType = ()>>(context: &Context) {
    let kind = K::kind(&());
    for (namespace, name) in context.cluster.malformed.of_kind(&kind) {
        let api: Api<DynamicObject> = match namespace.as_str() {
            "" => Api::all_with(context.cluster.client.clone(), &ApiResource::erase::<K>(&())),
            _ => Api::namespaced_with(context.cluster.client.clone(), &namespace, &ApiResource::erase::<K>(&())),
        };
        let named = ListParams::default().fields(&format!("metadata.name={name}"));
        if api.list_metadata(&named).await.is_ok_and(|found| found.items.is_empty()) {
            context.cluster.malformed.remove(&kind, &namespace, &name);
        }
    }
}
