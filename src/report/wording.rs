//! Messages about what differs, and what was done about it.

use crate::api::{DriftedField, ResolvedGroup};

/// How many fields a line names.
const SHOWN: usize = 5;

/// One line about what differs now. `groups`: the names of groups, where they are known.
pub(crate) fn differences(fields: &[DriftedField], groups: &[ResolvedGroup]) -> String {
    line(fields, |field| difference(field, groups, "is"))
}

/// One line about what differed before it was corrected.
pub(crate) fn corrections(fields: &[DriftedField], groups: &[ResolvedGroup]) -> String {
    line(fields, |field| difference(field, groups, "was"))
}

/// One line about what replacing a set of assignments has changed.
pub(crate) fn assignments(fields: &[DriftedField], groups: &[ResolvedGroup]) -> String {
    line(fields, |field| {
        let group = group(field, groups).unwrap_or_else(|| field.path.clone());
        match (&field.observed, &field.desired) {
            (Some(before), Some(now)) => format!("{group} is {now} and was {before}"),
            (_, Some(_)) => format!("assigned {group}"),
            (_, None) => format!("removed {group}"),
        }
    })
}

/// One line about what replacing a set of assignments would change.
pub(crate) fn planned(fields: &[DriftedField], groups: &[ResolvedGroup]) -> String {
    line(fields, |field| {
        let group = group(field, groups).unwrap_or_else(|| field.path.clone());
        match (&field.observed, &field.desired) {
            (Some(before), Some(after)) => format!("changing {group} from {before} to {after}"),
            (None, Some(_)) => format!("assigning {group}"),
            (_, None) => format!("removing {group}"),
        }
    })
}

pub(crate) fn groups(number: usize) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} group{plural}")
}

/// The same, with the verb that goes with them.
pub(crate) fn groups_are(number: usize) -> String {
    let verb = if number == 1 { "is" } else { "are" };
    format!("{} {verb}", groups(number))
}

fn line(fields: &[DriftedField], one: impl Fn(&DriftedField) -> String) -> String {
    let mut message = fields.iter().take(SHOWN).map(one).collect::<Vec<_>>().join("; ");
    if fields.len() > SHOWN {
        message.push_str(&format!("; and {} more", fields.len() - SHOWN));
    }
    message
}

fn difference(field: &DriftedField, groups: &[ResolvedGroup], is: &str) -> String {
    if let Some(group) = group(field, groups) {
        return match (&field.observed, &field.desired) {
            (Some(observed), Some(desired)) => format!("{group} {is} {observed} in Graph, and declared as {desired}"),
            (_, Some(_)) => format!("{group} {is} declared, and not assigned in Graph"),
            (_, None) => format!("{group} {is} assigned in Graph, and no Assignment declares it"),
        };
    }
    let side = |value: &Option<String>| value.as_deref().map_or_else(|| "not set".to_owned(), |value| format!("{value:?}"));
    let path = if field.path.is_empty() { "the object" } else { &field.path };
    format!(
        "{path} {is} {} in Graph and {} in the spec",
        side(&field.observed),
        side(&field.desired)
    )
}

/// The group, and its service plan, that a field is about.
fn group(field: &DriftedField, groups: &[ResolvedGroup]) -> Option<String> {
    let (id, plan) = field.group()?;
    let known = groups.iter().find(|group| group.id.eq_ignore_ascii_case(id));
    let name = known.map(|group| group.display_name.as_ref().unwrap_or(&group.reference));
    let group = name.map_or_else(|| format!("group {id}"), |name| format!("group {name:?} ({id})"));
    Some(match plan {
        Some(plan) => format!("{group} with service plan {plan}"),
        None => group,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(path: &str, observed: Option<&str>, desired: Option<&str>) -> DriftedField {
        DriftedField {
            path: path.to_owned(),
            observed: observed.map(str::to_owned),
            desired: desired.map(str::to_owned),
        }
    }

    #[test]
    fn d5_groups_are_named_and_what_was_corrected_is_told_as_past() {
        let groups = [ResolvedGroup {
            reference: "mailNickname=finance".to_owned(),
            id: "G1".to_owned(),
            display_name: Some("Finance".to_owned()),
            gone: None,
        }];
        let fields = [
            field("/assignments/g1", None, Some("assigned")),
            field("/assignments/g2/p", Some("assigned"), None),
            field("/description", None, Some("as declared")),
        ];
        assert_eq!(
            differences(&fields, &groups),
            "group \"Finance\" (g1) is declared, and not assigned in Graph; group g2 with service plan p is assigned in Graph, and no Assignment declares \
             it; /description is not set in Graph and \"as declared\" in the spec"
        );
        assert!(corrections(&fields, &groups).starts_with("group \"Finance\" (g1) was declared, and not assigned"));
        assert_eq!(
            assignments(&fields[..2], &groups),
            "assigned group \"Finance\" (g1); removed group g2 with service plan p"
        );
        assert_eq!([groups_are(1), groups_are(3)], ["1 group is", "3 groups are"]);
    }
}
