//! One pass over one object: the one value that goes through all steps.

use crate::report::conditions::Verdict;
use crate::report::stop::Stop;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::core::object::HasStatus;
use kube::{Api, Client};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Debug;

use kube::ResourceExt;

use crate::api::OwnedAssignment;
use crate::api::RECONCILE_ANNOTATIONS;
use crate::base::text::shortened;
use crate::cluster::caches::Cached;
use crate::cluster::managed::Managed;
use crate::cluster::status_writer::StatusWriter;
use crate::reconcile::context::Context;
use crate::reconcile::memory::{Notes, Uid};
use crate::runtime::events::EventKind;
use crate::runtime::tally;

/// A kind that has a controller.
pub(crate) trait Kind: Cached + HasStatus<Status: Default + Clone + PartialEq + Serialize + Send + Sync> {
    /// Its name, for labels and logs.
    const NAME: &'static str;
    /// Whether its spec has a `deletionPolicy`.
    const HAS_DELETION_POLICY: bool = true;

    /// The EntraTenant whose share of the workers its passes take; none for a kind without requests to Graph.
    fn tenant(&self) -> &str {
        ""
    }
    /// The API that its objects are written through.
    fn api(&self, client: Client) -> Api<Self>;
    /// Makes what it represents equal to its spec.
    fn converge(pass: &mut Pass<'_, Self>) -> impl Future<Output = Result<Verdict, Stop>> + Send;
    /// Removes what it represents. `Ok`: the finalizer may be removed.
    fn finalize(pass: &mut Pass<'_, Self>) -> impl Future<Output = Result<(), Stop>> + Send;
    /// The status after a pass. Pure.
    fn report(old: &Self::Status, draft: Self::Status, verdict: &Verdict, generation: Option<i64>) -> Self::Status;
    /// The conditions of a status.
    fn conditions(status: &Self::Status) -> &[Condition];
    /// The reconcile request that was handled, by the status.
    fn handled(status: &Self::Status) -> Option<&String>;
    /// Notes which reconcile request was handled.
    fn set_handled(status: &mut Self::Status, at: Option<String>);
    /// Wakes objects of other kinds after a change of the status.
    fn changed(&self, new: &Self::Status, context: &Context);
}

/// The version of an Assignment that a removal follows from: its UID, its spec, whether it is being deleted.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Version {
    pub(crate) name: String,
    uid: Option<String>,
    generation: Option<i64>,
    is_deleted: bool,
}

impl Version {
    /// The version of an Assignment.
    pub(crate) fn of(assignment: &impl ResourceExt) -> Self {
        Self {
            name: assignment.name_any(),
            uid: assignment.uid(),
            generation: assignment.meta().generation,
            is_deleted: assignment.meta().deletion_timestamp.is_some(),
        }
    }
}

/// The longest text before a request id, so that an event, of at most 1024 bytes, does not lose the id.
const LONGEST_TEXT: usize = 900;

/// An event to publish when the pass is over, however it ends.
#[derive(Clone, Debug)]
pub(crate) struct EventDraft {
    /// Normal or Warning.
    pub kind: EventKind,
    /// One of [`crate::report::reason::event`].
    pub reason: &'static str,
    /// What was being done.
    pub action: &'static str,
    /// For people.
    pub text: String,
}

/// A pass.
pub(crate) struct Pass<'a, K: Kind> {
    /// The object, as the pass found it.
    pub object: &'a K,
    /// Its UID.
    pub uid: &'a Uid,
    /// What all passes share.
    pub context: &'a Context,
    /// The status as it will be reported; the steps add their results.
    pub draft: K::Status,
    /// Writes the status.
    pub writer: StatusWriter<K>,
    /// A person requested this pass by annotation: everything is read again, earlier refusals do not count.
    pub requested: bool,
    /// The values of the annotations, to be recorded in the status.
    pub request: Option<String>,
    /// Drift was found that was not there before.
    pub drifted: bool,
    /// Graph was changed.
    pub wrote: bool,
    /// The Assignments that this pass has judged.
    pub judged_assignments: BTreeSet<Version>,
    /// What to publish.
    pub events: Vec<EventDraft>,
}

impl<'a, K: Kind> Pass<'a, K> {
    /// A pass over this version of the object.
    pub(crate) fn new(object: &'a K, uid: &'a Uid, context: &'a Context) -> Self {
        let draft: K::Status = object.status().cloned().unwrap_or_default();
        let handled = context.memory.get(uid).asked.handled;
        let new = |request: &String| K::handled(&draft) != Some(request) && !handled.contains(request);
        let request = requests(object).into_iter().find(new);
        Self {
            object,
            uid,
            context,
            writer: StatusWriter::new(object.api(context.cluster.client.clone()), object),
            draft,
            requested: request.is_some(),
            request,
            drifted: false,
            wrote: false,
            judged_assignments: BTreeSet::new(),
            events: Vec::new(),
        }
    }

    /// What the process remembers of the object.
    pub(crate) fn notes(&self) -> Notes {
        self.context.memory.get(self.uid)
    }

    /// Changes what the process remembers of the object; returns what the change returns.
    pub(crate) fn note<T>(&self, change: impl FnOnce(&mut Notes) -> T) -> T {
        self.context.memory.update(self.uid, change)
    }

    /// Something was done in Graph, just now: the text gets the request id of the last write.
    pub(crate) fn event(&mut self, reason: &'static str, action: &'static str, text: String) {
        let text = match tally::last_write() {
            Some(id) => format!("{} (request-id {id})", shortened(&text, LONGEST_TEXT)),
            None => text,
        };
        self.events.push(EventDraft {
            kind: EventKind::Normal,
            reason,
            action,
            text,
        });
    }

    /// Publishes a Warning.
    pub(crate) fn warn(&mut self, reason: &'static str, action: &'static str, text: String) {
        self.events.push(EventDraft {
            kind: EventKind::Warning,
            reason,
            action,
            text,
        });
    }
}

impl<K: Managed> Pass<'_, K> {
    /// The assignments in the status when the pass began.
    pub(crate) fn remembered_assignments(&self) -> &[OwnedAssignment] {
        self.writer.written().map_or(&[], |status| &status.assignments)
    }

    /// Writes the draft if it has entries that are not in the status yet, or, unless the object is new, records which set is replaced.
    pub(crate) async fn write_ahead_assignments(&mut self, new: bool) -> Result<(), Stop> {
        let recorded = self
            .writer
            .written()
            .is_some_and(|status| status.replaced_sets == self.draft.replaced_sets);
        let known = self.remembered_assignments();
        let same = |a: &OwnedAssignment, b: &OwnedAssignment| {
            a.group_id.eq_ignore_ascii_case(&b.group_id) && a.service_plan_id == b.service_plan_id
        };
        let is_known = |entry: &OwnedAssignment| known.iter().any(|known| same(known, entry));
        if (new || recorded) && self.draft.assignments.iter().all(is_known) {
            return Ok(());
        }
        self.writer.write(&self.draft).await?;
        // An Assignment that is deleted meanwhile must not go before these entries are gone, whatever the cache shows.
        self.context.cluster.published.put(self.object, &self.draft);
        Ok(())
    }
}

/// The requests to reconcile that an object carries, by annotation.
pub(crate) fn requests<K: ResourceExt>(object: &K) -> Vec<String> {
    RECONCILE_ANNOTATIONS
        .iter()
        .filter_map(|name| object.annotations().get(*name))
        .cloned()
        .collect()
}
