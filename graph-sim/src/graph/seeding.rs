//! Objects that a seed puts into a tenant: checked as a create is, with ids and the service's own properties allowed.

use serde_json::{Map, Value, json};

use super::check::{self, Mode};
use super::resource::{GALLERY_IMAGES, POLICIES, Resource, SERVICE_PLANS, SETTINGS, text};
use super::write::instant;
use super::{assign, fill};
use crate::answer::ApiVersion;
use crate::world::World;

/// Collections that are kept for what points at them and have no routes of their own.
const WITHOUT_ROUTES: [&str; 3] = ["onPremisesConnections", "deviceImages", "cloudPCs"];

/// Puts one object into a tenant's collection. `assignments` stand inline, so the groups must be there already, and the
/// images before the policies that use them.
///
/// # Errors
/// The reason, when the tenant or the collection is not known or a create would refuse the object.
pub fn seed_object(world: &mut World, tenant_id: &str, collection: &str, value: Value) -> Result<(), String> {
    let Value::Object(mut given) = value else {
        return Err(format!("an object of {collection} must be a mapping"));
    };
    if !world.tenants.contains_key(tenant_id) {
        return Err(format!("no tenant has the id {tenant_id}"));
    }
    if let Some(name) = WITHOUT_ROUTES.into_iter().find(|name| *name == collection) {
        return insert(world, tenant_id, name, given);
    }
    let resource = [&POLICIES, &SETTINGS, &GALLERY_IMAGES, &SERVICE_PLANS]
        .into_iter()
        .find(|resource| resource.name == collection)
        .ok_or_else(|| format!("no collection is called {collection}"))?;
    let assignments = match given.remove("assignments") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(assignments)) if resource.rules.is_some() => assignments,
        Some(_) => return Err("'assignments' takes a list, and only policies and settings have them".to_owned()),
    };
    let object = checked(world, tenant_id, resource, given, &assignments).map_err(super::problem::Problem::reason)?;
    insert(world, tenant_id, resource.name, object)
}

fn checked(
    world: &mut World,
    tenant_id: &str,
    resource: &'static Resource,
    given: Map<String, Value>,
    assignments: &[Value],
) -> Result<Map<String, Value>, super::problem::Problem> {
    let given = check::object(resource.ty, ApiVersion::Beta, Mode::Seed, &given)?;
    let mut object = fill::complete(resource.ty, given);
    if text(&object, "id").is_none() {
        object.insert("id".to_owned(), json!(world.new_id()));
    }
    resource.expect_id(text(&object, "id").unwrap_or_default())?;
    let Some(rules) = resource.rules else {
        return Ok(object);
    };
    let now = instant(world).to_string();
    for name in ["createdDateTime", "lastModifiedDateTime"] {
        let known = resource.ty.property(ApiVersion::Beta, name).is_some();
        if known && text(&object, name).is_none() {
            object.insert(name.to_owned(), json!(now));
        }
    }
    (rules.settle)(&mut object);
    if let Some(tenant) = world.tenants.get(tenant_id) {
        (rules.check)(tenant, &object)?;
    }
    let assignments = assign::seed(world, tenant_id, resource, &object, assignments)?;
    object.insert("assignments".to_owned(), Value::Array(assignments));
    Ok(object)
}

/// Appends an object whose id, given or new, nothing else in the collection has.
fn insert(world: &mut World, tenant_id: &str, collection: &'static str, mut object: Map<String, Value>) -> Result<(), String> {
    if text(&object, "id").is_none() {
        object.insert("id".to_owned(), json!(world.new_id()));
    }
    let (id, now) = (text(&object, "id").unwrap_or_default().to_owned(), world.now());
    let Some(tenant) = world.tenants.get_mut(tenant_id) else {
        return Err(format!("no tenant has the id {tenant_id}"));
    };
    if tenant.collections.entry(collection).or_default().insert(object, now, now) {
        return Ok(());
    }
    Err(format!("{collection} has an object with the id {id} already"))
}
