//! The set of assignments of one object: replaced as a whole, on the base of a new read; and what follows when Graph refuses
//! it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kube::ResourceExt;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use tokio::time::Instant;

use crate::api::DriftedField;
use crate::cluster::managed::Managed;
use crate::graph::{AssignmentTarget, RemoteAssignment, without_advice};
use crate::reconcile::assignments::pointing_at;
use crate::reconcile::confirm_removals::confirm_removals;
use crate::reconcile::key::Key;
use crate::reconcile::pass::Pass;
use crate::reconcile::plan;
use crate::reconcile::plan::{Change, Desired};
use crate::reconcile::proofs::Proofs;
use crate::reconcile::replaced::Replaced;
use crate::reconcile::risk::more_than_judged;
use crate::reconcile::trial;
use crate::reconcile::uninstall::before_assign;
use crate::report::failure::{Class, Failure};
use crate::report::reason::Reason;
use crate::report::reason::event;
use crate::report::stop::Stop;
use crate::report::wording;
use crate::tenant::fingerprint::fingerprint;
use crate::tenant::shared::Tenant;

/// The target of a write, and its desired state.
#[derive(Clone, Copy)]
pub(crate) struct Site<'a> {
    /// The tenant.
    pub tenant: &'a Tenant,
    /// The desired state in Graph.
    pub desired: &'a Desired,
    /// The id of the object.
    pub id: &'a str,
    /// It was created a moment ago by this pass, so no other writer has assigned anything.
    pub fresh: bool,
}

/// A set of assignments that Graph refused.
#[derive(Clone, Copy)]
pub(crate) struct Refused<'a> {
    /// What would have changed.
    pub fields: &'a [DriftedField],
    /// The set.
    pub targets: &'a [AssignmentTarget],
    /// Graph's answer.
    pub failure: &'a Failure,
}

/// Replaces the set of assignments, on the base of a read that comes after the wait for the permit: a set that is some
/// seconds old may lack a group that a person has added since, and would remove it.
pub(crate) async fn assign<K: Managed>(pass: &mut Pass<'_, K>, site: Site<'_>) -> Result<(), Stop> {
    let (context, Site { tenant, desired, id, .. }) = (pass.context, site);
    context.may_change_graph()?;
    let permit = tenant.write_permit().await?;
    let read = tenant.clock.now();
    let there = assigned_now::<K>(site).await?;
    // The set may equal the desired one meanwhile.
    let Some(Change::Assign { targets, fields }) = plan::assignments(desired, &pass.draft.assignments, &there) else {
        return Ok(());
    };
    if K::COLLECTION.has_cloud_pcs() {
        let loss = plan::loss(&there, &targets, &fields);
        if !desired.allowed.covers(&loss, &there, &targets) {
            return Err(more_than_judged());
        }
    }
    confirm_removals(pass, &fields).await?;
    let known = there.iter().map(Key::from).chain(targets.iter().map(Key::from)).collect();
    let replaced = Replaced::new(read, known, context.absence());
    if !desired.exclusive {
        replaced.record(&mut pass.draft.replaced_sets, tenant.clock.now());
    }
    // The entries that are about to become ours are recorded first: after a crash they must not look like another writer's. No
    // other writer knows a new object yet.
    pass.write_ahead_assignments(site.fresh).await?;
    before_assign::<K>(id, &fields, context).await?;
    tenant.snapshot(K::COLLECTION).outdate(id);
    let request = |permit| tenant.client.assign(K::COLLECTION, id, &targets, permit);
    let result = tenant.permitted(permit, request, &context.access).await;
    let replaced = replaced.answered(tenant.clock.now());
    let replaced = if site.fresh { replaced.first() } else { replaced };
    if result.as_ref().err().is_some_and(|stop| !stop.is(Class::Unreachable)) {
        note_refused(pass, &replaced, &there);
    } else {
        let sent = targets.iter().map(Key::from).collect();
        pass.note(|notes| {
            notes.sent.assigned = Some((Instant::now(), sent));
            if result.is_ok() {
                notes.sent.assign_refused = None;
                notes.sent.drop_dead = false;
            }
        });
        note_replaced(pass, desired, replaced);
    }
    result?;
    pass.wrote = true;
    report(pass, site, &fields);
    Ok(())
}

/// The assignments of the object, read now; an object that was created a moment ago has none, because no other writer knows it.
async fn assigned_now<K: Managed>(site: Site<'_>) -> Result<Vec<RemoteAssignment>, Stop> {
    let Site { tenant, id, fresh, .. } = site;
    if fresh {
        return Ok(Vec::new());
    }
    let found = tenant.read(K::COLLECTION, id).await?;
    found.map(|entity| entity.assignments).ok_or_else(|| {
        let message = format!(
            "{} {id} was not found when its assignments were to be changed",
            K::COLLECTION.singular()
        );
        Stop::retry(Reason::Conflict, message)
    })
}

/// The events of a set that was replaced.
fn report<K: Managed>(pass: &mut Pass<'_, K>, site: Site<'_>, fields: &[DriftedField]) {
    let Site { desired, id, .. } = site;
    let back: Vec<DriftedField> = fields
        .iter()
        .filter(|field| desired.put_back.keys().any(|key| key.path() == field.path))
        .cloned()
        .collect();
    if !back.is_empty() {
        let text = format!(
            "{} {id}: another writer's groups had been lost while the assignments were replaced: {}",
            K::COLLECTION.singular(),
            wording::assignments(&back, pass.draft.known_groups())
        );
        pass.warn(event::ASSIGNMENT_PUT_BACK, "Assign", text);
    }
    pass.event(
        event::ASSIGNED,
        "Assign",
        format!(
            "{} {id}: {}",
            K::COLLECTION.singular(),
            wording::assignments(fields, pass.draft.known_groups())
        ),
    );
}

/// Notes that the set was replaced, or may have been: entries that other writers added meanwhile may be lost.
fn note_replaced<K: Managed>(pass: &mut Pass<'_, K>, desired: &Desired, replaced: Replaced) {
    if desired.exclusive {
        return;
    }
    let set = pass.draft.replaced_sets.iter_mut().find(|set| set.read_at.0 == replaced.read);
    if let Some(set) = set {
        set.answered_at = Some(Time(replaced.answered));
    }
    pass.note(|notes| {
        notes.asked.look_by(replaced.next_look());
        notes.sent.replaced.push(replaced);
    });
}

/// Notes that the set is as it was read.
fn note_refused<K: Managed>(pass: &mut Pass<'_, K>, replaced: &Replaced, there: &[RemoteAssignment]) {
    pass.draft.replaced_sets.retain(|set| set.read_at.0 != replaced.read);
    let there = || (Instant::now(), there.iter().map(Key::from).collect());
    pass.note(|notes| _ = notes.sent.assigned.get_or_insert_with(there));
}

/// Graph refused a set of assignments as a whole. First the groups are looked up again, because Graph refuses every set with a
/// deleted group; then the Assignments that would add something are halved until the refused one is found.
pub(crate) async fn refused_assign<K: Managed>(pass: &Pass<'_, K>, site: Site<'_>, refused: &Refused<'_>) -> Result<Failure, Stop> {
    let Refused { fields, targets, failure } = *refused;
    let desired = site.desired;
    let said = without_advice(&failure.message);
    let again = fingerprint(&fields);
    let notes = pass.notes();
    if !desired.put_back.is_empty() {
        // Groups that are assigned again for another writer must not keep the Assignments from being applied.
        pass.note(|notes| notes.sent.put_back.clear());
        return Ok(soon(format!(
            "{said}; tried again without the groups of another writer that were lost"
        )));
    }
    if notes.sent.assign_refused != Some(again) {
        if let Some(gone) = dead_foreign_group(pass, site, targets).await? {
            return Ok(Failure::stalled(
                Reason::Refused,
                format!(
                    "{said}. Group {gone}, which no Assignment declares, is not in the directory any more, and Graph refuses every set with it: remove it in the admin center"
                ),
            ));
        }
        pass.note(|notes| {
            notes.sent.assign_refused = Some(again);
            notes.sent.drop_dead = true;
            notes.seen.prove_pins = true;
        });
        return Ok(soon(format!("{said}; looking up the groups again")));
    }
    if let Some(look) = notes.seen.proofs.as_ref().and_then(Proofs::confirmation) {
        // Graph refuses every set with a deleted group, so trying other sets proves nothing before the group is known to be deleted.
        let message = format!("{said}; a group of the set was not found, and is looked up once more");
        let left = look.saturating_duration_since(Instant::now()).max(Duration::from_millis(200));
        return Ok(Failure::waiting_for(Reason::ResolvingReferences, message, left));
    }
    Ok(find_refused(pass, site, refused))
}

/// The groups exist, so Graph refuses one of the Assignments: they are halved until the refused one is found.
fn find_refused<K: Managed>(pass: &Pass<'_, K>, site: Site<'_>, refused: &Refused<'_>) -> Failure {
    let Refused { fields, failure, .. } = *refused;
    let added = |key: &Key| fields.iter().any(|field| field.desired.is_some() && field.path == key.path());
    let adding: BTreeSet<String> = site
        .desired
        .declared
        .iter()
        .filter(|(key, _)| added(key))
        .flat_map(|(_, declared)| declared.by.iter().cloned())
        .collect();
    let asks: BTreeMap<String, u64> = pointing_at(pass.object, pass.context)
        .iter()
        .map(|assignment| (assignment.name_any(), fingerprint(&assignment.spec.groups)))
        .collect();
    let ask = |name: &str| asks.get(name).copied().unwrap_or_default();
    match pass.note(|notes| notes.sent.trial.refused(&adding, &failure.message, ask)) {
        trial::Verdict::Found(_) | trial::Verdict::Halved => soon(format!(
            "{}; finding out which Assignment causes that",
            without_advice(&failure.message)
        )),
        trial::Verdict::None => failure.clone(),
    }
}

fn soon(message: String) -> Failure {
    Failure::waiting_for(Reason::ResolvingReferences, message, Duration::from_millis(200))
}

/// A group in a refused set that no Assignment declares and that is not in the directory.
async fn dead_foreign_group<K: Managed>(pass: &Pass<'_, K>, site: Site<'_>, targets: &[AssignmentTarget]) -> Result<Option<String>, Stop> {
    const MOST: usize = 20;
    let Site { tenant, desired, .. } = site;
    let key = |target: &AssignmentTarget| Key::new(&target.group_id, target.service_plan_id.as_deref());
    let ours = |key: &Key| desired.declared.contains_key(key) || pass.draft.assignments.iter().any(|entry| Key::from(entry) == *key);
    for target in targets.iter().filter(|target| !ours(&key(target))).take(MOST) {
        let (_, group) = tenant.read_request(tenant.client.group(&target.group_id)).await?;
        if group.is_none() {
            return Ok(Some(target.group_id.clone()));
        }
    }
    Ok(None)
}
