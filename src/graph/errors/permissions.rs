//! Advice for a 403: which permission is missing, of which kind, where it is granted, and when no permission would help.

use crate::graph::errors::error::GraphError;
use crate::graph::types::operation::OperationKind;
use crate::graph::types::permission::Permission;

/// Where application permissions are granted. The controller has no delegated ones: no person is signed in.
const WHERE: &str = "in Entra under App registrations > API permissions > Microsoft Graph > Application permissions, with admin consent";

/// What a person can do about a 403.
pub(crate) fn forbidden(error: &GraphError) -> String {
    advice(error, error.attempted.map(OperationKind::permission))
}

fn advice(error: &GraphError, needed: Option<&Permission>) -> String {
    let codes = error.code.iter().chain(&error.inner_code);
    if codes.chain([&error.message]).any(|text| text.contains("insufficient_claims")) {
        return "A conditional access policy blocks this application: exclude it or meet the policy.".to_owned();
    }
    let delegated = needed
        .and_then(|needed| needed.delegated.first())
        .unwrap_or(&"CloudPC.ReadWrite.All");
    if needed.is_some_and(|needed| needed.application.is_empty()) || says_closed_to_applications(&error.message) {
        return format!(
            "Graph offers this operation to signed-in people only (delegated {delegated}), so no application permission allows it: an administrator has to do it."
        );
    }
    let least = needed
        .and_then(|needed| needed.application.first())
        .map(|least| (*least).to_owned());
    let Some(permission) = named_permissions(&error.message).or(least) else {
        return format!("Grant the application permission that Microsoft documents for this operation {WHERE}.");
    };
    let grant = format!("Grant the application permission {permission} {WHERE}");
    match error.attempted {
        Some(kind) if kind.is_of_directory() => format!("{grant}."),
        Some(kind) if kind.writes_properties() => format!(
            "{grant}; if it has that, autopatch and microsoftManagedDesktop are not open to applications, and the tenant needs a Windows 365 licence."
        ),
        _ => format!("{grant}; the tenant also needs a Windows 365 licence."),
    }
}

/// Whether Graph's message shows that. Graph has no code for it.
fn says_closed_to_applications(message: &str) -> bool {
    let said = message.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().all(|word| said.contains(word));
    says(&["delegated", "only"]) || says(&["application", "not supported"]) || says(&["app-only", "not supported"])
}

/// The list in "… must have one of the following scopes: A, B". Only words of a permission's form count.
fn named_permissions(message: &str) -> Option<String> {
    let list = message.split_once("one of the following scopes:")?.1;
    let plain = |name: &&str| name.contains('.') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
    let names: Vec<&str> = list
        .split([',', ' '])
        .map(|name| name.trim_end_matches('.'))
        .filter(plain)
        .collect();
    (!names.is_empty()).then(|| names.join(" or "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::errors::error::ErrorKind;
    use crate::graph::types::collection::Collection::{ProvisioningPolicies, UserSettings};

    fn refused(kind: OperationKind, message: &str) -> GraphError {
        GraphError {
            attempted: Some(kind),
            ..GraphError::new("do \"the organization\"", ErrorKind::Forbidden, message)
        }
    }

    #[test]
    fn s29_a_403_names_the_missing_permission_its_kind_and_where_to_grant_it() {
        let scopes = "Application is not authorized to perform this operation. Application must have one of the following scopes: DeviceManagement.Read.All, CloudPC.Read.All.";
        let people = "The operation takes delegated permissions of a signed-in administrator only";
        for (kind, message, permission) in [
            (OperationKind::List(UserSettings), "", "CloudPC.Read.All"),
            (OperationKind::Create(ProvisioningPolicies), "", "CloudPC.ReadWrite.All"),
            (OperationKind::Delete(UserSettings), "Forbidden", "CloudPC.ReadWrite.All"),
            (OperationKind::FindGroups, "Insufficient privileges", "GroupMember.Read.All"),
            (OperationKind::GetOrganization, "", "Organization.Read.All"),
            (
                OperationKind::List(UserSettings),
                scopes,
                "DeviceManagement.Read.All or CloudPC.Read.All",
            ),
        ] {
            let advice = forbidden(&refused(kind, message));
            let begin = format!("Grant the application permission {permission} in Entra under App registrations");
            assert!(advice.starts_with(&begin) && advice.contains("admin consent"), "{kind:?}: {advice}");
            assert_eq!(
                advice.contains("autopatch"),
                kind == OperationKind::Create(ProvisioningPolicies),
                "{advice}"
            );
            assert!(!advice.contains("not authorized"), "{advice}");
        }
        let assign = OperationKind::Assign(UserSettings);
        let by_people = Permission {
            application: &[],
            delegated: &["CloudPC.ReadWrite.All"],
        };
        for (needed, message) in [
            (&by_people, ""),
            (assign.permission(), people),
            (assign.permission(), "This API is not supported for application permissions"),
        ] {
            let advice = advice(&refused(assign, message), Some(needed));
            assert!(
                advice.contains("signed-in people only") && advice.contains("delegated CloudPC.ReadWrite.All"),
                "{advice}"
            );
        }
        let mut error = refused(OperationKind::List(UserSettings), scopes);
        error.inner_code = Some("insufficient_claims".to_owned());
        assert!(forbidden(&error).contains("conditional access"));
    }
}
