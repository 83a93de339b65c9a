//! Objects as they are sent, without a copy of them.

use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::{Map, Value};

use crate::definitions::{Family, Resource};

/// How much of an object is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Whole,
    /// As an item of a list of a resource that is built in: its kind is that of the list.
    Untyped,
    /// The metadata, as an object of its own.
    Metadata,
}

/// An object in one of the forms.
pub(crate) struct Sent<'v>(pub &'v Value, pub Form);

impl Serialize for Sent<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(object, form) = self;
        match form {
            Form::Whole => object.serialize(serializer),
            Form::Untyped => {
                let entries = object.as_object().into_iter().flatten();
                serializer.collect_map(entries.filter(|(name, _)| !matches!(name.as_str(), "apiVersion" | "kind")))
            }
            Form::Metadata => {
                let mut map = serializer.serialize_map(Some(3))?;
                map.serialize_entry("kind", "PartialObjectMetadata")?;
                map.serialize_entry("apiVersion", "meta.k8s.io/v1")?;
                map.serialize_entry("metadata", &object["metadata"])?;
                map.end()
            }
        }
    }
}

/// A list.
pub(crate) struct List<'r> {
    pub resource: &'r Resource,
    pub metadata: Map<String, Value>,
    /// Whether only the metadata of the items is sent.
    pub partial: bool,
    pub items: Vec<Arc<Value>>,
}

impl Serialize for List<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (kind, api_version) = match self.partial {
            true => ("PartialObjectMetadataList", "meta.k8s.io/v1".to_owned()),
            false => (self.resource.list_kind.as_str(), self.resource.api_version()),
        };
        let form = match self.resource.family {
            _ if self.partial => Form::Metadata,
            Family::Custom => Form::Whole,
            _ => Form::Untyped,
        };
        let items: Vec<Sent<'_>> = self.items.iter().map(|item| Sent(item, form)).collect();
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("kind", kind)?;
        map.serialize_entry("apiVersion", &api_version)?;
        map.serialize_entry("metadata", &self.metadata)?;
        // The real server writes an empty list of metadata so.
        let null = self.partial && items.is_empty();
        map.serialize_entry("items", &(!null).then_some(items))?;
        map.end()
    }
}
