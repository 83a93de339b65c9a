//! Whether an object fits its schema, with the words of the real server.

use serde_json::Value;

use crate::fields::shape::identity;
use crate::schema::{ANY, ListType, Schema, Type, formats};
use crate::status::{FieldError, shown};

/// The validation of one object, or of a part of it.
#[derive(Default)]
pub(crate) struct Validation {
    pub errors: Vec<FieldError>,
    /// The part. It is in the name of a field, but not in the text about it.
    pub part: &'static str,
}

impl Validation {
    /// Validates a value. What is equal in the old object is not looked at: a definition may have changed since.
    pub(crate) fn check(&mut self, schema: &Schema, value: &Value, old: Option<&Value>, path: &str) {
        if old == Some(value) || (value.is_null() && (schema.nullable || schema.kind == Type::Any)) {
            return;
        }
        if !schema.limits.enumeration.is_empty() && !schema.limits.enumeration.contains(value) {
            self.not_supported(schema, value, path);
        }
        if !fits(schema.kind, value) {
            self.wrong_type(schema.kind, value, path);
            return;
        }
        match value {
            Value::Object(_) => self.object(schema, value, old, path),
            Value::Array(items) => self.list(schema, items, old, path),
            Value::String(text) => self.text(schema, text, path),
            Value::Number(_) => self.number(schema, value, path),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn wrong_type(&mut self, kind: Type, value: &Value, path: &str) {
        let (found, expected) = (type_of(value), name_of(kind));
        if kind == Type::Integer && value.is_number() {
            let why = format!("Checked value must be of type integer (default format) in {path}");
            self.errors.push(FieldError::invalid("<nil>", &Value::from(""), &why));
        }
        self.add(
            path,
            "FieldValueTypeInvalid",
            format!("Invalid value: {found:?}: {path} in body must be of type {expected}: {found:?}"),
        );
    }

    fn not_supported(&mut self, schema: &Schema, value: &Value, path: &str) {
        let allowed: Vec<String> = schema
            .limits
            .enumeration
            .iter()
            .map(|value| match value {
                Value::String(text) => format!("{text:?}"),
                other => format!("{:?}", other.to_string()),
            })
            .collect();
        let message = format!("Unsupported value: {}: supported values: {}", shown(value), allowed.join(", "));
        self.add(path, "FieldValueNotSupported", message);
    }

    fn object(&mut self, schema: &Schema, value: &Value, old: Option<&Value>, path: &str) {
        let Some(entries) = value.as_object() else { return };
        self.count(
            path,
            entries.len(),
            schema.limits.min_properties,
            schema.limits.max_properties,
            "properties",
            value,
        );
        for (name, entry) in entries {
            if let Some(child) = schema.child(name) {
                let below = below(path, name);
                self.check(child, entry, old.and_then(|old| old.get(name)), &below);
            }
        }
        for name in schema.required.iter().filter(|name| !entries.contains_key(*name)) {
            self.add(&below(path, name), "FieldValueRequired", "Required value".to_owned());
        }
    }

    fn list(&mut self, schema: &Schema, items: &[Value], old: Option<&Value>, path: &str) {
        self.count(
            path,
            items.len(),
            schema.limits.min_items,
            schema.limits.max_items,
            "items",
            &Value::from(items),
        );
        let child = schema.items.as_deref().unwrap_or(&ANY);
        for (at, item) in items.iter().enumerate() {
            let before = old.filter(|_| matches!(schema.list, ListType::Map(_))).and_then(|old| {
                let wanted = identity(schema, item);
                old.as_array()?.iter().find(|other| identity(schema, other) == wanted)
            });
            self.check(child, item, before, &format!("{path}[{at}]"));
        }
    }

    fn count(&mut self, path: &str, count: usize, least: Option<u64>, most: Option<u64>, what: &str, value: &Value) {
        let count = count as u64;
        if let Some(least) = least.filter(|least| count < *least) {
            let why = format!("{path} in body should have at least {least} {what}");
            let shown = if what == "items" { Value::from(count) } else { value.clone() };
            let shown = if what == "properties" { Value::from(count) } else { shown };
            self.invalid(path, &shown, &why);
        }
        if let Some(most) = most.filter(|most| count > *most) {
            let things = if most == 1 { "item" } else { "items" };
            self.add(
                path,
                "FieldValueTooMany",
                format!("Too many: {count}: must have at most {most} {things}"),
            );
        }
    }

    fn text(&mut self, schema: &Schema, text: &str, path: &str) {
        let limits = &schema.limits;
        let length = text.chars().count() as u64;
        let value = Value::from(text);
        // Only the first of them is told.
        if let Some(most) = limits.max_length.filter(|most| length > *most) {
            let unit = if most == 1 { "byte" } else { "bytes" };
            self.add(path, "FieldValueTooLong", format!("Too long: may not be more than {most} {unit}"));
        } else if let Some(least) = limits.min_length.filter(|least| length < *least) {
            let why = format!("{path} in body should be at least {least} chars long");
            self.invalid(path, &value, &why);
        } else if let Some(pattern) = limits.pattern.as_ref().filter(|pattern| !pattern.is_match(text)) {
            let why = format!("{path} in body should match '{pattern}'");
            self.invalid(path, &value, &why);
        }
        if let Some(format) = limits.format.as_ref().filter(|format| !formats::is(format, text)) {
            let message = format!("Invalid value: {text:?}: {path} in body must be of type {format}: {text:?}");
            self.add(path, "FieldValueTypeInvalid", message);
        }
    }

    fn number(&mut self, schema: &Schema, value: &Value, path: &str) {
        let limits = &schema.limits;
        let number = value.as_f64().unwrap_or_default();
        let mut wrong = |how: &str, bound: f64| {
            let why = format!("{path} in body should be {how} {bound}");
            self.invalid(path, value, &why);
        };
        match limits.maximum {
            Some(most) if limits.exclusive_maximum && number >= most => wrong("less than", most),
            Some(most) if number > most => wrong("less than or equal to", most),
            _ => {}
        }
        match limits.minimum {
            Some(least) if limits.exclusive_minimum && number <= least => wrong("greater than", least),
            Some(least) if number < least => wrong("greater than or equal to", least),
            _ => {}
        }
    }

    fn add(&mut self, path: &str, reason: &'static str, message: String) {
        let field = match (self.part, path) {
            ("", path) => path.to_owned(),
            (part, "") => part.to_owned(),
            (part, path) => format!("{part}.{path}"),
        };
        self.errors.push(FieldError::new(field, reason, message));
    }

    fn invalid(&mut self, path: &str, value: &Value, why: &str) {
        self.add(path, "FieldValueInvalid", format!("Invalid value: {}: {why}", shown(value)));
    }
}

/// The items of sets and keyed lists that are there twice.
pub(crate) fn invalid_lists(schema: &Schema, value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    match value {
        Value::Object(entries) => {
            for (name, entry) in entries {
                if let Some(child) = schema.child(name) {
                    invalid_lists(child, entry, &below(path, name), errors);
                }
            }
        }
        Value::Array(items) => {
            let mut seen: Vec<String> = Vec::new();
            for (at, item) in items.iter().enumerate() {
                let path = format!("{path}[{at}]");
                if !matches!(schema.list, ListType::Atomic) {
                    let identity = identity(schema, item);
                    if seen.iter().filter(|other| **other == identity).count() == 1 {
                        let value = &identity[2..];
                        errors.push(FieldError::new(&path, "FieldValueDuplicate", format!("Duplicate value: {value}")));
                    }
                    seen.push(identity);
                }
                if let Some(child) = schema.items.as_deref() {
                    invalid_lists(child, item, &path, errors);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Why an applied configuration is not of its type: unknown fields and wrong types.
pub(crate) fn typed(schema: &Schema, value: &Value, path: &str, errors: &mut Vec<String>) {
    if schema.kind == Type::Any || value.is_null() {
        return;
    }
    if !fits(schema.kind, value) {
        errors.push(match schema.kind {
            Type::Object => format!("{path}: expected map, got {}", shown_typed(value)),
            Type::Array => format!("{path}: expected list, got {}", shown_typed(value)),
            Type::Integer | Type::Number => format!("{path}: expected numeric (int or float), got {}", go_type_of(value)),
            kind => format!("{path}: expected {}, got {}", name_of(kind), shown_typed(value)),
        });
        return;
    }
    match value {
        Value::Object(entries) => {
            for (name, entry) in entries {
                let below = format!("{path}.{name}");
                match schema.child(name) {
                    Some(child) => typed(child, entry, &below, errors),
                    None if schema.preserve => {}
                    None => errors.push(format!("{below}: field not declared in schema")),
                }
            }
        }
        Value::Array(items) => {
            let child = schema.items.as_deref().unwrap_or(&ANY);
            if !matches!(schema.list, ListType::Atomic) {
                let identities: Vec<String> = items.iter().map(|item| identity(schema, item)).collect();
                let again = identities
                    .iter()
                    .enumerate()
                    .filter(|(at, identity)| identities[..*at].contains(identity));
                errors.extend(again.map(|(_, identity)| {
                    let key = crate::fields::set::shown(std::slice::from_ref(identity));
                    format!("{path}: duplicate entries for key {key}")
                }));
            }
            for (at, item) in items.iter().enumerate() {
                let element = match &schema.list {
                    ListType::Atomic => format!("[{at}]"),
                    ListType::Set | ListType::Map(_) => crate::fields::set::shown(&[identity(schema, item)]),
                };
                typed(child, item, &format!("{path}{element}"), errors);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn go_type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(_) => "float64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

fn shown_typed(value: &Value) -> String {
    match value {
        Value::String(text) => format!("&{{{text}}}"),
        other => format!("&{{{other}}}"),
    }
}

fn fits(kind: Type, value: &Value) -> bool {
    match kind {
        Type::Any => true,
        Type::Object => value.is_object(),
        Type::Array => value.is_array(),
        Type::String => value.is_string(),
        Type::Boolean => value.is_boolean(),
        Type::Number => value.is_number(),
        Type::Integer => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0),
        Type::IntOrString => value.is_string() || value.is_i64() || value.is_u64(),
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn name_of(kind: Type) -> &'static str {
    match kind {
        Type::Object => "object",
        Type::Array => "array",
        Type::String => "string",
        Type::Integer => "integer",
        Type::Number => "number",
        Type::Boolean => "boolean",
        Type::IntOrString => "integer,string",
        Type::Any => "",
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}
