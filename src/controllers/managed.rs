//! Every kind that represents one object in Graph is driven the same way.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::runtime::reflector::ObjectRef;
use kube::{Api, Client, ResourceExt};

use crate::api::ManagedStatus;
use crate::cluster::managed::Managed;
use crate::reconcile::assignments::pointing_at;
use crate::reconcile::claims::same_name;
use crate::reconcile::context::Context;
use crate::reconcile::delete::delete;
use crate::reconcile::pass::{Kind, Pass};
use crate::reconcile::pipeline::converge;
use crate::report::conditions::Verdict;
use crate::report::status;
use crate::report::stop::Stop;
use crate::tenant::shared::TenantKey;

impl<K: Managed> Kind for K {
    const NAME: &'static str = K::KIND;

    fn tenant(&self) -> &str {
        self.common().tenant
    }

    fn api(&self, client: Client) -> Api<Self> {
        Api::namespaced(client, &self.namespace().unwrap_or_default())
    }

    async fn converge(pass: &mut Pass<'_, Self>) -> Result<Verdict, Stop> {
        converge(pass).await
    }

    async fn finalize(pass: &mut Pass<'_, Self>) -> Result<(), Stop> {
        delete(pass).await
    }

    fn report(old: &ManagedStatus, draft: ManagedStatus, verdict: &Verdict, generation: Option<i64>) -> ManagedStatus {
        status::managed(old, draft, verdict, generation)
    }

    fn conditions(status: &ManagedStatus) -> &[Condition] {
        &status.conditions
    }

    fn handled(status: &ManagedStatus) -> Option<&String> {
        status.last_handled_reconcile_at.as_ref()
    }

    fn set_handled(status: &mut ManagedStatus, at: Option<String>) {
        status.last_handled_reconcile_at = at;
    }

    fn changed(&self, new: &ManagedStatus, context: &Context) {
        if !context.cluster.published.is_finalized(&self.uid().unwrap_or_default()) {
            context.cluster.published.put(self, new);
        }
        for assignment in pointing_at(self, context) {
            context.cluster.wakes.assignments.object(&assignment);
        }
        if self.meta().deletion_timestamp.is_none() {
            return;
        }
        let Some(tenant) = context.cluster.caches.tenants.get(&ObjectRef::new(self.common().tenant)) else {
            return;
        };
        // A tenant that is being deleted waits for its users to go, and a younger resource for the name.
        if tenant.metadata.deletion_timestamp.is_some() {
            context.cluster.wakes.tenants.object(&tenant);
        }
        for other in same_name(self, &TenantKey::from(&tenant.spec), context) {
            K::trigger(&context.cluster.wakes).object(&other);
        }
    }
}
