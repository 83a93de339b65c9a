//! Admission rules of `Assignment`: every rule with a spec that it lets pass and one that it refuses.

use cloudpc_operator::api::{Assignment, AssignmentGroup};
use serde_json::{Value, json};

use crate::support::{INVISIBLE, NULL, Rules};

fn assignment() -> Rules<Assignment> {
    Rules::new(json!({
        "apiVersion": "cloudpc.dev/v1alpha1",
        "kind": "Assignment",
        "metadata": {"name": "finance", "namespace": "team-finance"},
        "spec": {
            "targetRef": {"kind": "ProvisioningPolicy", "name": "finance"},
            "groups": [{"displayName": "Finance"}],
        },
    }))
}

fn group(group: Value) -> Value {
    json!({"groups": [group]})
}

#[test]
fn a_group_is_named_in_exactly_one_way() {
    let assignment = assignment();
    assignment.accepts(group(json!({"id": "22222222-0000-4000-8000-000000000001"})));
    assignment.accepts(group(json!({"mailNickname": "finance"})));
    let one = "exactly one of id, displayName and mailNickname";
    assignment.refuses(group(json!({})), one);
    assignment.refuses(group(json!({"displayName": "Finance", "mailNickname": "finance"})), one);
    assignment.refuses(group(json!({"id": "Finance"})), "must be a GUID");
}

#[test]
fn an_allotment_needs_a_service_plan_and_a_plan_needs_a_policy() {
    let assignment = assignment();
    let plan = json!({"displayName": "Finance", "servicePlanId": "55555555-0000-4000-8000-000000000001"});
    let allotted = json!({"displayName": "Finance", "servicePlanId": "55555555-0000-4000-8000-000000000001",
        "allotmentLicensesCount": 3, "allotmentDisplayName": "Finance"});
    assignment.accepts(group(plan.clone()));
    assignment.accepts(group(allotted));
    let needs = "need servicePlanId or servicePlanName";
    assignment.refuses(group(json!({"displayName": "Finance", "allotmentLicensesCount": 3})), needs);
    assignment.refuses(group(json!({"displayName": "Finance", "allotmentDisplayName": "x"})), needs);

    let named = json!({"displayName": "Finance", "servicePlanName": "Frontline", "allotmentLicensesCount": 900});
    assignment.accepts(group(named.clone()));
    assignment.refuses(
        group(json!({"displayName": "Finance", "servicePlanId": "p", "servicePlanName": "Frontline"})),
        "only one of servicePlanId and servicePlanName",
    );
    assignment.refuses(
        group(json!({"displayName": "Finance", "servicePlanId": "p", "allotmentLicensesCount": 901})),
        "range",
    );

    let setting = json!({"kind": "UserSetting", "name": "finance"});
    assignment.accepts(json!({"targetRef": setting.clone()}));
    assignment.refuses(
        json!({"targetRef": setting.clone(), "groups": [named]}),
        "servicePlanId and servicePlanName are for assignments of a ProvisioningPolicy",
    );
    assignment.refuses(
        json!({"targetRef": setting, "groups": [plan]}),
        "servicePlanId and servicePlanName are for assignments of a ProvisioningPolicy",
    );
}

#[test]
fn no_name_in_an_assignment_has_invisible_characters() {
    let assignment = assignment();
    for hidden in INVISIBLE {
        let name = format!("Fin{hidden}ance");
        for (field, fields) in [
            ("displayName", json!({"displayName": name})),
            ("mailNickname", json!({"mailNickname": name})),
            ("servicePlanName", json!({"mailNickname": "fin", "servicePlanName": name})),
            (
                "allotmentDisplayName",
                json!({"mailNickname": "fin", "servicePlanName": "Frontline", "allotmentDisplayName": name}),
            ),
        ] {
            let message = format!("groups[0].{field}: must not contain control characters or invisible characters");
            assignment.refuses(group(fields), &message);
        }
    }
}

#[test]
fn a_plan_or_an_allotment_that_is_null_or_empty_is_not_set() {
    let assignment = assignment();
    for nothing in [json!(NULL), json!("")] {
        let fields = json!({"displayName": "Finance", "servicePlanId": nothing, "allotmentLicensesCount": NULL,
            "allotmentDisplayName": nothing});
        assignment.accepts(group(fields.clone()));
        assignment.accepts(json!({"targetRef": {"kind": "UserSetting"}, "groups": [fields]}));
        assignment.accepts(group(
            json!({"displayName": "Finance", "servicePlanId": nothing, "servicePlanName": "Frontline"}),
        ));
        assignment.refuses(
            group(json!({"displayName": "Finance", "servicePlanId": nothing, "allotmentLicensesCount": 3})),
            "need servicePlanId or servicePlanName",
        );
    }
}

#[test]
fn the_target_is_fixed_at_creation() {
    let assignment = assignment();
    assignment.accepts_change(json!({}), group(json!({"displayName": "Sales"})));
    assignment.refuses_change(json!({}), json!({"targetRef": {"name": "sales"}}), "targetRef cannot be changed");
    assignment.refuses_change(
        json!({}),
        json!({"targetRef": {"kind": "UserSetting"}}),
        "targetRef cannot be changed",
    );
}

#[test]
fn a_reference_says_how_the_group_is_named() {
    let named = |group: Value| serde_json::from_value::<AssignmentGroup>(group).unwrap().reference();
    assert_eq!(named(json!({"displayName": "Finance"})), "displayName=Finance");
    assert_eq!(named(json!({"mailNickname": "fin"})), "mailNickname=fin");
    assert_eq!(
        named(json!({"id": "22222222-0000-4000-8000-000000000001"})),
        "id=22222222-0000-4000-8000-000000000001"
    );
}
