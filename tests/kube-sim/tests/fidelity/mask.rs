//! What is not compared, and why.
//!
//! - uids, resourceVersions: each server counts in its own way. Both become the number of their first appearance, so that it
//!   is compared whether they are new, the same or another one's.
//! - The resourceVersion of a list and of a bookmark: the real server has other writers. It must not be older than what was seen.
//! - Times: they are those of the request, to the second.
//! - The order of `managedFields`: by time, to the second, so it differs at the turn of a second.
//! - Generated names, tokens and continue tokens.
//! - The order of several errors: the real server goes through maps in Go, whose order is random.
//! - `managedFields` and versions of definitions: in the cluster they are compiled in and not written by requests.
//! - The config map that a controller of the real server makes in each namespace.

use std::collections::HashMap;

use serde_json::{Value, json};

/// What one server has answered so far.
#[derive(Default)]
pub struct Mask {
    uids: HashMap<String, usize>,
    /// Of each version, as which of its object it appeared.
    versions: HashMap<String, String>,
    /// How many versions of an object there are.
    counts: HashMap<String, usize>,
}

/// Fields with a time.
const TIMES: [&str; 6] = [
    "creationTimestamp",
    "deletionTimestamp",
    "time",
    "lastTransitionTime",
    "expirationTimestamp",
    "iat",
];

/// What controllers of the real server make in each namespace.
const MADE: [&str; 1] = ["kube-root-ca.crt"];

impl Mask {
    /// The answer without what cannot be equal.
    pub fn masked(&mut self, mut answer: Value) -> Value {
        self.learn(&answer);
        self.mask(&mut answer);
        answer
    }

    fn learn(&mut self, value: &Value) {
        match value {
            Value::Object(entries) => {
                let is_list = entries.contains_key("items") && entries.contains_key("metadata");
                let is_bookmark = entries.get("type") == Some(&json!("BOOKMARK"));
                let text = |name: &str| entries.get(name).and_then(Value::as_str);
                if let (Some(uid), Some(version)) = (text("uid"), text("resourceVersion")) {
                    self.learn_version(uid, version);
                }
                for (name, entry) in entries {
                    if !(is_list && name == "metadata" || is_bookmark) {
                        self.learn(entry);
                    }
                }
            }
            Value::Array(items) => items.iter().filter(|item| !made(item)).for_each(|item| self.learn(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn learn_version(&mut self, uid: &str, version: &str) {
        let next = self.uids.len();
        let number = *self.uids.entry(uid.to_owned()).or_insert(next);
        if !self.versions.contains_key(version) {
            let count = self.counts.entry(uid.to_owned()).or_default();
            *count += 1;
            self.versions.insert(version.to_owned(), format!("{count} of {number}"));
        }
    }

    fn mask(&self, value: &mut Value) {
        match value {
            Value::Object(entries) => {
                let is_list = entries.contains_key("items") && entries.contains_key("metadata");
                let is_bookmark = entries.get("type") == Some(&json!("BOOKMARK"));
                if is_list || is_bookmark {
                    let metadata = if is_list {
                        &mut entries["metadata"]
                    } else {
                        &mut entries["object"]["metadata"]
                    };
                    let version = metadata["resourceVersion"].as_str().and_then(|version| version.parse().ok());
                    metadata["resourceVersion"] = json!(version.is_some_and(|version: u64| version > 0));
                }
                if entries
                    .get("name")
                    .and_then(Value::as_str)
                    .is_some_and(|name| name.ends_with(".test.example"))
                {
                    entries.remove("managedFields");
                    entries.remove("resourceVersion");
                }
                for (name, entry) in entries.iter_mut() {
                    self.mask_entry(name, entry);
                }
                causes(entries);
            }
            Value::Array(items) => {
                items.retain(|item| !made(item));
                items.iter_mut().for_each(|item| self.mask(item));
            }
            Value::String(text) => *text = self.without_uids(text),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn mask_entry(&self, name: &str, entry: &mut Value) {
        let text = entry.as_str().map(str::to_owned);
        match (name, text) {
            ("resourceVersion", Some(version)) => {
                if let Some(number) = self.versions.get(&version) {
                    *entry = json!(format!("version {number}"));
                }
            }
            ("continue", Some(token)) => *entry = json!(if token.is_empty() { "" } else { "more" }),
            ("token", Some(_)) => *entry = json!("token"),
            ("name", Some(text)) if text.starts_with("generated-") => *entry = json!(format!("generated-{}", text.len())),
            (name, Some(_)) if TIMES.contains(&name) => *entry = json!("a time"),
            ("managedFields", _) => {
                self.mask(entry);
                if let Some(entries) = entry.as_array_mut() {
                    entries.sort_by_key(|entry| format!("{} {} {}", entry["operation"], entry["manager"], entry["subresource"]));
                }
            }
            _ => self.mask(entry),
        }
    }

    fn without_uids(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (uid, number) in &self.uids {
            text = text.replace(uid, &format!("uid {number}"));
        }
        for (version, number) in &self.versions {
            text = text.replace(&format!("({version})"), &format!("(version {number})"));
        }
        text
    }
}

fn made(object: &Value) -> bool {
    let name = |object: &Value| object["metadata"]["name"].as_str().is_some_and(|name| MADE.contains(&name));
    name(object) || name(&object["object"])
}

/// Sorts the errors of a `Status`; their text is compared without the list.
fn causes(status: &mut serde_json::Map<String, Value>) {
    let causes = status
        .get_mut("details")
        .and_then(|details| details.get_mut("causes"))
        .and_then(Value::as_array_mut);
    let Some(causes) = causes.filter(|causes| causes.len() > 1) else {
        return;
    };
    causes.sort_by_key(Value::to_string);
    if let Some(Value::String(message)) = status.get_mut("message") {
        let beginning = message.split_once("is invalid: ").or_else(|| message.split_once("conflicts: "));
        if let Some((beginning, _)) = beginning {
            *message = beginning.to_owned();
        }
    }
}
