//! Admission rules of `ProvisioningPolicy`: every rule with a spec that it lets pass and one that it refuses.

use cloudpc_operator::api::ProvisioningPolicy;
use serde_json::{Value, json};

use crate::support::{INVISIBLE, NULL, Rules, patched};

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
    policy.accepts(json!({"displayName": "ä".repeat(120), "description": "x".repeat(1500)}));
    policy.refuses(json!({"displayName": "x".repeat(121)}), "length");
    policy.refuses(json!({"description": "x".repeat(1501)}), "length");
    for forbidden in "<>()&|$'\",;^`".chars() {
        policy.refuses(json!({"displayName": format!("Finance{forbidden}EU")}), "must not contain any of");
    }
    for padded in [" Finance", "Finance ", "\u{a0}Finance", "Finance\u{3000}"] {
        policy.refuses(json!({"displayName": padded}), "must not start or end");
    }
}

#[test]
fn a_description_may_have_lines_and_nothing_invisible() {
    let policy = policy();
    policy.accepts(json!({"description": "Desktop of the finance team\n\n\tfor all its people ☁️\n"}));
    for hidden in INVISIBLE.iter().filter(|hidden| !["\n", "\t"].contains(hidden)) {
        policy.refuses(
            json!({"description": format!("Desktop{hidden} of the finance team")}),
            "must not contain control characters or invisible characters, except line feeds and tabs",
        );
    }
}

#[test]
fn no_name_in_a_policy_has_invisible_characters() {
    let policy = policy();
    for hidden in INVISIBLE {
        let name = format!("Fin{hidden}ance");
        for (field, value) in [
            ("displayName", json!({"displayName": name})),
            ("imageDisplayName", json!({"imageDisplayName": name})),
            ("imageVersion", json!({"imageType": "custom", "imageVersion": name})),
            (
                "profile",
                json!({"microsoftManagedDesktop": {"managedType": "notManaged", "profile": name}}),
            ),
            (
                "onPremisesConnectionName",
                joins(json!({"domainJoinType": "azureADJoin", "onPremisesConnectionName": name})),
            ),
        ] {
            policy.refuses(
                value,
                &format!("{field}: must not contain control characters or invisible characters"),
            );
        }
    }
    for visible in ["Équipe – Büro ☁️", "财务部", "שלום", "Tom's"] {
        policy.accepts(json!({"imageDisplayName": visible}));
    }
}

#[test]
fn an_image_is_named_and_a_version_only_where_it_helps() {
    let policy = policy();
    let custom = |fields: Value| patched(&json!({"imageType": "custom"}), &fields);
    policy.accepts(json!({"imageDisplayName": null, "imageId": "publisher_offer_sku"}));
    policy.refuses(json!({"imageDisplayName": null}), "one of imageId and imageDisplayName");
    policy.accepts(json!({"imageType": "gallery"}));
    policy.accepts(custom(json!({"imageId": "0b0b0b0b-0000-4000-8000-000000000001"})));
    policy.refuses(
        custom(json!({"imageId": "publisher_offer_sku"})),
        "imageId of a custom image must be a GUID",
    );
    policy.accepts(custom(json!({"imageVersion": "1.0.3"})));
    let version = "imageVersion goes with imageType custom";
    policy.refuses(json!({"imageVersion": "1.0.3"}), version);
    policy.refuses(
        custom(json!({"imageVersion": "1.0.3", "imageId": "0b0b0b0b-0000-4000-8000-000000000001"})),
        version,
    );
}

#[test]
fn a_join_names_its_network_in_one_way() {
    let policy = policy();
    let connection = "33333333-0000-4000-8000-000000000001";
    let entra = |network: Value| joins(patched(&json!({"domainJoinType": "azureADJoin"}), &network));
    let hybrid = |network: Value| joins(patched(&json!({"domainJoinType": "hybridAzureADJoin"}), &network));
    for one in [
        json!({"onPremisesConnectionId": connection}),
        json!({"onPremisesConnectionName": "Hub"}),
    ] {
        policy.accepts(entra(one.clone()));
        policy.accepts(hybrid(one));
    }
    policy.accepts(entra(json!({"regionName": "automatic", "regionGroup": "europeUnion"})));
    policy.accepts(entra(json!({"regionName": "westeurope", "regionGroup": "europeUnion"})));
    policy.accepts(joins(json!({"domainJoinType": "joinOfTheFuture"})));
    policy.refuses(entra(json!({"regionName": "automatic"})), "automatic needs regionGroup");
    policy.refuses(entra(json!({"onPremisesConnectionId": "Hub"})), "must be a GUID");
    let one = "azureADJoin needs exactly one of";
    policy.refuses(entra(json!({})), one);
    policy.refuses(
        entra(json!({"regionName": "westeurope", "onPremisesConnectionId": connection})),
        one,
    );
    policy.refuses(entra(json!({"regionName": "westeurope", "onPremisesConnectionName": "Hub"})), one);
    let connected = "hybridAzureADJoin needs one of";
    policy.refuses(hybrid(json!({"regionName": "westeurope"})), connected);
    policy.refuses(
        hybrid(json!({"regionName": "westeurope", "onPremisesConnectionName": "Hub"})),
        connected,
    );
    policy.refuses(
        hybrid(json!({"onPremisesConnectionId": connection, "onPremisesConnectionName": "Hub"})),
        connected,
    );
    policy.refuses(
        entra(json!({"onPremisesConnectionId": connection, "regionGroup": "europeUnion"})),
        "regionGroup needs regionName",
    );
}

#[test]
fn enumerations_of_graph_are_open_but_not_for_everything() {
    let policy = policy();
    policy.accepts(
        json!({"provisioningType": "sharedByMoon", "userExperienceType": "cloudTab", "imageType": "imported",
        "microsoftManagedDesktop": {"managedType": "hardlyManaged"}}),
    );
    policy.accepts(joins(
        json!({"domainJoinType": "azureADJoin", "regionName": "automatic", "regionGroup": "atlantis"}),
    ));
    let member = "must be a value of Graph's enumeration";
    for wrong in ["unknownFutureValue", "shared by user", "4hours", "d-e"] {
        policy.refuses(json!({"provisioningType": wrong}), member);
    }
    policy.refuses(json!({"imageType": "unknownFutureValue"}), member);
    policy.refuses(json!({"userExperienceType": "unknownFutureValue"}), member);
    policy.refuses(json!({"microsoftManagedDesktop": {"managedType": "unknownFutureValue"}}), member);
    policy.refuses(joins(json!({"domainJoinType": "unknownFutureValue"})), member);
    policy.refuses(
        joins(json!({"domainJoinType": "azureADJoin", "regionName": "automatic", "regionGroup": "unknownFutureValue"})),
        member,
    );
    policy.refuses(
        json!({"provisioningType": "sharedByEntraGroup",
            "userSettingsPersistenceConfiguration": {"userSettingsPersistenceStorageSizeCategory": "unknownFutureValue"}}),
        member,
    );
}

#[test]
fn applications_and_kept_settings_need_shared_cloud_pcs() {
    let policy = policy();
    let of = |kind: &str, fields: Value| patched(&json!({"provisioningType": kind}), &fields);
    let apps = json!({"userExperienceType": "cloudApp"});
    policy.accepts(of("sharedByEntraGroup", apps.clone()));
    policy.accepts(json!({"userExperienceType": "cloudPc"}));
    policy.refuses(of("dedicated", apps.clone()), "cloudApp needs provisioningType sharedByEntraGroup");
    policy.refuses(apps, "cloudApp needs provisioningType sharedByEntraGroup");

    let kept = json!({"userSettingsPersistenceConfiguration":
        {"userSettingsPersistenceEnabled": true, "userSettingsPersistenceStorageSizeCategory": "eightGB"}});
    policy.accepts(of("sharedByEntraGroup", kept.clone()));
    policy.refuses(
        of("sharedByUser", kept.clone()),
        "userSettingsPersistenceConfiguration needs provisioningType",
    );
    policy.refuses(kept, "userSettingsPersistenceConfiguration needs provisioningType");
}

#[test]
fn device_preparation_is_complete_and_takes_30_to_360_minutes() {
    let policy = policy();
    let preparing = |minutes: i32| {
        json!({"autopilotConfiguration":
        {"devicePreparationProfileId": "p1", "applicationTimeoutInMinutes": minutes, "onFailureDeviceAccessDenied": false}})
    };
    policy.accepts(preparing(30));
    policy.accepts(preparing(360));
    policy.refuses(preparing(29), "range");
    policy.refuses(preparing(361), "range");
    for incomplete in [
        json!({"devicePreparationProfileId": "p1"}),
        json!({"applicationTimeoutInMinutes": 60, "onFailureDeviceAccessDenied": false}),
        json!({"devicePreparationProfileId": "", "applicationTimeoutInMinutes": 60, "onFailureDeviceAccessDenied": false}),
        json!({"devicePreparationProfileId": "p1", "applicationTimeoutInMinutes": NULL, "onFailureDeviceAccessDenied": false}),
    ] {
        policy.refuses(json!({"autopilotConfiguration": incomplete}), "must be given together");
    }
}

#[test]
fn an_explicit_null_clears_what_graph_can_clear() {
    let policy = policy();
    policy.accepts(
        json!({"cloudPcNamingTemplate": NULL, "autopatch": NULL, "autopilotConfiguration": NULL,
        "userSettingsPersistenceConfiguration": NULL}),
    );
    policy.accepts_change(json!({"cloudPcNamingTemplate": "%RAND:5%"}), json!({"cloudPcNamingTemplate": NULL}));
    policy.accepts(json!({"cloudPcNamingTemplate": ""}));
}

#[test]
fn what_an_export_has_as_null_or_empty_is_not_set() {
    let policy = policy();
    for name in [
        "description",
        "provisioningType",
        "userExperienceType",
        "windowsSetting",
        "enableSingleSignOn",
        "localAdminEnabled",
        "microsoftManagedDesktop",
    ] {
        policy.accepts(json!({name: NULL}));
        policy.accepts_change(json!({name: NULL}), json!({}));
        policy.accepts_change(json!({}), json!({name: NULL}));
    }
    for nothing in [
        json!({"windowsSetting": {"locale": NULL}}),
        json!({"windowsSetting": {}}),
        json!({"microsoftManagedDesktop": {"managedType": NULL, "profile": NULL}}),
        json!({"microsoftManagedDesktop": {"managedType": "notManaged", "profile": ""}}),
        json!({"autopatch": {"autopatchGroupId": NULL}}),
        json!({"autopatch": {"autopatchGroupId": ""}}),
        json!({"autopatch": {}, "microsoftManagedDesktop": {"managedType": "notManaged"}}),
        json!({"autopilotConfiguration": {"devicePreparationProfileId": NULL, "applicationTimeoutInMinutes": NULL,
            "onFailureDeviceAccessDenied": NULL}}),
        json!({"userSettingsPersistenceConfiguration": {"userSettingsPersistenceEnabled": NULL,
            "userSettingsPersistenceStorageSizeCategory": NULL}}),
    ] {
        policy.accepts(nothing);
    }
    let connection = "33333333-0000-4000-8000-000000000001";
    for nothing in [json!(NULL), json!("")] {
        policy.accepts(joins(
            json!({"domainJoinType": "azureADJoin", "regionName": "westeurope", "regionGroup": NULL, "onPremisesConnectionId": nothing}),
        ));
        for kind in ["azureADJoin", "hybridAzureADJoin"] {
            policy.accepts(joins(
                json!({"domainJoinType": kind, "regionName": nothing, "onPremisesConnectionId": connection}),
            ));
        }
        policy.refuses(
            joins(json!({"domainJoinType": "azureADJoin", "regionName": nothing, "onPremisesConnectionId": nothing})),
            "azureADJoin needs exactly one of",
        );
        policy.refuses(
            joins(json!({"domainJoinType": "hybridAzureADJoin", "regionName": nothing, "onPremisesConnectionId": nothing})),
            "hybridAzureADJoin needs one of",
        );
        policy.refuses(
            joins(json!({"domainJoinType": "futureJoin", "regionName": nothing, "regionGroup": "europeUnion"})),
            "regionGroup needs regionName",
        );
    }
}

#[test]
fn a_policy_may_say_that_nothing_is_kept_of_settings() {
    let policy = policy();
    let kept = |enabled: Value, size: Value| json!({"userSettingsPersistenceEnabled": enabled, "userSettingsPersistenceStorageSizeCategory": size});
    for kind in [json!("dedicated"), json!("sharedByUser"), json!(NULL), Value::Null] {
        let of = |kept: Value| json!({"provisioningType": kind, "userSettingsPersistenceConfiguration": kept});
        policy.accepts(of(kept(json!(false), json!("fourGB"))));
        policy.accepts(of(kept(json!(false), json!("sixteenGB"))));
        policy.accepts(of(kept(json!(false), json!(NULL))));
        policy.accepts(of(json!({})));
        let refused = "userSettingsPersistenceConfiguration needs provisioningType";
        policy.refuses(of(kept(json!(true), json!(NULL))), refused);
        policy.refuses(of(kept(json!(NULL), json!("eightGB"))), refused);
    }
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
    for (field, before, after) in [
        ("userExperienceType", json!("cloudPc"), json!("cloudTab")),
        ("scopeIds", json!(["0"]), json!(["0", "7"])),
    ] {
        let message = format!("{field} cannot be added, removed or changed");
        policy.accepts_change(json!({field: before}), json!({field: before, "displayName": "Money"}));
        policy.refuses_change(json!({field: before}), json!({field: after}), &message);
        policy.refuses_change(json!({}), json!({field: before}), &message);
        policy.refuses_change(json!({field: before}), json!({}), &message);
    }
    policy.accepts(json!({"scopeIds": []}));
    policy.refuses(json!({"scopeIds": [""]}), "length");
    policy.refuses_change(json!({}), json!({"tenantRef": {"name": "fabrikam"}}), "tenantRef cannot be changed");
}
