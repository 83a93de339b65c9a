//! Assignments: how Graph lists them and how `assign` wants them.
//!
//! `assign` replaces the whole set, and a group that is left out loses its Cloud PCs. So an entry that cannot be read is an error
//! and never skipped: the next write would unassign its group.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::graph::text as show;

/// The target type of every assignment that Graph documents for Cloud PC.
const GROUP_TARGET: &str = "#microsoft.graph.cloudPcManagementGroupAssignmentTarget";

/// Target types that mean "this group". The second is Intune's general one, which some clients write to user settings.
const INCLUDING: [&str; 2] = ["cloudPcManagementGroupAssignmentTarget", "groupAssignmentTarget"];

/// An assignment as Graph lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RemoteAssignment {
    /// The id of the assignment. A write that repeats it keeps an allotment's identity.
    pub id: Option<String>,
    pub group_id: String,
    /// The Frontline plan; Graph's empty string is `None`.
    pub service_plan_id: Option<String>,
    /// The licences set aside for the group.
    pub allotment_licenses_count: Option<i64>,
    /// The name of that allotment; Graph's empty string is `None`.
    pub allotment_display_name: Option<String>,
}

/// An assignment to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AssignmentTarget {
    /// The id of the entry that is kept; `None` for a new one.
    pub id: Option<String>,
    pub group_id: String,
    /// The Frontline plan, only for the shared provisioning types.
    pub service_plan_id: Option<String>,
    pub allotment_licenses_count: Option<i64>,
    pub allotment_display_name: Option<String>,
}

/// What is needed of an object to read its assignments.
pub(crate) struct Owner<'a> {
    pub id: &'a str,
    /// Whether its `provisioningType` is a shared one, whose assignment ids are no group ids.
    pub shared: bool,
}

impl RemoteAssignment {
    /// Reads one element of `assignments`; the error names the problem.
    pub(crate) fn parse(owner: &Owner<'_>, value: &Value) -> Result<Self, String> {
        let id = id_of(value.get("id"))?;
        let target = value.get("target").unwrap_or(&Value::Null);
        if let Some(kind) = target.get("@odata.type").and_then(Value::as_str) {
            let name = kind.trim_start_matches('#').trim_start_matches("microsoft.graph.");
            if !INCLUDING.contains(&name) {
                return Err(format!("the target type {} is not known", show::quoted(kind)));
            }
        }
        let plan = id_of(target.get("servicePlanId"))?;
        let group_id = match id_of(target.get("groupId"))? {
            Some(group) => group,
            None => group_in_id(owner, id.as_deref(), plan.is_some()).ok_or("its group cannot be determined")?,
        };
        let allotment_licenses_count = match target.get("allotmentLicensesCount") {
            None | Some(Value::Null) => None,
            Some(count) => Some(count.as_i64().ok_or("allotmentLicensesCount is not a whole number")?),
        };
        Ok(Self {
            id,
            group_id,
            service_plan_id: plan,
            allotment_licenses_count,
            allotment_display_name: text(target.get("allotmentDisplayName")),
        })
    }
}

/// The group in an assignment's own id, for answers with an empty target. Graph was observed to use the group id itself,
/// `{owner}_{group}`, and for Frontline policies an id without the group.
fn group_in_id(owner: &Owner<'_>, id: Option<&str>, frontline: bool) -> Option<String> {
    let id = id?;
    let group = match id.rsplit_once('_') {
        Some((prefix, group)) => prefix.eq_ignore_ascii_case(owner.id).then_some(group)?,
        None if owner.shared || frontline => return None,
        None => id,
    };
    uuid::Uuid::try_parse(group).is_ok().then(|| group.to_owned())
}

fn id_of(value: Option<&Value>) -> Result<Option<String>, String> {
    match text(value) {
        Some(id) if !show::is_id(&id) => Err("one of its ids is not an id".to_owned()),
        id => Ok(id),
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

impl AssignmentTarget {
    /// Whether only beta accepts it: v1.0 targets have no allotments.
    pub(crate) fn needs_beta(&self) -> bool {
        let Self {
            id: _,
            group_id: _,
            service_plan_id: _,
            allotment_licenses_count,
            allotment_display_name,
        } = self;
        allotment_licenses_count.is_some() || allotment_display_name.is_some()
    }

    fn to_json(&self) -> Value {
        let Self {
            id,
            group_id,
            service_plan_id,
            allotment_licenses_count,
            allotment_display_name,
        } = self;
        let mut target = Map::new();
        target.insert("@odata.type".to_owned(), json!(GROUP_TARGET));
        target.insert("groupId".to_owned(), json!(group_id));
        let optional = [
            ("servicePlanId", service_plan_id.as_ref().map(|plan| json!(plan))),
            ("allotmentLicensesCount", allotment_licenses_count.map(|count| json!(count))),
            ("allotmentDisplayName", allotment_display_name.as_ref().map(|name| json!(name))),
        ];
        target.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        match id {
            Some(id) => json!({"id": id, "target": target}),
            None => json!({"target": target}),
        }
    }
}

/// The body of `assign`.
pub(crate) fn assign_body(targets: &[AssignmentTarget]) -> Value {
    json!({"assignments": targets.iter().map(AssignmentTarget::to_json).collect::<Vec<_>>()})
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = "11111111-0000-4000-8000-000000000001";
    const GROUP: &str = "22222222-0000-4000-8000-000000000001";

    fn parse(shared: bool, value: Value) -> Result<RemoteAssignment, String> {
        RemoteAssignment::parse(&Owner { id: POLICY, shared }, &value)
    }

    #[test]
    fn the_group_is_found_in_every_form_that_was_seen() {
        let joined = format!("{POLICY}_{GROUP}");
        for (shared, value) in [
            (
                false,
                json!({"id": GROUP, "target": {"groupId": GROUP, "servicePlanId": "", "allotmentDisplayName": ""}}),
            ),
            (false, json!({"id": GROUP, "target": {}})),
            (false, json!({"id": GROUP})),
            (false, json!({"id": joined, "target": null})),
            (true, json!({"id": joined, "target": {"groupId": null}})),
            (
                true,
                json!({"id": "33333333-0000-4000-8000-000000000001", "target": {"groupId": GROUP}}),
            ),
            (false, json!({"target": {"@odata.type": GROUP_TARGET, "groupId": GROUP}})),
        ] {
            let assignment = parse(shared, value.clone()).unwrap_or_else(|error| panic!("{value}: {error}"));
            assert_eq!(assignment.group_id, GROUP, "{value}");
            assert_eq!(
                (assignment.service_plan_id, assignment.allotment_display_name),
                (None, None),
                "{value}"
            );
        }
    }

    #[test]
    fn an_entry_without_a_certain_group_is_an_error() {
        for (shared, value) in [
            (true, json!({"id": GROUP, "target": {}})),
            (false, json!({"id": GROUP, "target": {"servicePlanId": "p"}})),
            (false, json!({"id": "not-a-guid", "target": {}})),
            (false, json!({"id": format!("{GROUP}_{GROUP}")})),
            (false, json!({"target": {"groupId": ""}})),
            (false, json!({"target": {"groupId": "a\nb"}})),
            (false, json!({"id": "x".repeat(1000), "target": {"groupId": GROUP}})),
            (
                false,
                json!({"target": {"@odata.type": "#microsoft.graph.cloudPcManagementExclusionGroupAssignmentTarget", "groupId": GROUP}}),
            ),
            (false, json!("text")),
            (false, json!({"target": {"groupId": GROUP, "allotmentLicensesCount": "4"}})),
        ] {
            assert!(parse(shared, value.clone()).is_err(), "{value}");
        }
    }

    #[test]
    fn only_what_is_set_is_written() {
        let plain = AssignmentTarget {
            id: None,
            group_id: GROUP.to_owned(),
            service_plan_id: None,
            allotment_licenses_count: None,
            allotment_display_name: None,
        };
        let frontline = AssignmentTarget {
            id: Some("a1".to_owned()),
            service_plan_id: Some("p1".to_owned()),
            allotment_licenses_count: Some(3),
            allotment_display_name: Some("slice".to_owned()),
            ..plain.clone()
        };
        assert!(!plain.needs_beta() && frontline.needs_beta());
        assert_eq!(
            assign_body(&[plain, frontline]),
            json!({"assignments": [
                {"target": {"@odata.type": GROUP_TARGET, "groupId": GROUP}},
                {"id": "a1", "target": {"@odata.type": GROUP_TARGET, "groupId": GROUP, "servicePlanId": "p1",
                    "allotmentLicensesCount": 3, "allotmentDisplayName": "slice"}},
            ]})
        );
        assert_eq!(assign_body(&[]), json!({"assignments": []}));
    }
}
