//! Objects that a seed puts into a tenant: checked as a create is, with ids and the service's own properties allowed.

use serde_json::{Map, Value, json};

use super::body::check::{self, Mode};
use super::collections::resource::Resource;
use super::collections::table::{
    AUDIT_EVENTS, CLOUD_PCS, CONNECTIONS, DEVICE_IMAGES, FRONT_LINE_PLANS, GALLERY_IMAGES, ORGANIZATION_SETTINGS, POLICIES, SETTINGS,
};
use super::handlers::assign;
use super::refusal::problem::Problem;
use crate::base::answer::ApiVersion;
use crate::base::ids::stable_id;
use crate::schema::defaults;
use crate::world::{World, text};

/// The collections that a seed can fill.
static SEEDED: [&Resource; 9] = [
    &POLICIES,
    &SETTINGS,
    &ORGANIZATION_SETTINGS,
    &GALLERY_IMAGES,
    &FRONT_LINE_PLANS,
    &CONNECTIONS,
    &DEVICE_IMAGES,
    &CLOUD_PCS,
    &AUDIT_EVENTS,
];

/// Puts one object into a tenant's collection. `assignments` are inline, so the groups must exist already, and the
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
    let resource = SEEDED
        .into_iter()
        .find(|resource| resource.name == collection)
        .ok_or_else(|| format!("no collection is called {collection}"))?;
    let assignments = match given.remove("assignments") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(assignments)) if resource.assigned().is_some() => assignments,
        Some(_) => return Err("'assignments' takes a list, and only policies and settings have them".to_owned()),
    };
    let object = checked(world, tenant_id, resource, given, &assignments).map_err(Problem::reason)?;
    insert(world, tenant_id, resource.name, object)
}

fn checked(
    world: &mut World,
    tenant_id: &str,
    resource: &'static Resource,
    mut given: Map<String, Value>,
    assignments: &[Value],
) -> Result<Map<String, Value>, Problem> {
    let now = world.instant().to_string();
    for name in ["createdDateTime", "lastModifiedDateTime"] {
        let known = resource.ty.property(ApiVersion::Beta, name).is_some();
        if known && text(&given, name).is_none() {
            given.insert(name.to_owned(), json!(now));
        }
    }
    if text(&given, "id").is_none() {
        given.insert("id".to_owned(), json!(world.new_id()));
    }
    resource.expect_id(text(&given, "id").unwrap_or_default())?;
    assume(resource.name, &mut given);
    let given = check::object(resource.ty, ApiVersion::Beta, Mode::Seed, &given)?;
    let Some(rules) = resource.rules else {
        return Ok(defaults::complete_without_nulls(resource.ty, given));
    };
    let mut object = defaults::complete(resource.ty, given);
    (rules.normalise)(&world.options, &mut object);
    if let Some(tenant) = world.tenants.get(tenant_id) {
        (rules.check)(tenant, &object)?;
    }
    if resource.assigned().is_some() {
        let assignments = assign::seed(world, tenant_id, resource, &object, assignments)?;
        object.insert("assignments".to_owned(), Value::Array(assignments));
    }
    Ok(object)
}

/// Adds the properties that the service would have for an object although a short seed leaves them out.
fn assume(collection: &str, given: &mut Map<String, Value>) {
    let id = text(given, "id").unwrap_or_default().to_owned();
    let subscription = stable_id(&["subscription", &id]);
    let group = format!("/subscriptions/{subscription}/resourceGroups/network");
    let network = format!("{group}/providers/Microsoft.Network/virtualNetworks/network");
    let assumed: &[(&str, String)] = match collection {
        "onPremisesConnections" => &[
            ("displayName", id.clone()),
            ("connectionType", "azureADJoin".to_owned()),
            ("subscriptionId", subscription),
            ("resourceGroupId", group),
            ("virtualNetworkId", network.clone()),
            ("subnetId", format!("{network}/subnets/default")),
            ("healthCheckStatus", "passed".to_owned()),
        ],
        "deviceImages" => &[
            ("displayName", id.clone()),
            ("version", "1.0.0".to_owned()),
            ("sourceImageResourceId", format!("{group}/providers/Microsoft.Compute/images/{id}")),
            ("status", "ready".to_owned()),
        ],
        _ => &[],
    };
    for (name, value) in assumed {
        if text(given, name).is_none() {
            given.insert((*name).to_owned(), json!(value));
        }
    }
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
