//! The resources that a cluster has: those that are built in, and those of definitions. Compiled once, shared by clusters.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use crate::fields::set::Set;
use crate::schema::{NotKnown, Schema, compile};
use crate::status;

/// The rules that a resource has beside those of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Plain,
    Custom,
    Namespace,
    Secret,
    ServiceAccount,
    Lease,
    Event,
    Definition,
}

/// One resource.
#[derive(Debug)]
pub(crate) struct Resource {
    pub group: String,
    pub version: String,
    pub kind: String,
    pub list_kind: String,
    pub plural: String,
    pub namespaced: bool,
    pub family: Family,
    /// Whether the status has a path of its own.
    pub status: bool,
    pub schema: Schema,
    /// What a write to the object cannot change.
    pub reset: Set,
    /// What a write to the status cannot change.
    pub status_reset: Set,
}

impl Resource {
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// The name in messages.
    pub(crate) fn qualified(&self) -> String {
        if self.group.is_empty() {
            self.plural.clone()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }

    pub(crate) fn details(&self, name: &str) -> Map<String, Value> {
        status::details(&self.group, &self.plural, name)
    }

    /// Whether a replacement needs no resourceVersion.
    pub(crate) fn unconditional(&self) -> bool {
        !matches!(self.family, Family::Custom | Family::Lease | Family::Definition)
    }

    /// Whether a replacement may create.
    pub(crate) fn create_on_update(&self) -> bool {
        matches!(self.family, Family::Lease | Family::Event)
    }
}

/// What is installed in a cluster. Compile it once and start as many clusters with it as you like; clones share it.
#[derive(Clone, Debug)]
pub struct Definitions(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    resources: BTreeMap<String, Arc<Resource>>,
    /// The definitions as objects, without what differs between clusters.
    objects: Vec<Value>,
    /// Their state in the last cluster: they are large, and most clusters start at the same time.
    last: Mutex<Option<(String, Vec<Arc<Value>>)>>,
}

impl Definitions {
    /// The resources that are built in, and those of these definitions.
    ///
    /// # Errors
    /// For a definition that uses what is not known here. Rules in CEL are known, but not evaluated.
    pub fn compile(definitions: impl IntoIterator<Item = CustomResourceDefinition>) -> Result<Self, NotKnown> {
        let mut all = Inner {
            resources: builtin().clone(),
            objects: Vec::new(),
            last: Mutex::default(),
        };
        for definition in definitions {
            let object = serde_json::to_value(&definition).map_err(|error| NotKnown(error.to_string()))?;
            let resource = custom(&object)?;
            if all.resources.contains_key(&resource.plural) {
                return Err(NotKnown(format!("two resources {:?}", resource.plural)));
            }
            all.resources.insert(resource.plural.clone(), Arc::new(resource));
            all.objects.push(as_stored(object));
        }
        Ok(Self(Arc::new(all)))
    }

    pub(crate) fn resources(&self) -> &BTreeMap<String, Arc<Resource>> {
        &self.0.resources
    }

    /// The definitions as objects of a cluster that starts at this time.
    pub(crate) fn objects(&self, time: &str, finished: impl Fn(usize, &mut Value)) -> Vec<Arc<Value>> {
        let mut last = self.0.last.lock();
        if let Some((_, objects)) = last.as_ref().filter(|(then, _)| then == time) {
            return objects.clone();
        }
        let objects = self.0.objects.iter().enumerate().map(|(at, object)| {
            let mut object = object.clone();
            finished(at, &mut object);
            Arc::new(object)
        });
        let objects: Vec<Arc<Value>> = objects.collect();
        *last = Some((time.to_owned(), objects.clone()));
        objects
    }
}

/// The definition as the server has it once its resource can be used.
fn as_stored(mut object: Value) -> Value {
    object["apiVersion"] = json!("apiextensions.k8s.io/v1");
    object["kind"] = json!("CustomResourceDefinition");
    let names = object["spec"]["names"].clone();
    let versions = object["spec"]["versions"].as_array().into_iter().flatten();
    let stored: Vec<&Value> = versions
        .filter(|version| version["storage"] == true)
        .map(|version| &version["name"])
        .collect();
    let condition = |kind: &str, reason: &str, message: &str| json!({"type": kind, "status": "True", "reason": reason, "message": message});
    let conditions = [
        condition("NamesAccepted", "NoConflicts", "no conflicts found"),
        condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
    ];
    object["status"] = json!({"acceptedNames": names, "storedVersions": stored, "conditions": conditions});
    object
}

fn custom(object: &Value) -> Result<Resource, NotKnown> {
    let spec = &object["spec"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let versions = spec["versions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let [version] = versions else {
        return Err(NotKnown(format!("definitions with {} versions", versions.len())));
    };
    let known = ["additionalPrinterColumns", "name", "schema", "served", "storage", "subresources"];
    let unknown = version
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name)
        .find(|name| !known.contains(&name.as_str()));
    if let Some(name) = unknown {
        return Err(NotKnown(format!("{name:?} of a version of a definition")));
    }
    let subresources = version["subresources"].as_object();
    if subresources.is_some_and(|all| all.keys().any(|name| name != "status")) {
        return Err(NotKnown("other subresources than the status".to_owned()));
    }
    let names = &spec["names"];
    let kind = text(&names["kind"]);
    let list_kind = names["listKind"].as_str().map_or_else(|| format!("{kind}List"), str::to_owned);
    let mut schema = version["schema"]["openAPIV3Schema"].clone();
    add_common(&mut schema);
    let status = subresources.is_some();
    Ok(Resource {
        group: text(&spec["group"]),
        version: text(&version["name"]),
        list_kind,
        plural: text(&names["plural"]),
        namespaced: spec["scope"] == "Namespaced",
        family: Family::Custom,
        status,
        schema: compile(&schema, &kind)?,
        kind,
        reset: if status {
            Set::from_json(&json!({"f:status": {}}))
        } else {
            Set::default()
        },
        status_reset: Set::from_json(&json!({"f:metadata": {}, "f:spec": {}})),
    })
}

/// What every object has.
fn add_common(schema: &mut Value) {
    schema["properties"]["apiVersion"] = json!({"type": "string"});
    schema["properties"]["kind"] = json!({"type": "string"});
    schema["properties"]["metadata"] = source()["metadata"].clone();
}

/// The file with the resources that are built in.
fn source() -> &'static Value {
    static SOURCE: OnceLock<Value> = OnceLock::new();
    SOURCE.get_or_init(|| serde_json::from_str(include_str!("builtin.json")).expect("a file of this package"))
}

/// The resources that are built in, compiled.
fn builtin() -> &'static BTreeMap<String, Arc<Resource>> {
    static BUILTIN: OnceLock<BTreeMap<String, Arc<Resource>>> = OnceLock::new();
    BUILTIN.get_or_init(|| {
        let resources = source()["resources"].as_array().into_iter().flatten();
        let compiled = resources.map(|json| {
            let resource = built_in(json);
            (resource.plural.clone(), Arc::new(resource))
        });
        compiled.collect()
    })
}

fn built_in(json: &Value) -> Resource {
    let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
    let mut schema = json!({"type": "object", "properties": json["properties"]});
    for property in schema["properties"]
        .as_object_mut()
        .into_iter()
        .flatten()
        .map(|(_, property)| property)
    {
        if let Some(name) = property["$ref"].as_str() {
            *property = source()[name].clone();
        }
    }
    add_common(&mut schema);
    let kind = text("kind");
    let family = match json["family"].as_str() {
        Some("namespace") => Family::Namespace,
        Some("secret") => Family::Secret,
        Some("serviceaccount") => Family::ServiceAccount,
        Some("lease") => Family::Lease,
        Some("event") => Family::Event,
        Some("definition") => Family::Definition,
        _ => Family::Plain,
    };
    let status = matches!(family, Family::Namespace | Family::Definition);
    Resource {
        group: text("group"),
        version: text("version"),
        list_kind: format!("{kind}List"),
        plural: text("plural"),
        namespaced: json["namespaced"] == true,
        family,
        status: false,
        schema: compile(&schema, &kind).expect("a file of this package"),
        kind,
        reset: if status {
            Set::from_json(&json!({"f:status": {}}))
        } else {
            Set::default()
        },
        status_reset: Set::default(),
    }
}
