//! Step five: the writes, each sent once. What a write did is seen by a read afterwards, never assumed.

use std::time::Instant;

use kube::ResourceExt;

use super::context::Context;
use super::create::create;
use super::driver::Run;
use super::managed::Managed;
use super::memory::{Sent, fingerprint, judged};
use super::observe::seen_since;
use super::outcome::{Class, Failure};
use super::plan::{Change, Desired, plan};
use super::reasons::{self, event};
use super::removal::confirm_removals;
use super::status::drift_message;
use super::tenant::Tenant;
use super::uninstall::before_assign;
use crate::graph::Entity;

/// What the writes of one pass are about.
pub struct Work<'a, K> {
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
    /// A create, with the answer that shows all of it.
    Answered(Entity),
    /// Writes whose answers do not show what is there now; the state before them.
    Unseen(Entity),
}

/// Applies the changes and returns the object as Graph shows it afterwards.
pub async fn apply<K: Managed>(work: Work<'_, K>, seen: Option<Entity>, changes: &[Change], run: &mut Run<K>) -> Result<Entity, Failure> {
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
        let lost = result.as_ref().is_err_and(|failure| failure.class == Class::Unreachable);
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
        Written::Unseen(entity) => Ok(seen_since::<K>(&uid, &entity.id, now, tenant, context).await?.unwrap_or(entity)),
    }
}

async fn send<K: Managed>(work: Work<'_, K>, seen: Option<Entity>, changes: &[Change], run: &mut Run<K>) -> Result<Written, Failure> {
    let Work {
        object,
        desired,
        tenant,
        context,
    } = work;
    let mut seen = seen;
    let mut changes = changes.to_vec();
    let mut answered = None;
    if let [Change::Create { body }] = changes.as_slice() {
        let created = create(object, body, &mut run.draft, &mut run.writer, tenant, context).await;
        let entity = created.inspect_err(|failure| note_refusal(work, &changes[0], failure))?;
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
            .filter(|change| matches!(change, Change::Assign { .. }))
            .collect();
        answered = Some(entity.clone());
        seen = Some(entity);
    }
    let Some(entity) = seen else {
        return Err(Failure::retry(
            reasons::INTERNAL_ERROR,
            "a change was planned for an object that was not seen",
        ));
    };
    let mut refused = None;
    for change in &changes {
        match write(work, &entity.id, change, run).await {
            Err(failure) if failure.reason == reasons::REFUSED => {
                note_refusal(work, change, &failure);
                // The other changes have nothing to do with it.
                refused.get_or_insert(failure);
            }
            result => result?,
        }
    }
    if let Some(failure) = refused {
        return Err(failure);
    }
    Ok(match answered {
        Some(entity) if changes.is_empty() => Written::Answered(entity),
        _ => Written::Unseen(entity),
    })
}

/// What Graph refused is not sent again; what Kubernetes or a name is in the way of is another matter.
fn note_refusal<K: Managed>(work: Work<'_, K>, change: &Change, failure: &Failure) {
    if failure.reason == reasons::REFUSED {
        let refusal = (fingerprint(change), failure.message.clone());
        work.context
            .memory
            .update(&work.object.uid().unwrap_or_default(), |notes| notes.refused.push(refusal));
    }
}

async fn write<K: Managed>(work: Work<'_, K>, id: &str, change: &Change, run: &mut Run<K>) -> Result<(), Failure> {
    let Work {
        object, tenant, context, ..
    } = work;
    tenant.snapshot(K::COLLECTION).outdate(id);
    match change {
        Change::Update { body, .. } => {
            let names = body.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            let update = |permit| tenant.client.update(K::COLLECTION, id, body, permit);
            let updated = tenant.write_request(update, context).await;
            if body.contains_key("displayName") {
                tenant.snapshot(K::COLLECTION).doubt_names();
            }
            updated?;
            run.event(
                event::UPDATED,
                "Update",
                format!("updated {names} of {} {id}", K::COLLECTION.singular()),
            );
        }
        Change::Assign { targets, fields } => {
            confirm_removals(object, fields, run.remembered_assignments(), context).await?;
            // What is about to become ours is written down first: after a crash it must not look like somebody else's.
            run.write_ahead_assignments().await?;
            let assign = |permit| tenant.client.assign(K::COLLECTION, id, targets, permit);
            tenant.write_after(before_assign::<K>(id, fields, context), assign, context).await?;
            run.event(
                event::ASSIGNED,
                "Assign",
                format!(
                    "changed the assignments of {} {id}: {}",
                    K::COLLECTION.singular(),
                    drift_message(fields)
                ),
            );
        }
        Change::Create { .. } | Change::Immutable { .. } => {
            return Err(Failure::retry(reasons::INTERNAL_ERROR, "a change came to the wrong place"));
        }
    }
    run.wrote = true;
    Ok(())
}
