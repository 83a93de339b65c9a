//! The property tables, the routes and the refusals against the OpenAPI description of the service. That every answer fits
//! it is checked wherever a test sends a request; the table of routes asks them all.

use std::collections::BTreeSet;

use crate::contract::support::description;
use crate::routes::support::*;
use graph_sim::base::answer::ApiVersion;
use graph_sim::contract::Rule;
use graph_sim::contract::tolerated::TOLERATED;
use graph_sim::graph::routes::ROUTES;
use graph_sim::schema::{
    EnumType, Kind, Property, Type, UNKNOWN_FUTURE_VALUE, audit, catalogue, cloud_pc, connection, device_image, directory, managed_device,
    policy as policies, setting,
};
use serde_json::{Map, Value, json};

/// The properties of a schema with those of its bases.
fn flat<'a>(schemas: &'a Value, schema: &'a Value, into: &mut Map<String, Value>) {
    if let Some(name) = reference(schema) {
        flat(schemas, &schemas[format!("microsoft.graph.{name}")], into);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        flat(schemas, part, into);
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        into.insert(name.clone(), property.clone());
    }
}

fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit_once("/microsoft.graph.").map(|(_, name)| name)
}

/// `Text`, `Int32` or the name of the type, as the tables have it.
fn kind_of(schema: &Value) -> String {
    if let Some(name) = reference(schema) {
        return name.to_owned();
    }
    if let Some(parts) = schema["allOf"].as_array() {
        return parts.iter().find_map(reference).unwrap().to_owned();
    }
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("string"), None) => "Text",
        (Some("string"), Some("uuid")) => "Guid",
        (Some("string"), Some("date-time")) => "DateTime",
        (Some("string"), Some("date")) => "Date",
        (Some("boolean"), None) => "Boolean",
        (Some("integer"), Some("int32")) => "Int32",
        (Some("integer"), Some("int64")) => "Int64",
        other => panic!("the tables have no kind for {other:?}"),
    }
    .to_owned()
}

fn kind_in_table(property: &Property) -> String {
    match property.kind {
        Kind::Enum(one) | Kind::Flags(one) => one.name.to_owned(),
        Kind::Complex(one) => one.name.to_owned(),
        Kind::Opaque(name) => name.to_owned(),
        plain => format!("{plain:?}"),
    }
}

fn compare_type(version: ApiVersion, schemas: &Value, ty: &'static Type, done: &mut BTreeSet<&'static str>) {
    if !done.insert(ty.name) {
        return;
    }
    let place = format!("{} {}", version.as_str(), ty.name);
    let schema = &schemas[format!("microsoft.graph.{}", ty.name)];
    assert!(schema.is_object(), "{place} is not described");
    let mut described = Map::new();
    flat(schemas, schema, &mut described);
    described.remove("@odata.type");
    let ours: Vec<&Property> = ty.properties.iter().filter(|one| one.is_in(version)).collect();
    let names = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(
        names(ours.iter().map(|one| one.name).collect()),
        names(described.keys().map(String::as_str).collect()),
        "properties of {place}"
    );
    assert_eq!(ours.len(), described.len(), "a property of {place} is there twice");
    for property in ours {
        compare_property(version, schemas, &place, property, &described[property.name], done);
    }
    let variants = schema["discriminator"]["mapping"].as_object();
    let described: BTreeSet<String> = variants.into_iter().flatten().map(|(name, _)| name.clone()).collect();
    let ours: BTreeSet<String> = ty.variants.iter().map(|one| one.odata_type()).collect();
    assert_eq!(ours, described, "variants of {place}");
    for variant in ty.variants {
        compare_type(version, schemas, variant, done);
    }
}

fn compare_property(
    version: ApiVersion,
    schemas: &Value,
    place: &str,
    property: &Property,
    described: &Value,
    done: &mut BTreeSet<&'static str>,
) {
    let place = format!("{place}.{}", property.name);
    assert_eq!(property.collection, described["type"] == "array", "{place} as a list");
    let single = if property.collection { &described["items"] } else { described };
    assert_eq!(kind_in_table(property), kind_of(single), "type of {place}");
    if !property.collection {
        assert_eq!(property.nullable, described["nullable"] == true, "null of {place}");
    }
    if version == ApiVersion::Beta {
        assert_eq!(property.deprecated, described["deprecated"] == true, "deprecation of {place}");
    }
    match property.kind {
        Kind::Complex(inner) => compare_type(version, schemas, inner, done),
        Kind::Enum(members) | Kind::Flags(members) => compare_enum(version, schemas, members),
        _ => {}
    }
}

fn compare_enum(version: ApiVersion, schemas: &Value, ours: &EnumType) {
    let schema = &schemas[format!("microsoft.graph.{}", ours.name)];
    let members = ours.members(version);
    let place = format!("{} {}", version.as_str(), ours.name);
    assert_eq!(json!(members), schema["enum"], "members of {place}");
    let border = members.iter().position(|one| *one == UNKNOWN_FUTURE_VALUE);
    let hidden = schema["x-needs-prefer-include-unknown-enum-members"].as_array();
    let hidden = hidden.cloned().unwrap_or_default();
    let behind = border.map_or(&[][..], |border| &members[border + 1..]);
    assert_eq!(json!(behind), json!(hidden), "hidden members of {place}");
}

#[test]
fn the_tables_are_the_description() {
    for version in VERSIONS {
        let Some(description) = description(version) else { return };
        let schemas = &description["components"]["schemas"];
        let mut done = BTreeSet::new();
        let mut roots: Vec<&'static Type> = vec![
            &policies::PROVISIONING_POLICY,
            &setting::USER_SETTING,
            &catalogue::GALLERY_IMAGE,
            &directory::GROUP,
            &directory::ORGANIZATION,
            &directory::USER,
            &directory::SUBSCRIBED_SKU,
            &cloud_pc::CLOUD_PC,
            &audit::AUDIT_EVENT,
            &connection::ON_PREMISES_CONNECTION,
            &device_image::DEVICE_IMAGE,
            &catalogue::SERVICE_PLAN,
            &managed_device::MANAGED_DEVICE,
        ];
        if version == ApiVersion::Beta {
            roots.push(&catalogue::FRONT_LINE_SERVICE_PLAN);
            roots.push(&catalogue::SUPPORTED_REGION);
            roots.push(&catalogue::ORGANIZATION_SETTINGS);
            roots.push(&cloud_pc::STATUS_SUMMARY);
        }
        for ty in roots {
            compare_type(version, schemas, ty, &mut done);
        }
        assert!(done.len() > 30, "only {done:?} were compared");
    }
}

/// The description's name of one of our routes.
fn described_path<'a>(description: &'a Value, ours: &str) -> Option<(&'a String, &'a Value)> {
    let wanted: Vec<&str> = ours.split('/').collect();
    description["paths"].as_object().unwrap().iter().find(|(path, _)| {
        let theirs: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        theirs.len() == wanted.len()
            && theirs.iter().zip(&wanted).all(|(their, our)| match *our {
                "{id}" => their.starts_with('{'),
                // A function is described with its parentheses.
                our => their.trim_end_matches("()") == our,
            })
    })
}

/// Whether the service has an operation that the description does not, which is known and tolerated.
fn is_left_out(method: &str, path: &str) -> bool {
    // The checks see a cast without its namespace.
    let path = format!("/{}", path.replace("{id}", "*").replace("microsoft.graph.", ""));
    TOLERATED
        .iter()
        .any(|tolerance| tolerance.rule == Rule::UndescribedOperation && (tolerance.method, tolerance.path) == (method, path.as_str()))
}

#[test]
fn every_route_is_described_and_opened_by_no_other_permission() {
    for version in VERSIONS {
        let Some(description) = description(version) else { return };
        for route in ROUTES {
            let described = described_path(&description, route.path);
            for operation in route.operations {
                let described = described.map(|(_, described)| &described[operation.method.to_lowercase()]);
                let described = described.filter(|described| described.is_object());
                let absent = (route.beta_only && version == ApiVersion::V1) || is_left_out(operation.method, route.path);
                assert_eq!(described.is_none(), absent, "{} {}", operation.method, route.path);
                let Some(described) = described else { continue };
                for kind in ["application", "delegated"] {
                    let known = &described["x-permissions"][kind];
                    let known: Vec<&Value> = ["least", "higher"]
                        .iter()
                        .flat_map(|list| known[list].as_array().into_iter().flatten())
                        .collect();
                    let strange = operation.permission.any_of.iter().find(|one| !known.contains(&&json!(one)));
                    assert!(
                        known.is_empty() || strange.is_none(),
                        "{} {} {strange:?}",
                        operation.method,
                        route.path
                    );
                }
            }
        }
    }
}

#[test]
fn failures_fit_the_description_of_errors() {
    for version in VERSIONS {
        let mut world = world();
        let failures = [
            get(&mut world, version, "/nothing"),
            get(&mut world, version, &format!("{POLICIES}/{UNKNOWN_ID}")),
            Ask::new(version, "PUT", POLICIES).send(&mut world),
            Ask::new(version, "GET", POLICIES).by(app(&[])).send(&mut world),
            Ask::new(version, "GET", "/groups").by(app(&[])).send(&mut world),
            Ask::new(version, "POST", POLICIES)
                .body(&policy_with(&json!({"imageId": "x"})))
                .send(&mut world),
        ];
        for failure in failures {
            assert!((400..500).contains(&failure.status));
        }
    }
}
