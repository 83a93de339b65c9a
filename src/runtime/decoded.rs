//! Objects as they come from Kubernetes: without the parts that no pass reads, and so that an object that does not decode
//! cannot hide the others.
//!
//! It replaces kube's `DeserializeGuard`, which copies each object whole before it reads it. Here most of the metadata, which
//! everyone who may write an object can fill without limit, is skipped while it is read and never becomes a value.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use kube::Resource;
use kube::core::ObjectMeta;
use kube::core::error_boundary::InvalidObject;
use serde::de::{DeserializeOwned, DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::base::text::shortened;

/// The metadata that is kept as it is, in addition to annotations and finalizers. Not labels and owners: no pass reads them, and
/// there is no limit to their number.
const KEPT: [&str; 8] = [
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "name",
    "namespace",
    "resourceVersion",
    "uid",
];

/// The one annotation of another API group that is read: Flux requests a reconcile with it.
const FLUX_REQUEST: &str = "reconcile.fluxcd.io/requestedAt";

/// The most annotations that are kept of an object, and the longest value, in bytes.
const MAX_ANNOTATIONS: usize = 16;
const MAX_ANNOTATION: usize = 1024;

/// An object with more finalizers is not reconciled: they are written back whole, so none may be dropped here.
const MAX_FINALIZERS: usize = 64;

/// An object, or its metadata and why the rest cannot be read.
#[derive(Clone, Debug)]
pub(crate) struct Decoded<K>(pub Result<K, InvalidObject>);

impl<'de, K: Resource<DynamicType = ()> + DeserializeOwned> Deserialize<'de> for Decoded<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Pruned { object, problem } = deserializer.deserialize_map(ObjectVisitor::<K>(PhantomData))?;
        let object = Value::Object(object);
        let invalid = match problem {
            Some(problem) => problem,
            None => match K::deserialize(&object) {
                Ok(object) => return Ok(Self(Ok(object))),
                Err(error) => error.to_string(),
            },
        };
        // Without metadata there is no object to report on, so that is an error of the whole answer.
        let metadata = ObjectMeta::deserialize(&object["metadata"]).map_err(D::Error::custom)?;
        Ok(Self(Err(InvalidObject { error: invalid, metadata })))
    }
}

/// What is kept of an object, and why it must not be reconciled, if so.
struct Pruned {
    object: Map<String, Value>,
    problem: Option<String>,
}

struct ObjectVisitor<K>(PhantomData<K>);

impl<'de, K: Resource<DynamicType = ()>> Visitor<'de> for ObjectVisitor<K> {
    type Value = Pruned;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pruned, A::Error> {
        let (mut object, mut problem) = (Map::new(), None);
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            let value = if key == "metadata" {
                map.next_value_seed(MetadataSeed {
                    group: &K::group(&()),
                    problem: &mut problem,
                })?
            } else {
                map.next_value()?
            };
            object.insert(key.into_owned(), value);
        }
        Ok(Pruned { object, problem })
    }
}

/// Reads metadata; `group` is the API group whose annotations are kept.
struct MetadataSeed<'a> {
    group: &'a str,
    problem: &'a mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for MetadataSeed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for MetadataSeed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("metadata")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut metadata = Map::new();
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            let value = match &*key {
                "annotations" => map.next_value_seed(Annotations(self.group))?,
                "finalizers" => match map.next_value::<Option<Finalizers>>()? {
                    None => continue,
                    Some(Finalizers::Few(names)) => names.into(),
                    Some(Finalizers::TooMany) => {
                        *self.problem = Some(format!("it has more than {MAX_FINALIZERS} finalizers"));
                        continue;
                    }
                },
                kept if KEPT.contains(&kept) => map.next_value()?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            metadata.insert(key.into_owned(), value);
        }
        Ok(Value::Object(metadata))
    }
}

/// Reads annotations and keeps those of the group, and Flux's, within bounds.
struct Annotations<'a>(&'a str);

impl Annotations<'_> {
    fn keeps(&self, name: &str) -> bool {
        let ours = name.strip_prefix(self.0).is_some_and(|rest| rest.starts_with('/'));
        ours || name == FLUX_REQUEST
    }
}

impl<'de> DeserializeSeed<'de> for Annotations<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Annotations<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("annotations")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut kept = Map::new();
        while let Some(name) = map.next_key::<Cow<'_, str>>()? {
            if kept.len() < MAX_ANNOTATIONS && self.keeps(&name) {
                let value: Cow<'_, str> = map.next_value()?;
                kept.insert(name.into_owned(), shortened(&value, MAX_ANNOTATION).into());
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Value::Object(kept))
    }
}

enum Finalizers {
    Few(Vec<String>),
    TooMany,
}

impl<'de> Deserialize<'de> for Finalizers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Finalizers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("finalizers")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<Finalizers, A::Error> {
                let mut kept = Vec::new();
                while let Some(name) = names.next_element()? {
                    if kept.len() == MAX_FINALIZERS {
                        while names.next_element::<IgnoredAny>()?.is_some() {}
                        return Ok(Finalizers::TooMany);
                    }
                    kept.push(name);
                }
                Ok(Finalizers::Few(kept))
            }
        }
        deserializer.deserialize_seq(Names)
    }
}

impl<K: Resource> Resource for Decoded<K> {
    type DynamicType = K::DynamicType;
    type Scope = K::Scope;

    fn kind(of: &K::DynamicType) -> Cow<'_, str> {
        K::kind(of)
    }

    fn group(of: &K::DynamicType) -> Cow<'_, str> {
        K::group(of)
    }

    fn version(of: &K::DynamicType) -> Cow<'_, str> {
        K::version(of)
    }

    fn plural(of: &K::DynamicType) -> Cow<'_, str> {
        K::plural(of)
    }

    fn meta(&self) -> &ObjectMeta {
        self.0.as_ref().map_or_else(|invalid| &invalid.metadata, K::meta)
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        self.0.as_mut().map_or_else(|invalid| &mut invalid.metadata, K::meta_mut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::api::apps::v1::Deployment;
    use serde_json::json;

    fn decoded(metadata: &Value) -> Decoded<Deployment> {
        let object = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"selector": {}, "template": {}}});
        // As text, which is how they come; and as a value, which a fake API has.
        let read: Decoded<Deployment> = serde_json::from_str(&object.to_string()).expect("its metadata can be read");
        let again: Decoded<Deployment> = serde_json::from_value(object).expect("the same");
        assert_eq!(read.0.as_ref().ok(), again.0.as_ref().ok());
        read
    }

    #[test]
    fn s47_of_the_metadata_only_what_is_used_becomes_values() {
        let long = "é".repeat(MAX_ANNOTATION);
        let object = decoded(&json!({
            "name": "a", "namespace": "b", "uid": "c", "resourceVersion": "7", "generation": 3,
            "creationTimestamp": "2026-01-01T00:00:00Z", "deletionTimestamp": "2026-01-02T00:00:00Z", "deletionGracePeriodSeconds": 0,
            "finalizers": ["x/y"],
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": "{}", "apps": "no", "appsx/y": "no", "junk": "j".repeat(1 << 18),
                "apps/mine": "kept", "apps/long": long, (FLUX_REQUEST): "now",
            },
            "labels": {"l": "1"}, "ownerReferences": [{"apiVersion": "v1", "kind": "X", "name": "n", "uid": "u"}],
            "managedFields": [{"manager": "someone"}], "generateName": "a-", "selfLink": "/x", "later": {"unknown": [1]},
        }));
        let meta = object.0.expect("it decodes").metadata;
        let annotations = meta.annotations.clone().expect("some are kept");
        assert_eq!(annotations.keys().collect::<Vec<_>>(), ["apps/long", "apps/mine", FLUX_REQUEST]);
        assert_eq!(annotations["apps/long"], "é".repeat(MAX_ANNOTATION / 2));
        assert!(meta.labels.is_none() && meta.owner_references.is_none() && meta.managed_fields.is_none() && meta.generate_name.is_none());
        assert_eq!(
            (meta.name.as_deref(), meta.namespace.as_deref(), meta.uid.as_deref()),
            (Some("a"), Some("b"), Some("c"))
        );
        assert_eq!((meta.resource_version.as_deref(), meta.generation), (Some("7"), Some(3)));
        assert!(meta.creation_timestamp.is_some() && meta.deletion_timestamp.is_some());
        assert_eq!(
            (meta.deletion_grace_period_seconds, meta.finalizers),
            (Some(0), Some(vec!["x/y".to_owned()]))
        );
    }

    #[test]
    fn s47_annotations_of_ours_are_bounded_in_number() {
        let many: Map<String, Value> = (0..1000).map(|n| (format!("apps/{n}"), json!("x"))).collect();
        let object = decoded(&json!({"name": "a", "annotations": many})).0.expect("it decodes");
        assert_eq!(object.metadata.annotations.map(|kept| kept.len()), Some(MAX_ANNOTATIONS));
        for none in [Value::Null, json!({})] {
            assert!(decoded(&json!({"name": "a", "annotations": none, "finalizers": null})).0.is_ok());
        }
    }

    #[test]
    fn s47_finalizers_are_kept_whole_or_the_object_is_left_alone() {
        let names = |count: usize| (0..count).map(|n| format!("x/{n}")).collect::<Vec<_>>();
        let object = decoded(&json!({"name": "a", "finalizers": names(MAX_FINALIZERS)}))
            .0
            .expect("it decodes");
        assert_eq!(object.metadata.finalizers, Some(names(MAX_FINALIZERS)));
        let invalid = decoded(&json!({"name": "a", "uid": "u", "finalizers": names(MAX_FINALIZERS + 1)}))
            .0
            .expect_err("too many");
        assert_eq!(
            (invalid.error.as_str(), invalid.metadata.uid.as_deref()),
            ("it has more than 64 finalizers", Some("u"))
        );
    }
}
