//! Create, update and delete of the collections that can be written.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::check::{self, Mode};
use super::fill;
use super::odata::{self, Query};
use super::problem::{Outcome, Problem};
use super::read::{entity, tenant};
use super::resource::{Resource, Rules, assignments};
use super::routes::Call;
use super::schema::Access;
use crate::answer::{Answer, ApiVersion};
use crate::options::{DeleteAssigned, PatchAnswer};
use crate::world::{Actor, Collection, Deleted, Tenant, World};

/// POST to a collection.
pub fn create(call: Call<'_, '_>) -> Outcome {
    odata::none(call.request)?;
    let (resource, rules) = (call.resource, rules(&call)?);
    let given = check::parse(call.request.body)?;
    let given = check::object(resource.ty, call.request.version, Mode::Create, &given)?;
    (rules.authorise)(call.request, &given)?;
    let mut object = fill::complete(resource.ty, given);
    (rules.settle)(&mut object);
    (rules.check)(tenant(&call)?, &object)?;
    let now = instant(call.world);
    let author = author(tenant(&call)?, &call.request.caller.actor);
    object.insert("id".to_owned(), json!(call.world.new_id()));
    stamp(&mut object, resource, "created", now, &author);
    stamp(&mut object, resource, "lastModified", now, &author);
    object.insert("assignments".to_owned(), json!([]));
    let body = entity(call.request, resource, &object, &Query::default());
    collection(call.world, &call.request.caller.tenant, resource)?.objects.push(object);
    Ok(Answer::created(body))
}

/// PATCH of an entity. The merge is described in [`fill`].
pub fn update(call: Call<'_, '_>) -> Outcome {
    odata::none(call.request)?;
    let (resource, rules) = (call.resource, rules(&call)?);
    let place = resource.position(tenant(&call)?, &call.id)?;
    let given = check::parse(call.request.body)?;
    let given = check::object(resource.ty, call.request.version, Mode::Update, &given)?;
    (rules.authorise)(call.request, &given)?;
    let now = instant(call.world);
    let author = author(tenant(&call)?, &call.request.caller.actor);
    let tenant = tenant(&call)?;
    let stored = &tenant.collections[resource.name].objects[place];
    expect_immutables(resource, stored, &given)?;
    let kept = stored.get("assignments").cloned().unwrap_or_else(|| json!([]));
    let mut object = fill::merge(resource.ty, stored, given);
    (rules.settle)(&mut object);
    (rules.check)(tenant, &object)?;
    stamp(&mut object, resource, "lastModified", now, &author);
    object.insert("assignments".to_owned(), kept);
    let body = entity(call.request, resource, &object, &Query::default());
    let answer = call.world.options.patch_answer;
    collection(call.world, &call.request.caller.tenant, resource)?.objects[place] = object;
    Ok(match answer {
        PatchAnswer::Entity => Answer::ok(body).committed(true),
        PatchAnswer::NoContent => Answer::no_content(),
    })
}

/// DELETE of an entity.
pub fn delete(call: Call<'_, '_>) -> Outcome {
    odata::none(call.request)?;
    let (resource, rules) = (call.resource, rules(&call)?);
    let tenant = tenant(&call)?;
    let place = resource.position(tenant, &call.id)?;
    let assigned = !assignments(&tenant.collections[resource.name].objects[place]).is_empty();
    let refused = call.world.options.delete_assigned == DeleteAssigned::Refuse;
    if assigned && refused && rules.assignments_block_delete {
        return Err(Problem::bad_request(
            "The object still has assignments; remove them before it is deleted.",
        ));
    }
    let at = call.world.now();
    let by = call.request.caller.actor.clone();
    let collection = collection(call.world, &call.request.caller.tenant, resource)?;
    let object = collection.objects.remove(place);
    collection.deleted.push(Deleted { object, at, by });
    Ok(Answer::no_content())
}

/// An immutable property may be sent as it is, because clients send whole objects back.
fn expect_immutables(resource: &Resource, stored: &Map<String, Value>, given: &Map<String, Value>) -> Result<(), Problem> {
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
pub fn rules(call: &Call<'_, '_>) -> Result<&'static Rules, Problem> {
    call.resource
        .rules
        .ok_or_else(|| Problem::method_not_allowed(call.request.method.as_str(), "GET"))
}

/// The collection of a tenant, for a change.
pub fn collection<'a>(world: &'a mut World, tenant: &str, resource: &Resource) -> Result<&'a mut Collection, Problem> {
    let tenant = world.tenants.get_mut(tenant).ok_or_else(|| resource.not_found(tenant))?;
    Ok(tenant.collections.entry(resource.name).or_default())
}

/// The time as the service writes it: never finer than microseconds.
pub fn instant(world: &mut World) -> Timestamp {
    let now = world.now();
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}

/// The id that stands in `createdBy` and `lastModifiedBy`.
fn author(tenant: &Tenant, actor: &Actor) -> String {
    match actor {
        Actor::App { app_id } => app_id.clone(),
        Actor::User { user_principal_name } => tenant
            .user(user_principal_name)
            .map_or_else(|| user_principal_name.clone(), |user| user.id.clone()),
    }
}

/// Sets `{event}DateTime` and `{event}By` where the type has them.
fn stamp(object: &mut Map<String, Value>, resource: &Resource, event: &str, now: Timestamp, author: &str) {
    let marks = [
        (format!("{event}DateTime"), now.to_string()),
        (format!("{event}By"), author.to_owned()),
    ];
    for (name, value) in marks {
        if resource.ty.property(ApiVersion::Beta, &name).is_some() {
            object.insert(name, Value::String(value));
        }
    }
}
