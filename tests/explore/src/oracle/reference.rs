//! O5, O10: what passes by itself changes neither the end nor, by more than a little, the number of requests.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};

use crate::plan::Side;
use crate::scenario::ready;
use crate::wires::Line;
use crate::world::{World, plural};

/// More requests about objects than without the fault.
const MORE: usize = 40;

/// What two runs are compared by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct End {
    /// Resources, and objects in Graph, without ids and times.
    state: Vec<String>,
    /// How many objects were made and deleted in Graph, by method and collection.
    changes: BTreeMap<String, usize>,
    /// How many requests were sent about single objects.
    requests: usize,
}

impl End {
    /// How a run ended. `lines`: its requests.
    pub fn new(world: &World, lines: &[Line]) -> Self {
        let about_an_object = |line: &&Line| line.point.side == Side::Graph && (line.is_write() || is_of_an_object(&line.path));
        Self {
            state: resources(world).chain(objects(world)).collect(),
            changes: changes(world),
            requests: lines.iter().filter(about_an_object).count(),
        }
    }

    /// What differs from a run in which nothing went otherwise.
    pub fn judge(&self, reference: &Self) -> Vec<String> {
        let mut found = Vec::new();
        let pairs = [("ended with", self, reference), ("lacks in the end", reference, self)];
        for (what, one, other) in pairs {
            let differs = one.state.iter().filter(|line| !other.state.contains(line));
            found.extend(differs.map(|line| format!("O10: it {what} {line}")));
        }
        // What is to be deleted may not have been made yet.
        if self
            .changes
            .iter()
            .any(|(what, count)| *count > reference.changes.get(what).copied().unwrap_or(0))
        {
            let (these, those) = (&self.changes, &reference.changes);
            found.push(format!("O10: it made and deleted {these:?}, and without a fault {those:?}"));
        }
        if self.requests > reference.requests + MORE {
            let (these, those) = (self.requests, reference.requests);
            found.push(format!("O5: {these} requests about objects, and without a fault {those}"));
        }
        found
    }
}

/// Whether the last part of a path is an id.
fn is_of_an_object(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    path.rsplit('/').next().is_some_and(|part| part.len() == 36 && part.contains('-'))
}

fn resources(world: &World) -> impl Iterator<Item = String> {
    let of_kind = |kind| world.cluster.objects(&plural(kind)).into_iter().map(move |object| (kind, object));
    let is_defined = super::end::is_defined(world);
    super::KINDS.into_iter().flat_map(of_kind).map(move |(kind, object)| {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        let state = match is_defined {
            true if ready(&object) => "Ready",
            true => "not Ready",
            false => "not judged",
        };
        format!("{kind} {name}, {state}: {}", object["spec"])
    })
}

/// What no plan can keep the same: ids, times, and what follows from them.
const VARIES: [&str; 6] = [
    "id",
    "createdDateTime",
    "lastModifiedDateTime",
    "createdBy",
    "lastModifiedBy",
    "assignments",
];

fn objects(world: &World) -> impl Iterator<Item = String> {
    let of_kind = |(_, collection)| world.graph_objects(collection).into_iter().map(move |object| (collection, object));
    super::REPRESENTED.into_iter().flat_map(of_kind).map(|(collection, mut object)| {
        let groups = lab::groups(&object);
        if let Some(fields) = object.as_object_mut() {
            fields.retain(|name, _| !VARIES.contains(&name.as_str()));
        }
        format!("{collection} {object} with {}", json!(groups))
    })
}

fn changes(world: &World) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for entry in world.graph.ledger(0) {
        let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let (method, path) = (text("method"), text("path"));
        let of_a_collection = |path: &str| super::REPRESENTED.iter().any(|(_, collection)| path.ends_with(collection));
        let made = method == Method::POST.as_str() && of_a_collection(&path);
        if entry["committed"] == Value::Bool(true) && (made || method == Method::DELETE.as_str()) {
            let collection = super::REPRESENTED.iter().find(|(_, collection)| path.contains(collection));
            let (_, collection) = collection.unwrap_or(&("", "another collection"));
            *counts.entry(format!("{method} {collection}")).or_default() += 1;
        }
    }
    counts
}
