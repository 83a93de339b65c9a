//! Which resource an object in Graph belongs to, and which resource may use a name: one claim an object, over all
//! namespaces and over all EntraTenants of one tenant of Entra.
//!
//! A claim is proved before the object is reported as equal to a spec or written to, once in a process, because everyone who
//! may write a status may write anything into it. Nothing but the conflict reveals what other namespaces have claimed.

use std::sync::Arc;

use kube::ResourceExt;
use kube::runtime::reflector::ObjectRef;

use crate::api::{IdOwner, ManagedStatus, Mode, Origin, PendingCreate};
use crate::cluster::allowed_namespaces::allows;
use crate::cluster::managed::Managed;
use crate::graph::Entity;
use crate::reconcile::authorship::{Maker, contradiction, maker};
use crate::reconcile::claim_registry::Remote;
use crate::reconcile::context::Context;
use crate::reconcile::pass::Pass;
use crate::report::reason::Reason;
use crate::report::reason::event;
use crate::report::stop::Stop;
use crate::tenant::shared::{Tenant, TenantKey};

/// The owner of an id that this cluster records now.
pub(crate) fn owner<K: Managed>(pass: &Pass<'_, K>, origin: Origin, entity: &Entity, tenant: &Tenant) -> Result<IdOwner, Stop> {
    Ok(IdOwner {
        cluster: pass.context.cluster.id()?,
        cloud: tenant.key.cloud,
        tenant_id: tenant.key.tenant_id.clone(),
        origin,
        resource: pass.uid.into(),
        created_date_time: entity.created_date_time().map(str::to_owned),
        seen: false,
    })
}

/// Restores the id that was proved, if the status has another one: only this process writes it.
pub(crate) fn restore<K: Managed>(pass: &mut Pass<'_, K>) {
    let Some((id, owner)) = pass.context.claims.held_by(pass.uid) else {
        return;
    };
    let same = pass.draft.id.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(&id));
    let same_owner = pass
        .draft
        .owner
        .as_ref()
        .is_some_and(|known| (known.cluster == owner.cluster) && known.tenant_id == owner.tenant_id);
    if same && same_owner {
        return;
    }
    pass.warn(
        event::STATUS_RESTORED,
        "Restore",
        format!(
            "status.id was changed by another writer and is set to {} {id} again",
            K::COLLECTION.singular()
        ),
    );
    pass.draft.id = Some(id);
    pass.draft.owner = Some(owner);
    pass.draft.pending_create = None;
}

/// Takes the claim of a resource to the object that its status names, or returns why nothing may be done with that object.
/// `entity`: the object as Graph shows it; without it our own record is the only evidence for the claim.
pub(crate) fn prove<K: Managed>(pass: &mut Pass<'_, K>, entity: Option<&Entity>, tenant: &Tenant) -> Result<(), Stop> {
    let Some(id) = pass.draft.id.clone() else { return Ok(()) };
    let (remote, uid) = (Remote::new::<K>(&tenant.key, &id), pass.uid);
    refuse_foreign_owner(pass, &tenant.key)?;
    if pass.context.claims.has(&remote, uid) {
        return Ok(());
    }
    refuse_held(pass, &id, &remote)?;
    if let Some(entity) = entity {
        let author = maker(entity, tenant);
        if let Some(why) = contradiction(K::COLLECTION, &pass.object.common(), pass.draft.owner.as_ref(), entity, &author) {
            return Err(unproven::<K>(&id, &why));
        }
        if pass.draft.owner.is_none() && author != Maker::Us {
            return Err(unproven::<K>(
                &id,
                "its status does not record what the id belongs to (status.owner)",
            ));
        }
    } else if pass.draft.owner.as_ref().is_none_or(|owner| *owner.resource != **uid) {
        return Err(unproven::<K>(
            &id,
            "the id was not recorded for this resource, and Graph does not show the object",
        ));
    }
    let owner = match pass.draft.owner.clone() {
        Some(owner) => owner,
        None => match entity {
            Some(entity) => self::owner(pass, Origin::Created, entity, tenant)?,
            None => return Ok(()),
        },
    };
    // The id is recorded for the new UID of a resource that was restored.
    let owner = IdOwner {
        resource: uid.into(),
        ..owner
    };
    pass.draft.owner = Some(owner.clone());
    if pass.context.claims.take(remote, uid, &id, &owner) {
        Ok(())
    } else {
        Err(conflict::<K>(&id))
    }
}

/// Takes the claim to an object that this process has just created or recognised as its own.
pub(crate) fn record<K: Managed>(pass: &Pass<'_, K>, id: &str, owner: &IdOwner, tenant: &Tenant) -> Result<(), Stop> {
    let remote = Remote::new::<K>(&tenant.key, id);
    if pass.context.claims.take(remote, pass.uid, id, owner) {
        Ok(())
    } else {
        Err(conflict::<K>(id))
    }
}

/// An id that belongs to another cluster or tenant is a copy: the object belongs to that cluster or tenant.
pub(crate) fn refuse_foreign_owner<K: Managed>(pass: &Pass<'_, K>, tenant: &TenantKey) -> Result<(), Stop> {
    let (Some(id), Some(owner)) = (&pass.draft.id, &pass.draft.owner) else {
        return Ok(());
    };
    let cluster = pass.context.cluster.id()?;
    let whose = if owner.cluster != cluster {
        "another cluster"
    } else if TenantKey::new(owner.cloud, &owner.tenant_id) != *tenant {
        "another tenant of Entra"
    } else {
        return Ok(());
    };
    let message = format!(
        "status.id {id} belongs to {whose} (status.owner: cluster {}, tenant {}), so nothing is read or written for it here. To manage an object of this tenant, create another resource; to remove this one and leave Graph as it is, set spec.deletionPolicy to Orphan and delete it",
        owner.cluster, owner.tenant_id
    );
    Err(Stop::stalled(Reason::ForeignOwner, message))
}

/// An intent that another cluster wrote, or that went to another tenant, is a copy: its product is not ours, or not in this tenant.
pub(crate) fn refuse_foreign_intent<K: Managed>(pending: &PendingCreate, tenant: &Tenant) -> Result<(), Stop> {
    let whose = if !pending.attempt.starts_with(&tenant.client.mark()) {
        "written by another cluster"
    } else if TenantKey::new(pending.cloud, &pending.tenant_id) != tenant.key {
        "for another tenant of Entra"
    } else {
        return Ok(());
    };
    let message = format!(
        "status.pendingCreate was {whose}, so {} {:?}, which that request may have made, is not searched for here. To manage an object of this tenant, create another resource; to remove this one and leave Graph as it is, set spec.deletionPolicy to Orphan and delete it",
        K::COLLECTION.singular(),
        pending.display_name
    );
    Err(Stop::stalled(Reason::ForeignOwner, message))
}

/// Refuses an object that another resource has claimed. If no claim was proved in this process, as after a restart, the
/// resource for which the id was recorded continues; if that is not exactly one resource, none does.
fn refuse_held<K: Managed>(pass: &Pass<'_, K>, id: &str, remote: &Remote) -> Result<(), Stop> {
    if pass.context.claims.is_taken(remote, pass.uid) {
        return Err(conflict::<K>(id));
    }
    let recorded = |owner: Option<&IdOwner>, uid: &str| owner.is_some_and(|owner| owner.resource == uid);
    let ours = recorded(pass.draft.owner.as_ref(), pass.uid);
    let rival = others(pass.object, &remote.tenant, pass.context).find(|other| {
        let Some(status) = other.status().filter(|status| holds(status, id)) else {
            return false;
        };
        !ours || recorded(status.owner.as_ref(), &other.uid().unwrap_or_default())
    });
    rival.map_or(Ok(()), |_| Err(conflict::<K>(id)))
}

fn holds(status: &ManagedStatus, id: &str) -> bool {
    status.id.as_deref().is_some_and(|held| held.eq_ignore_ascii_case(id))
}

fn conflict<K: Managed>(id: &str) -> Stop {
    let message = format!(
        "another resource of this tenant manages {} {id}, so this one does nothing. Delete one of the two; this one with spec.deletionPolicy Orphan",
        K::COLLECTION.singular()
    );
    Stop::stalled(Reason::ClaimConflict, message)
}

fn unproven<K: Managed>(id: &str, why: &str) -> Stop {
    let message = format!(
        "it is not proven that {} {id} belongs to this resource: {why}. Nothing is written to it. Remove this resource with spec.deletionPolicy Orphan, and manage that object in Graph",
        K::COLLECTION.singular()
    );
    Stop::stalled(Reason::ClaimUnproven, message)
}

/// Whether another resource has claimed this object, by its status or by a proof.
pub(crate) fn is_held<K: Managed>(pass: &Pass<'_, K>, id: &str, tenant: &TenantKey) -> bool {
    pass.context.claims.is_taken(&Remote::new::<K>(tenant, id), pass.uid) || holder(pass, id, tenant).is_some()
}

/// The resource that has claimed an object, by its status.
pub(crate) fn holder<K: Managed>(pass: &Pass<'_, K>, id: &str, tenant: &TenantKey) -> Option<Arc<K>> {
    others(pass.object, tenant, pass.context).find(|other| other.status().is_some_and(|status| holds(status, id)))
}

/// Notes that a read or a list has shown the object, and the values that only these show.
pub(crate) fn note_seen<K: Managed>(pass: &mut Pass<'_, K>, entity: &Entity) {
    if let Some(owner) = &mut pass.draft.owner {
        owner.seen = true;
        if owner.created_date_time.is_none() {
            owner.created_date_time = entity.created_date_time().map(str::to_owned);
        }
    }
}

/// Refuses to give an object a name that another resource has or is about to create.
pub(crate) fn refuse_rival<K: Managed>(pass: &Pass<'_, K>, tenant: &TenantKey) -> Result<(), Stop> {
    let (object, context) = (pass.object, pass.context);
    let leaving = |other: &Arc<K>| other.meta().deletion_timestamp.is_some();
    let first = |other: &Arc<K>| has_id(&**other) || rank(&**other) < rank(object);
    let Some(rival) = same_name(object, tenant, context).find(|other| !leaving(other) && first(other)) else {
        return Ok(());
    };
    let who = if rival.namespace() == object.namespace() {
        format!("{} {}", K::KIND, rival.name_any())
    } else {
        "another resource of this tenant".to_owned()
    };
    let message = format!(
        "{who} uses the displayName {:?} or was the first to ask for it; give one of the two another spec.displayName",
        object.common().display_name
    );
    Err(Stop::stalled(Reason::NameConflict, message))
}

/// The other resources of the tenant that have or want the same name.
pub(crate) fn same_name<K: Managed>(object: &K, tenant: &TenantKey, context: &Context) -> impl Iterator<Item = Arc<K>> {
    let name = object.common().display_name.to_lowercase();
    others(object, tenant, context)
        .filter(move |other| other.common().display_name.to_lowercase() == name)
        .filter(|other| has_id(&**other) || creates(&**other, context))
}

fn has_id<K: Managed>(object: &K) -> bool {
    object
        .status()
        .is_some_and(|status| status.id.is_some() || status.pending_create.is_some())
}

/// Whether a resource without an id is going to create an object; one that is suspended or in mode Observe reserves no name.
fn creates<K: Managed>(object: &K, context: &Context) -> bool {
    let common = object.common();
    let tenant = context.cluster.caches.tenants.get(&ObjectRef::new(common.tenant));
    let tenant_works = tenant.is_some_and(|tenant| tenant.spec.suspend != Some(true) && tenant.spec.mode != Some(Mode::Observe));
    tenant_works && !common.suspend && common.mode != Some(Mode::Observe)
}

/// The other resources that count in a tenant, whatever EntraTenant they name: those that it allows, and those that it
/// allowed once and that have an id.
fn others<K: Managed>(object: &K, tenant: &TenantKey, context: &Context) -> impl Iterator<Item = Arc<K>> {
    let (uid, tenant) = (object.uid(), tenant.clone());
    K::cache(&context.cluster.caches)
        .state()
        .into_iter()
        .filter(move |other| other.meta().uid != uid && counts_in(&**other, &tenant, context))
}

fn counts_in<K: Managed>(object: &K, tenant: &TenantKey, context: &Context) -> bool {
    let described = context.cluster.caches.tenants.get(&ObjectRef::new(object.common().tenant));
    let owned = || belongs_to(object, tenant, context);
    match described {
        Some(described) if TenantKey::from(&described.spec) == *tenant => {
            allows(&described, &object.namespace().unwrap_or_default(), &context.cluster.caches) || owned()
        }
        Some(_) | None => owned(),
    }
}

/// Whether a resource has an object in this tenant, recorded by this cluster.
pub(crate) fn belongs_to<K: Managed>(object: &K, tenant: &TenantKey, context: &Context) -> bool {
    let Some(status) = object.status() else { return false };
    let Some(owner) = status.owner.as_ref().filter(|_| status.id.is_some()) else {
        return false;
    };
    TenantKey::new(owner.cloud, &owner.tenant_id) == *tenant && context.cluster.id().is_ok_and(|cluster| cluster == owner.cluster)
}

/// Older first; the UID decides between two of one second.
fn rank<K: Managed>(object: &K) -> (Option<jiff::Timestamp>, Option<String>) {
    (object.creation_timestamp().map(|time| time.0), object.uid())
}
