//! One pass over an object that stands for something in Graph:
//! `resolve → observe → plan → guard → apply → report`. Data flows forward only.

use std::time::Duration;

use kube::ResourceExt;

use super::apply::apply;
use super::conditions::Verdict;
use super::context::Context;
use super::create::recover;
use super::declared;
use super::driver::Run;
use super::guard::{Decision, guard};
use super::managed::Managed;
use super::memory::{fingerprint, judged};
use super::observe::observe;
use super::outcome::Failure;
use super::plan::{self, Change, Desired, plan};
use super::reasons;
use super::resolve;
use super::tenant::{Tenant, observes};
use crate::api::{AssignmentOwnership, Mode, Resolved};
use crate::graph::Entity;

/// How soon an object is read again whose last write Graph does not show yet.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Makes Graph equal to the spec, or says why not.
pub async fn converge<K: Managed>(object: &K, run: &mut Run<K>, context: &Context) -> Result<Verdict, Failure> {
    if object.common().suspend {
        return Ok(Verdict::Suspended);
    }
    let (described, tenant) = resolve::tenant(object, context)?; // caches
    let desired = desire(object, run, &tenant, context).await?; // Graph lookups, for names that are not pinned
    let seen = look(object, run, &desired, &tenant, context).await?; // Graph reads
    remember(object, run, &desired, seen.as_ref(), &tenant, context);
    let changes = plan(K::COLLECTION, &desired, &run.draft.assignments, seen.as_ref()); // pure
    let only_look = observes(&described) || object.common().mode == Some(Mode::Observe);
    match guard(&changes, &desired, run, only_look, object.meta().generation) {
        Decision::Converged => Ok(converged(object, run, context)),
        Decision::Hold(verdict) => Ok(verdict),
        Decision::Stop(failure) => Err(failure),
        Decision::Proceed => {
            hold_repeats(object, &changes, context)?;
            let entity = apply(object, seen, &desired, &changes, run, &tenant, context).await?; // Graph writes
            remember(object, run, &desired, Some(&entity), &tenant, context);
            let left = plan(K::COLLECTION, &desired, &run.draft.assignments, Some(&entity));
            if left.is_empty() { Ok(converged(object, run, context)) } else { Err(not_visible(&left)) }
        }
    }
}

/// Resolves every reference and says what Graph shall hold.
async fn desire<K: Managed>(object: &K, run: &mut Run<K>, tenant: &Tenant, context: &Context) -> Result<Desired, Failure> {
    let pinned = run.draft.resolved.clone().unwrap_or_default();
    let image = match object.image() {
        Some(reference) => Some(resolve::image(&reference, Some(&pinned), tenant).await?),
        None => None,
    };
    let declarations = declared::collect(object, &pinned.groups, tenant, context).await?;
    let properties = object.properties(image.as_ref());
    let resolved = Resolved { image, groups: declarations.groups };
    run.draft.resolved = (resolved != Resolved::default()).then_some(resolved);
    run.draft.assignment_problems = declarations.problems;
    Ok(Desired {
        properties,
        declared: declarations.entries,
        frozen: declarations.frozen,
        releasing: declarations.releasing,
        exclusive: object.common().ownership == Some(AssignmentOwnership::Exclusive),
    })
}

/// Finds the object: by its id, or as the product of a create whose answer was lost.
async fn look<K: Managed>(object: &K, run: &mut Run<K>, desired: &Desired, tenant: &Tenant, context: &Context) -> Result<Option<Entity>, Failure> {
    let Some(id) = run.draft.id.clone() else {
        return recover(object, &desired.properties, &mut run.draft, &mut run.writer, tenant, context).await;
    };
    let settled = |entity: &Entity| plan(K::COLLECTION, desired, &run.draft.assignments, Some(entity)).is_empty();
    observe(object, &id, run.requested, settled, tenant, context).await
}

/// Takes what was seen into the status and the notes.
fn remember<K: Managed>(object: &K, run: &mut Run<K>, desired: &Desired, seen: Option<&Entity>, tenant: &Tenant, context: &Context) {
    let assignments = seen.map_or(&[][..], |entity| entity.assignments.as_slice());
    run.draft.assignments = plan::owned_after(desired, &run.draft.assignments, assignments);
    run.draft.foreign_assignments = plan::foreign(&run.draft.assignments, assignments);
    let namesakes = if seen.is_some() { Vec::new() } else { tenant.snapshot(K::COLLECTION).named(object.common().display_name) };
    context.memory.update(&object.uid().unwrap_or_default(), |notes| notes.judged = Some(judged(seen, &namesakes)));
}

fn converged<K: Managed>(object: &K, run: &mut Run<K>, context: &Context) -> Verdict {
    context.memory.update(&object.uid().unwrap_or_default(), |notes| {
        notes.sent = None;
        notes.refused = None;
    });
    if !run.draft.drift.is_empty() && run.wrote() {
        run.event(reasons::event::DRIFT_CORRECTED, "Correct", format!("corrected: {}", super::status::drift_message(&run.draft.drift)));
    }
    let assigned = match run.draft.assignments.len() {
        0 => String::new(),
        1 => ", assigned to 1 group".to_owned(),
        n => format!(", assigned to {n} groups"),
    };
    Verdict::Ready { message: format!("{} {} equals the spec{assigned}", K::COLLECTION.singular(), run.draft.id.as_deref().unwrap_or_default()) }
}

/// A plan that Graph refused, or that it accepted and does not show yet, is not sent again.
fn hold_repeats<K: Managed>(object: &K, changes: &[Change], context: &Context) -> Result<(), Failure> {
    let notes = context.memory.get(&object.uid().unwrap_or_default());
    let current = fingerprint(&changes);
    if let Some((refused, message)) = notes.refused
        && refused == current
    {
        return Err(Failure::stalled(reasons::REFUSED, message));
    }
    match notes.sent {
        Some((sent, at)) if sent == current && at.elapsed() < context.settle => Err(not_visible(changes)),
        _ => Ok(()),
    }
}

fn not_visible(changes: &[Change]) -> Failure {
    let fields = plan::differing_fields(changes);
    Failure::waiting_for(reasons::NOT_VISIBLE_YET, format!("Graph accepted the change and does not show it yet: {}", super::status::drift_message(&fields)), LOOK_AGAIN)
}
