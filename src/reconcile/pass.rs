//! One pass in the making: the draft of the status, the events to publish, and what the pass was asked for.

use std::collections::BTreeSet;

use kube::ResourceExt;

use crate::api::OwnedAssignment;
use crate::api::RECONCILE_ANNOTATIONS;
use crate::cluster::managed::Managed;
use crate::reconcile::confirm_removals::Version;
use crate::reconcile::context::Context;
use crate::reconcile::driver::Kind;
use crate::report::failure::Failure;
use crate::report::status::StatusWriter;
use crate::runtime::events::EventKind;
use crate::runtime::tally;
use crate::runtime::text::shortened;

/// The longest text before a request id, so that an event, of at most 1024 bytes, does not lose the id.
const LONGEST_TEXT: usize = 900;

/// An event to publish when the pass is over, however it ends.
#[derive(Clone, Debug)]
pub struct Note {
    /// Good news or bad.
    pub kind: EventKind,
    /// One of [`crate::report::reason::event`].
    pub reason: &'static str,
    /// What was being done.
    pub action: &'static str,
    /// For people.
    pub text: String,
}

/// The state of one pass.
pub struct Run<K: Kind> {
    /// The status as it will be reported; steps put in what they find.
    pub draft: K::Status,
    /// Writes the status.
    pub writer: StatusWriter<K>,
    /// Somebody asked for this pass by annotation: reads are fresh, earlier refusals do not count.
    pub requested: bool,
    /// What they wrote there, to be echoed.
    pub request: Option<String>,
    /// Drift was found that was not there before.
    pub drifted: bool,
    /// Graph was changed.
    pub wrote: bool,
    /// The Assignments that this pass has judged.
    pub judged_assignments: BTreeSet<Version>,
    /// What to publish.
    pub notes: Vec<Note>,
}

impl<K: Kind> Run<K> {
    /// A pass over this version of the object.
    pub fn new(object: &K, context: &Context) -> Self {
        let draft: K::Status = object.status().cloned().unwrap_or_default();
        let handled = context.memory.get(&object.uid().unwrap_or_default()).handled;
        let new = |request: &String| K::handled(&draft) != Some(request) && !handled.contains(request);
        let request = requests(object).into_iter().find(new);
        Self {
            writer: StatusWriter::new(object.api(context.kubernetes.clone()), object),
            draft,
            requested: request.is_some(),
            request,
            drifted: false,
            wrote: false,
            judged_assignments: BTreeSet::new(),
            notes: Vec::new(),
        }
    }

    /// Something was done in Graph, just now: the text gets the request id of the last write.
    pub fn event(&mut self, reason: &'static str, action: &'static str, text: String) {
        let text = match tally::last_write() {
            Some(id) => format!("{} (request-id {id})", shortened(&text, LONGEST_TEXT)),
            None => text,
        };
        self.notes.push(Note {
            kind: EventKind::Normal,
            reason,
            action,
            text,
        });
    }

    /// Something is not as it should be.
    pub fn warn(&mut self, reason: &'static str, action: &'static str, text: String) {
        self.notes.push(Note {
            kind: EventKind::Warning,
            reason,
            action,
            text,
        });
    }
}

impl<K: Managed> Run<K> {
    /// The assignments that the status held when the pass began.
    pub fn remembered_assignments(&self) -> &[OwnedAssignment] {
        self.writer.written().map_or(&[], |status| &status.assignments)
    }

    /// Writes the draft if entries are in it that the status does not hold yet.
    pub async fn write_ahead_assignments(&mut self) -> Result<(), Failure> {
        let known = self.remembered_assignments();
        let same = |a: &OwnedAssignment, b: &OwnedAssignment| {
            a.group_id.eq_ignore_ascii_case(&b.group_id) && a.service_plan_id == b.service_plan_id
        };
        if self
            .draft
            .assignments
            .iter()
            .all(|entry| known.iter().any(|known| same(known, entry)))
        {
            return Ok(());
        }
        self.writer.write(&self.draft).await.map_err(Failure::from)
    }
}

/// The requests to reconcile that an object carries, by annotation.
pub fn requests<K: ResourceExt>(object: &K) -> Vec<String> {
    RECONCILE_ANNOTATIONS
        .iter()
        .filter_map(|name| object.annotations().get(*name))
        .cloned()
        .collect()
}
