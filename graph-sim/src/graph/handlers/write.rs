//! Create, update and delete of the collections that can be written.

use jiff::Timestamp;
use serde_json::json;

use super::audit::{self, AuditedWrite, Change, Verb};
use super::call::Call;
use super::read::entity;
use crate::base::answer::{Answer, ApiVersion, GraphRequest};
use crate::base::caller::Actor;
use crate::graph::body::check::{self, Mode};
use crate::graph::body::twins;
use crate::graph::collections::resource::{Resource, Rules};
use crate::graph::odata::view::View;
use crate::graph::odata::{self, Query};
use crate::graph::refusal::problem::{Outcome, Problem};
use crate::life;
use crate::options::{CreatedBy, DeleteAssigned, ReadOnlyInBody, WriteAnswer};
use crate::schema::{Access, defaults};
use crate::world::{Collection, Deleted, Object, Tenant, World, assignments, has_id, stored, stored_one, text};

/// POST to a collection.
pub(crate) fn create(call: Call<'_, '_>) -> Outcome {
    odata::none(call.request)?;
    let (resource, rules) = (call.resource, rules(&call)?);
    let given = check::parse(call.request.body)?;
    let given = call.reading(Mode::Create).object(resource.ty, &given)?;
    (rules.authorise)(call.request, &given)?;
    let mut object = defaults::complete(resource.ty, given);
    (rules.normalise)(&call.world.options, &mut object);
    (rules.check)(call.tenant()?, &object)?;
    expect_free_name(&call, &object)?;
    let now = call.world.instant();
    let author = author(call.world.options.created_by, call.tenant()?, &call.request.caller.actor);
    object.insert("id".to_owned(), json!(call.world.new_id()));
    stamp(&mut object, resource, "created", now, author.as_deref());
    stamp(&mut object, resource, "lastModified", now, author.as_deref());
    if rules.assigned.is_some() {
        object.insert("assignments".to_owned(), json!([]));
    }
    let body = entity(call.request, resource, &object, &Query::default());
    let seen_from = call.world.options.replication_lag.after(now);
    if !collection(call.world, call.request, resource)?.insert(object.clone(), now, seen_from) {
        return Err(Problem::bug("the new object has an id that is taken"));
    }
    audit(call.world, call.request, resource, Verb::Create, Change::Created(&object))?;
    Ok(Answer::created(body))
}

/// PATCH of an entity. The merge is described in [`defaults`].
pub(crate) fn update(call: Call<'_, '_>) -> Outcome {
    odata::none(call.request)?;
    let (resource, rules) = (call.resource, rules(&call)?);
    let stored = current(&call)?.clone();
    let mut given = check::parse(call.request.body)?;
    if call.world.options.read_only_in_body == ReadOnlyInBody::Ignore {
        let shown = View::of(call.request).entity(resource.ty, &stored, &Query::default());
        twins::drop_repeated(resource.ty, call.request.version, &mut given, &shown);
    }
    let mut given = call.reading(Mode::Update).object(resource.ty, &given)?;
    (rules.drop_stale)(&stored, &mut given);
    (rules.authorise)(call.request, &given)?;
    expect_immutables(resource, &stored, &given)?;
    let kept = stored.get("assignments").cloned();
    let mut object = defaults::merge(resource.ty, &stored, given);
    (rules.normalise)(&call.world.options, &mut object);
    (rules.check)(call.tenant()?, &object)?;
    expect_free_name(&call, &object)?;
    let now = call.world.instant();
    let author = author(call.world.options.created_by, call.tenant()?, &call.request.caller.actor);
    stamp(&mut object, resource, "lastModified", now, author.as_deref());
    if let Some(kept) = kept {
        object.insert("assignments".to_owned(), kept);
    }
    let body = entity(call.request, resource, &object, &Query::default());
    let renamed = text(&stored, "displayName") != text(&object, "displayName");
    replace(call.world, call.request, resource, &call.id, object.clone())?;
    if renamed {
        life::policy_renamed(call.world, &call.request.caller.tenant, &call.id);
    }
    audit(call.world, call.request, resource, Verb::Patch, Change::Updated(&stored, &object))?;
    Ok(match call.world.options.patch_answer {
        WriteAnswer::Entity => Answer::ok(body).committed(true),
        WriteAnswer::NoContent => Answer::no_content(),
    })
}

/// DELETE of an entity.
pub(crate) fn delete(call: Call<'_, '_>) -> Outcome {
    odata::none(call.request)?;
    let (resource, rules) = (call.resource, rules(&call)?);
    let assigned = !assignments(current(&call)?).is_empty();
    let refused = call.world.options.delete_assigned == DeleteAssigned::Refuse;
    let blocks = rules.assigned.is_some_and(|assigned| assigned.blocks_delete);
    if assigned && refused && blocks {
        return Err(Problem::bad_request(
            "The object still has assignments; remove them before it is deleted.",
        ));
    }
    let at = call.world.now();
    let by = call.request.caller.actor.clone();
    let collection = collection(call.world, call.request, resource)?;
    if let Some(object) = collection.remove(&call.id) {
        collection.deleted.push(Deleted {
            object: object.clone(),
            at,
            by,
        });
        audit(call.world, call.request, resource, Verb::Delete, Change::Deleted(&object))?;
    }
    if assigned {
        life::policies_changed(call.world, &call.request.caller.tenant);
    }
    Ok(Answer::no_content())
}

/// Whether two objects may have the same name is not established, so the option decides.
fn expect_free_name(call: &Call<'_, '_>, object: &Object) -> Result<(), Problem> {
    let name = text(object, "displayName");
    let mut others = stored(call.tenant()?, call.resource.name);
    let taken = others.any(|other| text(other, "displayName") == name && !text(object, "id").is_some_and(|id| has_id(other, id)));
    if !taken || !call.world.options.unique_names {
        return Ok(());
    }
    Err(Problem::new(409, "Conflict", "Another object has this displayName already."))
}

/// The object of the path. Writes have no replication lag.
pub(crate) fn current<'a>(call: &'a Call<'_, '_>) -> Result<&'a Object, Problem> {
    call.resource.expect_id(&call.id)?;
    stored_one(call.tenant()?, call.resource.name, &call.id).ok_or_else(|| call.not_found())
}

/// Replaces the object with this id; readers see it when the replication lag is over.
pub(crate) fn replace(world: &mut World, request: &GraphRequest<'_>, resource: &Resource, id: &str, object: Object) -> Result<(), Problem> {
    let now = world.now();
    let seen_from = world.options.replication_lag.after(now);
    collection(world, request, resource)?.replace(id, object, now, seen_from);
    Ok(())
}

/// Records the audit event of a write to one object.
pub(crate) fn audit(
    world: &mut World,
    request: &GraphRequest<'_>,
    resource: &'static Resource,
    verb: Verb,
    change: Change<'_>,
) -> Result<(), Problem> {
    let write = AuditedWrite {
        verb,
        resource,
        of: resource,
        changes: &[change],
    };
    audit::record(world, request, &write)
}

/// An immutable property may be sent as it is, because clients send whole objects back.
fn expect_immutables(resource: &Resource, stored: &Object, given: &Object) -> Result<(), Problem> {
    let mut immutable = resource
        .ty
        .properties
        .iter()
        .filter(|property| property.access == Access::Immutable);
    let changed = immutable.find(|property| {
        given
            .get(property.name)
            .is_some_and(|value| Some(value) != stored.get(property.name))
    });
    match changed {
        None => Ok(()),
        Some(property) => Err(Problem::bad_request(format!(
            "The property '{}' cannot be changed after the object is created.",
            property.name
        ))),
    }
}

/// The rules of the collection; only routes with writes lead here, and those have rules.
pub(crate) fn rules(call: &Call<'_, '_>) -> Result<&'static Rules, Problem> {
    call.resource
        .rules
        .ok_or_else(|| Problem::method_not_allowed(call.request.method.as_str(), "GET"))
}

/// The collection of a request's tenant, for a change.
fn collection<'a>(world: &'a mut World, request: &GraphRequest<'_>, resource: &Resource) -> Result<&'a mut Collection, Problem> {
    let tenant = world.tenants.get_mut(&request.caller.tenant).ok_or_else(Problem::no_tenant)?;
    Ok(tenant.collections.entry(resource.name).or_default())
}

/// The value of `createdBy` and `lastModifiedBy`. What the service writes there is not established, so the option decides.
fn author(form: CreatedBy, tenant: &Tenant, actor: &Actor) -> Option<String> {
    let (id, name) = match actor {
        Actor::App { app_id } => (app_id, tenant.app(app_id).map(|app| &app.display_name)),
        Actor::User { user_principal_name } => (user_principal_name, tenant.user(user_principal_name).map(|user| &user.display_name)),
    };
    match form {
        CreatedBy::ApplicationId => Some(id.clone()),
        CreatedBy::Name => Some(name.unwrap_or(id).clone()),
        CreatedBy::Absent => None,
    }
}

/// Sets `{event}DateTime` and `{event}By` where the type has them.
fn stamp(object: &mut Object, resource: &Resource, event: &str, now: Timestamp, author: Option<&str>) {
    let marks = [
        (format!("{event}DateTime"), json!(now.to_string())),
        (format!("{event}By"), json!(author)),
    ];
    for (name, value) in marks {
        if resource.ty.property(ApiVersion::Beta, &name).is_some() {
            object.insert(name, value);
        }
    }
}
