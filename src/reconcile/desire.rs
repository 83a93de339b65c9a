//! Step one: the desired state in Graph. Every name that a spec and its Assignments give is resolved to an id.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Map, Value};

use tokio::time::Instant;

use crate::api::{AssignmentOwnership, AssignmentProblem, OwnedAssignment, Resolved};
use crate::cluster::managed::Managed;
use crate::graph::unknown_members;
use crate::reconcile::assignments;
use crate::reconcile::declarations::Declarations;
use crate::reconcile::driver::next_pass::LONGEST_WAIT;
use crate::reconcile::key::Key;
use crate::reconcile::pass::Pass;
use crate::reconcile::pins;
use crate::reconcile::pins::Pins;
use crate::reconcile::plan::Desired;
use crate::reconcile::references;
use crate::reconcile::risk::count::Allowed;
use crate::reconcile::vanished::keep_groups_of_the_vanished;
use crate::report::failure::Failure;
use crate::report::reason::Reason;
use crate::report::reason::event;
use crate::report::stop::Stop;
use crate::tenant::shared::Tenant;

/// The open points when Graph equals the part of the spec that could be resolved.
pub(crate) struct Left {
    /// A reference whose id is gone: the value in Graph stays, and a person has to decide.
    pub(crate) gone: Option<Failure>,
    /// Assignments that a later pass takes into account.
    pub(crate) pending: BTreeSet<String>,
    /// Some of them only lack our finalizer, which is added in a moment.
    pub(crate) arriving: bool,
}

/// Resolves every reference and returns the desired state in Graph.
pub(crate) async fn desire<K: Managed>(pass: &mut Pass<'_, K>, only_observe: bool, tenant: &Tenant) -> Result<(Desired, Left), Stop> {
    let notes = pass.notes();
    let looked_up = notes.seen.resolved.as_deref().or(pass.draft.resolved.as_ref());
    let pinned = looked_up.cloned().unwrap_or_default();
    let mut pins = Pins::new(&pinned, pass, &notes.seen, tenant);
    let resolved = resolve_all(pass, &mut pins, only_observe).await;
    if resolved.as_ref().is_ok_and(|(_, declarations)| declarations.is_complete()) {
        pins.proofs.close();
    }
    let prove_more = pins.proofs.is_open().then(|| Instant::now() + PROVE_MORE);
    let look_again = prove_more.or_else(|| pins.proofs.confirmation());
    pass.note(|notes| {
        notes.seen.proofs = Some(pins.proofs);
        notes.seen.prove_pins = false;
        notes.asked.next_look = look_again;
    });
    let (own, mut declarations) = resolved?;
    keep_groups_of_the_vanished(pass, &mut declarations);
    if declarations.stopped.is_some() {
        declarations.keep(pinned);
    }
    let gone = gone(&own);
    let resolved = Resolved {
        groups: declarations.groups,
        service_plans: declarations.service_plans,
        ..own
    };
    let properties = pass.object.properties(&resolved);
    warn_of_unknown(pass, &properties);
    pass.draft.resolved = (resolved != Resolved::default()).then_some(resolved);
    for change in &declarations.changed {
        pass.warn(event::REFERENCE_CHANGED, "Resolve", change.clone());
    }
    // A pass that is deferred writes no status, so its lookups are kept in the notes.
    pass.note(|notes| notes.seen.resolved = pass.draft.resolved.clone().map(Box::new));
    if let Some(failure) = declarations.stopped {
        return Err(failure);
    }
    let mut pending = declarations.pending;
    let arriving = !pending.is_empty();
    pending.extend(still_waited_for(pass, &declarations.problems));
    pass.note(|notes| notes.asked.assignments.clear());
    pass.draft.assignment_problems = declarations.problems;
    pass.judged_assignments = declarations.judged;
    let desired = Desired {
        properties,
        declared: declarations.entries,
        frozen: declarations.frozen,
        reserved: declarations.reserved,
        unsure: declarations.unsure,
        releasing: declarations.releasing,
        exclusive: pass.object.common().ownership == Some(AssignmentOwnership::Exclusive),
        dropped: if notes.sent.drop_dead { declarations.dead } else { BTreeSet::new() },
        put_back: BTreeMap::new(),
        sent: sent(pass),
        held: BTreeSet::new(),
        allowed: Allowed::default(),
        marked: false,
    };
    Ok((desired, Left { gone, pending, arriving }))
}

/// The entries that this process put on the object with the last set; without such a set, those that an earlier process recorded
/// and never saw.
fn sent<K: Managed>(pass: &Pass<'_, K>) -> BTreeSet<Key> {
    let last = pass.notes().sent.assigned;
    let may_be_there = |entry: &&OwnedAssignment| match &last {
        Some((_, set)) => set.contains(&Key::from(*entry)),
        None => !entry.verified,
    };
    pass.remembered_assignments().iter().filter(may_be_there).map(Key::from).collect()
}

/// How soon the rest of the pins is proved when there are more than a pass takes.
const PROVE_MORE: Duration = Duration::from_secs(1);

async fn resolve_all<K: Managed>(pass: &Pass<'_, K>, pins: &mut Pins<'_>, only_observe: bool) -> Result<(Resolved, Declarations), Stop> {
    let own = references::resolve(&pass.object.references(), pins).await?;
    let declarations = assignments::collect(pass, pins, only_observe).await;
    Ok((own, declarations))
}

/// The first reference of the spec itself whose id is gone.
fn gone(own: &Resolved) -> Option<Failure> {
    let image = own.image.as_ref().filter(|image| image.gone == Some(true));
    let connection = own.connections.iter().find(|connection| connection.gone == Some(true));
    let image = image.map(|image| pins::gone(&format!("image {}", image.reference), &image.id));
    image.or_else(|| connection.map(|one| pins::gone(&format!("Azure network connection {:?}", one.name), &one.id)))
}

/// The Assignments that wait for something which may come by itself, as long as that is worth waiting for.
fn still_waited_for<K: Managed>(pass: &Pass<'_, K>, problems: &[AssignmentProblem]) -> Vec<String> {
    let waiting: Vec<&String> = problems
        .iter()
        .filter(|problem| Reason::of(&problem.reason).is_some_and(Reason::comes_by_itself))
        .map(|problem| &problem.assignment)
        .collect();
    pass.note(|notes| notes.asked.still_waited_for(&waiting, LONGEST_WAIT))
}

/// Reports once per spec which of its values Graph's descriptions do not list: a new one, or a misspelt one that Graph will
/// refuse.
fn warn_of_unknown<K: Managed>(pass: &mut Pass<'_, K>, properties: &Map<String, Value>) {
    let unknown = unknown_members(K::COLLECTION, properties);
    let told = pass.draft.observed_generation.is_some() && pass.draft.observed_generation == pass.object.meta().generation;
    if unknown.is_empty() || told {
        return;
    }
    let values: Vec<_> = unknown.iter().map(|one| format!("{} {:?}", one.path, one.value)).collect();
    let text = format!(
        "sent as they are, although Graph's descriptions do not list them: {}",
        values.join(", ")
    );
    pass.warn(event::UNKNOWN_VALUE, "Resolve", text);
}
