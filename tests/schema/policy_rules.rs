//! Admission rules of `ProvisioningPolicy`: every rule with a spec that it lets pass and one that it refuses.

use cloudpc_operator::api::ProvisioningPolicy;
use serde_json::{Value, json};

use crate::support::Rules;

fn policy() -> Rules<ProvisioningPolicy> {
    Rules::new(json!({
        "apiVersion": "cloudpc.dev/v1alpha1",
        "kind": "ProvisioningPolicy",
        "metadata": {"name": "finance", "namespace": "team-finance"},
        "spec": {
            "tenantRef": {"name": "contoso"},
            "displayName": "Finance",
            "imageDisplayName": "Windows 11 Enterprise + Microsoft 365 Apps 25H2",
            "domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "regionName": "westeurope"}],
        },
    }))
}

fn joins(configuration: Value) -> Value {
    json!({"domainJoinConfigurations": [configuration]})
}

#[test]
fn display_name_follows_the_rules_of_the_admin_center() {
    let policy = policy();
    policy.accepts(json!({"displayName": "Finance – standard [EU] 100% / 2"}));
    policy.accepts(json!({"displayName": "F"}));
    for forbidden in "<>()&|$'\",;^`".chars() {
        policy.refuses(json!({"displayName": format!("Finance{forbidden}EU")}), "must not contain any of");
    }
    for padded in [" Finance", "Finance ", "\tFinance", "Finance\n"] {
        policy.refuses(json!({"displayName": padded}), "must not start or end");
    }
}

#[test]
fn an_image_is_named_and_a_custom_one_completely() {
    let policy = policy();
    policy.accepts(json!({"imageDisplayName": null, "imageId": "publisher_offer_sku"}));
    policy.refuses(json!({"imageDisplayName": null}), "one of imageId and imageDisplayName");
    policy.accepts(json!({"imageType": "gallery"}));
    policy.accepts(json!({"imageType": "custom", "imageId": "0b0b0b0b-0000-4000-8000-000000000001"}));
    policy.refuses(json!({"imageType": "custom"}), "needs both imageId and imageDisplayName");
}

#[test]
fn a_join_names_its_network_in_one_way() {
    let policy = policy();
    let connection = "33333333-0000-4000-8000-000000000001";
    policy.accepts(joins(
        json!({"domainJoinType": "azureADJoin", "onPremisesConnectionId": connection}),
    ));
    policy.accepts(joins(
        json!({"domainJoinType": "hybridAzureADJoin", "onPremisesConnectionId": connection}),
    ));
    policy.accepts(joins(
        json!({"domainJoinType": "azureADJoin", "regionName": "automatic", "regionGroup": "europeUnion"}),
    ));
    policy.refuses(joins(json!({"domainJoinType": "azureADJoin"})), "azureADJoin needs exactly one of");
    policy.refuses(
        joins(json!({"domainJoinType": "azureADJoin", "regionName": "westeurope", "onPremisesConnectionId": connection})),
        "azureADJoin needs exactly one of",
    );
    policy.refuses(
        joins(json!({"domainJoinType": "hybridAzureADJoin", "regionName": "westeurope"})),
        "hybridAzureADJoin needs onPremisesConnectionId",
    );
    policy.refuses(
        joins(json!({"domainJoinType": "azureADJoin", "onPremisesConnectionId": connection, "regionGroup": "europeUnion"})),
        "regionGroup needs regionName",
    );
}

#[test]
fn naming_template_makes_unique_names_of_at_most_15_characters() {
    let policy = policy();
    for good in ["%RAND:5%", "FIN-%RAND:5%", "CPC-%USERNAME:5%-%RAND:5%", "%RAND:15%"] {
        policy.accepts(json!({"cloudPcNamingTemplate": good}));
    }
    policy.refuses(json!({"cloudPcNamingTemplate": "FIN_%RAND:5%"}), "may contain letters");
    policy.refuses(json!({"cloudPcNamingTemplate": "FIN-%USERNAME:5%"}), "must contain %RAND:y%");
    policy.refuses(json!({"cloudPcNamingTemplate": "FIN-%RAND:4%"}), "must contain %RAND:y%");
    policy.refuses(
        json!({"cloudPcNamingTemplate": "CPC-%USERNAME:6%-%RAND:5%"}),
        "at most 15 characters",
    );
}

#[test]
fn autopatch_goes_with_starter_managed_only() {
    let policy = policy();
    let group = json!({"autopatchGroupId": "77777777-0000-4000-8000-000000000001"});
    let managed = |level: &str| json!({"autopatch": group.clone(), "microsoftManagedDesktop": {"managedType": level}});
    policy.accepts(managed("starterManaged"));
    policy.refuses(managed("notManaged"), "autopatch needs");
    policy.refuses(json!({"autopatch": group.clone()}), "autopatch needs");
}

#[test]
fn tenant_and_provisioning_type_are_fixed_at_creation() {
    let policy = policy();
    let kind = |value: &str| json!({"provisioningType": value});
    policy.accepts_change(json!({"displayName": "Finance"}), json!({"displayName": "Money"}));
    policy.accepts_change(kind("dedicated"), kind("dedicated"));
    policy.refuses_change(kind("dedicated"), kind("sharedByUser"), "cannot be added, removed or changed");
    policy.refuses_change(json!({}), kind("dedicated"), "cannot be added, removed or changed");
    policy.refuses_change(kind("dedicated"), json!({}), "cannot be added, removed or changed");
    policy.refuses_change(json!({}), json!({"tenantRef": {"name": "fabrikam"}}), "tenantRef cannot be changed");
}
