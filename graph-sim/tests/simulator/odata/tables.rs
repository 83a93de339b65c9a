//! The tables of query options: what they name exists, and is of a kind that can be compared in the ways they say.

use graph_sim::base::answer::ApiVersion;
use graph_sim::graph::odata::tables::{self, Operator, Queries};
use serde_json::Value;

use crate::contract::support::description;

/// Each table with the name of its type.
const TABLES: [(&str, &Queries); 15] = [
    ("cloudPC", &tables::CLOUD_PCS),
    ("cloudPcProvisioningPolicy", &tables::POLICIES),
    ("cloudPcUserSetting", &tables::SETTINGS),
    ("cloudPcAuditEvent", &tables::AUDIT_EVENTS),
    ("cloudPcServicePlan", &tables::SERVICE_PLANS),
    ("cloudPcFrontLineServicePlan", &tables::FRONT_LINE_SERVICE_PLANS),
    ("cloudPcSupportedRegion", &tables::SUPPORTED_REGIONS),
    ("cloudPcDeviceImage", &tables::DEVICE_IMAGES),
    ("cloudPcGalleryImage", &tables::GALLERY_IMAGES),
    ("cloudPcOnPremisesConnection", &tables::CONNECTIONS),
    ("group", &tables::GROUPS),
    ("user", &tables::USERS),
    ("managedDevice", &tables::MANAGED_DEVICES),
    ("organization", &tables::ORGANIZATIONS),
    ("subscribedSku", &tables::SUBSCRIBED_SKUS),
];

fn schema<'a>(schemas: &'a Value, reference: &str) -> &'a Value {
    &schemas[reference.rsplit('/').next().unwrap()]
}

/// A property of a schema or of one of its bases, its reference followed.
fn property<'a>(schemas: &'a Value, of: &'a Value, name: &str) -> Option<&'a Value> {
    if let Some(reference) = of["$ref"].as_str() {
        return property(schemas, schema(schemas, reference), name);
    }
    let inherited = || {
        let mut bases = of["allOf"].as_array().into_iter().chain(of["anyOf"].as_array()).flatten();
        bases.find_map(|base| property(schemas, base, name))
    };
    of["properties"].get(name).or_else(inherited)
}

/// The JSON type, `date-time` or `enum` at the end of a path.
fn kind(schemas: &Value, ty: &str, path: &str) -> String {
    let mut at = schema(schemas, &format!("microsoft.graph.{ty}"));
    for name in path.split('/') {
        at = property(schemas, at, name).unwrap_or_else(|| panic!("{ty} has no {path}"));
    }
    let inner = at["anyOf"].as_array().into_iter().chain(at["allOf"].as_array()).flatten();
    let target = [at].into_iter().chain(inner);
    let target: Vec<&Value> = target
        .map(|one| one["$ref"].as_str().map_or(one, |name| schema(schemas, name)))
        .collect();
    if target.iter().any(|one| one["enum"].is_array()) {
        return "enum".to_owned();
    }
    let (ty, format) = (at["type"].as_str().unwrap_or("object"), at["format"].as_str().unwrap_or_default());
    if format == "date-time" { format.to_owned() } else { ty.to_owned() }
}

#[test]
fn what_the_tables_name_exists_and_can_be_compared() {
    let Some(description) = description(ApiVersion::Beta) else { return };
    let schemas = &description["components"]["schemas"];
    for (ty, queries) in TABLES {
        for one in queries.filter {
            let kind = kind(schemas, ty, one.path);
            let possible: Vec<Operator> = Operator::ALL.into_iter().filter(|operator| one.operators.has(*operator)).collect();
            assert!(!possible.is_empty(), "{ty} {}", one.path);
            for operator in possible {
                let sensible = match kind.as_str() {
                    "string" => true,
                    "integer" | "number" | "date-time" => !operator.is_function(),
                    "boolean" | "enum" => matches!(operator, Operator::Eq | Operator::Ne | Operator::In),
                    _ => false,
                };
                assert!(
                    sensible,
                    "{ty} {} is of {kind}, which does not go with {}",
                    one.path,
                    operator.name()
                );
            }
            assert_eq!(queries.filter.iter().filter(|other| other.path == one.path).count(), 1);
        }
        for path in queries.order {
            assert_ne!(kind(schemas, ty, path), "object", "{ty} {path}");
        }
    }
}
