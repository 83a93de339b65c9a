//! Whether the operator itself is being removed: then nothing is taken away in Graph, because nobody asked for that.
//!
//! A definition that is deleted takes its objects with it, and to the controller each of them looks like one that somebody
//! deleted. So before anything is taken away the API server is asked, twice. Early in a deletion, so that it ends however
//! the tenant is: what goes only because its definition goes is let go of and stays in Graph. And directly before each
//! request that takes something away, which is then not sent; also when the controller's own namespace or service account
//! goes, or the API server refuses to tell.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::future::try_join_all;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{Api, Client, Resource, ResourceExt};

use crate::api::{Assignment, AssignmentOwnership, AssignmentProblem, DriftedField, EntraTenant, OwnedAssignment};
use crate::cluster::managed::Managed;
use crate::reconcile::context::Context;
use crate::reconcile::declarations::Declarations;
use crate::reconcile::driver::{Kind, Run};
use crate::reconcile::plan::Key;
use crate::report::failure::Failure;
use crate::report::reason;
use crate::report::reason::event;
use crate::runtime::own_namespace::OwnNamespace;

/// How old an early look may be: it is shared by all that is deleted at the time, and the last look decides.
const RECENT: Duration = Duration::from_secs(2);

/// What is asked, and the last answers about definitions.
pub struct Uninstall {
    client: Client,
    own: OwnNamespace,
    service_account: Option<String>,
    seen: Mutex<HashMap<String, (Instant, bool)>>,
}

impl Uninstall {
    /// Of the controller that runs in this namespace as this service account, if it runs as one. The client should be impatient.
    pub fn new(client: Client, own: OwnNamespace, service_account: Option<String>) -> Self {
        Self {
            client,
            own,
            service_account,
            seen: Mutex::default(),
        }
    }

    /// The first of these definitions that is being deleted or gone; a moment ago is good enough. What the API server does
    /// not tell counts as staying: nothing is let go of by mistake, and the last look is stricter.
    pub async fn going(&self, definitions: &[String]) -> Option<String> {
        for name in definitions {
            let known = self.seen().get(name).filter(|(at, _)| at.elapsed() < RECENT).map(|(_, goes)| *goes);
            let goes = match known {
                Some(goes) => goes,
                None => self.ask(name).await.unwrap_or_default(),
            };
            if goes {
                return Some(name.clone());
            }
        }
        None
    }

    /// The last look before a request that takes something away: refuses it unless the definitions, the controller's
    /// namespace and its service account are all there to stay, as the API server says now.
    pub async fn refuse(&self, definitions: &[String], graph_id: &str) -> Result<(), Failure> {
        let asked = try_join_all(definitions.iter().map(|name| self.ask(name)));
        let (definitions_go, own) = tokio::join!(asked, self.own.departing(self.service_account.as_deref()));
        let verdict = judge(definitions, definitions_go, own);
        if let Err(failure) = &verdict {
            tracing::warn!(
                graph_id,
                reason = failure.reason,
                why = failure.message,
                "nothing is removed in Graph"
            );
        }
        verdict
    }

    /// Whether a definition is being deleted or gone. Gone is only what the API server itself calls so: an answer of
    /// something in between must not end the care for an object.
    async fn ask(&self, name: &str) -> Result<bool, kube::Error> {
        let api: Api<CustomResourceDefinition> = Api::all(self.client.clone());
        let goes = match api.get_metadata(name).await {
            Ok(found) => found.metadata.deletion_timestamp.is_some(),
            Err(kube::Error::Api(status)) if status.code == 404 && status.reason == "NotFound" => true,
            Err(error) => return Err(error),
        };
        self.seen().insert(name.to_owned(), (Instant::now(), goes));
        Ok(goes)
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<String, (Instant, bool)>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the answers come to. Pure.
fn judge(definitions: &[String], go: Result<Vec<bool>, kube::Error>, own: Result<Option<String>, kube::Error>) -> Result<(), Failure> {
    let go = go.map_err(unknown)?;
    if let Some((name, _)) = definitions.iter().zip(go).find(|(_, goes)| *goes) {
        let message = format!("the definition {name} is being deleted, so nothing is removed in Graph");
        return Err(Failure::waiting(reason::REMOVAL_HELD, message));
    }
    match own.map_err(unknown)? {
        None => Ok(()),
        Some(what) => {
            let message = format!(
                "the operator itself is being removed ({what}), so nothing is removed in Graph; it goes on when the operator is installed again"
            );
            Err(Failure::waiting(reason::REMOVAL_HELD, message))
        }
    }
}

/// The API server did not tell. When it refuses the controller, as it does once the roles or the service account are gone,
/// that is a word of its own.
fn unknown(error: kube::Error) -> Failure {
    match &error {
        kube::Error::Api(status) if status.code == 401 || status.code == 403 => {
            let message = format!(
                "the Kubernetes API refuses the controller ({}: {}), as it does while the operator is being removed, so nothing is removed in Graph; \
                 if it stays installed, apply its manifests again",
                status.code, status.message
            );
            Failure::waiting(reason::REMOVAL_HELD, message)
        }
        _ => error.into(),
    }
}

/// The name of the definition of a kind.
fn definition<K: Resource<DynamicType = ()>>() -> String {
    format!("{}.{}", K::plural(&()), K::group(&()))
}

/// The definitions without which an object is not deleted in Graph: its own, and that of its tenant.
fn behind<K: Resource<DynamicType = ()>>() -> Vec<String> {
    vec![definition::<K>(), definition::<EntraTenant>()]
}

/// Early in a deletion: why the object is to be let go of, if so. `graph_id` is for the log.
pub async fn lets_go<K: Kind>(object: &K, graph_id: &str, context: &Context) -> Option<String> {
    let name = context.uninstall.going(&behind::<K>()).await?;
    tracing::warn!(
        kind = K::NAME,
        namespace = object.namespace(),
        name = object.name_any(),
        graph_id,
        definition = name,
        "left in Graph, because a definition is being deleted"
    );
    Some(format!("the definition {name} is being deleted"))
}

/// The last look before an object is deleted, or loses all its groups for that.
pub async fn before_deletion<K: Managed>(graph_id: &str, context: &Context) -> Result<(), Failure> {
    context.uninstall.refuse(&behind::<K>(), graph_id).await
}

/// The last look before a set of groups replaces another. Groups that are only added need none.
pub async fn before_assign<K: Managed>(graph_id: &str, fields: &[DriftedField], context: &Context) -> Result<(), Failure> {
    if fields.iter().all(|field| field.desired.is_some()) {
        return Ok(());
    }
    let mut definitions = behind::<K>();
    definitions.push(definition::<Assignment>());
    context.uninstall.refuse(&definitions, graph_id).await
}

/// Whether Assignments that are being deleted leave their groups where they are.
pub async fn keeps_groups(assignments: &[impl AsRef<Assignment>], context: &Context) -> bool {
    let leaving = |assignment: &Assignment| assignment.metadata.deletion_timestamp.is_some();
    assignments.iter().any(|assignment| leaving(assignment.as_ref())) && context.uninstall.going(&behind::<Assignment>()).await.is_some()
}

/// Assignments that put groups on the target and are gone without having let go of them: by force, or with their
/// definition. A group is taken off because an Assignment that can be seen says so, never because none can be seen; so
/// these stay. On a target that takes off whatever nobody declares, nothing is taken off until a person has decided.
pub fn keep_groups_of_the_vanished<K: Managed>(object: &K, run: &mut Run<K>, declarations: &mut Declarations, context: &Context) {
    if declarations.stopped.is_some() {
        return;
    }
    let there = context.memory.get(&object.uid().unwrap_or_default()).collected;
    let gone = |name: &&String| !there.contains(*name) && !declarations.frozen.contains(*name);
    let undeclared = |entry: &&OwnedAssignment| !declarations.entries.contains_key(&Key::from(*entry));
    let mut vanished: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in run.remembered_assignments().iter().filter(undeclared) {
        for name in entry.declared_by.iter().filter(gone) {
            vanished.entry(name.clone()).or_default().push(entry.group_id.clone());
        }
    }
    let exclusive = object.common().ownership == Some(AssignmentOwnership::Exclusive);
    for (assignment, groups) in vanished {
        let groups = groups.join(", ");
        if exclusive {
            let message = format!(
                "it is gone without having let go of its groups ({groups}), which assignmentOwnership Exclusive would remove; nothing is removed until it is \
                 created again, or assignmentOwnership is Shared"
            );
            declarations.frozen.insert(assignment.clone());
            declarations.problems.push(AssignmentProblem {
                assignment,
                reason: reason::REMOVAL_HELD.to_owned(),
                message,
            });
        } else {
            let id = run.draft.id.clone().unwrap_or_default();
            let text = format!(
                "Assignment {assignment} is gone without having let go of its groups; they stay on {} {id}, as foreign ones: {groups}",
                K::COLLECTION.singular()
            );
            run.event(event::RELEASED, "Release", text);
            declarations.releasing.insert(assignment);
        }
    }
}
