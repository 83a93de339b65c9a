//! Step five: the writes, each sent once. What a write did is seen by a read afterwards, never assumed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kube::ResourceExt;
use serde_json::{Map, Value};

use tokio::time::Instant;

use crate::api::DriftedField;
use crate::cluster::managed::Managed;
use crate::graph::{AssignmentTarget, Entity};
use crate::reconcile::claims;
use crate::reconcile::confirm_removals::confirm_removals;
use crate::reconcile::context::Context;
use crate::reconcile::create::Create;
use crate::reconcile::declarations::pointing_at;
use crate::reconcile::memory::Sent;
use crate::reconcile::name_reservation;
use crate::reconcile::observe::seen_since;
use crate::reconcile::pass::Run;
use crate::reconcile::plan;
use crate::reconcile::plan::{Change, Desired, Key, plan};
use crate::reconcile::proofs::Proofs;
use crate::reconcile::replaced::Replaced;
use crate::reconcile::trial;
use crate::reconcile::uninstall::before_assign;
use crate::report::failure::{Class, Failure};
use crate::report::reason::Reason;
use crate::report::reason::event;
use crate::report::stop::Stop;
use crate::report::wording;
use crate::tenant::fingerprint::{fingerprint, judged};
use crate::tenant::shared::Tenant;

/// What the writes of one pass are about.
pub(crate) struct Work<'a, K> {
    /// The resource.
    pub object: &'a K,
    /// What Graph shall hold.
    pub desired: &'a Desired,
    /// Where.
    pub tenant: &'a Tenant,
    /// What all passes share.
    pub context: &'a Context,
}

// Not derived: that would ask for `K: Copy`, though only a reference to it is copied.
impl<K> Clone for Work<'_, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Work<'_, K> {}

/// What the writes of a pass came to.
enum Written {
    /// A create or an update, with the answer that shows all of it.
    Answered(Entity),
    /// Writes whose answers do not show what is there now; the state before them.
    Unseen(Entity),
}

/// Applies the changes and returns the object as Graph shows it afterwards.
pub(crate) async fn apply<K: Managed>(
    work: Work<'_, K>,
    seen: Option<Entity>,
    changes: &[Change],
    run: &mut Run<K>,
) -> Result<Entity, Stop> {
    let Work {
        object, tenant, context, ..
    } = work;
    let uid = object.uid().unwrap_or_default();
    tenant.snapshot(K::COLLECTION).waiting.enter(&uid, Instant::now());
    let before = judged(seen.as_ref(), &[]);
    let result = send(work, seen, changes, run).await;
    let (plan, desired) = (fingerprint(&changes), fingerprint(work.desired));
    let now = Instant::now();
    context.memory.update(&uid, |notes| {
        let lost = result.as_ref().is_err_and(|stop| stop.is(Class::Unreachable));
        if result.is_ok() || lost {
            notes.sent = Some(Sent {
                desired,
                plan,
                at: now,
                before,
                seen: false,
                accepted: result.is_ok(),
            });
        }
        notes.confirm = matches!(result, Ok(Written::Unseen(_))).then_some(now);
    });
    match result? {
        Written::Answered(entity) => Ok(entity),
        // The state before the write when the object cannot be found for a moment.
        Written::Unseen(entity) => Ok(match seen_since::<K>(&uid, &entity.id, now, tenant, context).await? {
            Some(shown) => {
                claims::note_seen(run, &shown);
                shown
            }
            None => entity,
        }),
    }
}

async fn send<K: Managed>(work: Work<'_, K>, seen: Option<Entity>, changes: &[Change], run: &mut Run<K>) -> Result<Written, Stop> {
    let Work {
        object,
        desired,
        tenant,
        context,
    } = work;
    let uid = object.uid().unwrap_or_default();
    let mut seen = seen;
    let mut changes = changes.to_vec();
    let mut answered = None;
    // Only what was created a moment ago is known to have no other writer's assignments.
    let fresh = matches!(changes.as_slice(), [Change::Create { .. }]);
    if let [Change::Create { body }] = changes.as_slice() {
        let create = Create {
            object,
            body,
            marked: desired.marked,
        };
        let created = create.send(&mut run.draft, &mut run.writer, tenant, context).await;
        let entity = created.inspect_err(|stop| {
            if let Some(failure) = stop.failure() {
                note_refusal(work, &changes[0], failure);
            }
        })?;
        run.wrote = true;
        run.event(
            event::CREATED,
            "Create",
            format!(
                "created {} {:?} ({})",
                K::COLLECTION.singular(),
                object.common().display_name,
                entity.id
            ),
        );
        // The answer is the truth for what was just made; what it shows otherwise than sent is looked at in the next pass.
        changes = plan(K::COLLECTION, desired, &run.draft.assignments, Some(&entity))
            .into_iter()
            .filter(|change| desired.marked || matches!(change, Change::Assign { .. }))
            .collect();
        answered = Some(entity.clone());
        seen = Some(entity);
    }
    let Some(entity) = seen else {
        return Err(Stop::retry(
            Reason::InternalError,
            "a change was planned for an object that was not seen",
        ));
    };
    let mut refused = None;
    let mut shown = None;
    for change in &changes {
        match write(work, &entity.id, fresh, change, run).await {
            Ok(answer) => shown = answer,
            Err(Stop::Failed(failure)) if failure.reason == Reason::Refused => {
                let failure = match change {
                    Change::Assign { fields, targets } => refused_assign(work, fields, targets, failure, run).await?,
                    _ => {
                        note_refusal(work, change, &failure);
                        context.memory.update(&uid, |notes| notes.prove_pins = true);
                        failure
                    }
                };
                // The other changes have nothing to do with it.
                refused.get_or_insert(failure);
            }
            Err(stop) => return Err(stop),
        }
    }
    if let Some(failure) = refused {
        return Err(failure.into());
    }
    Ok(match (answered, shown) {
        (Some(entity), _) if changes.is_empty() => Written::Answered(entity),
        // One write, whose answer is the truth for what it changed, unless that shows less than was asked for.
        (None, Some(properties)) if changes.len() == 1 => {
            let mut after = entity.clone();
            after.properties.extend(properties);
            match plan(K::COLLECTION, desired, &run.draft.assignments, Some(&after)).is_empty() {
                true => {
                    tenant.snapshot(K::COLLECTION).put(&entity.id, Some(&after), Instant::now());
                    Written::Answered(after)
                }
                false => Written::Unseen(entity),
            }
        }
        _ => Written::Unseen(entity),
    })
}

/// What Graph refused is not sent again; what Kubernetes or a name is in the way of is another matter.
fn note_refusal<K: Managed>(work: Work<'_, K>, change: &Change, failure: &Failure) {
    if failure.reason == Reason::Refused {
        let refusal = (fingerprint(change), failure.message.clone());
        work.context
            .memory
            .update(&work.object.uid().unwrap_or_default(), |notes| notes.refused.push(refusal));
    }
}

/// Replaces the set of assignments, on the base of a read that comes after the wait for the permit: a set that is some
/// seconds old may lack a group that a person has added since, and would take it off.
async fn assign<K: Managed>(work: Work<'_, K>, id: &str, fresh: bool, planned: &[AssignmentTarget], run: &mut Run<K>) -> Result<(), Stop> {
    let Work {
        desired, tenant, context, ..
    } = work;
    context.may_change_graph()?;
    let permit = tenant.write_permit().await?;
    let read = tenant.clock.now();
    let (targets, fields, base) = if fresh {
        let base = Vec::new();
        let change = plan::assignments(desired, &run.draft.assignments, &base);
        let Some(Change::Assign { targets, fields }) = change else {
            return Ok(());
        };
        debug_assert_eq!(targets.len(), planned.len());
        (targets, fields, Vec::new())
    } else {
        let Some(entity) = tenant.read(K::COLLECTION, id).await? else {
            let message = format!(
                "{} {id} was not found when its assignments were to be changed",
                K::COLLECTION.singular()
            );
            return Err(Stop::retry(Reason::Conflict, message));
        };
        // What it became meanwhile may be what is wanted.
        let Some(Change::Assign { targets, fields }) = plan::assignments(desired, &run.draft.assignments, &entity.assignments) else {
            return Ok(());
        };
        (targets, fields, entity.assignments.iter().map(Key::from).collect())
    };
    confirm_removals(work.object, &fields, run, context).await?;
    // What is about to become ours is written down first: after a crash it must not look like another writer's.
    run.write_ahead_assignments().await?;
    before_assign::<K>(id, &fields, context).await?;
    tenant.snapshot(K::COLLECTION).outdate(id);
    let request = |permit| tenant.client.assign(K::COLLECTION, id, &targets, permit);
    let result = tenant.permitted(permit, request, &context.access).await;
    let replaced = Replaced::new(read, tenant.clock.now(), &targets, base, context.settle * 2);
    let replaced = if fresh { replaced.first() } else { replaced };
    note_replaced(work, result.as_ref().err(), replaced);
    result?;
    run.wrote = true;
    let back: Vec<DriftedField> = fields
        .iter()
        .filter(|field| desired.put_back.keys().any(|key| key.path() == field.path))
        .cloned()
        .collect();
    if !back.is_empty() {
        let text = format!(
            "{} {id}: another writer's groups had been lost while the assignments were replaced: {}",
            K::COLLECTION.singular(),
            wording::assignments(&back, run.draft.known_groups())
        );
        run.warn(event::ASSIGNMENT_PUT_BACK, "Assign", text);
    }
    run.event(
        event::ASSIGNED,
        "Assign",
        format!(
            "{} {id}: {}",
            K::COLLECTION.singular(),
            wording::assignments(&fields, run.draft.known_groups())
        ),
    );
    Ok(())
}

/// Notes that the set was replaced, or may have been: what it put there may not show yet, and what other writers put there
/// meanwhile may be lost.
fn note_replaced<K: Managed>(work: Work<'_, K>, stop: Option<&Stop>, replaced: Replaced) {
    if stop.is_some_and(|stop| !stop.is(Class::Unreachable)) {
        return;
    }
    work.context.memory.update(&work.object.uid().unwrap_or_default(), |notes| {
        notes.assigned = Some((Instant::now(), replaced.sent.iter().cloned().collect()));
        if stop.is_none() {
            notes.assign_refused = None;
            notes.drop_dead = false;
        }
        if !work.desired.exclusive {
            notes.next_look = notes.next_look.into_iter().chain(replaced.next_look()).min();
            notes.replaced.push(replaced);
        }
    });
}

/// Graph refused a set of assignments as a whole. First the groups are looked up again, because one that was deleted spoils
/// every set; then the Assignments that would add something are halved until the refused one is found.
async fn refused_assign<K: Managed>(
    work: Work<'_, K>,
    fields: &[DriftedField],
    targets: &[AssignmentTarget],
    failure: Failure,
    run: &mut Run<K>,
) -> Result<Failure, Stop> {
    let Work {
        object,
        desired,
        tenant,
        context,
    } = work;
    let uid = object.uid().unwrap_or_default();
    let soon = |message: String| Failure::waiting_for(Reason::ResolvingReferences, message, Duration::from_millis(200));
    let again = fingerprint(&fields);
    let notes = context.memory.get(&uid);
    if !desired.put_back.is_empty() {
        // What is put back for another writer must not keep the Assignments from being applied.
        context.memory.update(&uid, |notes| notes.put_back.clear());
        return Ok(soon(format!(
            "{}; tried again without the groups of another writer that were lost",
            failure.message
        )));
    }
    if notes.assign_refused != Some(again) {
        if let Some(gone) = dead_foreign_group(targets, desired, run, tenant).await? {
            return Ok(Failure::stalled(
                Reason::Refused,
                format!(
                    "{}. Group {gone}, which no Assignment declares, is not in the directory any more: take it off in the admin center",
                    failure.message
                ),
            ));
        }
        context.memory.update(&uid, |notes| {
            notes.assign_refused = Some(again);
            notes.prove_pins = true;
            notes.drop_dead = true;
        });
        return Ok(soon(format!("{}; looking up the groups again", failure.message)));
    }
    if let Some(look) = notes.proofs.as_ref().and_then(Proofs::confirmation) {
        // A dead group spoils every set, so nothing is found out by trying others before it is known to be dead.
        let message = format!("{}; a group of the set was not found, and is looked up once more", failure.message);
        let left = look.saturating_duration_since(Instant::now()).max(Duration::from_millis(200));
        return Ok(Failure::waiting_for(Reason::ResolvingReferences, message, left));
    }
    let added = |key: &Key| fields.iter().any(|field| field.desired.is_some() && field.path == key.path());
    let adding: BTreeSet<String> = desired
        .declared
        .iter()
        .filter(|(key, _)| added(key))
        .flat_map(|(_, declared)| declared.by.iter().cloned())
        .collect();
    let asks: BTreeMap<String, u64> = pointing_at(object, context)
        .iter()
        .map(|assignment| (assignment.name_any(), fingerprint(&assignment.spec.groups)))
        .collect();
    let mut verdict = trial::Verdict::None;
    context.memory.update(&uid, |notes| {
        verdict = notes
            .trial
            .refused(&adding, &failure.message, |name| asks.get(name).copied().unwrap_or_default());
    });
    Ok(match verdict {
        trial::Verdict::Found(_) | trial::Verdict::Halved => {
            soon(format!("{}; finding out which Assignment that is about", failure.message))
        }
        trial::Verdict::None => failure,
    })
}

/// A group in a refused set that neither an Assignment declares nor the directory has.
async fn dead_foreign_group<K: Managed>(
    targets: &[AssignmentTarget],
    desired: &Desired,
    run: &Run<K>,
    tenant: &Tenant,
) -> Result<Option<String>, Stop> {
    const MOST: usize = 20;
    let key = |target: &AssignmentTarget| Key::new(&target.group_id, target.service_plan_id.as_deref());
    let ours = |key: &Key| desired.declared.contains_key(key) || run.draft.assignments.iter().any(|entry| Key::from(entry) == *key);
    for target in targets.iter().filter(|target| !ours(&key(target))).take(MOST) {
        let (_, group) = tenant.read_request(tenant.client.group(&target.group_id)).await?;
        if group.is_none() {
            return Ok(Some(target.group_id.clone()));
        }
    }
    Ok(None)
}

async fn write<K: Managed>(work: Work<'_, K>, id: &str, fresh: bool, change: &Change, run: &mut Run<K>) -> Result<Answer, Stop> {
    let Work {
        object, tenant, context, ..
    } = work;
    let mut shown = None;
    match change {
        Change::Update { body, .. } => {
            let names = body.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            let _name = match body.contains_key("displayName") {
                true => Some(name_reservation::reserve(object, Some(id), tenant, context).await?),
                false => None,
            };
            let update = |permit| {
                tenant.snapshot(K::COLLECTION).outdate(id);
                tenant.client.update(K::COLLECTION, id, body, permit)
            };
            let updated = tenant.write_request(update, &context.access).await;
            if body.contains_key("displayName") {
                let name = body["displayName"].as_str().unwrap_or_default();
                tenant.snapshot(K::COLLECTION).doubt_name(name, Some(id));
            }
            shown = updated?;
            run.event(
                event::UPDATED,
                "Update",
                format!("updated {names} of {} {id}", K::COLLECTION.singular()),
            );
        }
        Change::Assign { targets, .. } => assign(work, id, fresh, targets, run).await?,
        Change::Create { .. } | Change::Immutable { .. } => {
            return Err(Stop::retry(Reason::InternalError, "a change came to the wrong place"));
        }
    }
    run.wrote = true;
    Ok(shown)
}

/// The properties of an object as the answer to its update shows them, if it does.
type Answer = Option<Map<String, Value>>;
