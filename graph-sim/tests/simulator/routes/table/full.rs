//! A world in which every list has objects for three pages and everything is set that can be, so that no check passes only
//! because an answer is empty.

use graph_sim::catalogue::gallery::default_organization_settings;
use graph_sim::options::DeleteAssigned;
use graph_sim::world::{Group, User, World};
use serde_json::{Value, json};

use crate::routes::support::{CONNECTION, GROUP_A, GROUP_B, PLAN, TENANT, policy, seed};

pub const GROUP_C: &str = "aaaaaaaa-0000-4000-8000-00000000000c";
pub const POLICY: &str = "88888888-0000-4000-8000-00000000000a";
pub const DEDICATED_POLICY: &str = "88888888-0000-4000-8000-00000000000b";
pub const SETTING: &str = "88888888-0000-4000-8000-0000000000a1";
pub const CLOUD_PC: &str = "88888888-0000-4000-8000-0000000000c1";
pub const DEVICE: &str = "88888888-0000-4000-8000-0000000000d1";
pub const AUDIT_EVENT: &str = "88888888-0000-4000-8000-0000000000e1";
pub const USER: &str = "66666666-0000-4000-8000-000000000001";
const NOW: &str = "2026-01-05T07:00:00Z";

pub fn world() -> World {
    let mut world = crate::routes::support::world();
    // That a policy with assignments is refused is an oddity with a test of its own.
    world.options.delete_assigned = DeleteAssigned::Allow;
    directory(&mut world);
    seed(&mut world, "organizationSettings", default_organization_settings());
    for number in 2..=3 {
        let plan = json!({"displayName": format!("plan {number}"), "totalCount": number, "usedCount": 1});
        seed(&mut world, "frontLineServicePlans", plan);
        let image = json!({"displayName": format!("image {number}"), "status": "failed", "errorCode": "sourceImageInvalid"});
        seed(&mut world, "deviceImages", image);
    }
    seed(&mut world, "onPremisesConnections", checked_connection());
    policies(&mut world);
    settings(&mut world);
    for number in 1..=3 {
        seed(&mut world, "cloudPCs", cloud_pc(number));
        seed(&mut world, "auditEvents", audit_event(number));
    }
    world
}

fn directory(world: &mut World) {
    let tenant = world.tenants.get_mut(TENANT).unwrap();
    for (number, name) in [(2, "bob"), (3, "cyd")] {
        tenant.users.push(User {
            id: format!("66666666-0000-4000-8000-00000000000{number}"),
            user_principal_name: format!("{name}@contoso.com"),
            display_name: name.to_owned(),
            ..User::default()
        });
    }
    let licences = [
        vec!["CPC_E_2C_8GB_128GB", "CPC_E_4C_16GB_256GB"],
        vec!["CPC_E_2C_8GB_128GB"],
        vec!["AAD_PREMIUM"],
    ];
    for (user, licences) in tenant.users.iter_mut().zip(licences) {
        user.licences = licences.into_iter().map(str::to_owned).collect();
    }
    tenant.groups.push(Group {
        id: GROUP_C.to_owned(),
        display_name: "Interns".to_owned(),
        mail_nickname: None,
        ..Group::default()
    });
    let members = tenant.users.iter().map(|user| user.user_principal_name.clone()).collect();
    tenant.groups[0].members = members;
    tenant.groups[0].member_groups = vec![GROUP_C.to_owned()];
}

fn checked_connection() -> Value {
    json!({
        "healthCheckStatus": "failed", "managedBy": "windows365,devBox", "adDomainName": "", "organizationalUnit": "",
        "healthCheckStatusDetail": {"startDateTime": NOW, "endDateTime": NOW, "healthChecks": [
            {"displayName": "DNS", "status": "failed", "errorType": "dnsCheckUnknownError", "startDateTime": NOW, "endDateTime": NOW},
            {"displayName": "Sync", "status": "pending"},
        ]},
        "subnetPrivateIpDetail": {"subnetAvailableIpCount": 12, "subnetAvailableIpCountLastSyncDateTime": NOW},
    })
}

fn policies(world: &mut World) {
    let mut full = policy("full");
    let all = json!({
        "id": POLICY, "description": "d", "provisioningType": "sharedByEntraGroup", "userExperienceType": "cloudApp",
        "cloudPcNamingTemplate": "CPC-%RAND:5%", "autopatch": {}, "snapshotResetMode": "enabled",
        "autopilotConfiguration": {"devicePreparationProfileId": "p", "applicationTimeoutInMinutes": 30, "onFailureDeviceAccessDenied": true},
        "userSettingsPersistenceConfiguration": {"userSettingsPersistenceEnabled": true},
        "domainJoinConfigurations": [
            {"domainJoinType": "azureADJoin", "regionName": "automatic", "regionGroup": "kenya"},
            {"domainJoinType": "hybridAzureADJoin", "onPremisesConnectionId": CONNECTION},
        ],
    });
    full.as_object_mut().unwrap().extend(all.as_object().unwrap().clone());
    let slice = |group: &str| json!({"target": {"groupId": group, "servicePlanId": PLAN, "allotmentLicensesCount": 2, "allotmentDisplayName": "slice"}});
    full["assignments"] = json!([slice(GROUP_A), slice(GROUP_B), slice(GROUP_C)]);
    let mut dedicated = policy("dedicated");
    dedicated["id"] = json!(DEDICATED_POLICY);
    let mut foreign = policy("of another product");
    foreign["managedBy"] = json!("devBox");
    for mut policy in [full, dedicated, foreign] {
        // Without an author, answers leave the properties out.
        for by in ["createdBy", "lastModifiedBy"] {
            policy[by] = json!("ada@contoso.com");
        }
        seed(world, "provisioningPolicies", policy);
    }
}

fn settings(world: &mut World) {
    let assignments: Vec<Value> = [GROUP_A, GROUP_B, GROUP_C]
        .map(|group| json!({"target": {"groupId": group}}))
        .into();
    let full = json!({
        "id": SETTING, "displayName": "full", "assignments": assignments,
        "restorePointSetting": {"frequencyType": "sixHours", "userRestoreEnabled": true},
        "crossRegionDisasterRecoverySetting": {"disasterRecoveryType": "premium", "userInitiatedDisasterRecoveryAllowed": true,
            "disasterRecoveryNetworkSetting": {"regionGroup": "europe", "regionName": "westeurope"}},
    });
    seed(world, "userSettings", full);
    for name in ["second", "third"] {
        seed(world, "userSettings", json!({"displayName": name}));
    }
}

fn cloud_pc(number: u32) -> Value {
    let id = |kind: &str| format!("88888888-0000-4000-8000-0000000000{kind}{number}");
    let detail = json!({"code": "c", "message": "m", "additionalInformation": [{"name": "n", "value": "v"}]});
    json!({
        "id": id("c"), "displayName": format!("Ada {number}"), "managedDeviceId": id("d"), "managedDeviceName": format!("CPC-{number}"),
        "aadDeviceId": id("f"), "userPrincipalName": "ada@contoso.com", "imageDisplayName": "Windows 11",
        "provisioningPolicyId": POLICY, "provisioningPolicyName": "full", "provisioningType": "sharedByEntraGroup",
        "servicePlanId": PLAN, "servicePlanName": "plan", "servicePlanType": "enterprise", "gracePeriodEndDateTime": NOW,
        "provisionedDateTime": NOW, "status": "provisionedWithWarnings", "statusDetail": detail, "deviceRegionName": "westeurope",
        "connectionSetting": {"enableSingleSignOn": true}, "groupDetail": {"groupId": GROUP_A, "groupDisplayName": "Finance"},
        "userDetail": {"userId": USER, "userDisplayName": "Ada"}, "allotmentDisplayName": "slice",
        "sharedDeviceDetail": {"assignedToUserPrincipalName": "ada@contoso.com", "sessionStartDateTime": NOW},
        "partnerAgentInstallResults": [{"partnerAgentName": "citrix", "isThirdPartyPartner": true, "installStatus": "installed"}],
        "connectivityResult": {"status": "available", "lastModifiedDateTime": NOW, "failedHealthCheckItems": [
            {"displayName": "DNS", "result": "failure", "lastHealthCheckDateTime": NOW}]},
        "lastLoginResult": {"time": NOW}, "lastLogoffDateTime": NOW, "powerState": "running",
        "lastRemoteActionResult": {"actionName": "Reboot", "actionState": "done", "cloudPcId": id("c"), "startDateTime": NOW,
            "lastUpdatedDateTime": NOW, "statusDetail": detail},
        "disasterRecoveryCapability": {"primaryRegion": "westeurope", "secondaryRegion": "northeurope", "capabilityType": "failover",
            "licenseType": "standard"},
    })
}

fn audit_event(number: u32) -> Value {
    json!({
        "id": format!("88888888-0000-4000-8000-0000000000e{number}"), "displayName": "Create", "componentName": "policies",
        "activity": "Create CloudPcProvisioningPolicy", "activityDateTime": NOW, "activityType": "Create CloudPcProvisioningPolicy",
        "activityOperationType": "create", "activityResult": "success", "correlationId": USER,
        "actor": {"type": "itPro", "userId": USER, "userPrincipalName": "ada@contoso.com", "userPermissions": ["*"],
            "userRoleScopeTags": [{"displayName": "Default", "roleScopeTagId": "0"}]},
        "resources": [{"resourceId": POLICY, "displayName": "full", "resourceType": "CloudPcProvisioningPolicy",
            "modifiedProperties": [{"displayName": "DisplayName", "oldValue": null, "newValue": "full"}]}],
    })
}
