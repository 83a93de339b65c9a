//! The schema of a resource: compiled once, used to prune, complete, validate and merge objects.

mod compile;
mod complete;
mod formats;
mod validate;

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;

pub use compile::NotKnown;
pub(crate) use compile::compile;
pub(crate) use complete::{drop_nulls, fill, prune};
pub(crate) use validate::{Validation, invalid_lists, typed};

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Object,
    Array,
    String,
    Integer,
    Number,
    Boolean,
    IntOrString,
    /// Whatever the value is.
    Any,
}

/// How the items of a list are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ListType {
    Atomic,
    Set,
    /// By these fields.
    Map(Vec<String>),
}

/// The limits of numbers, texts, lists and maps.
#[derive(Clone, Debug, Default)]
pub(crate) struct Limits {
    pub minimum: Option<f64>,
    pub maximum: Option<f64>,
    pub exclusive_minimum: bool,
    pub exclusive_maximum: bool,
    pub min_length: Option<u64>,
    pub max_length: Option<u64>,
    pub min_items: Option<u64>,
    pub max_items: Option<u64>,
    pub min_properties: Option<u64>,
    pub max_properties: Option<u64>,
    pub pattern: Option<Regex>,
    pub format: Option<String>,
    pub enumeration: Vec<Value>,
}

/// A structural schema.
#[derive(Clone, Debug)]
pub(crate) struct Schema {
    pub kind: Type,
    pub nullable: bool,
    pub preserve: bool,
    pub properties: BTreeMap<String, Self>,
    pub additional: Option<Box<Self>>,
    pub items: Option<Box<Self>>,
    pub required: Vec<String>,
    pub default: Option<Value>,
    pub list: ListType,
    pub atomic_map: bool,
    pub limits: Limits,
    /// Whether there are rules in CEL here or below. They are not evaluated.
    pub rules: bool,
    /// Whether a default is here or below.
    pub defaults: bool,
}

/// The schema of what no schema describes.
pub(crate) static ANY: Schema = Schema {
    kind: Type::Any,
    nullable: true,
    preserve: true,
    properties: BTreeMap::new(),
    additional: None,
    items: None,
    required: Vec::new(),
    default: None,
    list: ListType::Atomic,
    atomic_map: false,
    limits: Limits {
        minimum: None,
        maximum: None,
        exclusive_minimum: false,
        exclusive_maximum: false,
        min_length: None,
        max_length: None,
        min_items: None,
        max_items: None,
        min_properties: None,
        max_properties: None,
        pattern: None,
        format: None,
        enumeration: Vec::new(),
    },
    rules: false,
    defaults: false,
};

impl Schema {
    /// The schema of an entry of a map.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.properties.get(name).or(self.additional.as_deref())
    }
}
