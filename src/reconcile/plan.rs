//! The plan: desired × observed × memory → changes. Pure: no client, no clock, no randomness.
//!
//! Only what the spec contains is compared; a property that it leaves out is not ours. `assign` replaces the whole
//! set, so the plan for assignments names every entry that has to be there afterwards, foreign ones included.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::api::{DriftedField, OwnedAssignment};
use crate::graph;
use crate::graph::{AssignmentTarget, Collection, Difference, Entity, RemoteAssignment};
use crate::reconcile::key::Key;
use crate::reconcile::risk::count::{Allowed, Loss};

/// One entry that Assignments declare. An unset allotment is not managed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Declared {
    /// The names of the Assignments that declare it.
    pub by: Vec<String>,
    /// Frontline: how many licences the group gets.
    pub allotment_licenses_count: Option<i64>,
    /// Frontline: the name of that share.
    pub allotment_display_name: Option<String>,
}

/// The desired state in Graph.
#[derive(Clone, Debug, Default)]
pub(crate) struct Desired {
    /// The managed properties under Graph's names.
    pub properties: Map<String, Value>,
    /// The declared assignments.
    pub declared: BTreeMap<Key, Declared>,
    /// Assignments that cannot be judged now (suspended, unreadable, a group that does not resolve): their groups stay.
    pub frozen: BTreeSet<String>,
    /// The groups, in lower case, that frozen Assignments name, and their names: none of them is removed.
    pub reserved: BTreeMap<String, BTreeSet<String>>,
    /// Which groups a frozen Assignment names is not known, so none is removed.
    pub unsure: bool,
    /// Assignments that release their groups without removing them; none when `exclusive`, which would remove them.
    pub releasing: BTreeSet<String>,
    /// Remove what no Assignment declares, foreign entries included.
    pub exclusive: bool,
    /// A create contains its attempt in the description.
    pub marked: bool,
    /// Groups, in lower case, that the directory does not have any more and whose entries Graph refuses: entries of ours are removed.
    pub dropped: BTreeSet<String>,
    /// Foreign entries that were lost when the set was replaced at the moment in which another writer added them.
    pub put_back: BTreeMap<Key, AssignmentTarget>,
    /// Entries that were put on the object, or may have been: where reads do not show them they may still appear.
    pub sent: BTreeSet<Key>,
    /// Entries that stay as they are in Graph, because what they would lose is held back.
    pub held: BTreeSet<Key>,
    /// What may be taken away, by the judgement of this pass.
    pub allowed: Allowed,
}

/// One thing to do in Graph.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// Make the object.
    Create {
        /// The body of the POST.
        body: Map<String, Value>,
    },
    /// Change properties.
    Update {
        /// The body of the PATCH: the top-level properties that differ, whole.
        body: Map<String, Value>,
        /// What differs.
        fields: Vec<Difference>,
    },
    /// Replace the set of assignments.
    Assign {
        /// Every entry that has to be there afterwards.
        targets: Vec<AssignmentTarget>,
        /// What differs.
        fields: Vec<DriftedField>,
    },
    /// A property differs that Graph does not allow to change.
    Immutable {
        /// What differs.
        fields: Vec<Difference>,
    },
}

/// What has to be done so that Graph equals `desired`. Empty means converged.
pub(crate) fn plan(collection: Collection, desired: &Desired, owned: &[OwnedAssignment], observed: Option<&Entity>) -> Vec<Change> {
    let Some(entity) = observed else {
        // A new object has nothing to clear.
        let given = desired.properties.iter().filter(|(_, value)| !value.is_null());
        return vec![Change::Create {
            body: given.map(|(name, value)| (name.clone(), value.clone())).collect(),
        }];
    };
    // Assignments first: a property that Graph refuses must not keep a group from being removed.
    let set = collection.assignable().then(|| assignments(desired, owned, &entity.assignments));
    let mut changes: Vec<Change> = set.flatten().into_iter().collect();
    let wanted = unmarked(&desired.properties, entity);
    let (immutable, fields): (Vec<_>, Vec<_>) = graph::differences(collection, &wanted, &entity.properties)
        .into_iter()
        .partition(|difference| is_immutable(collection, difference));
    if !immutable.is_empty() {
        changes.push(Change::Immutable { fields: immutable });
    }
    if !fields.is_empty() {
        let mut body = graph::patch_body(collection, &wanted, &entity.properties);
        body.retain(|name, _| fields.iter().any(|field| field.property == name));
        changes.push(Change::Update { body, fields });
    }
    changes
}

/// The beginning of a create's mark in a description.
const MARK: &str = "[cloudpc-operator is creating this, attempt ";

/// The body of a create that carries its attempt in the description, in front of the desired description. Kinds without a
/// description have no mark.
pub(crate) fn marked(collection: Collection, body: &Map<String, Value>, attempt: &str) -> Map<String, Value> {
    const LONGEST: usize = 1500;
    let mut body = body.clone();
    if graph::property(collection, "description").is_some() {
        let mark = format!("{MARK}{attempt}]");
        let described = body.get("description").and_then(Value::as_str).unwrap_or_default();
        let both = format!("{mark} {described}");
        let text = if both.chars().count() <= LONGEST {
            both.trim_end().to_owned()
        } else {
            mark
        };
        body.insert("description".to_owned(), Value::from(text));
    }
    body
}

/// The wanted properties; a description that still has the mark of a create is corrected, even if it is not managed.
fn unmarked<'a>(properties: &'a Map<String, Value>, entity: &Entity) -> std::borrow::Cow<'a, Map<String, Value>> {
    let there = entity.properties.get("description").and_then(Value::as_str);
    if properties.contains_key("description") || !there.is_some_and(|text| text.starts_with(MARK)) {
        return std::borrow::Cow::Borrowed(properties);
    }
    let mut properties = properties.clone();
    properties.insert("description".to_owned(), Value::from(""));
    std::borrow::Cow::Owned(properties)
}

fn is_immutable(collection: Collection, difference: &Difference) -> bool {
    !collection.updatable() || graph::property(collection, difference.property).is_some_and(|property| property.immutable)
}

/// Whether an owned entry that no Assignment declares stays on the object, and stays ours.
fn fate(owned: &OwnedAssignment, desired: &Desired) -> Fate {
    if owned.declared_by.iter().any(|name| desired.frozen.contains(name)) {
        Fate::Frozen
    } else if owned.declared_by.iter().any(|name| desired.releasing.contains(name)) {
        Fate::Released
    } else if desired.unsure || desired.reserved.contains_key(&owned.group_id.to_lowercase()) {
        Fate::Frozen
    } else {
        Fate::Removed
    }
}

#[derive(PartialEq)]
enum Fate {
    Frozen,
    Released,
    Removed,
}

/// The replacement of the set of assignments, if one has to be made.
pub(crate) fn assignments(desired: &Desired, owned: &[OwnedAssignment], observed: &[RemoteAssignment]) -> Option<Change> {
    let (mut fields, mut targets, mut unshown) = (Vec::new(), Vec::new(), Vec::new());
    let owned: BTreeMap<Key, &OwnedAssignment> = owned.iter().map(|entry| (entry.into(), entry)).collect();
    for remote in observed {
        let key = Key::from(remote);
        match desired.declared.get(&key) {
            _ if desired.held.contains(&key) => targets.push(kept(remote)),
            Some(declared) => {
                let target = merged(&key, declared, Some(remote));
                if !same_allotment(declared, remote) {
                    fields.push(difference(&key, Some(describe(&target)), Some(describe(&kept(remote)))));
                }
                targets.push(target);
            }
            None => {
                let removed = match owned.get(&key) {
                    Some(entry) => fate(entry, desired) == Fate::Removed || desired.dropped.contains(&key.group),
                    // A foreign group may be one that an Assignment names which cannot be judged now.
                    None => desired.exclusive && desired.frozen.is_empty(),
                };
                if removed {
                    fields.push(difference(&key, None, Some(describe(&kept(remote)))));
                } else {
                    targets.push(kept(remote));
                }
            }
        }
    }
    let present: BTreeSet<Key> = observed.iter().map(Key::from).collect();
    let removed = |key: &Key, entry: &OwnedAssignment| !desired.declared.contains_key(key) && fate(entry, desired) == Fate::Removed;
    let hidden = owned.iter().filter(|(key, entry)| !present.contains(key) && removed(key, entry));
    for (key, entry) in hidden.filter(|(key, _)| desired.sent.contains(key)) {
        if desired.held.contains(key) {
            // It may be there, and a set without it would take it off.
            unshown.push(resent(entry));
        } else {
            fields.push(difference(key, None, Some("sent, and not shown yet".to_owned())));
        }
    }
    for (key, declared) in desired.declared.iter().filter(|(key, _)| !present.contains(key)) {
        let target = merged(key, declared, None);
        fields.push(difference(key, Some(describe(&target)), None));
        targets.push(target);
    }
    for (key, target) in desired.put_back.iter().filter(|(key, _)| !present.contains(key)) {
        if !desired.declared.contains_key(key) {
            fields.push(difference(key, Some(describe(target)), None));
            targets.push(target.clone());
        }
    }
    targets.extend(unshown);
    (!fields.is_empty()).then_some(Change::Assign { targets, fields })
}

/// An entry of ours as it was sent.
fn resent(entry: &OwnedAssignment) -> AssignmentTarget {
    AssignmentTarget {
        id: None,
        group_id: entry.group_id.clone(),
        service_plan_id: entry.service_plan_id.clone(),
        allotment_licenses_count: entry.allotment_licenses_count,
        allotment_display_name: entry.allotment_display_name.clone(),
    }
}

/// What a replacement of the set takes away. Entries of ours that are sent and not shown are among it.
pub(crate) fn loss(observed: &[RemoteAssignment], targets: &[AssignmentTarget], fields: &[DriftedField]) -> Loss {
    let removed = fields
        .iter()
        .filter(|field| field.desired.is_none())
        .filter_map(DriftedField::group);
    Loss::between(observed, removed.map(|(group, plan)| Key::new(group, plan)), targets)
}

fn same_allotment(declared: &Declared, remote: &RemoteAssignment) -> bool {
    let name = declared.allotment_display_name.as_deref();
    declared
        .allotment_licenses_count
        .is_none_or(|count| remote.allotment_licenses_count == Some(count))
        && name.is_none_or(|name| remote.allotment_display_name.as_deref().unwrap_or_default() == name)
}

/// A declared entry as it is sent: its id repeated, so that an allotment keeps its identity.
fn merged(key: &Key, declared: &Declared, remote: Option<&RemoteAssignment>) -> AssignmentTarget {
    AssignmentTarget {
        id: remote.and_then(|remote| remote.id.clone()),
        group_id: remote.map_or_else(|| key.group.clone(), |remote| remote.group_id.clone()),
        service_plan_id: remote.map_or_else(|| key.plan.clone(), |remote| remote.service_plan_id.clone()),
        allotment_licenses_count: declared
            .allotment_licenses_count
            .or_else(|| remote.and_then(|remote| remote.allotment_licenses_count)),
        allotment_display_name: declared
            .allotment_display_name
            .clone()
            .or_else(|| remote.and_then(|remote| remote.allotment_display_name.clone())),
    }
}

/// An entry as it is sent when it stays.
pub(crate) fn kept(remote: &RemoteAssignment) -> AssignmentTarget {
    AssignmentTarget {
        id: remote.id.clone(),
        group_id: remote.group_id.clone(),
        service_plan_id: remote.service_plan_id.clone(),
        allotment_licenses_count: remote.allotment_licenses_count,
        allotment_display_name: remote.allotment_display_name.clone(),
    }
}

fn describe(target: &AssignmentTarget) -> String {
    let name = target.allotment_display_name.as_deref().map(graph::printable);
    match (name, target.allotment_licenses_count) {
        (Some(name), Some(count)) => format!("assigned ({count} licences, {name})"),
        (None, Some(count)) => format!("assigned ({count} licences)"),
        (Some(name), None) => format!("assigned ({name})"),
        (None, None) => "assigned".to_owned(),
    }
}

fn difference(key: &Key, desired: Option<String>, observed: Option<String>) -> DriftedField {
    DriftedField {
        path: key.path(),
        desired,
        observed,
    }
}

/// The record of the entries that are ours after a pass that saw `observed`: those that are declared and seen, and those that
/// are kept for a frozen Assignment. Those of an Assignment that is released are left out. `may_appear`: a write is so young
/// that this entry, which it put on the object, may still appear there.
pub(crate) fn owned_after(
    desired: &Desired,
    owned: &[OwnedAssignment],
    observed: &[RemoteAssignment],
    may_appear: impl Fn(&OwnedAssignment) -> bool,
) -> Vec<OwnedAssignment> {
    let remote: BTreeMap<Key, &RemoteAssignment> = observed.iter().map(|entry| (entry.into(), entry)).collect();
    let mut after: BTreeMap<Key, OwnedAssignment> = BTreeMap::new();
    for (key, declared) in &desired.declared {
        let seen = remote.get(key);
        after.insert(
            key.clone(),
            OwnedAssignment {
                group_id: key.group.clone(),
                service_plan_id: key.plan.clone(),
                allotment_licenses_count: declared.allotment_licenses_count,
                allotment_display_name: declared.allotment_display_name.clone(),
                declared_by: declared.by.clone(),
                verified: seen.is_some_and(|seen| same_allotment(declared, seen)),
            },
        );
    }
    for entry in owned {
        let key = Key::from(entry);
        let frozen: Vec<String> = entry
            .declared_by
            .iter()
            .filter(|name| desired.frozen.contains(*name))
            .cloned()
            .collect();
        if let Some(known) = after.get_mut(&key) {
            // A frozen Assignment keeps its share in a group that another one declares as well.
            known
                .declared_by
                .extend(frozen.into_iter().filter(|name| !desired.declared[&key].by.contains(name)));
            continue;
        }
        // An entry that is still on the object is still ours: forgetting it would make it foreign and leave it there. The same
        // holds for one that was sent a moment ago, whatever a stale read shows.
        let there = remote.contains_key(&key);
        let kept = match fate(entry, desired) {
            // A group that moves to an Assignment which cannot be judged now belongs to that Assignment from here on.
            Fate::Frozen => Some(match desired.reserved.get(&key.group) {
                Some(names) => frozen
                    .into_iter()
                    .chain(names.iter().cloned())
                    .collect::<BTreeSet<_>>()
                    .into_iter()
                    .collect(),
                None if frozen.is_empty() => entry.declared_by.clone(),
                None => frozen,
            }),
            Fate::Removed => (there || may_appear(entry)).then(|| entry.declared_by.clone()),
            Fate::Released => None,
        };
        if let Some(declared_by) = kept {
            after.insert(
                key.clone(),
                OwnedAssignment {
                    verified: there,
                    declared_by,
                    ..entry.clone()
                },
            );
        }
    }
    after.into_values().collect()
}

/// The groups on the object that no Assignment of ours put there.
pub(crate) fn foreign(owned: &[OwnedAssignment], observed: &[RemoteAssignment]) -> Vec<String> {
    let owned: BTreeSet<Key> = owned.iter().map(Key::from).collect();
    let foreign: BTreeSet<String> = observed
        .iter()
        .map(Key::from)
        .filter(|key| !owned.contains(key))
        .map(|key| key.group)
        .collect();
    foreign.into_iter().collect()
}
