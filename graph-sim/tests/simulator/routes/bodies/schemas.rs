//! Bodies out of the schemas of an OpenAPI description: references, bases, variants, enumerations and formats resolved.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use super::{CLOUD_PC, POLICY};
use crate::routes::support::{CONNECTION, DEVICE_IMAGE, GALLERY_IMAGE, GROUP_A, GROUP_B, PENDING_CONNECTION, PLAN};

/// Types are recursive; a body ends here.
const DEEPEST: usize = 5;

/// The schemas of a description, as strategies.
pub struct Schemas<'a>(pub &'a Value);

impl<'a> Schemas<'a> {
    pub fn named(&self, reference: &str) -> &'a Value {
        let schema = self.0.get(reference.trim_start_matches("#/components/schemas/"));
        schema.unwrap_or_else(|| panic!("{reference} leads nowhere"))
    }

    /// The properties of a type and of its bases.
    pub fn properties(&self, schema: &'a Value, into: &mut BTreeMap<&'a str, &'a Value>) {
        if let Some(reference) = schema["$ref"].as_str() {
            self.properties(self.named(reference), into);
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.properties(part, into);
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            into.insert(name, property);
        }
    }

    /// The types that can stand in the place of this one, by what `@odata.type` calls them.
    fn variants(&self, schema: &'a Value) -> Vec<(&'a str, &'a Value)> {
        let parts = schema["allOf"].as_array().into_iter().flatten();
        let mapping = std::iter::once(schema)
            .chain(parts)
            .find_map(|part| part["discriminator"]["mapping"].as_object());
        let variants = mapping.into_iter().flatten();
        variants
            .map(|(name, reference)| (name.as_str(), self.named(reference.as_str().unwrap())))
            .collect()
    }

    pub fn any(&self, name: &str, schema: &'a Value, depth: usize) -> BoxedStrategy<Value> {
        let value = self.not_null(name, schema, depth);
        if schema["nullable"] == true {
            prop_oneof![6 => value, 1 => Just(Value::Null)].boxed()
        } else {
            value
        }
    }

    fn not_null(&self, name: &str, schema: &'a Value, depth: usize) -> BoxedStrategy<Value> {
        if let Some(reference) = schema["$ref"].as_str() {
            return self.not_null(name, self.named(reference), depth);
        }
        if let Some(members) = schema["enum"].as_array() {
            return select(members.clone()).boxed();
        }
        let parts = schema["allOf"].as_array().map_or(&[][..], Vec::as_slice);
        if let ([one], None) = (parts, schema.get("properties")) {
            return self.not_null(name, one, depth);
        }
        match (schema["type"].as_str(), schema["format"].as_str()) {
            (Some("object"), _) | (None, _) => self.object(schema, depth),
            (Some("array"), _) => prop::collection::vec(self.any(name, &schema["items"], depth), 0..3)
                .prop_map(Value::from)
                .boxed(),
            (Some("boolean"), _) => any::<bool>().prop_map(Value::from).boxed(),
            (Some("integer"), _) => prop_oneof![0..500_i32, any::<i32>()].prop_map(Value::from).boxed(),
            (Some("number"), _) => any::<f64>().prop_map(Value::from).boxed(),
            (Some("string"), Some("date-time")) => Just(json!("2026-01-05T08:00:00Z")).boxed(),
            (Some("string"), Some("date")) => Just(json!("2026-01-05")).boxed(),
            (Some("string"), Some("uuid")) => any::<u128>()
                .prop_map(|bits| json!(uuid::Uuid::from_u128(bits).to_string()))
                .boxed(),
            (Some("string"), _) => text(name),
            other => panic!("{name}: {other:?} is not understood"),
        }
    }

    /// Some of the properties of an object; an abstract type mostly as one of its variants.
    fn object(&self, schema: &'a Value, depth: usize) -> BoxedStrategy<Value> {
        let variants = self.variants(schema);
        if variants.is_empty() {
            return self.concrete(None, schema, depth);
        }
        let all = variants
            .into_iter()
            .map(|(name, variant)| self.concrete(Some(name), variant, depth));
        proptest::strategy::Union::new(all).boxed()
    }

    fn concrete(&self, type_name: Option<&'a str>, schema: &'a Value, depth: usize) -> BoxedStrategy<Value> {
        let mut properties = BTreeMap::new();
        self.properties(schema, &mut properties);
        properties.remove("@odata.type");
        let mut chosen: Vec<BoxedStrategy<(String, Value)>> = Vec::new();
        for (name, property) in properties.into_iter().filter(|_| depth < DEEPEST) {
            let owned = name.to_owned();
            let value = self.any(name, property, depth + 1).prop_map(move |value| (owned.clone(), value));
            chosen.push(value.boxed());
        }
        let most = chosen.len().min(4);
        let type_name = type_name.map(|name| ("@odata.type".to_owned(), json!(name)));
        subsequence(chosen, 0..=most)
            .prop_flat_map(|chosen| chosen)
            .prop_map(move |pairs| Value::Object(type_name.clone().into_iter().chain(pairs).collect::<Map<_, _>>()))
            .boxed()
    }
}

/// Texts that pass further checks: ids and names of existing objects, and any others.
fn text(name: &str) -> BoxedStrategy<Value> {
    let known: &[&str] = match name {
        "id" | "groupId" => &[GROUP_A, GROUP_B, POLICY],
        "imageId" => &[GALLERY_IMAGE, DEVICE_IMAGE],
        "servicePlanId" => &[PLAN, ""],
        "onPremisesConnectionId" => &[CONNECTION, PENDING_CONNECTION, ""],
        "regionName" => &["westeurope", "automatic", ""],
        "locale" | "language" => &["en-US", "de-DE"],
        "cloudPcNamingTemplate" => &["CPC-%RAND:5%", "%USERNAME:3%-%RAND:5%", "%%"],
        "cloudPcIds" => &[CLOUD_PC],
        _ => &["a", "", " "],
    };
    let known: Vec<Value> = known.iter().map(|one| json!(one)).collect();
    prop_oneof![4 => select(known), 1 => any::<String>().prop_map(Value::from)].boxed()
}
