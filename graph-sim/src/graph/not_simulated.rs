//! Documented actions, functions and collections that are not simulated. Unlike unknown paths they are answered with 501 and
//! their name, so that a gap of the simulator is not mistaken for an error of the client.

use super::refusal::permission::{CLOUD_PC_READ, CLOUD_PC_WRITE, Permission};
use super::refusal::problem::Problem;
use crate::base::answer::{ApiVersion, GraphRequest};

/// An operation below `deviceManagement/virtualEndpoint`.
#[derive(Debug)]
pub struct Unsimulated {
    /// The HTTP method.
    pub method: &'static str,
    /// The path; `{id}` matches one segment. Functions are without their parentheses and parameters.
    pub path: &'static str,
    /// Whether v1.0 does not have it.
    pub beta_only: bool,
    /// The permission. Where no document names one, that of other reads or writes is assumed.
    pub permission: &'static Permission,
}

/// Collections and singletons below `deviceManagement/virtualEndpoint` with all that is below them, and whether v1.0 lacks them.
/// That the permissions are those of other reads and writes is assumed.
pub static UNSIMULATED_COLLECTIONS: [(&str, bool); 12] = [
    ("bulkActions", true),
    ("cloudApps", true),
    ("cloudPcPools", true),
    ("crossCloudGovernmentOrganizationMapping", true),
    ("externalPartnerSettings", true),
    ("externalPartners", true),
    ("maintenanceWindows", true),
    ("managedLicenses", true),
    ("report", false),
    ("reports", true),
    ("settingProfiles", true),
    ("snapshots", true),
];

const fn action(path: &'static str) -> Unsimulated {
    Unsimulated {
        method: "POST",
        path,
        beta_only: false,
        permission: &CLOUD_PC_WRITE,
    }
}

const fn function(path: &'static str) -> Unsimulated {
    Unsimulated {
        method: "GET",
        permission: &CLOUD_PC_READ,
        ..action(path)
    }
}

const fn beta(operation: Unsimulated) -> Unsimulated {
    Unsimulated {
        beta_only: true,
        ..operation
    }
}

/// Operations of an assignment's persistence of user settings.
macro_rules! persistence {
    ($rest:literal) => {
        concat!("provisioningPolicies/{id}/assignments/{id}/userSettingsPersistenceDetail", $rest)
    };
}

/// All other operations.
pub static UNSIMULATED: &[Unsimulated] = &[
    beta(function("getEffectivePermissions")),
    beta(action("organizationAction")),
    beta(function("retrieveOrganizationActionDetail")),
    beta(function("retrieveScopedPermissions")),
    beta(function("retrieveTenantEncryptionSetting")),
    beta(function("cloudPCs/getProvisionedCloudPCs")),
    beta(action("cloudPCs/validateBulkResize")),
    action("cloudPCs/{id}/endGracePeriod"),
    action("cloudPCs/{id}/reboot"),
    action("cloudPCs/{id}/rename"),
    action("cloudPCs/{id}/reprovision"),
    action("cloudPCs/{id}/resize"),
    action("cloudPCs/{id}/restore"),
    action("cloudPCs/{id}/troubleshoot"),
    beta(action("cloudPCs/{id}/changeUserAccountType")),
    beta(action("cloudPCs/{id}/createSnapshot")),
    beta(action("cloudPCs/{id}/powerOff")),
    beta(action("cloudPCs/{id}/powerOn")),
    beta(action("cloudPCs/{id}/retryPartnerAgentInstallation")),
    beta(action("cloudPCs/{id}/setReviewStatus")),
    beta(action("cloudPCs/{id}/start")),
    beta(action("cloudPCs/{id}/stop")),
    function("cloudPCs/{id}/retrieveCloudPcLaunchDetail"),
    beta(function("cloudPCs/{id}/getCloudPcConnectivityHistory")),
    beta(function("cloudPCs/{id}/getCloudPcLaunchInfo")),
    beta(function("cloudPCs/{id}/getFrontlineCloudPcAccessState")),
    beta(function("cloudPCs/{id}/getSupportedCloudPcRemoteActions")),
    beta(function("cloudPCs/{id}/retrieveCloudPCRemoteActionResults")),
    beta(function("cloudPCs/{id}/retrieveFrontlineCloudPcDetail")),
    beta(function("cloudPCs/{id}/retrieveReviewStatus")),
    beta(function("cloudPCs/{id}/retrieveSnapshots")),
    function("deviceImages/getSourceImages"),
    beta(action("deviceImages/{id}/retryUpload")),
    beta(action("deviceImages/{id}/reupload")),
    // Unlike the other writes of connections, it is open to applications (documented).
    action("onPremisesConnections/{id}/updateAdDomainPassword"),
    function("provisioningPolicies/{id}/assignments/{id}/assignedUsers"),
    function("provisioningPolicies/{id}/assignments/{id}/assignedUsers/$count"),
    beta(function(persistence!(""))),
    beta(action(persistence!("/batchCleanupUserSettingsPersistenceProfile"))),
    beta(function(persistence!("/retrieveUserSettingsPersistenceProfiles"))),
    beta(function(persistence!("/retrieveUserSettingsPersistenceProfileUsage"))),
    beta(function("provisioningPolicies/{id}/retrievePolicyApplyActionResult")),
    beta(function("provisioningPolicies/{id}/retrievePolicyApplySchedule")),
    beta(function("provisioningPolicies/{id}/retrievePolicyUpdateStatusResult")),
    beta(action("provisioningPolicies/{id}/retry")),
    beta(action("provisioningPolicies/{id}/schedulePolicyApplyTask")),
];

/// Refuses a request for one of them.
pub(super) fn refuse(request: &GraphRequest<'_>, segments: &[String]) -> Result<(), Problem> {
    let ["deviceManagement", "virtualEndpoint", collection, ..] = segments.iter().map(String::as_str).collect::<Vec<_>>()[..] else {
        return Ok(());
    };
    let is_there = |beta_only: bool| !beta_only || request.version == ApiVersion::Beta;
    let method = request.method.as_str();
    if UNSIMULATED_COLLECTIONS
        .iter()
        .any(|(name, beta_only)| *name == collection && is_there(*beta_only))
    {
        let permission = if method == "GET" { &CLOUD_PC_READ } else { &CLOUD_PC_WRITE };
        permission.expect(request)?;
        return Err(Problem::not_simulated(&format!("'{collection}'")));
    }
    let found = UNSIMULATED
        .iter()
        .find(|operation| operation.method == method && is_there(operation.beta_only) && fits(operation.path, &segments[2..]));
    let Some(operation) = found else { return Ok(()) };
    operation.permission.expect(request)?;
    Err(Problem::not_simulated(&match operation.path.rsplit_once('/') {
        Some((_, name)) => format!("'{name}' of '{collection}'"),
        None => format!("'{}'", operation.path),
    }))
}

/// Whether segments are those of a path in which `{id}` matches one. A function can carry its parameters.
pub(super) fn fits(path: &str, segments: &[String]) -> bool {
    let mut pattern = path.split('/');
    let fit = |segment: &String| {
        let name = segment.split_once('(').map_or(segment.as_str(), |(name, _)| name);
        pattern.next().is_some_and(|one| one == "{id}" || one == name)
    };
    segments.iter().all(fit) && pattern.next().is_none()
}
