//! Helpers: files of the package, YAML documents, and tables of rule cases.

use std::fs;
use std::path::{Path, PathBuf};

use kube::core::cel::{ValidationErrors, validate_cel, validate_cel_update};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A path below the folder of the package.
pub fn package(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Every YAML file below a folder, in a stable order.
pub fn yaml_files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(&package(folder), &mut found);
    found.sort();
    found
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("folder can be read") {
        let path = entry.expect("entry can be read").path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "yaml") {
            found.push(path);
        }
    }
}

/// The documents of a YAML file.
pub fn documents(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("file can be read");
    serde_saphyr::from_multiple(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Applies a JSON merge patch: objects merge, null removes, everything else replaces.
pub fn patched(base: &Value, patch: &Value) -> Value {
    let (Value::Object(base_fields), Value::Object(changes)) = (base, patch) else {
        return patch.clone();
    };
    let mut merged = base_fields.clone();
    for (key, change) in changes {
        if change.is_null() {
            merged.remove(key);
        } else {
            let before = merged.get(key).cloned().unwrap_or(Value::Null);
            merged.insert(key.clone(), patched(&before, change));
        }
    }
    Value::Object(merged)
}

/// Reads an object of a kind and makes sure that nothing in it is unknown to the type.
pub fn typed<K: DeserializeOwned + Serialize>(object: &Value) -> K {
    let typed: K = serde_json::from_value(object.clone()).unwrap_or_else(|error| panic!("{error} in\n{object:#}"));
    let again = serde_json::to_value(&typed).expect("object serialises");
    assert_eq!(&again, object, "a field is misspelt or written differently than the type does");
    typed
}

/// Rule cases of one kind: a valid object, and changes of its spec with the message that must refuse them.
pub struct Rules<K> {
    base: Value,
    kind: std::marker::PhantomData<K>,
}

impl<K> Rules<K>
where
    K: kube::CustomResourceExt + Serialize + DeserializeOwned,
{
    /// Takes the valid object and checks that it is.
    pub fn new(base: Value) -> Self {
        let rules = Self {
            base,
            kind: std::marker::PhantomData,
        };
        rules.accepts(serde_json::json!({}));
        rules
    }

    fn with(&self, spec: &Value) -> K {
        typed(&patched(&self.base, &serde_json::json!({ "spec": spec })))
    }

    /// The object with these changes of its spec may be created.
    pub fn accepts(&self, spec: Value) {
        if let Err(errors) = validate_cel(&self.with(&spec)) {
            panic!("{spec} should be accepted: {errors}");
        }
    }

    /// The object with these changes of its spec is refused for exactly this reason.
    pub fn refuses(&self, spec: Value, message: &str) {
        assert_refused(&spec, validate_cel(&self.with(&spec)), message);
    }

    /// The change from one spec to another is allowed.
    pub fn accepts_change(&self, before: Value, after: Value) {
        if let Err(errors) = validate_cel_update(&self.with(&after), &self.with(&before)) {
            panic!("{before} to {after} should be accepted: {errors}");
        }
    }

    /// The change from one spec to another is refused for exactly this reason.
    pub fn refuses_change(&self, before: Value, after: Value, message: &str) {
        let verdict = validate_cel_update(&self.with(&after), &self.with(&before));
        assert_refused(&after, verdict, message);
    }
}

fn assert_refused(spec: &Value, verdict: Result<(), ValidationErrors>, message: &str) {
    let Err(errors) = verdict else {
        panic!("{spec} should be refused: {message}");
    };
    let messages: Vec<_> = errors.iter().map(|error| error.message.as_str()).collect();
    assert!(
        matches!(messages.as_slice(), [only] if only.contains(message)),
        "{spec} should be refused only with {message:?}, not {messages:?}"
    );
}
