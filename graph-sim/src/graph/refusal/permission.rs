//! The Graph permissions of operations, and the two forms in which Graph refuses a caller without them.

use serde_json::json;

use super::problem::Problem;
use crate::base::answer::GraphRequest;
use crate::base::caller::{Actor, Caller};

/// The permissions that open an operation; any one is enough. Application and delegated permissions have the same names.
#[derive(Debug)]
pub struct Permission {
    /// The permissions, the least one first.
    pub any_of: &'static [&'static str],
    /// For a user: the directory roles of which one is needed beside the permission; empty when any user may.
    pub user_roles: &'static [&'static str],
    /// The layer that refuses.
    pub layer: Layer,
    /// Whether the operation is closed to applications, regardless of their permissions.
    pub people_only: bool,
}

/// The layer of the service that answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// The device management service, with a JSON document in the message.
    DeviceManagement,
    /// The directory.
    Directory,
}

/// Reads of the Cloud PC service.
pub(crate) static CLOUD_PC_READ: Permission = Permission {
    any_of: &["CloudPC.Read.All", "CloudPC.ReadWrite.All"],
    user_roles: &[
        "Windows 365 Administrator",
        "Intune Administrator",
        "Global Administrator",
        "Global Reader",
    ],
    layer: Layer::DeviceManagement,
    people_only: false,
};

/// Writes of the Cloud PC service.
pub(crate) static CLOUD_PC_WRITE: Permission = Permission {
    any_of: &["CloudPC.ReadWrite.All"],
    user_roles: &["Windows 365 Administrator", "Intune Administrator", "Global Administrator"],
    layer: Layer::DeviceManagement,
    people_only: false,
};

/// The list of groups.
pub(crate) static GROUP_LIST: Permission = directory(&[
    "Group.ReadBasic.All",
    "GroupMember.Read.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "Directory.Read.All",
]);

/// One group.
pub(crate) static GROUP_GET: Permission = directory(&[
    "GroupMember.Read.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "Directory.Read.All",
]);

/// Creates and deletes of groups. Administrators of Cloud PCs manage security groups too (documented).
pub(crate) static GROUP_WRITE: Permission = Permission {
    user_roles: &[
        "Groups Administrator",
        "User Administrator",
        "Windows 365 Administrator",
        "Intune Administrator",
        "Global Administrator",
    ],
    ..directory(&["Group.ReadWrite.All"])
};

/// Changes of a group's members.
pub(crate) static MEMBERS_WRITE: Permission = Permission {
    any_of: &["GroupMember.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All"],
    ..GROUP_WRITE
};

/// Deletions of users. Administrators of Cloud PCs do not manage users (documented).
pub(crate) static USER_DELETE: Permission = Permission {
    user_roles: &["User Administrator", "Global Administrator"],
    ..directory(&["User.DeleteRestore.All", "User.ReadWrite.All"])
};

/// The organization.
pub(crate) static ORGANIZATION_READ: Permission = directory(&[
    "DeviceManagementServiceConfig.Read.All",
    "Organization.Read.All",
    "Directory.Read.All",
]);

/// Writes of Azure network connections: the documentation says "Application: not supported", in both versions.
pub(crate) static CONNECTION_WRITE: Permission = Permission {
    people_only: true,
    ..CLOUD_PC_WRITE
};

/// Users, as a list or one.
pub(crate) static USER_READ: Permission = directory(&[
    "User.ReadBasic.All",
    "User.Read.All",
    "User.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
]);

/// The members of a group.
pub(crate) static MEMBERS_READ: Permission = directory(&[
    "GroupMember.ReadBasic.All",
    "GroupMember.Read.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
]);

/// The licences that the tenant has bought.
pub(crate) static SKU_READ: Permission = directory(&[
    "LicenseAssignment.Read.All",
    "Organization.Read.All",
    "Organization.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
]);

/// Devices that Intune manages.
pub(crate) static DEVICE_READ: Permission = Permission {
    any_of: &[
        "DeviceManagementManagedDevices.Read.All",
        "DeviceManagementManagedDevices.ReadWrite.All",
        "DeviceManagementConfiguration.Read.All",
        "DeviceManagementConfiguration.ReadWrite.All",
    ],
    ..CLOUD_PC_READ
};

/// A read of the directory, which any user with the permission may do.
const fn directory(any_of: &'static [&'static str]) -> Permission {
    Permission {
        any_of,
        user_roles: &[],
        layer: Layer::Directory,
        people_only: false,
    }
}

impl Permission {
    /// Refuses a caller who has none of the permissions.
    pub(crate) fn expect(&self, request: &GraphRequest<'_>) -> Result<(), Problem> {
        if self.opens_for(request.caller) {
            return Ok(());
        }
        Err(match self.layer {
            Layer::Directory => Problem::new(
                403,
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.",
            ),
            Layer::DeviceManagement if self.people_only && matches!(request.caller.actor, Actor::App { .. }) => forbidden(
                request,
                "The operation takes delegated permissions of a signed-in administrator only",
            ),
            Layer::DeviceManagement => forbidden(
                request,
                &format!(
                    "{} must have one of the following scopes: {}",
                    subject(request.caller),
                    self.any_of.join(", ")
                ),
            ),
        })
    }

    fn opens_for(&self, caller: &Caller) -> bool {
        let has = |held: &[String], wanted: &[&str]| held.iter().any(|one| wanted.contains(&one.as_str()));
        match caller.actor {
            Actor::App { .. } => !self.people_only && has(&caller.application_roles, self.any_of),
            // A delegated permission never gives a user more than its own roles do.
            Actor::User { .. } => {
                has(&caller.scopes, self.any_of) && (self.user_roles.is_empty() || has(&caller.directory_roles, self.user_roles))
            }
        }
    }
}

fn subject(caller: &Caller) -> &'static str {
    match caller.actor {
        Actor::App { .. } => "Application",
        Actor::User { .. } => "User",
    }
}

/// 403 as the device management service answers it: its message is a JSON document in a string.
pub(crate) fn forbidden(request: &GraphRequest<'_>, reason: &str) -> Problem {
    let message = json!({
        "_version": 3,
        "Message": format!(
            "{} is not authorized to perform this operation. {reason} - Operation ID (for customer support): \
             00000000-0000-0000-0000-000000000000 - Activity ID: {} - Url: {}/{}{}",
            subject(request.caller),
            request.request_id,
            request.root,
            request.version.as_str(),
            request.path,
        ),
        "CustomApiErrorPhrase": "",
        "RetryAfter": null,
        "ErrorSourceService": "",
        "HttpHeaders": "{}",
    });
    Problem::new(403, "Forbidden", message.to_string())
}
