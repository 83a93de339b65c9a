//! Create of policies and user settings: defaults, checks and old spellings, in-process.

use crate::routes::support::*;
use graph_sim::base::answer::ApiVersion::{Beta, V1};
use graph_sim::options::ReadOnlyInBody;
use graph_sim::world::World;
use serde_json::{Value, json};

#[test]
fn a_create_answers_the_whole_object_with_the_defaults_of_the_service() {
    let mut world = world();
    let answer = post(&mut world, Beta, POLICIES, &policy("fin"));
    assert_eq!((answer.status, answer.committed), (201, true));
    let body = answer.body.unwrap();
    let expected = json!({
        "description": "", "provisioningType": "dedicated", "userExperienceType": "cloudPc", "managedBy": "windows365",
        "enableSingleSignOn": false, "localAdminEnabled": false, "cloudPcNamingTemplate": null, "scopeIds": ["0"],
        "windowsSetting": {"locale": "en-US"}, "windowsSettings": {"language": "en-US"},
        "microsoftManagedDesktop": {"managedType": "notManaged", "type": "notManaged", "profile": ""},
        "autopatch": null, "autopilotConfiguration": null, "gracePeriodInHours": 168,
        "createdBy": APP, "lastModifiedBy": APP, "createdDateTime": "2026-01-05T08:00:00Z", "lastModifiedDateTime": "2026-01-05T08:00:00Z",
        "domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "type": "azureADJoin", "onPremisesConnectionId": null,
            "regionName": "westeurope", "regionGroup": "europeUnion", "geographicLocationType": null}],
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&body[name], value, "{name}");
    }
    let v1 = post(&mut world, V1, POLICIES, &policy("fin")).body.unwrap();
    for beta_only in ["createdBy", "windowsSettings", "scopeIds", "managedBy", "userExperienceType"] {
        assert!(v1.get(beta_only).is_none(), "v1.0 answers {beta_only}");
    }
    assert_eq!(v1["microsoftManagedDesktop"], json!({"managedType": "notManaged", "profile": ""}));
    assert_ne!(v1["id"], body["id"], "a name may be there twice");
    let setting = post(&mut world, Beta, SETTINGS, &json!({"displayName": "s"})).body.unwrap();
    let restore = json!({"frequencyType": "twelveHours", "frequencyInHours": 12, "userRestoreEnabled": false});
    assert_eq!(setting["restorePointSetting"], restore);
    assert_eq!(
        (&setting["resetEnabled"], &setting["provisioningSourceType"]),
        (&json!(false), &json!("image"))
    );
    let by_user = Ask::new(Beta, "POST", SETTINGS)
        .by(user(&["CloudPC.ReadWrite.All"], &["Windows 365 Administrator"]))
        .body(&json!({"displayName": "s"}))
        .send(&mut world);
    assert_eq!(by_user.status, 201);
}

#[test]
fn a_body_that_does_not_fit_the_model_is_refused_by_name() {
    let mut world = world();
    world.options.read_only_in_body = ReadOnlyInBody::Refuse;
    let join = |join: Value| json!({"domainJoinConfigurations": [join]});
    let cases = [
        (json!({"nonsense": 1}), "'nonsense'"),
        (json!({"windowsSetting": {"nonsense": 1}}), "'windowsSetting.nonsense'"),
        (join(json!({"nonsense": 1})), "'domainJoinConfigurations[0].nonsense'"),
        (json!({"id": UNKNOWN_ID}), "'id' is read-only"),
        (json!({"gracePeriodInHours": 4}), "'gracePeriodInHours' is read-only"),
        (json!({"assignments": []}), "'assignments'"),
        (json!({"displayName": 7}), "'displayName' takes a string"),
        (json!({"enableSingleSignOn": "true"}), "'enableSingleSignOn' takes a boolean"),
        (json!({"domainJoinConfigurations": {}}), "'domainJoinConfigurations' takes a list"),
        (json!({"windowsSetting": "en-US"}), "'windowsSetting' takes an object"),
        (json!({"provisioningType": "sharedd"}), "'sharedd'"),
        (json!({"provisioningType": "unknownFutureValue"}), "'unknownFutureValue'"),
        (json!({"imageType": "Gallery"}), "'Gallery'"),
        (
            join(json!({"domainJoinType": "azureADJoin", "regionName": "x", "regionGroup": "atlantis"})),
            "'atlantis'",
        ),
        (json!({"@odata.type": "#microsoft.graph.cloudPcUserSetting"}), "@odata.type"),
        (json!({"displayName": null}), "'displayName' is required"),
        (json!({"imageId": null}), "'imageId' is required"),
        (json!({"imageDisplayName": null}), "'imageDisplayName' is required"),
        (json!({"imageType": null}), "'imageType' is required"),
        (json!({"domainJoinConfigurations": null}), "'domainJoinConfigurations' is required"),
    ];
    for version in VERSIONS {
        for (changes, named) in &cases {
            let answer = post(&mut world, version, POLICIES, &policy_with(changes));
            refused(&mut world, &answer, 400, named, &changes.to_string());
        }
        for (text, named) in [("", "JSON body"), ("[]", "JSON object"), ("{", "not JSON"), ("null", "JSON object")] {
            let mut ask = Ask::new(version, "POST", POLICIES);
            ask.body = text.as_bytes().to_vec();
            let answer = ask.send(&mut world);
            refused(&mut world, &answer, 400, named, text);
        }
        for body in [json!({}), json!({"displayName": null})] {
            let answer = post(&mut world, version, SETTINGS, &body);
            refused(&mut world, &answer, 400, "'displayName' is required", "setting");
        }
    }
}

#[test]
fn v1_knows_nothing_that_only_beta_has() {
    let mut world = world();
    let cases = [
        json!({"scopeIds": ["0"]}),
        json!({"managedBy": "windows365"}),
        json!({"windowsSettings": {"language": "en-US"}}),
        json!({"microsoftManagedDesktop": {"type": "notManaged"}}),
        json!({"userExperienceType": "cloudPc"}),
        json!({"provisioningType": "sharedByUser"}),
        json!({"domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "regionName": "automatic", "regionGroup": "kenya"}]}),
        json!({"domainJoinConfigurations": [{"type": "azureADJoin", "regionName": "westeurope"}]}),
        json!({"userSettingsPersistenceEnabled": false}),
    ];
    for changes in &cases {
        let answer = post(&mut world, V1, POLICIES, &policy_with(changes));
        let named = changes.as_object().unwrap().keys().next().unwrap();
        refused(&mut world, &answer, 400, named, &changes.to_string());
    }
    let beta_settings = [
        json!({"provisioningSourceType": "image"}),
        json!({"notificationSetting": {}}),
        json!({"restorePointSetting": {"frequencyInHours": 4}}),
    ];
    for body in beta_settings.iter().chain([&json!({"crossRegionDisasterRecoverySetting": {}})]) {
        let mut body = body.clone();
        let named = body.as_object().unwrap().keys().next().unwrap().clone();
        body["displayName"] = json!("s");
        let answer = post(&mut world, V1, SETTINGS, &body);
        refused(&mut world, &answer, 400, &named, &body.to_string());
    }
    for changes in &cases {
        let answer = post(&mut world, Beta, POLICIES, &policy_with(changes));
        assert_eq!(answer.status, 201, "{changes}: {:?}", answer.body);
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn properties_that_do_not_go_together_are_refused_in_the_inner_error() {
    let mut world = world();
    let join = |join: Value| json!({"domainJoinConfigurations": [join]});
    let template = |template: &str| json!({"cloudPcNamingTemplate": template});
    let autopilot = |minutes: i32| json!({"autopilotConfiguration": {"devicePreparationProfileId": "p", "applicationTimeoutInMinutes": minutes, "onFailureDeviceAccessDenied": true}});
    let cases = [
        (json!({"displayName": " "}), "displayName"),
        (json!({"imageDisplayName": ""}), "imageDisplayName"),
        (json!({"imageId": "no_such_image"}), "no_such_image"),
        (json!({"imageType": "custom"}), "custom image"),
        (json!({"domainJoinConfigurations": []}), "at least one"),
        (join(json!({"regionName": "westeurope"})), "domainJoinType"),
        (join(json!({"domainJoinType": "hybridAzureADJoin"})), "onPremisesConnectionId"),
        (
            join(json!({"domainJoinType": "hybridAzureADJoin", "regionName": "westeurope"})),
            "onPremisesConnectionId",
        ),
        (join(json!({"domainJoinType": "azureADJoin"})), "exactly one"),
        (
            join(json!({"domainJoinType": "azureADJoin", "regionName": "x", "onPremisesConnectionId": CONNECTION})),
            "exactly one",
        ),
        (
            join(json!({"domainJoinType": "azureADJoin", "regionName": "automatic"})),
            "Target Geography is invalid.",
        ),
        (
            join(json!({"domainJoinType": "azureADJoin", "regionName": "atlantis"})),
            "'atlantis'",
        ),
        (
            join(json!({"domainJoinType": "azureADJoin", "regionName": "West Europe", "regionGroup": "europeUnion"})),
            "'West Europe'",
        ),
        (
            join(json!({"domainJoinType": "hybridAzureADJoin", "onPremisesConnectionId": UNKNOWN_ID})),
            UNKNOWN_ID,
        ),
        (
            join(json!({"domainJoinType": "hybridAzureADJoin", "onPremisesConnectionId": PENDING_CONNECTION})),
            "health check",
        ),
        (template("CPC-%RAND:4%"), "RAND"),
        (template("CPC-%USERNAME:5%"), "RAND"),
        (template("CPC-%USERNAME:8%-%RAND:5%"), "18 characters"),
        (template("C_%RAND:5%"), "hyphens"),
        (template("C%RAND:5"), "not closed"),
        (template("C%SERIAL:5%%RAND:5%"), "SERIAL"),
        (template("%RAND:5%%RAND:5%"), "RAND:5"),
        (json!({"windowsSetting": {"locale": "English"}}), "English"),
        (autopilot(29), "30 to 360"),
        (
            json!({"autopilotConfiguration": {"applicationTimeoutInMinutes": 30}}),
            "devicePreparationProfileId",
        ),
        (json!({"userSettingsPersistenceConfiguration": {}}), "sharedByEntraGroup"),
        (json!({"userSettingsPersistenceEnabled": true}), "sharedByEntraGroup"),
        (json!({"userExperienceType": "cloudApp"}), "sharedByEntraGroup"),
    ];
    for (changes, named) in &cases {
        let answer = post(&mut world, Beta, POLICIES, &policy_with(changes));
        refused(&mut world, &answer, 400, named, &changes.to_string());
        let error = &answer.body.as_ref().unwrap()["error"];
        assert_eq!(
            (&error["code"], &error["innerError"]["code"]),
            (&json!("badRequest"), &json!("InvalidProperties"))
        );
        assert!(
            !error["message"].as_str().unwrap().contains(named),
            "the outer message is a general one"
        );
    }
    let premium_only = json!({"displayName": "s", "crossRegionDisasterRecoverySetting": {"userInitiatedDisasterRecoveryAllowed": true}});
    let answer = post(&mut world, Beta, SETTINGS, &premium_only);
    refused(&mut world, &answer, 400, "premium", "setting");
    for good in [
        json!({"imageId": GALLERY_IMAGE.to_uppercase()}),
        json!({"imageId": DEVICE_IMAGE, "imageType": "custom"}),
        join(json!({"domainJoinType": "azureADJoin", "onPremisesConnectionId": CONNECTION, "regionName": ""})),
        template("CPC-%USERNAME:5%-%RAND:5%"),
        template("%RAND:5%"),
        autopilot(360),
        json!({"windowsSetting": {"locale": "sr-Cyrl-CS"}}),
        json!({"userExperienceType": "cloudApp", "provisioningType": "sharedByEntraGroup", "userSettingsPersistenceConfiguration": {}}),
    ] {
        let answer = post(&mut world, Beta, POLICIES, &policy_with(&good));
        assert_eq!(answer.status, 201, "{good}: {:?}", answer.body);
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn old_spellings_are_taken_and_answered_and_may_not_contradict() {
    let mut world = world();
    let portal = policy_with(&json!({
        "windowsSettings": {"language": "de-DE"}, "microsoftManagedDesktop": {"type": "notManaged", "profile": ""}, "autopatch": {},
        "domainJoinConfigurations": [{"type": "azureADJoin", "regionName": "westeurope"}], "scopeIds": ["0"], "userExperienceType": "cloudPc",
        "userSettingsPersistenceEnabled": false,
    }));
    let body = post(&mut world, Beta, POLICIES, &portal).body.unwrap();
    assert_eq!(
        (&body["windowsSetting"]["locale"], &body["windowsSettings"]["language"]),
        (&json!("de-DE"), &json!("de-DE"))
    );
    assert_eq!(body["domainJoinConfigurations"][0]["domainJoinType"], "azureADJoin");
    let id = body["id"].as_str().unwrap();
    Ask::new(V1, "DELETE", format!("{POLICIES}/{id}")).send(&mut world);
    for (changes, named) in [
        (
            json!({"windowsSettings": {"language": "de-DE"}, "windowsSetting": {"locale": "en-US"}}),
            "'windowsSettings'",
        ),
        (
            json!({"microsoftManagedDesktop": {"type": "notManaged", "managedType": "starterManaged"}}),
            "'microsoftManagedDesktop.type'",
        ),
        (
            json!({"domainJoinConfigurations": [{"type": "hybridAzureADJoin", "domainJoinType": "azureADJoin", "regionName": "x"}]}),
            "[0].type'",
        ),
    ] {
        let answer = post(&mut world, Beta, POLICIES, &policy_with(&changes));
        refused(&mut world, &answer, 400, named, &changes.to_string());
    }
    let restore = |restore: Value| json!({"displayName": "s", "restorePointSetting": restore});
    for (given, kind, hours) in [
        (json!({"frequencyInHours": 16}), "sixteenHours", 16),
        (json!({"frequencyInHours": 12, "frequencyType": "default"}), "twelveHours", 12),
        (json!({"frequencyType": "default"}), "twelveHours", 12),
        (json!({"frequencyType": "fourHours", "frequencyInHours": null}), "fourHours", 4),
    ] {
        let body = post(&mut world, Beta, SETTINGS, &restore(given)).body.unwrap();
        let setting = &body["restorePointSetting"];
        assert_eq!(
            (&setting["frequencyType"], &setting["frequencyInHours"]),
            (&json!(kind), &json!(hours))
        );
    }
    for wrong in [
        json!({"frequencyInHours": 5}),
        json!({"frequencyInHours": 4, "frequencyType": "sixHours"}),
    ] {
        let answer = post(&mut world, Beta, SETTINGS, &restore(wrong));
        refused(&mut world, &answer, 400, "frequencyInHours", "setting");
    }
    let recovery = json!({"displayName": "s", "crossRegionDisasterRecoverySetting": {"crossRegionDisasterRecoveryEnabled": true, "disasterRecoveryNetworkSetting": {"onPremisesConnectionId": CONNECTION}}});
    let body = post(&mut world, Beta, SETTINGS, &recovery).body.unwrap();
    let answered = &body["crossRegionDisasterRecoverySetting"];
    assert_eq!(answered["disasterRecoveryType"], "crossRegion");
    let network = &answered["disasterRecoveryNetworkSetting"];
    assert_eq!(
        network["@odata.type"],
        "#microsoft.graph.cloudPcDisasterRecoveryAzureConnectionSetting"
    );
    let mixed = json!({"displayName": "s", "crossRegionDisasterRecoverySetting": {"disasterRecoveryNetworkSetting": {"onPremisesConnectionId": CONNECTION, "regionName": "x"}}});
    let answer = post(&mut world, Beta, SETTINGS, &mixed);
    refused(&mut world, &answer, 400, "disasterRecoveryNetworkSetting", "setting");
}

#[test]
fn members_behind_the_header_are_hidden_without_it() {
    let mut world = world();
    let id = create(
        &mut world,
        POLICIES,
        &policy_with(&json!({"provisioningType": "sharedByUser", "managedBy": "windows365,rpaBox",
        "domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "regionName": "norwayeast"}]})),
    );
    let one = format!("{POLICIES}/{id}");
    let see = |world: &mut World, version, all: bool| {
        let ask = Ask::new(version, "GET", one.as_str());
        let body = if all { ask.all_members() } else { ask }.send(world).body.unwrap();
        [
            &body["provisioningType"],
            &body["managedBy"],
            &body["domainJoinConfigurations"][0]["regionGroup"],
        ]
        .map(Value::to_string)
    };
    let unknown = "\"unknownFutureValue\"";
    assert_eq!(
        see(&mut world, Beta, false),
        [unknown, "\"windows365,unknownFutureValue\"", unknown]
    );
    assert_eq!(
        see(&mut world, Beta, true),
        ["\"sharedByUser\"", "\"windows365,rpaBox\"", "\"norway\""]
    );
    assert_eq!(
        see(&mut world, V1, true),
        [unknown, "null", "\"norway\""],
        "v1.0 has no such member, header or not"
    );
    let answer = Ask::new(Beta, "PATCH", one.as_str())
        .body(&json!({"description": "d"}))
        .send(&mut world);
    assert_eq!(
        answer.body.unwrap()["provisioningType"],
        "unknownFutureValue",
        "an answer to a write hides as well"
    );
}
