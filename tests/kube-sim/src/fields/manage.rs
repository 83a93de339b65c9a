//! The entries of `managedFields`, and what a write does to them.

use std::sync::OnceLock;

use serde_json::{Map, Value, json};

use crate::fields::compare::Comparison;
use crate::fields::merge::{merge, remove};
use crate::fields::set::{Set, field, shown};
use crate::fields::shape::{field_set, is_named};
use crate::schema::Schema;
use crate::status::Refusal;

/// How a manager writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Manager {
    pub name: String,
    /// Whether it applies; otherwise it creates, replaces or patches.
    pub applies: bool,
    pub api_version: String,
    pub subresource: Option<&'static str>,
}

/// What a manager owns.
#[derive(Clone, Debug)]
struct Entry {
    name: String,
    applies: bool,
    api_version: String,
    subresource: Option<String>,
    /// None for what was applied and changed nothing.
    time: Option<String>,
    fields: Set,
}

impl Entry {
    fn is_of(&self, manager: &Manager) -> bool {
        self.name == manager.name && self.applies == manager.applies && self.subresource.as_deref() == manager.subresource
    }

    fn to_json(&self) -> Value {
        let mut entry = json!({
            "apiVersion": self.api_version,
            "fieldsType": "FieldsV1",
            "fieldsV1": self.fields.to_json(),
            "operation": if self.applies { "Apply" } else { "Update" },
        });
        if let Some(time) = &self.time {
            entry["time"] = json!(time);
        }
        if !self.name.is_empty() {
            entry["manager"] = json!(self.name);
        }
        if let Some(subresource) = &self.subresource {
            entry["subresource"] = json!(subresource);
        }
        entry
    }

    fn from_json(entry: &Value) -> Self {
        let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        Self {
            name: text("manager"),
            applies: entry["operation"] == "Apply",
            api_version: text("apiVersion"),
            subresource: entry["subresource"].as_str().map(str::to_owned),
            time: entry["time"].as_str().map(str::to_owned),
            fields: Set::from_json(&entry["fieldsV1"]),
        }
    }

    /// For the text of a conflict.
    fn shown(&self) -> String {
        let subresource = self.subresource.as_ref();
        let subresource = subresource.map(|name| format!(" with subresource {name:?}")).unwrap_or_default();
        let using = if self.applies {
            String::new()
        } else {
            format!(" using {}", self.api_version)
        };
        format!("{:?}{subresource}{using}", self.name)
    }
}

/// The owners of the fields of one object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Managed(Vec<Entry>);

/// What a write works with.
pub(crate) struct Write<'a> {
    pub schema: &'a Schema,
    pub manager: &'a Manager,
    /// What this write cannot change.
    pub reset: &'a Set,
    pub time: String,
}

impl Managed {
    pub(crate) fn of(object: &Value) -> Self {
        let entries = object["metadata"]["managedFields"].as_array();
        Self(entries.into_iter().flatten().map(Entry::from_json).collect())
    }

    /// Writes the entries to the object, applications first, then by time and name.
    pub(crate) fn store(mut self, object: &mut Value) {
        self.0.sort_by(|a, b| {
            let key = |e: &Entry| {
                (
                    !e.applies,
                    e.time.clone(),
                    e.name.clone(),
                    e.api_version.clone(),
                    e.subresource.clone(),
                )
            };
            key(a).cmp(&key(b))
        });
        let metadata = object["metadata"].as_object_mut();
        if let Some(metadata) = metadata {
            let entries: Vec<Value> = self.0.iter().map(Entry::to_json).collect();
            match entries.is_empty() {
                true => metadata.remove("managedFields"),
                false => metadata.insert("managedFields".to_owned(), Value::from(entries)),
            };
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// After a create, a replacement or a patch.
    pub(crate) fn update(&mut self, write: &Write<'_>, live: &Value, new: &Value) {
        let changed = Comparison::between(write.schema, live, new).without(write.reset);
        let taken = changed.modified.union(&changed.added);
        for entry in &mut self.0 {
            entry.fields = entry.fields.difference(&taken).difference(&changed.removed);
        }
        let gained = taken.recursive_difference(write.reset).difference(stripped());
        if !gained.is_empty() {
            match self.0.iter_mut().find(|entry| entry.is_of(write.manager)) {
                Some(entry) => {
                    entry.fields = entry.fields.union(&gained);
                    entry.time = Some(write.time.clone());
                }
                None => self.0.push(write.entry(gained, Some(write.time.clone()))),
            }
        }
        self.0.retain(|entry| !entry.fields.is_empty());
    }

    /// Merges a configuration into the object; none when that changes nothing.
    ///
    /// # Errors
    /// A conflict, unless the write is forced.
    pub(crate) fn apply(&mut self, write: &Write<'_>, live: &Value, config: &Value, force: bool) -> Result<Option<Value>, Refusal> {
        let schema = write.schema;
        let merged = merge(schema, Some(live), Some(config)).unwrap_or_default();
        let mut fields = Set::default();
        field_set(schema, config, &mut Vec::new(), &mut fields);
        let fields = fields.recursive_difference(write.reset);
        let mine = self.0.iter().position(|entry| entry.is_of(write.manager));
        let last = mine.map(|at| std::mem::replace(&mut self.0[at].fields, fields.clone()));
        let mine = mine.unwrap_or_else(|| {
            self.0.push(write.entry(fields, None));
            self.0.len() - 1
        });
        let new = match last {
            Some(last) => self.pruned(schema, merged, &last),
            None => merged,
        };
        let changed = Comparison::between(schema, live, &new).without(write.reset);
        let taken = changed.modified.union(&changed.added);
        if !force {
            self.conflicts(mine, &taken)?;
        }
        for (at, entry) in self.0.iter_mut().enumerate() {
            if at == mine {
                entry.fields = entry.fields.difference(stripped());
            } else {
                entry.fields = entry.fields.difference(&taken).difference(&changed.removed);
            }
        }
        let differs = *live != new;
        if differs {
            self.0[mine].time = Some(write.time.clone());
        }
        self.0.retain(|entry| !entry.fields.is_empty());
        Ok(differs.then_some(new))
    }

    /// Without what the manager applied before, applies no more, and nobody else owns.
    fn pruned(&self, schema: &Schema, merged: Value, last: &Set) -> Value {
        if last.is_empty() {
            return merged;
        }
        let named = |set: &Set| set.with_named(&mut Vec::new(), &|path| is_named(schema, path));
        let set_of = |value: &Value| {
            let mut set = Set::default();
            field_set(schema, value, &mut Vec::new(), &mut set);
            named(&set)
        };
        let owned = self.0.iter().fold(Set::default(), |all, entry| all.union(&entry.fields));
        let all = set_of(&merged);
        let pruned = remove(schema, &merged, &named(last));
        let kept = set_of(&pruned).union(&named(&owned));
        let pruned = remove(schema, &merged, &all.difference(&kept));
        let dangling = all.difference(&set_of(&pruned)).intersection(&named(last));
        remove(schema, &merged, &dangling)
    }

    fn conflicts(&self, mine: usize, taken: &Set) -> Result<(), Refusal> {
        let others = self.0.iter().enumerate().filter(|(at, _)| *at != mine);
        let conflicts: Vec<(String, Vec<String>)> = others
            .map(|(_, entry)| {
                (
                    entry.shown(),
                    entry.fields.intersection(taken).paths().iter().map(|path| shown(path)).collect(),
                )
            })
            .collect();
        let pairs = || conflicts.iter().flat_map(|(who, paths)| paths.iter().map(move |path| (who, path)));
        let count = pairs().count();
        if count == 0 {
            return Ok(());
        }
        let message = match pairs().next() {
            Some((who, path)) if count == 1 => format!("Apply failed with 1 conflict: conflict with {who}: {path}"),
            _ => {
                let mut lines = Vec::new();
                for (who, paths) in conflicts.iter().filter(|(_, paths)| !paths.is_empty()) {
                    lines.push(format!("conflicts with {who}:"));
                    lines.extend(paths.iter().map(|path| format!("- {path}")));
                }
                format!("Apply failed with {count} conflicts: {}", lines.join("\n"))
            }
        };
        let cause = |(who, path): (&String, &String)| json!({"reason": "FieldManagerConflict", "message": format!("conflict with {who}"), "field": path});
        Err(Refusal::new(409, "Conflict", message).with_causes(pairs().map(cause).collect()))
    }
}

impl Write<'_> {
    fn entry(&self, fields: Set, time: Option<String>) -> Entry {
        Entry {
            name: self.manager.name.clone(),
            applies: self.manager.applies,
            api_version: self.manager.api_version.clone(),
            subresource: self.manager.subresource.map(str::to_owned),
            time,
            fields,
        }
    }
}

/// Fields that nobody owns.
fn stripped() -> &'static Set {
    static STRIPPED: OnceLock<Set> = OnceLock::new();
    STRIPPED.get_or_init(|| {
        let names = [
            "name",
            "namespace",
            "creationTimestamp",
            "selfLink",
            "uid",
            "generation",
            "managedFields",
            "resourceVersion",
        ];
        let mut metadata: Map<String, Value> = names.iter().map(|name| (field(name), json!({}))).collect();
        metadata.insert(".".to_owned(), json!({}));
        Set::from_json(&json!({"f:apiVersion": {}, "f:kind": {}, "f:metadata": metadata}))
    })
}

/// Whether two objects are the same but for the times of their managers.
pub(crate) fn same_but_times(a: &Value, b: &Value) -> bool {
    same_but(a, b, "metadata", |a, b| {
        same_but(a, b, "managedFields", |a, b| {
            let (a, b) = (a.as_array().map(Vec::as_slice), b.as_array().map(Vec::as_slice));
            let (a, b) = (a.unwrap_or_default(), b.unwrap_or_default());
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_but(a, b, "time", |_, _| true))
        })
    })
}

/// Whether two maps are the same, where one entry is compared in its own way.
fn same_but(a: &Value, b: &Value, name: &str, same: impl Fn(&Value, &Value) -> bool) -> bool {
    let others = |value: &Value| {
        value
            .as_object()
            .map_or(0, |entries| entries.len() - usize::from(entries.contains_key(name)))
    };
    let entries = a.as_object().into_iter().flatten().filter(|(other, _)| *other != name);
    others(a) == others(b) && entries.into_iter().all(|(other, entry)| b.get(other) == Some(entry)) && same(&a[name], &b[name])
}
