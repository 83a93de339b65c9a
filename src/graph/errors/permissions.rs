//! A 403 in words: which permission is missing, of which kind, where it is granted, and when no permission would help.

use crate::graph::errors::error::GraphError;

/// Where application permissions are granted. The controller never has delegated ones: nobody is signed in.
const WHERE: &str = "in Entra under App registrations > API permissions > Microsoft Graph > Application permissions, with admin consent";

/// Operations that Graph offers to signed-in people alone, by how their description begins (fact sheet 0 and 10).
const PEOPLE_ONLY: [&str; 4] = [
    "create Azure network connection",
    "update Azure network connection",
    "delete Azure network connection",
    "run health checks",
];

/// What a person can do about it.
pub(crate) fn forbidden(error: &GraphError) -> String {
    let codes = error.code.iter().chain(&error.inner_code);
    if codes.chain([&error.message]).any(|text| text.contains("insufficient_claims")) {
        return "A conditional access policy blocks this application: exclude it or meet the policy.".to_owned();
    }
    if closed_to_applications(error) {
        return "Graph offers this operation to signed-in people only (delegated CloudPC.ReadWrite.All), so no application permission opens it: an administrator has to do it.".to_owned();
    }
    let least = needed_permission(&error.operation);
    let permission = named_permissions(&error.message).unwrap_or_else(|| least.to_owned());
    let grant = format!("Grant the application permission {permission} {WHERE}");
    if least == "GroupMember.Read.All" || least == "Organization.Read.All" {
        return format!("{grant}.");
    }
    if error.operation.starts_with("create ") || error.operation.starts_with("update ") {
        return format!(
            "{grant}; if it has that, autopatch and microsoftManagedDesktop are closed to applications, and the tenant needs a Windows 365 licence."
        );
    }
    format!("{grant}; the tenant also needs a Windows 365 licence.")
}

/// By the operation, or because Graph says so.
fn closed_to_applications(error: &GraphError) -> bool {
    let said = error.message.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().all(|word| said.contains(word));
    PEOPLE_ONLY.iter().any(|operation| error.operation.starts_with(operation))
        || says(&["delegated", "only"])
        || says(&["application", "not supported"])
        || says(&["app-only", "not supported"])
}

/// The list in "… must have one of the following scopes: A, B". Only words of a permission's form
/// count.
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

/// The least permission for an operation (fact sheet 5 and 10).
fn needed_permission(operation: &str) -> &'static str {
    // Names follow behind the verb and its object, so only the beginning can be trusted.
    let begins = |words: &[&str]| words.iter().any(|words| operation.starts_with(words));
    if begins(&["get group ", "find groups "]) {
        "GroupMember.Read.All"
    } else if begins(&["get the organization"]) {
        "Organization.Read.All"
    } else if begins(&["list ", "get "]) {
        "CloudPC.Read.All"
    } else {
        "CloudPC.ReadWrite.All"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::errors::error::ErrorKind;

    #[test]
    fn s29_a_403_names_the_missing_permission_its_kind_and_where_to_grant_it() {
        let scopes = "Application is not authorized to perform this operation. Application must have one of the following scopes: DeviceManagement.Read.All, CloudPC.Read.All.";
        let people = "The operation takes delegated permissions of a signed-in administrator only";
        for (operation, message, permission) in [
            ("list user settings", "", "CloudPC.Read.All"),
            ("create provisioning policy \"the organization\"", "", "CloudPC.ReadWrite.All"),
            ("delete user setting u1", "Forbidden", "CloudPC.ReadWrite.All"),
            (
                "find groups with displayName \"x\"",
                "Insufficient privileges",
                "GroupMember.Read.All",
            ),
            ("get the organization", "", "Organization.Read.All"),
            ("list user settings", scopes, "DeviceManagement.Read.All or CloudPC.Read.All"),
        ] {
            let advice = forbidden(&GraphError::new(operation, ErrorKind::Forbidden, message));
            let begin = format!("Grant the application permission {permission} in Entra under App registrations");
            assert!(
                advice.starts_with(&begin) && advice.contains("admin consent"),
                "{operation}: {advice}"
            );
            assert_eq!(advice.contains("autopatch"), operation.starts_with("create"), "{advice}");
            assert!(!advice.contains("not authorized"), "{advice}");
        }
        for (operation, message) in [
            ("create Azure network connection \"x\"", ""),
            ("assign user setting u1", people),
            ("assign user setting u1", "This API is not supported for application permissions"),
        ] {
            let advice = forbidden(&GraphError::new(operation, ErrorKind::Forbidden, message));
            assert!(
                advice.contains("signed-in people only") && advice.contains("delegated CloudPC.ReadWrite.All"),
                "{advice}"
            );
        }
        let mut error = GraphError::new("list user settings", ErrorKind::Forbidden, scopes);
        error.inner_code = Some("insufficient_claims".to_owned());
        assert!(forbidden(&error).contains("conditional access"));
    }
}
