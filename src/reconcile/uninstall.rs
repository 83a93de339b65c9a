//! Whether the operator itself is being removed: then nothing is removed in Graph, because no person asked for that.
//!
//! The API server deletes the objects of a definition that is deleted, and to the controller each of them looks like one that a
//! person deleted. So before anything is removed the API server is asked, twice. Early in a deletion, so that it ends in any
//! state of the tenant: a resource that is deleted only because its definition is deleted is released, and its object stays in
//! Graph. And directly before each request that removes something, which is then not sent; also when the controller's own
//! namespace or service account is being deleted, or the API server refuses to answer.

use kube::{Resource, ResourceExt};

use crate::api::{Assignment, DriftedField, EntraTenant};
use crate::cluster::managed::Managed;
use crate::reconcile::context::Context;
use crate::reconcile::pass::{Kind, Pass};
use crate::report::stop::Stop;

/// The name of the definition of a kind.
fn definition<K: Resource<DynamicType = ()>>() -> String {
    format!("{}.{}", K::plural(&()), K::group(&()))
}

/// The definitions without which an object is not deleted in Graph: its own, and that of its tenant.
fn behind<K: Resource<DynamicType = ()>>() -> Vec<String> {
    vec![definition::<K>(), definition::<EntraTenant>()]
}

/// Early in a deletion: why the object is to be released, if so. `graph_id` is for the log.
pub(crate) async fn why_released<K: Kind>(pass: &Pass<'_, K>, graph_id: &str) -> Option<String> {
    let name = pass.context.uninstall.going(&behind::<K>()).await?;
    tracing::warn!(
        kind = K::NAME,
        namespace = pass.object.namespace(),
        name = pass.object.name_any(),
        graph_id,
        definition = name,
        "left in Graph, because a definition is being deleted"
    );
    Some(format!("the definition {name} is being deleted"))
}

/// The last check before an object is deleted, or loses all its groups for that.
pub(crate) async fn before_deletion<K: Managed>(graph_id: &str, context: &Context) -> Result<(), Stop> {
    Ok(context.uninstall.refuse(&behind::<K>(), graph_id).await?)
}

/// The last check before a set of groups replaces another. Groups that are only added need none.
pub(crate) async fn before_assign<K: Managed>(graph_id: &str, fields: &[DriftedField], context: &Context) -> Result<(), Stop> {
    if fields.iter().all(|field| field.desired.is_some()) {
        return Ok(());
    }
    let mut definitions = behind::<K>();
    definitions.push(definition::<Assignment>());
    Ok(context.uninstall.refuse(&definitions, graph_id).await?)
}

/// Whether Assignments that are being deleted leave their groups where they are.
pub(crate) async fn keeps_groups(assignments: &[impl AsRef<Assignment>], context: &Context) -> bool {
    let leaving = |assignment: &Assignment| assignment.metadata.deletion_timestamp.is_some();
    assignments.iter().any(|assignment| leaving(assignment.as_ref())) && context.uninstall.going(&behind::<Assignment>()).await.is_some()
}
