//! The contract check itself: for every rule a wrong exchange that breaks just that one, and right exchanges that break none.

pub mod support;
mod tolerances;

use crate::contract::support::{Sample, brief, contract, description, unused_tolerances};
use graph_sim::base::answer::ApiVersion::{self, Beta, V1};
use graph_sim::contract::{Contract, Part, Rule, tolerated};
use serde_json::{Value, json};

const DATE: &str = "2026-01-05T08:00:00Z";
const GROUP_TARGET: &str = "#microsoft.graph.cloudPcManagementGroupAssignmentTarget";

fn sample(version: ApiVersion, line: &str, body: impl ToString, status: u16, answer: impl Into<Option<Value>>) -> Sample {
    Sample::new(version, line, body, status, answer.into())
}

fn read(version: ApiVersion, line: &str, answer: Value) -> Sample {
    sample(version, line, "", 200, answer)
}

fn assign(version: ApiVersion, target: &Value) -> Sample {
    let body = json!({"assignments": [{"target": target}]});
    sample(version, "POST provisioningPolicies/1/assign", body, 204, None)
}

fn error(inner: Value) -> Value {
    json!({"error": {"code": "badRequest", "message": "no", "innerError": inner}})
}

fn health_check(check: &Value) -> Value {
    json!({"id": "1", "healthCheckStatusDetail": {"startDateTime": DATE, "healthChecks": [check]}})
}

#[expect(clippy::too_many_lines, reason = "one table")]
fn right() -> Vec<Sample> {
    let mut samples = Vec::new();
    for version in [V1, Beta] {
        let policy = json!({
            "@odata.context": "x", "id": "1", "displayName": "a", "description": null, "imageType": "gallery", "autopatch": null,
            "windowsSetting": {"locale": "de-DE"}, "domainJoinConfigurations": [{"domainJoinType": "azureADJoin"}],
            "assignments": [{"id": "2", "target": {"@odata.type": GROUP_TARGET, "groupId": "3", "servicePlanId": null}}],
        });
        let list = json!({"@odata.count": 1, "@odata.nextLink": "https://next", "value": [policy]});
        samples.extend([
            read(
                version,
                "GET provisioningPolicies?$top=5&$skiptoken=x&$count=true&select=id&$expand=assignments",
                list,
            ),
            read(version, "GET provisioningPolicies/1", policy.clone()),
            read(version, "GET provisioningPolicies('1')", policy.clone()),
            read(version, "GET provisioningPolicies(%271%27)", policy.clone()),
            sample(
                version,
                "POST provisioningPolicies",
                json!({"displayName": "a"}),
                201,
                policy.clone(),
            ),
            sample(version, "PATCH provisioningPolicies/1", json!({"description": ""}), 200, policy),
            sample(version, "PATCH provisioningPolicies/1", json!({"description": null}), 204, None),
            // Nothing is required in a change, not even the type of a target.
            sample(
                version,
                "PATCH provisioningPolicies/1/assignments/2",
                json!({"target": {"groupId": "3"}}),
                204,
                None,
            ),
            sample(version, "DELETE provisioningPolicies/1", "", 204, None),
            sample(
                version,
                "POST provisioningPolicies/1/microsoft.graph.assign",
                json!({"assignments": []}),
                204,
                None,
            ),
            assign(version, &json!({"@odata.type": GROUP_TARGET, "groupId": "3"})),
            sample(version, "POST cloudPCs/1/reboot", " \n", 204, None),
            read(version, "GET cloudPCs/$count", json!(3)),
            read(version, "GET auditEvents/getAuditActivityTypes()", json!({"value": ["a"]})),
            read(version, "GET auditEvents/getAuditActivityTypes", json!({"value": []})),
            read(
                version,
                "GET onPremisesConnections/1",
                health_check(&json!({"startDateTime": DATE, "endDateTime": DATE})),
            ),
            // A refused request may have any body.
            sample(
                version,
                "POST provisioningPolicies?$x=y",
                "{",
                400,
                error(json!({"date": DATE, "request-id": "1"})),
            ),
            sample(version, "GET nothing", "", 404, error(json!({}))),
            sample(version, "PUT provisioningPolicies", "", 405, error(json!({}))),
            sample(version, "GET provisioningPolicies", "", 503, error(json!({}))),
        ]);
    }
    let user_path = "provisioningPolicies/1/assignments/2/assignedUsers(userPrincipalName='a,b=%27%27c@d')";
    let action = json!({"@odata.type": "#microsoft.graph.cloudPcBulkResize", "displayName": "a", "targetServicePlanId": "1"});
    samples.extend([
        sample(
            Beta,
            "POST bulkActions",
            action,
            201,
            json!({"@odata.type": "#microsoft.graph.cloudPcBulkAction", "status": "pending"}),
        ),
        read(V1, "GET deviceImages/1", json!({"errorCode": null, "osStatus": null})),
        read(V1, &format!("GET {user_path}"), json!({"id": "1"})),
        read(
            Beta,
            "GET cloudPCs/getProvisionedCloudPCs(servicePlanId='2',groupId='1')",
            json!({"value": []}),
        ),
        read(
            Beta,
            "GET cloudApps/retrieveDiscoveredApps(sourceId='1',provisioningPolicyId=@p)?@provisioningPolicyId=2",
            json!({"value": []}),
        ),
        // The description says nothing about streams.
        sample(
            Beta,
            "POST reports/getFrontlineReport",
            json!({"top": 5}),
            200,
            json!({"Schema": [], "Values": []}),
        ),
    ]);
    samples
}

#[test]
fn right_exchanges_break_nothing() {
    let Some(contract) = contract() else { return };
    for sample in right() {
        assert_eq!(brief(&contract.check_strictly(&sample.checked())), [], "{sample:?}");
    }
}

/// Exchanges that each break one rule at one place.
#[rustfmt::skip]
#[expect(clippy::too_many_lines, reason = "one table")]
fn wrong() -> Vec<(Sample, Part, &'static str, Rule)> {
    use Part::{Query, Request, Response};
    let policies = "GET provisioningPolicies";
    let policy = "GET provisioningPolicies/1";
    let create = |version, body: Value| sample(version, "POST provisioningPolicies", body, 201, json!({}));
    let target = |target: Value| json!({"value": [{"target": target}]});
    let assignments = "GET provisioningPolicies/1/assignments";
    let action = json!({"@odata.type": "#microsoft.graph.cloudPcBulkPowerOn", "displayName": "a"});
    vec![
        (read(V1, "GET frontLineServicePlans", json!({})), Request, "", Rule::UndescribedOperation),
        (sample(Beta, "PUT provisioningPolicies/1", "{}", 200, json!({})), Request, "", Rule::UndescribedOperation),
        (read(Beta, "GET provisioningPolicies/1/assign/2", json!({})), Request, "", Rule::UndescribedOperation),
        (sample(V1, "GET nothing", "", 404, json!({"error": {"code": 404}})), Response, "/error/code", Rule::Type),
        (sample(V1, policy, "", 302, None), Response, "", Rule::UndescribedStatus(302)),
        (sample(V1, "DELETE userSettings/1", "", 200, json!({})), Response, "", Rule::UndescribedStatus(200)),
        (sample(V1, "DELETE userSettings/1", "", 204, json!({})), Response, "", Rule::UnexpectedBody),
        (sample(V1, "DELETE userSettings/1", "{}", 204, None), Request, "", Rule::UnexpectedBody),
        (sample(Beta, "POST cloudPCs/1/reboot", "{}", 204, None), Request, "", Rule::UnexpectedBody),
        (sample(V1, policy, "", 200, None), Response, "", Rule::MissingBody),
        (sample(V1, policy, "", 404, None), Response, "", Rule::MissingBody),
        (sample(V1, "POST userSettings", "", 201, json!({})), Request, "", Rule::MissingBody),
        (sample(V1, "POST userSettings", "{", 201, json!({})), Request, "", Rule::MalformedBody),
        (sample(V1, "POST userSettings", "[]", 201, json!({})), Request, "", Rule::Type),
        (read(V1, "GET provisioningPolicies?$apply=x", json!({})), Query, "/$apply", Rule::UnknownOption),
        (read(V1, "GET provisioningPolicies/1?$skiptoken=x", json!({})), Query, "/$skiptoken", Rule::UnknownOption),
        (read(V1, "GET provisioningPolicies?$top=all", json!({})), Query, "/$top", Rule::OptionValue),
        (read(V1, "GET provisioningPolicies?$count=1", json!({})), Query, "/$count", Rule::OptionValue),
        (create(V1, json!({"displayNam": "a/b"})), Request, "/displayNam", Rule::UnknownProperty),
        (create(V1, json!({"a/b~": 1})), Request, "/a~1b~0", Rule::UnknownProperty),
        // Properties that beta alone has.
        (create(V1, json!({"userExperienceType": "cloudApp"})), Request, "/userExperienceType", Rule::UnknownProperty),
        (read(V1, policy, json!({"userExperienceType": "cloudApp"})), Response, "/userExperienceType", Rule::UnknownProperty),
        (read(V1, assignments, target(json!({"@odata.type": GROUP_TARGET, "allotmentLicensesCount": 1}))), Response, "/value/0/target/allotmentLicensesCount", Rule::UnknownProperty),
        (create(V1, json!({"displayName": 1})), Request, "/displayName", Rule::Type),
        (create(V1, json!({"enableSingleSignOn": "true"})), Request, "/enableSingleSignOn", Rule::Type),
        (create(Beta, json!({"displayName": null})), Request, "/displayName", Rule::Null),
        (create(Beta, json!({"domainJoinConfigurations": {}})), Request, "/domainJoinConfigurations", Rule::Type),
        (create(Beta, json!({"autopatch": []})), Request, "/autopatch", Rule::Type),
        (create(V1, json!({"imageType": "Gallery"})), Request, "/imageType", Rule::Member),
        (create(V1, json!({"imageType": 1})), Request, "/imageType", Rule::Type),
        (create(V1, json!({"imageType": null})), Request, "/imageType", Rule::Null),
        (create(Beta, json!({"managedBy": "windows365,devBox"})), Request, "/managedBy", Rule::Members),
        (create(Beta, json!({"managedBy": "windows365,devbox"})), Request, "/managedBy", Rule::Member),
        (sample(V1, "PATCH provisioningPolicies/1", json!({"imageType": "x"}), 204, None), Request, "/imageType", Rule::Member),
        (sample(V1, "PATCH provisioningPolicies/1", json!({"x": 1}), 204, None), Request, "/x", Rule::UnknownProperty),
        (read(V1, policies, json!({"@odata.nextLink": 7, "value": []})), Response, "/@odata.nextLink", Rule::Type),
        (read(V1, policies, json!({"value": {}})), Response, "/value", Rule::Type),
        (read(V1, policies, json!({"value": [{}, {"windowsSetting": {"locale": 1}}]})), Response, "/value/1/windowsSetting/locale", Rule::Type),
        (read(V1, "GET cloudPCs/$count", json!("3")), Response, "", Rule::Type),
        (read(V1, "GET cloudPCs/$count", json!(3_000_000_000_u32)), Response, "", Rule::Range),
        (read(V1, "GET cloudPCs/1", json!({"lastModifiedDateTime": "yesterday"})), Response, "/lastModifiedDateTime", Rule::Format),
        (read(V1, "GET galleryImages/1", json!({"startDate": DATE})), Response, "/startDate", Rule::Format),
        // Targets: the type that they name decides, and they must name one.
        (read(V1, assignments, target(json!({"groupId": "3"}))), Response, "/value/0/target/@odata.type", Rule::MissingProperty),
        (sample(Beta, "POST bulkActions", json!({"displayName": "a", "targetServicePlanId": "1"}), 201, action.clone()), Request, "/@odata.type", Rule::MissingProperty),
        (sample(Beta, "POST bulkActions", json!({"@odata.type": "#microsoft.graph.cloudPcBulkMove", "targetServicePlanId": "1"}), 201, action), Request, "/targetServicePlanId", Rule::UnknownProperty),
        (read(V1, assignments, target(json!({"@odata.type": GROUP_TARGET, "user": "3"}))), Response, "/value/0/target/user", Rule::UnknownProperty),
        (read(V1, assignments, target(json!({"@odata.type": GROUP_TARGET, "groupId": 3}))), Response, "/value/0/target/groupId", Rule::Type),
        (read(V1, assignments, target(json!({"@odata.type": "#microsoft.graph.groupAssignmentTarget"}))), Response, "/value/0/target/@odata.type", Rule::Member),
        (read(V1, assignments, target(json!({"@odata.type": "#microsoft.graph.cloudPcManagementAssignmentTarget", "groupId": "3"}))), Response, "/value/0/target/groupId", Rule::UnknownProperty),
        (sample(V1, policy, "", 404, json!({"error": {"code": "x", "reason": "y"}})), Response, "/error/reason", Rule::UnknownProperty),
        (sample(V1, policy, "", 429, json!({"message": "x"})), Response, "/message", Rule::UnknownProperty),
        (sample(V1, policy, "", 500, error(json!({"request-id": 1}))), Response, "/error/innerError/request-id", Rule::Type),
    ]
}

#[test]
fn wrong_exchanges_break_just_their_rule() {
    let Some(contract) = contract() else { return };
    for (sample, part, pointer, rule) in wrong() {
        let violations = contract.check_strictly(&sample.checked());
        assert_eq!(brief(&violations), [(part, pointer, rule)], "{sample:?}");
    }
}

/// For every tolerance, in their order, an exchange that needs it.
fn tolerable() -> Vec<Sample> {
    let policies = "GET provisioningPolicies/1";
    let checks = |name: &str| read(V1, "GET onPremisesConnections/1", health_check(&json!({name: null})));
    let failure = |inner: Value| sample(V1, policies, "", 400, error(inner));
    let both = "windows365,devBox";
    let network = json!({"crossRegionDisasterRecoverySetting": {"disasterRecoveryNetworkSetting": {"regionGroup": "europe"}}});
    vec![
        read(V1, "GET /groups/1/members?$top=5", json!({"value": []})),
        read(V1, "GET /groups/1/members/microsoft.graph.user", json!({"value": []})),
        sample(V1, "POST /groups/1/members/$ref", json!({"@odata.id": "u"}), 204, None),
        sample(V1, "DELETE /groups/1/members/2/$ref", "", 204, None),
        read(V1, "GET /groups/1/transitiveMembers", json!({"value": []})),
        read(V1, "GET /groups/1/transitiveMembers/microsoft.graph.user", json!({"value": []})),
        sample(Beta, "DELETE /users/1", "", 204, None),
        read(V1, "GET /users", json!({"value": []})),
        sample(V1, "POST /groups", json!({"displayName": "g"}), 201, json!({})),
        sample(Beta, "DELETE /groups/1", "", 204, None),
        sample(Beta, "POST /$batch", json!({"requests": []}), 200, json!({"responses": []})),
        sample(Beta, "POST userSettings/1/assign", json!({"assignments": []}), 200, json!({})),
        checks("startDateTime"),
        checks("endDateTime"),
        failure(json!({"date": "2026-01-05T08:00:00"})),
        failure(json!({"code": "InvalidProperties"})),
        failure(json!({"message": "why"})),
        failure(json!({"status": "429"})),
        sample(Beta, "POST provisioningPolicies", json!({"managedBy": both}), 201, json!({})),
        read(Beta, policies, json!({"managedBy": both})),
        assign(V1, &json!({"groupId": "3"})),
        assign(V1, &json!({"@odata.type": GROUP_TARGET.trim_start_matches('#'), "groupId": "3"})),
        sample(Beta, "POST userSettings", network, 201, json!({})),
        sample(
            Beta,
            "POST provisioningPolicies/1/apply",
            json!({"policySettings": null}),
            204,
            None,
        ),
        sample(
            Beta,
            "POST provisioningPolicies",
            json!({"userSettingsPersistenceEnabled": false}),
            201,
            json!({}),
        ),
    ]
}

#[test]
fn every_tolerance_is_needed_and_covers_its_case() {
    let Some(contract) = contract() else { return };
    let samples = tolerable();
    assert_eq!(samples.len(), tolerated::TOLERATED.len());
    let mut all = Vec::new();
    for (sample, tolerance) in samples.iter().zip(&tolerated::TOLERATED) {
        let violations = contract.check_strictly(&sample.checked());
        assert_eq!(violations.len(), 1, "{sample:?} {violations:?}");
        assert_eq!(tolerated::covering(&violations[0]), Some(tolerance), "{sample:?}");
        assert_eq!(contract.check(&sample.checked()), []);
        assert!(unused_tolerances(&all).contains(&tolerance), "{tolerance:?} is there twice");
        all.extend(violations);
    }
    assert_eq!(unused_tolerances(&all), Vec::<&tolerated::Tolerance>::new());
    // None of them accepts a wrong exchange, except for the lists of members that they are about.
    for (sample, _, pointer, rule) in wrong() {
        assert_eq!(
            contract.check(&sample.checked()).is_empty(),
            rule == Rule::Members,
            "{pointer} {sample:?}"
        );
    }
}

#[test]
fn a_violation_is_one_line_without_values() {
    let Some(contract) = contract() else { return };
    let body = json!({"displayName": {"s3cret": 1}, "a\nb": "s3cret"});
    let sample = sample(V1, "POST provisioningPolicies", body, 201, json!({}));
    let mut lines: Vec<String> = contract.check(&sample.checked()).iter().map(ToString::to_string).collect();
    lines.sort();
    let place = "POST /v1.0/deviceManagement/virtualEndpoint/provisioningPolicies, request";
    let expected = [
        format!("{place} \"/a\\nb\": unknown property"),
        format!("{place} \"/displayName\": type (it is not of type \\\"string\\\")"),
    ];
    assert_eq!(lines, expected);
}

/// Asks for every described operation and answers what no object is: the right template must be found and its body be usable.
#[test]
fn every_described_operation_can_be_judged() {
    let Some(contract) = contract() else { return };
    for version in [V1, Beta] {
        let Some(description) = description(version) else { return };
        let mut judged = 0;
        for (template, item) in description["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters") {
                for (status, response) in operation["responses"].as_object().unwrap() {
                    let json = response["content"]
                        .as_object()
                        .is_none_or(|types| !types.contains_key("application/octet-stream"));
                    let none = status == "204";
                    let status = status.replace("XX", "01").parse().unwrap();
                    let sample = Sample::new(
                        version,
                        &format!("{} {template}", method.to_uppercase()),
                        "",
                        status,
                        Some(json!([])),
                    );
                    let violations = contract.check_strictly(&sample.checked());
                    let last = violations.last().filter(|violation| violation.part == Part::Response);
                    let expected = json.then_some((template.as_str(), if none { Rule::UnexpectedBody } else { Rule::Type }));
                    assert_eq!(
                        last.map(|violation| (violation.path.as_str(), violation.rule)),
                        expected,
                        "{sample:?}"
                    );
                    judged += 1;
                }
            }
        }
        assert!(judged > 250, "{judged}");
    }
}

#[test]
fn a_description_that_is_not_understood_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = |schema: &str, path: &str| {
        let text = format!("components: {{schemas: {{a: {schema}}}}}\npaths: {{/x: {path}}}\n");
        for version in [V1, Beta] {
            std::fs::write(folder.path().join(format!("openapi-{}-cloudpc.yaml", version.as_str())), &text).unwrap();
        }
        Contract::load(folder.path()).err().map(|error| format!("{error:#}"))
    };
    assert_eq!(refusal("{type: object}", "{get: {responses: {}}}"), None);
    for (schema, path, reason) in [
        ("{oneOf: []}", "{}", "schema a: oneOf is not understood"),
        ("{type: file}", "{}", "the type file is not understood"),
        ("{type: object, properties: {b: {}}}", "{}", "property b: a schema has no type"),
        ("{$ref: '#/components/schemas/b'}", "{}", "#/components/schemas/b leads nowhere"),
        (
            "{allOf: [{$ref: '#/components/schemas/a'}, {type: object}]}",
            "{}",
            "a type is its own base",
        ),
        (
            "{type: object}",
            "{get: {parameters: [{$ref: '#/components/parameters/top'}]}}",
            "path /x: get: #/components/parameters/top leads nowhere",
        ),
        (
            "{type: object}",
            "{get: {responses: {'200': {content: {application/json: {schema: {type: array}}}}}}}",
            "a list has no items",
        ),
    ] {
        let refused = refusal(schema, path).unwrap_or_default();
        assert!(refused.contains(reason), "{refused}");
    }
    let missing = Contract::load(&folder.path().join("none")).unwrap_err();
    assert!(format!("{missing:#}").contains("reading "), "{missing:#}");
}
