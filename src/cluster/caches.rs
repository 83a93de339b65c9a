//! Caches of the objects in Kubernetes, complete before the first pass. A reader needs no cluster: the stores can be filled
//! from any source of objects, a folder of manifests as well.

use std::fmt::Debug;

use k8s_openapi::api::core::v1::Namespace;
use kube::Resource;
use kube::core::PartialObjectMeta;
use kube::runtime::reflector::Store;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cluster::kinds::each_kind;
use crate::cluster::wakes::{Wake, Wakes};
use crate::runtime::watch::Complete;

/// A kind that has a cache and a trigger.
pub(crate) trait Cached: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Serialize + Send + Sync + 'static {
    /// Its cache.
    fn cache(caches: &Caches) -> &Store<Self>;
    /// Its trigger.
    fn trigger(wakes: &Wakes) -> &Wake<Self>;
}

macro_rules! caches {
    (managed { $($managed:ident: $managed_kind:ty),* } others { $($other:ident: $other_kind:ty),* }) => {
        /// The caches.
        pub(crate) struct Caches {
            $(#[doc = concat!("Every ", stringify!($managed_kind), ".")] pub $managed: Store<$managed_kind>,)*
            $(#[doc = concat!("Every ", stringify!($other_kind), ".")] pub $other: Store<$other_kind>,)*
            /// The labels of all namespaces.
            pub namespaces: Store<PartialObjectMeta<Namespace>>,
            /// Whether they are complete.
            pub complete: Vec<Complete>,
        }
        #[cfg(test)]
        impl Caches {
            /// Complete caches without objects.
            pub(crate) fn empty() -> Self {
                use kube::runtime::reflector::store;
                Self {
                    $($managed: store().0,)*
                    $($other: store().0,)*
                    namespaces: store().0,
                    complete: Vec::new(),
                }
            }
        }
        $(caches!(@one $managed: $managed_kind);)*
        $(caches!(@one $other: $other_kind);)*
    };
    (@one $field:ident: $kind:ty) => {
        impl Cached for $kind {
            fn cache(caches: &Caches) -> &Store<Self> {
                &caches.$field
            }
            fn trigger(wakes: &Wakes) -> &Wake<Self> {
                &wakes.$field
            }
        }
    };
}
each_kind!(caches);

impl Caches {
    /// Waits until every cache is complete: a pass that ran on half of the Assignments would unassign the other half.
    pub(crate) async fn ready(&self) -> bool {
        for complete in &self.complete {
            if !complete.wait().await {
                return false;
            }
        }
        true
    }

    /// Whether every cache is complete now.
    pub(crate) fn complete(&self) -> bool {
        self.complete.iter().all(Complete::now)
    }
}
