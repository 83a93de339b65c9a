//! Helpers: files of the package, YAML documents, and tables of rule cases.

use std::fs;
use std::path::{Path, PathBuf};

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::generate::update;
use crate::verdict::objections;

/// The folder of the package, for what makes the generated files.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A path below the folder of the package, once its generated files are written, if they are to be.
pub fn package(path: &str) -> PathBuf {
    update();
    root().join(path)
}

/// Every YAML file below a folder of the package, in a stable order.
pub fn yaml_files(folder: &str) -> Vec<PathBuf> {
    yaml_below(&package(folder))
}

/// Every YAML file below a folder, in a stable order.
pub fn yaml_below(folder: &Path) -> Vec<PathBuf> {
    files_below(folder, "yaml")
}

/// Folders that hold nothing of ours.
const NOT_OURS: [&str; 2] = ["target", ".git"];

/// Every file of ours below a folder that has this ending, in a stable order.
pub fn files_below(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(folder, ending, &mut found);
    found.sort();
    found
}

fn collect(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("folder can be read") {
        let path = entry.expect("entry can be read").path();
        let ours = !NOT_OURS.iter().any(|name| path.ends_with(name));
        if path.is_dir() && ours {
            collect(&path, ending, found);
        } else if path.extension().is_some_and(|its| its == ending) {
            found.push(path);
        }
    }
}

/// The documents of a YAML file.
pub fn documents(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("file can be read");
    serde_saphyr::from_multiple(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Stands for an explicit null in a patch, where null itself means "remove".
pub const NULL: &str = "<null>";

/// Of every kind of characters that nobody sees: controls, zero-width ones, marks of direction, separators, fillers, tags.
pub const INVISIBLE: [&str; 25] = [
    "\0",
    "\t",
    "\n",
    "\r",
    "\u{1b}",
    "\u{1f}",
    "\u{7f}",
    "\u{85}",
    "\u{9f}",
    "\u{ad}",
    "\u{34f}",
    "\u{61c}",
    "\u{180e}",
    "\u{200b}",
    "\u{200d}",
    "\u{200f}",
    "\u{2028}",
    "\u{2029}",
    "\u{202e}",
    "\u{2060}",
    "\u{2066}",
    "\u{3164}",
    "\u{feff}",
    "\u{fffb}",
    "\u{e0041}",
];

/// Applies a JSON merge patch: objects merge, null removes, [`NULL`] is null, everything else replaces.
pub fn patched(base: &Value, patch: &Value) -> Value {
    let changes = match patch {
        Value::Object(changes) => changes,
        Value::Array(items) => return items.iter().map(|item| patched(&Value::Null, item)).collect(),
        other => return if other == NULL { Value::Null } else { other.clone() },
    };
    let mut merged = base.as_object().cloned().unwrap_or_default();
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
    let message = "a field is misspelt or written differently than the type does";
    assert!(says_the_same(object, &again), "{message}: {object:#} is read as {again:#}");
    typed
}

/// Whether what was read is what was written. Where null and "" say nothing, they are gone.
fn says_the_same(written: &Value, read: &Value) -> bool {
    match (written, read) {
        (Value::Object(written), Value::Object(read)) => {
            let same = |(name, value): (&String, &Value)| match read.get(name) {
                Some(read) => says_the_same(value, read),
                None => value.is_null() || value == "",
            };
            written.iter().all(same) && read.keys().all(|name| written.contains_key(name))
        }
        (Value::Array(written), Value::Array(read)) => {
            written.len() == read.len() && written.iter().zip(read).all(|(written, read)| says_the_same(written, read))
        }
        // Where null clears, "" does.
        (Value::String(text), Value::Null) => text.is_empty(),
        _ => written == read,
    }
}

/// Rule cases of one kind: a valid object, and changes of its spec with the message that must refuse them.
pub struct Rules<K> {
    base: Value,
    crd: CustomResourceDefinition,
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
            crd: K::crd(),
            kind: std::marker::PhantomData,
        };
        rules.accepts(serde_json::json!({}));
        rules
    }

    fn with(&self, spec: &Value) -> Value {
        let object = patched(&self.base, &serde_json::json!({ "spec": spec }));
        typed::<K>(&object);
        object
    }

    fn objections(&self, spec: &Value) -> Vec<String> {
        objections(&self.crd, &self.with(spec), None)
    }

    /// Everything that is said against the object with these changes of its spec.
    pub fn all_objections(&self, spec: Value) -> Vec<String> {
        self.objections(&spec)
    }

    fn objections_to_change(&self, before: &Value, after: &Value) -> Vec<String> {
        objections(&self.crd, &self.with(after), Some(&self.with(before)))
    }

    /// The object with these changes of its spec may be created.
    pub fn accepts(&self, spec: Value) {
        let objections = self.objections(&spec);
        assert!(objections.is_empty(), "{spec} should be accepted: {objections:?}");
    }

    /// The object with these changes of its spec is refused for exactly this reason.
    pub fn refuses(&self, spec: Value, message: &str) {
        assert_refused(&spec, &self.objections(&spec), message);
    }

    /// The change from one spec to another is allowed.
    pub fn accepts_change(&self, before: Value, after: Value) {
        let objections = self.objections_to_change(&before, &after);
        assert!(objections.is_empty(), "{before} to {after} should be accepted: {objections:?}");
    }

    /// The change from one spec to another is refused for exactly this reason.
    pub fn refuses_change(&self, before: Value, after: Value, message: &str) {
        assert_refused(&after, &self.objections_to_change(&before, &after), message);
    }
}

fn assert_refused(spec: &Value, objections: &[String], message: &str) {
    assert!(
        matches!(objections, [only] if only.contains(message)),
        "{spec} should be refused only with {message:?}, not {objections:?}"
    );
}
