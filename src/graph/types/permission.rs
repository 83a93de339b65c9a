//! The permissions of Microsoft Graph that operations need.

/// Permissions of which any one allows an operation; the least-privileged first.
/// See <https://learn.microsoft.com/graph/permissions-reference>.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Permission {
    /// For an application. Empty where Graph accepts the operation from signed-in people only.
    pub application: &'static [&'static str],
    /// For a signed-in person.
    pub delegated: &'static [&'static str],
}

impl Permission {
    const fn of_both(any_of: &'static [&'static str]) -> Self {
        Self {
            application: any_of,
            delegated: any_of,
        }
    }
}

/// Reads everything of the Cloud PC service.
pub(crate) const READ_CLOUD_PC: &Permission = &Permission::of_both(&["CloudPC.Read.All", "CloudPC.ReadWrite.All"]);

/// Writes everything of the Cloud PC service that is open to applications.
pub(crate) const WRITE_CLOUD_PC: &Permission = &Permission::of_both(&["CloudPC.ReadWrite.All"]);

pub(crate) const READ_GROUPS: &Permission = &Permission::of_both(&[
    "GroupMember.Read.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
]);

pub(crate) const READ_ORGANIZATION: &Permission = &Permission::of_both(&[
    "Organization.Read.All",
    "DeviceManagementServiceConfig.Read.All",
    "Organization.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
]);
