//! What the API server refuses by itself: the answer names field and rule, and nothing is sent to Graph.

use crate::scene::{IMAGE, apply, assignment, contoso, namespace, policy, ready, setting, tenant, with};
use crate::support::{lab, options};
use anyhow::{Result, ensure};
use lab::Lab;
use serde_json::{Value, json};

#[tokio::test]
async fn an_invalid_spec_is_refused_by_field_and_rule_and_never_reaches_graph() -> Result<()> {
    let lab = lab().await;
    let kept = with(policy("team", "kept", "Kept"), json!({"provisioningType": "dedicated"}));
    apply(&lab, &[namespace("team", "contoso"), contoso(), kept.clone()]).await?;
    ready(&lab, "ProvisioningPolicy", "team", "kept").await?;
    let mark = lab.sim.mark().await?;

    for (object, said) in invalid_policies().into_iter().chain(others()).chain(changes(&kept)) {
        refused(&lab, &object, said).await?;
    }

    // A valid object is accepted afterwards, and is all that was written.
    apply(&lab, &[setting("team", "last", "Last")]).await?;
    ready(&lab, "UserSetting", "team", "last").await?;
    let writes = lab.sim.writes(mark).await?;
    let written: Vec<_> = writes.iter().map(|entry| (entry.method.as_str(), entry.body.as_ref())).collect();
    ensure!(
        matches!(written.as_slice(), [("POST", Some(body))] if body["displayName"] == "Last"),
        "{written:?}"
    );
    Ok(())
}

async fn refused(lab: &Lab, object: &Value, said: &[&str]) -> Result<()> {
    let Err(answer) = apply(lab, std::slice::from_ref(object)).await else {
        anyhow::bail!("the API server took {object}");
    };
    let answer = format!("{answer:#}");
    for part in said {
        ensure!(answer.contains(part), "{part:?} is not in the answer to {object}: {answer}");
    }
    Ok(())
}

type Case = (Value, &'static [&'static str]);

fn invalid_policies() -> Vec<Case> {
    let bad = |fields| with(policy("team", "bad", "Bad"), fields);
    let mut without_image = bad(json!({}));
    without_image["spec"].as_object_mut().expect("a spec").remove("imageDisplayName");
    vec![
        (
            without_image,
            &["spec: Invalid value", "one of imageId and imageDisplayName must be given"],
        ),
        (
            bad(json!({"imageType": "custom", "imageId": "publisher_offer_sku"})),
            &["imageId of a custom image must be a GUID"],
        ),
        (
            bad(json!({"displayName": "A & B"})),
            &["spec.displayName", "must not contain any of"],
        ),
        (
            bad(json!({"displayName": "x".repeat(121)})),
            &["spec.displayName", "may not be more than 120"],
        ),
        (
            bad(
                json!({"domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "regionName": "westeurope", "onPremisesConnectionName": "c"}]}),
            ),
            &[
                "spec.domainJoinConfigurations[0]",
                "azureADJoin needs exactly one of onPremisesConnectionId, onPremisesConnectionName and regionName",
            ],
        ),
        (
            bad(json!({"domainJoinConfigurations": [{"domainJoinType": "unknownFutureValue"}]})),
            &[
                "spec.domainJoinConfigurations[0].domainJoinType",
                "must be a value of Graph's enumeration",
            ],
        ),
        (
            bad(json!({"cloudPcNamingTemplate": "CPC-%USERNAME:5%"})),
            &["spec.cloudPcNamingTemplate", "must contain %RAND:y% with y of at least 5"],
        ),
        (
            bad(json!({"cloudPcNamingTemplate": "LONGPREFIX-%RAND:5%"})),
            &["spec.cloudPcNamingTemplate", "must result in at most 15 characters"],
        ),
        (bad(json!({"imageName": IMAGE})), &["unknown field \"spec.imageName\""]),
    ]
}

/// S49: an invalid selector has to be refused at admission, because it would select all namespaces or none.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table")]
async fn s49_a_selector_that_is_none_is_refused() -> Result<()> {
    let lab = Lab::start(options().without_operator()).await?;
    let selecting = |selector: Value| {
        let mut object = tenant("bad", lab::TENANT, crate::scene::APP);
        object["spec"]["allowedNamespaces"] = json!({"selector": selector});
        object
    };
    let requiring = |requirement: Value| selecting(json!({"matchExpressions": [requirement]}));
    let values: &[&str] = &[
        "spec.allowedNamespaces.selector.matchExpressions[0]",
        "In and NotIn need values, Exists and DoesNotExist take none",
    ];
    let key: &[&str] = &[
        "spec.allowedNamespaces.selector.matchExpressions[0].key",
        "must be the key of a label",
    ];
    let operator: &[&str] = &["spec.allowedNamespaces.selector.matchExpressions[0].operator", "supported values"];
    for (object, said) in [
        (requiring(json!({"key": "team", "operator": "NotIn", "values": []})), values),
        (requiring(json!({"key": "team", "operator": "NotIn"})), values),
        (requiring(json!({"key": "team", "operator": "In", "values": []})), values),
        (requiring(json!({"key": "team", "operator": "Exists", "values": ["a"]})), values),
        (
            requiring(json!({"key": "team", "operator": "DoesNotExist", "values": ["a"]})),
            values,
        ),
        (requiring(json!({"key": "", "operator": "DoesNotExist"})), key),
        (requiring(json!({"key": "a b", "operator": "Exists"})), key),
        (requiring(json!({"operator": "DoesNotExist"})), &["key", "Required value"][..]),
        (requiring(json!({"key": "team", "operator": "Equals", "values": ["a"]})), operator),
        (requiring(json!({"key": "team", "operator": ""})), operator),
        (
            requiring(json!({"key": "team", "operator": "In", "values": ["no value"]})),
            &[
                "spec.allowedNamespaces.selector.matchExpressions[0].values",
                "must be values of labels",
            ][..],
        ),
        (
            selecting(json!({"matchLabels": {"": "finance"}})),
            &["spec.allowedNamespaces.selector.matchLabels", "must be the key of a label"][..],
        ),
        (
            selecting(json!({"matchLabels": {"team": "no value"}})),
            &["spec.allowedNamespaces.selector.matchLabels", "must be values of labels"][..],
        ),
        (selecting(json!({})), &["spec.allowedNamespaces", "selector must not be empty"][..]),
    ] {
        refused(&lab, &object, said).await?;
    }
    // A valid selector of all namespaces but some stays possible.
    for (number, requirement) in [
        json!({"key": "team", "operator": "NotIn", "values": ["sales"]}),
        json!({"key": "example.com/closed", "operator": "DoesNotExist"}),
    ]
    .into_iter()
    .enumerate()
    {
        let mut object = requiring(requirement);
        object["metadata"]["name"] = json!(format!("good-{number}"));
        apply(&lab, &[object]).await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_invisible_character_in_a_name_is_refused_and_the_field_is_named() -> Result<()> {
    let lab = Lab::start(options().without_operator()).await?;
    let refusal = "must not contain control characters or invisible characters";
    let bad = |fields| with(policy("default", "bad", "Bad"), fields);
    let bound = |group: Value| assignment("default", "bad", "ProvisioningPolicy", "kept", json!([group]));
    for hidden in ["\u{200b}", "\u{202e}", "\u{1b}", "\u{feff}", "\u{2028}", "\u{85}", "\u{7f}"] {
        let name = format!("Fin{hidden}ance");
        let join = json!({"domainJoinType": "azureADJoin", "onPremisesConnectionName": name});
        for (object, field) in [
            (bad(json!({"displayName": name})), "spec.displayName"),
            (bad(json!({"description": name})), "spec.description"),
            (bad(json!({"imageDisplayName": name})), "spec.imageDisplayName"),
            (
                bad(json!({"domainJoinConfigurations": [join]})),
                "spec.domainJoinConfigurations[0].onPremisesConnectionName",
            ),
            (
                with(setting("default", "bad", "Bad"), json!({"displayName": name})),
                "spec.displayName",
            ),
            (bound(json!({"displayName": name})), "spec.groups[0].displayName"),
            (bound(json!({"mailNickname": name})), "spec.groups[0].mailNickname"),
            (
                bound(json!({"mailNickname": "fin", "servicePlanName": name})),
                "spec.groups[0].servicePlanName",
            ),
            (
                bound(json!({"mailNickname": "fin", "servicePlanName": "F", "allotmentDisplayName": name})),
                "spec.groups[0].allotmentDisplayName",
            ),
        ] {
            refused(&lab, &object, &[field, refusal]).await?;
        }
    }
    Ok(())
}

fn others() -> Vec<Case> {
    let binding = |kind, group: Value| assignment("team", "bad", kind, "kept", json!([group]));
    let plan = "55555555-0000-4000-8000-000000000001";
    let mut everybody = tenant("bad", lab::TENANT, crate::scene::APP);
    everybody["spec"]["allowedNamespaces"] = json!({"selector": {}});
    vec![
        (
            with(
                setting("team", "bad", "Bad"),
                json!({"restorePointSetting": {"frequencyType": "every week"}}),
            ),
            &["spec.restorePointSetting.frequencyType", "must be a value of Graph's enumeration"],
        ),
        (
            binding("ProvisioningPolicy", json!({"displayName": "A", "mailNickname": "a"})),
            &["spec.groups[0]", "exactly one of id, displayName and mailNickname must be given"],
        ),
        (
            binding("ProvisioningPolicy", json!({"id": "not-a-guid"})),
            &["spec.groups[0].id", "must be a GUID"],
        ),
        (
            binding("ProvisioningPolicy", json!({"displayName": "A", "allotmentLicensesCount": 1})),
            &["spec.groups[0]", "need servicePlanId or servicePlanName"],
        ),
        (
            binding("UserSetting", json!({"displayName": "A", "servicePlanId": plan})),
            &["servicePlanId and servicePlanName are for assignments of a ProvisioningPolicy"],
        ),
        (
            assignment("team", "bad", "UserSetting", "kept", json!([])),
            &["spec.groups", "at least 1 items"],
        ),
        (
            tenant("bad", "contoso.onmicrosoft.com", crate::scene::APP),
            &["spec.tenantId", "must be a GUID"],
        ),
        (
            with(contoso(), json!({"interval": "1s"})),
            &[
                "spec.interval",
                "must be a duration of whole hours, minutes and seconds from 5s to 24h",
            ],
        ),
        (everybody, &["spec.allowedNamespaces", "selector must not be empty"]),
    ]
}

/// Fields that cannot be changed once they are set.
fn changes(kept: &Value) -> Vec<Case> {
    vec![
        (
            with(kept.clone(), json!({"provisioningType": "sharedByUser"})),
            &["provisioningType cannot be added, removed or changed"],
        ),
        (
            with(kept.clone(), json!({"tenantRef": {"name": "other"}})),
            &["spec.tenantRef", "tenantRef cannot be changed"],
        ),
        (
            with(contoso(), json!({"tenantId": "99999999-9999-9999-9999-999999999999"})),
            &["spec.tenantId", "tenantId cannot be changed"],
        ),
    ]
}
