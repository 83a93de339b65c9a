//! `managedDevices`: what Intune has about the Cloud PCs that have been provisioned.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::life::ENROLLMENT_PROFILE;
use crate::schema::defaults;
use crate::schema::managed_device::MANAGED_DEVICE;
use crate::world::{Seen, Tenant, into_map, stored, text};

/// One device for each Cloud PC that has one. Its id is the Cloud PC's `managedDeviceId`.
pub(super) fn managed(tenant: &Tenant) -> Vec<Seen<'_>> {
    stored(tenant, "cloudPCs")
        .filter(|cloud_pc| text(cloud_pc, "managedDeviceId").is_some())
        .map(|cloud_pc| Cow::Owned(device(tenant, cloud_pc)))
        .collect()
}

/// The device with an id.
pub(crate) fn one_managed<'a>(tenant: &'a Tenant, id: &str) -> Option<Seen<'a>> {
    stored(tenant, "cloudPCs")
        .find(|cloud_pc| text(cloud_pc, "managedDeviceId").is_some_and(|own| own.eq_ignore_ascii_case(id)))
        .map(|cloud_pc| Cow::Owned(device(tenant, cloud_pc)))
}

/// Properties that are not set here have the default of their table. Intune calls the policy an enrollment profile (documented), by the name
/// that it had when the device was enrolled.
fn device(tenant: &Tenant, cloud_pc: &Map<String, Value>) -> Map<String, Value> {
    let user = text(cloud_pc, "userPrincipalName").and_then(|name| tenant.user(name));
    let name = cloud_pc.get("managedDeviceName").cloned();
    let given = json!({
        "id": cloud_pc.get("managedDeviceId"),
        "userId": user.map(|user| &user.id),
        "userPrincipalName": cloud_pc.get("userPrincipalName"),
        "userDisplayName": user.map(|user| &user.display_name),
        "deviceName": name,
        "managedDeviceName": name,
        "azureADDeviceId": cloud_pc.get("aadDeviceId"),
        "azureADRegistered": true,
        "enrolledDateTime": cloud_pc.get("provisionedDateTime"),
        "lastSyncDateTime": cloud_pc.get("lastModifiedDateTime"),
        "enrollmentProfileName": cloud_pc.get(ENROLLMENT_PROFILE).or_else(|| cloud_pc.get("provisioningPolicyName")),
        "operatingSystem": "Windows",
        "manufacturer": "Microsoft Corporation",
        "model": cloud_pc.get("servicePlanName"),
    });
    defaults::complete(&MANAGED_DEVICE, into_map(given))
}
