//! The report of a plan: its changes one by one, the fields that differ, and which of them are drift. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::api::{DriftedField, OwnedAssignment, PlannedChange};
use crate::base::text::elided;
use crate::graph;
use crate::graph::Difference;
use crate::reconcile::key::Key;
use crate::reconcile::plan::{Change, Desired};

/// The part of the difference that does not come from Kubernetes: a property that was equal at this very generation
/// (`synced`), an assignment that was seen on the object as it is declared now, an entry that `Exclusive` does not
/// allow. `reported` is the drift that the status already shows; it stays drift until it is gone.
pub(crate) fn drift(
    changes: &[Change],
    desired: &Desired,
    owned: &[OwnedAssignment],
    synced: bool,
    reported: &[DriftedField],
) -> Vec<DriftedField> {
    let by_path: BTreeMap<String, (Key, &OwnedAssignment)> =
        owned.iter().map(|entry| (Key::from(entry).path(), (entry.into(), entry))).collect();
    let unasked = |field: &&DriftedField| match by_path.get(&field.path) {
        Some((key, entry)) => {
            let seen = entry.verified || reported.iter().any(|earlier| earlier.path == field.path);
            seen && desired.declared.get(key).is_some_and(|declared| {
                declared.allotment_licenses_count == entry.allotment_licenses_count
                    && declared.allotment_display_name == entry.allotment_display_name
            })
        }
        None => field.desired.is_none(),
    };
    changes
        .iter()
        .flat_map(|change| match change {
            Change::Assign { fields, .. } => fields.iter().filter(unasked).cloned().collect(),
            Change::Create { .. } | Change::Update { .. } | Change::Immutable { .. } if !synced => Vec::new(),
            Change::Create { .. } | Change::Update { .. } | Change::Immutable { .. } => differing_fields(std::slice::from_ref(change)),
        })
        .collect()
}

fn line(op: &str, field: &DriftedField) -> PlannedChange {
    PlannedChange {
        op: op.to_owned(),
        path: Some(field.path.clone()),
        from: field.observed.clone(),
        to: field.desired.clone(),
    }
}

/// The entries of a set of assignments that change, as the status shows them.
pub(crate) fn describe_assign(fields: &[DriftedField]) -> Vec<PlannedChange> {
    let op = |field: &DriftedField| if field.desired.is_none() { "unassign" } else { "assign" };
    fields.iter().map(|field| line(op(field), field)).collect()
}

/// The changes as the status shows them.
pub(crate) fn describe_changes(changes: &[Change]) -> Vec<PlannedChange> {
    changes
        .iter()
        .flat_map(|change| match change {
            Change::Create { body } => vec![PlannedChange {
                op: "create".to_owned(),
                path: None,
                from: None,
                to: body.get("displayName").map(text),
            }],
            Change::Update { fields, .. } => fields.iter().map(|field| line("update", &shown(field))).collect(),
            Change::Assign { fields, .. } => describe_assign(fields),
            Change::Immutable { fields } => fields.iter().map(|field| line("replace", &shown(field))).collect(),
        })
        .collect()
}

/// Every field in which Graph differs from what the spec wants.
pub(crate) fn differing_fields(changes: &[Change]) -> Vec<DriftedField> {
    changes
        .iter()
        .flat_map(|change| match change {
            Change::Create { .. } => vec![DriftedField {
                path: String::new(),
                desired: Some("present".to_owned()),
                observed: None,
            }],
            Change::Update { fields, .. } | Change::Immutable { fields } => fields.iter().map(shown).collect(),
            Change::Assign { fields, .. } => fields.clone(),
        })
        .collect()
}

fn shown(difference: &Difference) -> DriftedField {
    DriftedField {
        path: difference.path.clone(),
        desired: Some(text(&difference.desired)),
        observed: Some(text(&difference.observed)),
    }
}

/// A value as a person reads it: strings bare, everything else as compact JSON, long values cut, nothing that looks like a
/// credential.
fn text(value: &Value) -> String {
    const LONGEST: usize = 256;
    let text = graph::printable(&value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    if text.len() > LONGEST { elided(&text, LONGEST) } else { text }
}
