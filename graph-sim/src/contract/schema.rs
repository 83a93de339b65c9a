//! Schemas of OpenAPI 3.0 as JSON Schemas that refuse what they do not name.
//!
//! Inheritance is flattened, since a closed type cannot be composed of closed parts; what is referred to stays referred to,
//! because the types are recursive. A schema that is not understood is an error: a check must not accept what it cannot
//! read.

use std::collections::BTreeSet;

use anyhow::{Context, bail};
use serde_json::{Map, Value, json};

const COMPONENTS: &str = "#/components/schemas/";
const NULLABLE: &str = "nullable.";
/// Deeper inheritance than this is a circle.
const DEEPEST: usize = 32;

/// What a body is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Use {
    /// A whole object.
    Whole,
    /// A change of one, in which nothing is required.
    Change,
}

/// All named schemas, each with and without null.
#[derive(Debug)]
pub(super) struct Definitions {
    source: Map<String, Value>,
    usage: Use,
    converted: Map<String, Value>,
}

/// The properties of an object with those of its bases.
#[derive(Default)]
struct Members {
    properties: Map<String, Value>,
    required: BTreeSet<String>,
}

impl Definitions {
    /// Converts the named schemas of a description.
    pub(super) fn of(schemas: &Value, usage: Use) -> anyhow::Result<Self> {
        let source = schemas.as_object().context("the schemas are no object")?.clone();
        let mut definitions = Self {
            source,
            usage,
            converted: Map::new(),
        };
        let mut converted = Map::new();
        for (name, schema) in &definitions.source {
            for (prefix, nullable) in [("", false), (NULLABLE, true)] {
                let schema = definitions
                    .named(name, schema, nullable)
                    .with_context(|| format!("schema {name}"))?;
                converted.insert(format!("{prefix}{name}"), schema);
            }
        }
        definitions.converted = converted;
        Ok(definitions)
    }

    /// A schema with all that it refers to.
    pub(super) fn complete(&self, root: &Value) -> Value {
        let mut reached = Map::new();
        let mut pending = Vec::new();
        collect_references(root, &mut pending);
        while let Some(name) = pending.pop() {
            let Some(schema) = self.converted.get(&name).filter(|_| !reached.contains_key(&name)) else {
                continue;
            };
            collect_references(schema, &mut pending);
            reached.insert(name, schema.clone());
        }
        json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "allOf": [root], "$defs": reached})
    }

    /// A schema as a JSON Schema.
    pub(crate) fn convert(&self, schema: &Value) -> anyhow::Result<Value> {
        self.single(schema, schema["nullable"] == true)
    }

    fn named(&self, name: &str, schema: &Value, nullable: bool) -> anyhow::Result<Value> {
        match discriminator(schema) {
            Some(discriminator) => self.one_of_variants(name, schema, discriminator, nullable),
            None => self.single(schema, nullable),
        }
    }

    fn single(&self, schema: &Value, nullable: bool) -> anyhow::Result<Value> {
        if let Some(word) = ["oneOf", "anyOf", "not", "additionalProperties"]
            .iter()
            .find(|word| schema.get(word).is_some())
        {
            bail!("{word} is not understood");
        }
        if let Some(name) = schema["$ref"].as_str() {
            return self.reference(name, nullable);
        }
        if let Some(Value::Array(members)) = schema.get("enum") {
            let mut members = members.clone();
            members.extend(nullable.then_some(Value::Null));
            return Ok(json!({ "enum": members }));
        }
        if let Some(Value::Array(parts)) = schema.get("allOf") {
            // A single reference in `allOf`: in OpenAPI 3.0 a reference has no siblings.
            return match parts.as_slice() {
                [one] if one.get("$ref").is_some() && schema.get("properties").is_none() => self.single(one, nullable),
                _ => self.closed(&self.members(schema)?, nullable),
            };
        }
        let ty = schema["type"].as_str().context("a schema has no type")?;
        let types = if nullable { json!([ty, "null"]) } else { json!(ty) };
        Ok(match (ty, schema["format"].as_str()) {
            ("object", _) => self.closed(&self.members(schema)?, nullable)?,
            ("array", _) => {
                let items = schema.get("items").context("a list has no items")?;
                json!({"type": types, "items": self.convert(items)?})
            }
            ("integer", Some("int32")) => json!({"type": types, "minimum": i32::MIN, "maximum": i32::MAX}),
            ("string", Some(format @ ("date-time" | "date" | "uuid"))) => json!({"type": types, "format": format}),
            ("string" | "integer" | "number" | "boolean", _) => json!({ "type": types }),
            (other, _) => bail!("the type {other} is not understood"),
        })
    }

    fn reference(&self, reference: &str, nullable: bool) -> anyhow::Result<Value> {
        let name = self.target(reference)?;
        let prefix = if nullable { NULLABLE } else { "" };
        Ok(json!({"$ref": format!("#/$defs/{prefix}{name}")}))
    }

    fn target<'r>(&self, reference: &'r str) -> anyhow::Result<&'r str> {
        reference
            .strip_prefix(COMPONENTS)
            .filter(|name| self.source.contains_key(*name))
            .with_context(|| format!("{reference} leads nowhere"))
    }

    fn members(&self, schema: &Value) -> anyhow::Result<Members> {
        let mut members = Members::default();
        self.gather(schema, &mut members, 0)?;
        Ok(members)
    }

    fn gather(&self, schema: &Value, into: &mut Members, depth: usize) -> anyhow::Result<()> {
        if depth > DEEPEST {
            bail!("a type is its own base");
        }
        if let Some(reference) = schema["$ref"].as_str() {
            self.gather(&self.source[self.target(reference)?], into, depth + 1)?;
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.gather(part, into, depth + 1)?;
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            into.properties.insert(name.clone(), property.clone());
        }
        let required = schema["required"].as_array().into_iter().flatten();
        into.required.extend(required.filter_map(Value::as_str).map(str::to_owned));
        Ok(())
    }

    /// An object with these properties and no others; annotations may always be there.
    fn closed(&self, members: &Members, nullable: bool) -> anyhow::Result<Value> {
        let mut properties = Map::new();
        for (name, property) in &members.properties {
            let converted = self.convert(property).with_context(|| format!("property {name}"))?;
            properties.insert(name.clone(), converted);
        }
        let mut object = json!({
            "type": if nullable { json!(["object", "null"]) } else { json!("object") },
            "properties": properties,
            "patternProperties": {"@odata\\.": {}},
            "additionalProperties": false,
        });
        if self.usage == Use::Whole {
            object["required"] = json!(members.required);
        }
        Ok(object)
    }

    /// A base type: the object is of the type that it names. One that names none, or one that does not exist, is checked against
    /// the properties of all, so that the name is the only thing that is wrong with it.
    fn one_of_variants(&self, name: &str, schema: &Value, discriminator: &Value, nullable: bool) -> anyhow::Result<Value> {
        let property = discriminator["propertyName"]
            .as_str()
            .context("a discriminator has no propertyName")?;
        let base = self.members(schema)?;
        let mut names = vec![format!("#{name}")];
        let mut variants = vec![self.closed(&base, false)?];
        let mut union = base;
        for (variant, reference) in discriminator["mapping"].as_object().into_iter().flatten() {
            let reference = reference.as_str().context("a mapping is no reference")?;
            names.push(variant.clone());
            variants.push(self.reference(reference, false)?);
            for (name, property) in self.members(&self.source[self.target(reference)?])?.properties {
                union.properties.entry(name).or_insert(property);
            }
        }
        let mut chain = self.closed(&union, nullable)?;
        chain["properties"][property] = json!({ "enum": names });
        for (name, variant) in names.iter().zip(variants).rev() {
            let named = json!({"type": "object", "properties": {property: {"const": name}}, "required": [property]});
            chain = json!({"if": named, "then": variant, "else": chain});
        }
        Ok(chain)
    }
}

/// The discriminator that a schema brings itself; those of its bases are about its siblings.
fn discriminator(schema: &Value) -> Option<&Value> {
    let parts = schema["allOf"].as_array().into_iter().flatten();
    std::iter::once(schema).chain(parts).find_map(|part| part.get("discriminator"))
}

fn collect_references(schema: &Value, into: &mut Vec<String>) {
    match schema {
        Value::Array(items) => items.iter().for_each(|item| collect_references(item, into)),
        Value::Object(object) => {
            let name = object.get("$ref").and_then(Value::as_str);
            into.extend(name.and_then(|name| name.strip_prefix("#/$defs/")).map(str::to_owned));
            object.values().for_each(|value| collect_references(value, into));
        }
        _ => {}
    }
}
