//! Step five: the writes, each sent once. The effect of a write is read afterwards, never assumed.

use serde_json::{Map, Value};

use tokio::time::Instant;

use crate::cluster::managed::Managed;
use crate::graph::Entity;
use crate::reconcile::assign::{Refused, Site, assign, refused_assign};
use crate::reconcile::claims;
use crate::reconcile::create::create;
use crate::reconcile::memory::sent::Write;
use crate::reconcile::name_reservation;
use crate::reconcile::observe::seen_since;
use crate::reconcile::pass::Pass;
use crate::reconcile::plan;
use crate::reconcile::plan::{Change, Desired};
use crate::report::failure::{Class, Failure};
use crate::report::reason::Reason;
use crate::report::reason::event;
use crate::report::stop::Stop;
use crate::tenant::fingerprint::{fingerprint, judged};
use crate::tenant::shared::Tenant;

/// The changes, and the state that they are based on.
pub(crate) struct Plan {
    /// The object as it was seen.
    pub seen: Option<Entity>,
    /// The changes.
    pub changes: Vec<Change>,
}

/// The result of the writes of a pass.
enum Written {
    /// A create or an update, with the answer that shows all of it.
    Answered(Entity),
    /// Writes whose answers do not show the new state; this is the state before them.
    Unseen(Entity),
}

/// Applies the changes and returns the object as Graph shows it afterwards.
pub(crate) async fn apply<K: Managed>(pass: &mut Pass<'_, K>, tenant: &Tenant, desired: &Desired, plan: Plan) -> Result<Entity, Stop> {
    tenant.snapshot(K::COLLECTION).waiting.enter(pass.uid, Instant::now());
    let before = judged(plan.seen.as_ref(), &[]);
    let planned = fingerprint(&plan.changes);
    let result = send(pass, tenant, desired, plan).await;
    let now = Instant::now();
    pass.note(|notes| {
        let lost = result.as_ref().is_err_and(|stop| stop.is(Class::Unreachable));
        if result.is_ok() || lost {
            notes.sent.write = Some(Write {
                desired: fingerprint(desired),
                plan: planned,
                at: now,
                before,
                seen: false,
                accepted: result.is_ok(),
            });
        }
        notes.sent.confirm = matches!(result, Ok(Written::Unseen(_))).then_some(now);
    });
    match result? {
        Written::Answered(entity) => Ok(entity),
        // The state before the write when the object cannot be found for a moment.
        Written::Unseen(entity) => Ok(match seen_since(pass, &entity.id, now, tenant).await? {
            Some(shown) => {
                claims::note_seen(pass, &shown);
                shown
            }
            None => entity,
        }),
    }
}

async fn send<K: Managed>(pass: &mut Pass<'_, K>, tenant: &Tenant, desired: &Desired, plan: Plan) -> Result<Written, Stop> {
    let Plan { seen, mut changes } = plan;
    // Only an object that was created a moment ago certainly has no other writer's assignments.
    let fresh = matches!(changes.as_slice(), [Change::Create { .. }]);
    let entity = match (changes.as_slice(), seen) {
        ([change @ Change::Create { body }], _) => {
            let created = create(pass, body, desired.marked, tenant).await;
            let entity = created.inspect_err(|stop| {
                if let Some(failure) = stop.failure() {
                    note_refusal(pass, change, failure);
                }
            })?;
            changes = after_create(pass, desired, &entity);
            entity
        }
        (_, Some(entity)) => entity,
        (_, None) => {
            let message = "a change was planned for an object that was not seen";
            return Err(Stop::retry(Reason::InternalError, message));
        }
    };
    let mut refused = None;
    let mut shown = None;
    let site = Site {
        tenant,
        desired,
        id: &entity.id,
        fresh,
    };
    for change in &changes {
        match write(pass, site, change).await {
            Ok(answer) => shown = answer,
            Err(Stop::Failed(failure)) if failure.is_refusal() => {
                // The other changes do not depend on it.
                refused.get_or_insert(after_refusal(pass, site, change, failure).await?);
            }
            Err(stop) => return Err(stop),
        }
    }
    if let Some(failure) = refused {
        return Err(failure.into());
    }
    if fresh && changes.is_empty() {
        return Ok(Written::Answered(entity));
    }
    // One write, whose answer is the new state of what it changed, unless it shows less than was requested.
    if let Some(properties) = shown.filter(|_| !fresh && changes.len() == 1) {
        let mut after = entity.clone();
        after.properties.extend(properties);
        if plan::plan(K::COLLECTION, desired, &pass.draft.assignments, Some(&after)).is_empty() {
            tenant.snapshot(K::COLLECTION).put(&entity.id, Some(&after), Instant::now());
            return Ok(Written::Answered(after));
        }
    }
    Ok(Written::Unseen(entity))
}

/// What follows when Graph has refused a change: how it is reported, or looked into.
async fn after_refusal<K: Managed>(pass: &Pass<'_, K>, site: Site<'_>, change: &Change, failure: Failure) -> Result<Failure, Stop> {
    if let Change::Assign { fields, targets } = change {
        let failure = &failure;
        return refused_assign(pass, site, &Refused { fields, targets, failure }).await;
    }
    note_refusal(pass, change, &failure);
    pass.note(|notes| notes.seen.prove_pins = true);
    Ok(failure)
}

/// Reports a create, and gives what is left to do. The answer is the state of an object that was just created; the next pass
/// handles what differs from the request.
fn after_create<K: Managed>(pass: &mut Pass<'_, K>, desired: &Desired, entity: &Entity) -> Vec<Change> {
    pass.wrote = true;
    let name = pass.object.common().display_name;
    let text = format!("created {} {name:?} ({})", K::COLLECTION.singular(), entity.id);
    pass.event(event::CREATED, "Create", text);
    let left = plan::plan(K::COLLECTION, desired, &pass.draft.assignments, Some(entity)).into_iter();
    left.filter(|change| desired.marked || matches!(change, Change::Assign { .. }))
        .collect()
}

/// A change that Graph refused is not sent again; one that Kubernetes or a name conflict prevented is.
fn note_refusal<K: Managed>(pass: &Pass<'_, K>, change: &Change, failure: &Failure) {
    if failure.is_refusal() {
        pass.note(|notes| notes.sent.refuse(change, &failure.message));
    }
}

async fn write<K: Managed>(pass: &mut Pass<'_, K>, site: Site<'_>, change: &Change) -> Result<Answer, Stop> {
    let Site { tenant, id, .. } = site;
    let mut shown = None;
    match change {
        Change::Update { body, .. } => {
            let names = body.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            let _name = match body.contains_key("displayName") {
                true => Some(name_reservation::reserve(pass, Some(id), tenant).await?),
                false => None,
            };
            let update = |permit| {
                tenant.snapshot(K::COLLECTION).outdate(id);
                tenant.client.update(K::COLLECTION, id, body, permit)
            };
            let updated = tenant.write_request(update, &pass.context.access).await;
            if body.contains_key("displayName") {
                let name = body["displayName"].as_str().unwrap_or_default();
                tenant.snapshot(K::COLLECTION).doubt_name(name, Some(id));
            }
            shown = updated?;
            pass.event(
                event::UPDATED,
                "Update",
                format!("updated {names} of {} {id}", K::COLLECTION.singular()),
            );
        }
        Change::Assign { .. } => assign(pass, site).await?,
        Change::Create { .. } | Change::Immutable { .. } => {
            return Err(Stop::retry(Reason::InternalError, "a change was given to the wrong function"));
        }
    }
    pass.wrote = true;
    Ok(shown)
}

/// The properties of an object as the answer to its update shows them, if it does.
type Answer = Option<Map<String, Value>>;
