//! The objects, their history, and the watches.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::Clock;
use crate::definitions::{Definitions, Resource};
use crate::watch::{Notice, Watcher};

/// Namespace (empty for none) and name.
pub(crate) type Key = (String, String);

/// How an object came to be as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// It was created.
    Create,
    /// It was replaced.
    Update,
    /// It was patched.
    Patch,
    /// A configuration was applied.
    Apply,
    /// It was deleted, or its deletion began.
    Delete,
}

/// One committed change.
#[derive(Clone, Debug)]
pub struct Change {
    /// The version of the object after the change; of no other change.
    pub resource_version: u64,
    /// When it happened, by the cluster's clock.
    pub time: Timestamp,
    /// What was asked for.
    pub verb: Verb,
    /// Whether it was made through a subresource.
    pub subresource: Option<&'static str>,
    /// The plural of the resource.
    pub resource: String,
    /// The object's namespace, if the resource has namespaces.
    pub namespace: Option<String>,
    /// The object's name.
    pub name: String,
    /// Who made it.
    pub manager: String,
    /// Whether the object is gone now.
    pub gone: bool,
    /// The object after the change; for one that is gone, before.
    pub object: Arc<Value>,
    /// The object before the change.
    pub before: Option<Arc<Value>>,
}

/// Who changes an object, and how.
#[derive(Clone, Debug)]
pub(crate) struct Cause {
    pub verb: Verb,
    pub subresource: Option<&'static str>,
    pub manager: String,
}

/// The objects of one resource.
pub(crate) struct Table {
    pub resource: Arc<Resource>,
    pub objects: BTreeMap<Key, Arc<Value>>,
    pub watchers: Vec<Watcher>,
    /// Whether events are kept back.
    pub hold: bool,
    /// Watches from older versions are refused.
    pub compacted: u64,
}

/// Everything in a cluster.
pub(crate) struct State {
    pub clock: Clock,
    pub resource_version: u64,
    pub resources: BTreeMap<String, Arc<Resource>>,
    pub tables: BTreeMap<String, Table>,
    pub history: Vec<Change>,
    pub compacted: u64,
    /// How many uids and names have been made.
    made: u64,
}

impl State {
    pub(crate) fn new(clock: Clock, definitions: &Definitions) -> Self {
        let table = |resource: &Arc<Resource>| Table {
            resource: Arc::clone(resource),
            objects: BTreeMap::new(),
            watchers: Vec::new(),
            hold: false,
            compacted: 0,
        };
        let tables = definitions
            .resources()
            .iter()
            .map(|(plural, resource)| (plural.clone(), table(resource)));
        let mut state = Self {
            clock,
            resource_version: 0,
            resources: definitions.resources().clone(),
            tables: tables.collect(),
            history: Vec::new(),
            compacted: 0,
            made: 0,
        };
        let cause = Cause {
            verb: Verb::Create,
            subresource: None,
            manager: "kube-apiserver".to_owned(),
        };
        let time = state.time();
        let objects = definitions.objects(&time, |at, object| {
            let number = at as u64 + 1;
            let metadata = &mut object["metadata"];
            metadata["uid"] = json!(uid(number));
            metadata["creationTimestamp"] = json!(time);
            metadata["generation"] = json!(1);
            metadata["resourceVersion"] = json!(number.to_string());
        });
        for object in objects {
            state.made += 1;
            let name = text(&object["metadata"]["name"]);
            state.record("customresourcedefinitions", (String::new(), name), &cause, object, false);
        }
        for name in ["default", "kube-public", "kube-system"] {
            let mut object = json!({
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
                "spec": {"finalizers": ["kubernetes"]},
                "status": {"phase": "Active"},
            });
            state.born(&mut object);
            state.commit("namespaces", (String::new(), name.to_owned()), &cause, Some(object));
        }
        state
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The time as objects have it.
    pub(crate) fn time(&self) -> String {
        seconds(self.now())
    }

    /// A number that was not given before.
    pub(crate) fn next(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    /// Gives a new object what the server sets.
    pub(crate) fn born(&mut self, object: &mut Value) {
        let number = self.next();
        object["metadata"]["uid"] = json!(uid(number));
        object["metadata"]["creationTimestamp"] = json!(self.time());
    }

    pub(crate) fn get(&self, plural: &str, key: &Key) -> Option<Arc<Value>> {
        self.tables.get(plural)?.objects.get(key).cloned()
    }

    /// Stores an object, or removes it, as a new version, and tells the watches. Gives the object as watches see it.
    pub(crate) fn commit(&mut self, plural: &str, key: Key, cause: &Cause, after: Option<Value>) -> Arc<Value> {
        let gone = after.is_none();
        let before = || self.get(plural, &key).map(|before| Value::clone(&before));
        let mut object = after.or_else(before).unwrap_or_default();
        object["metadata"]["resourceVersion"] = json!((self.resource_version + 1).to_string());
        let object = Arc::new(object);
        self.record(plural, key, cause, Arc::clone(&object), gone);
        object
    }

    /// The same with an object that has its version already.
    fn record(&mut self, plural: &str, key: Key, cause: &Cause, object: Arc<Value>, gone: bool) {
        let time = self.now();
        let Some(table) = self.tables.get_mut(plural) else { return };
        self.resource_version += 1;
        let before = match gone {
            true => table.objects.remove(&key),
            false => table.objects.insert(key.clone(), Arc::clone(&object)),
        };
        let change = Change {
            resource_version: self.resource_version,
            time,
            verb: cause.verb,
            subresource: cause.subresource,
            resource: plural.to_owned(),
            namespace: table.resource.namespaced.then_some(key.0),
            name: key.1,
            manager: cause.manager.clone(),
            gone,
            object,
            before,
        };
        let hold = table.hold;
        table.watchers.retain_mut(|watcher| watcher.tell(Notice::of(&change), hold));
        self.history.push(change);
    }

    /// The changes after a version.
    pub(crate) fn since(&self, version: u64) -> &[Change] {
        let first = self.history.partition_point(|change| change.resource_version <= version);
        &self.history[first..]
    }

    /// The objects of a resource as they were at a version.
    pub(crate) fn at(&self, plural: &str, version: u64) -> BTreeMap<Key, Arc<Value>> {
        let mut objects = self.tables.get(plural).map(|table| table.objects.clone()).unwrap_or_default();
        for change in self.since(version).iter().rev().filter(|change| change.resource == plural) {
            let key = (change.namespace.clone().unwrap_or_default(), change.name.clone());
            match &change.before {
                Some(before) => objects.insert(key, Arc::clone(before)),
                None => objects.remove(&key),
            };
        }
        objects
    }
}

/// A uid from a number.
pub(crate) fn uid(number: u64) -> String {
    format!("{:08x}-0000-4000-8000-{number:012x}", number & 0xffff_ffff)
}

/// Seconds, as objects have times.
pub(crate) fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A text, or an empty one.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
