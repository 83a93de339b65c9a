//! Which resource a client credentials request may ask for: Microsoft Graph, under one of three names.

use super::Failure;
use crate::world::Tenant;

/// Microsoft Graph's URL as a token's audience.
pub const GRAPH_URL: &str = "https://graph.microsoft.com";
/// Microsoft Graph's application id, the other audience that it takes.
pub const GRAPH_APP_ID: &str = "00000003-0000-0000-c000-000000000000";

/// The audience of a token for this scope. The simulator's own address counts as Graph.
pub fn audience(scope: &str, root: &str, own_root: &str, tenant: &Tenant) -> Result<&'static str, Failure> {
    let invalid = |code, text: String| Failure::new(400, "invalid_scope", code, text);
    let mut scopes = scope.split_whitespace();
    let (Some(only), None) = (scopes.next(), scopes.next()) else {
        return Err(invalid(
            70_011,
            format!("The scope '{scope}' is not valid: give exactly one resource."),
        ));
    };
    let Some(resource) = only.strip_suffix("/.default") else {
        let text = "Client credentials need a scope that ends with /.default.";
        return Err(invalid(1_002_012, format!("The scope '{only}' is not valid. {text}")));
    };
    // Some clients join root and scope with two slashes; Entra takes `https://graph.microsoft.com//.default` as well.
    match resource.trim_end_matches('/') {
        GRAPH_APP_ID => Ok(GRAPH_APP_ID),
        url if url == GRAPH_URL || url == root || url == own_root => Ok(GRAPH_URL),
        other => {
            let text = format!("The resource '{other}' was not found in the tenant '{}'.", tenant.display_name);
            Err(Failure::new(400, "invalid_resource", 500_011, text))
        }
    }
}
