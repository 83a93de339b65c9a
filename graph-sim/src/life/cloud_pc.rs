//! One Cloud PC object: how it looks when it is new, and how each event changes it. Property names are those of beta.
//!
//! It knows nothing of events or decisions.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::names::device_name;
use super::plans::Plan;
use crate::base::ids::stable_id;
use crate::schema::defaults::complete_cloud_pc;
use crate::world::{Assignment, Object, Tenant, set, stored_one, text};

/// Where a Cloud PC keeps the name of its device's enrollment profile, once that is not its policy's name any more. It is no
/// property of Cloud PCs in Graph, so it is seen in the simulator's state alone.
pub(crate) const ENROLLMENT_PROFILE: &str = "enrollmentProfileName";

/// The stage of a Cloud PC's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Not ready yet; no user loses anything when it is deleted.
    Coming,
    /// In use, or in the middle of an action.
    Live,
    /// In its grace period.
    Grace,
    /// It could not be provisioned.
    Failed,
    /// Neither policies nor licences change it.
    Idle,
}

impl Stage {
    /// By the status. One without a status counts as provisioned.
    pub(super) fn of(pc: &Object) -> Self {
        match text(pc, "status") {
            Some("provisioning" | "pendingProvision" | "preparing") => Self::Coming,
            Some("inGracePeriod") => Self::Grace,
            Some("failed") => Self::Failed,
            Some("notProvisioned" | "deprovisioning") => Self::Idle,
            _ => Self::Live,
        }
    }
}

/// What a new Cloud PC is made from.
#[derive(Debug)]
pub(super) struct Origin<'a> {
    /// For the objects that the policy refers to.
    pub tenant: &'a Tenant,
    pub policy: &'a Object,
    pub assignment: &'a Assignment,
    pub plan: &'a Plan,
    /// The user's id; `None` for one that a group shares.
    pub user: Option<&'a str>,
}

/// A Cloud PC that is being provisioned.
pub(super) fn new(id: &str, origin: &Origin<'_>, at: Timestamp) -> Object {
    let Origin { tenant, policy, .. } = *origin;
    let directory = &tenant.known_directory;
    let user = origin.user.and_then(|id| directory.user(id));
    let group = directory.group(&origin.assignment.group);
    // Named after the group when it is shared (assumed).
    let whose = user.map(|user| &user.display_name).or(group.map(|group| &group.display_name));
    let policy_name = text(policy, "displayName").unwrap_or_default();
    let own = |name: &str| policy.get(name).cloned().unwrap_or(Value::Null);
    let account = if policy.get("localAdminEnabled") == Some(&Value::Bool(true)) {
        "administrator"
    } else {
        "standardUser"
    };
    let image = text(policy, "imageDisplayName").unwrap_or_default();
    let (region, connection) = network(tenant, policy);
    let pc = json!({
        "id": id,
        "displayName": format!("{policy_name} - {}", whose.map_or("", String::as_str)),
        "userPrincipalName": user.map(|user| &user.name),
        "provisioningPolicyId": origin.assignment.policy,
        "provisioningPolicyName": policy_name,
        "provisioningType": own("provisioningType"),
        "servicePlanId": origin.plan.id,
        "servicePlanName": origin.plan.name,
        "servicePlanType": "enterprise",
        "productType": origin.assignment.kind.product(),
        "allotmentDisplayName": origin.assignment.allotment,
        "status": "provisioning",
        "lastModifiedDateTime": written(at),
        "imageDisplayName": image,
        "osVersion": if image.contains("Windows 10") { "windows10" } else { "windows11" },
        "deviceRegionName": region,
        "onPremisesConnectionName": connection,
        "connectionSetting": {"enableSingleSignOn": policy.get("enableSingleSignOn") == Some(&Value::Bool(true))},
        "userAccountType": account,
        "userExperienceType": own("userExperienceType"),
        "scopeIds": own("scopeIds"),
        "diskEncryptionState": "notAvailable",
    });
    match pc {
        Value::Object(pc) => complete_cloud_pc(pc),
        _ => Object::new(),
    }
}

/// The region and the connection's name that a policy leads to; the first network of the policy counts (assumed).
pub(super) fn network(tenant: &Tenant, policy: &Object) -> (Option<String>, String) {
    let join = policy.get("domainJoinConfigurations").and_then(|joins| joins.get(0)?.as_object());
    let connection = join
        .and_then(|join| text(join, "onPremisesConnectionId"))
        .and_then(|id| stored_one(tenant, "onPremisesConnections", id));
    let by_name = join
        .and_then(|join| text(join, "regionName"))
        .filter(|region| *region != "automatic");
    let region = connection
        .and_then(|connection| text(connection, "virtualNetworkLocation"))
        .or(by_name);
    let name = connection
        .and_then(|connection| text(connection, "displayName"))
        .unwrap_or_default();
    (region.map(str::to_owned), name.to_owned())
}

/// Provisioning ends. The device is a new one each time.
pub(super) fn finish(pc: &mut Object, naming_template: Option<&str>, at: Timestamp) {
    let id = text(pc, "id").unwrap_or_default().to_owned();
    let name = device_name(naming_template, text(pc, "userPrincipalName"), &id);
    let at = written(at);
    set(pc, ENROLLMENT_PROFILE, Value::Null);
    set(pc, "status", "provisioned");
    set(pc, "managedDeviceId", stable_id(&["managedDevice", &id, &at]));
    set(pc, "aadDeviceId", stable_id(&["aadDevice", &id, &at]));
    if text(pc, "managedDeviceName").is_none() {
        set(pc, "managedDeviceName", name);
    }
    set(pc, "diskEncryptionState", "encryptedUsingPlatformManagedKey");
    set(pc, "provisionedDateTime", at.as_str());
    set(pc, "lastModifiedDateTime", at);
}

/// It lost its licence or assignment.
pub(crate) fn enter_grace(pc: &mut Object, end: Timestamp, at: Timestamp) {
    set(pc, "status", "inGracePeriod");
    set(pc, "gracePeriodEndDateTime", written(end));
    set(pc, "lastModifiedDateTime", written(at));
}

/// It is entitled again.
pub(crate) fn leave_grace(pc: &mut Object, at: Timestamp) {
    set(pc, "status", "provisioned");
    set(pc, "gracePeriodEndDateTime", Value::Null);
    set(pc, "lastModifiedDateTime", written(at));
}

/// Moves it to another policy. It stays as it was provisioned: only the policy's name counts before a reprovision
/// (documented).
pub(crate) fn move_to(pc: &mut Object, policy: &Object, assignment: &Assignment, at: Timestamp) {
    name_policy(pc, text(policy, "displayName"), at);
    set(
        pc,
        "provisioningType",
        policy.get("provisioningType").cloned().unwrap_or(Value::Null),
    );
    set(pc, "provisioningPolicyId", assignment.policy.as_str());
    name_allotment(pc, assignment.allotment.as_deref(), at);
}

/// Its allotment has this name.
pub(crate) fn name_allotment(pc: &mut Object, name: Option<&str>, at: Timestamp) {
    set(pc, "allotmentDisplayName", name);
    set(pc, "lastModifiedDateTime", written(at));
}

/// Its user has this sign-in name. Its own name and its device's stay as they were provisioned (assumed).
pub(crate) fn name_user(pc: &mut Object, name: &str, at: Timestamp) {
    set(pc, "userPrincipalName", name);
    set(pc, "lastModifiedDateTime", written(at));
}

/// Its policy has this name. The enrollment profile of a device is what the policy was called when it was enrolled
/// (documented), so that name is kept for the device.
pub(crate) fn name_policy(pc: &mut Object, name: Option<&str>, at: Timestamp) {
    let is_enrolled = text(pc, "managedDeviceId").is_some() && text(pc, ENROLLMENT_PROFILE).is_none();
    let before = text(pc, "provisioningPolicyName").filter(|_| is_enrolled).map(str::to_owned);
    if let Some(before) = before {
        set(pc, ENROLLMENT_PROFILE, before);
    }
    set(pc, "provisioningPolicyName", name);
    set(pc, "lastModifiedDateTime", written(at));
}

/// A time as the service writes it: never finer than microseconds.
pub(super) fn written(at: Timestamp) -> String {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at).to_string()
}
