//! Which resource a client credentials request may ask for: Microsoft Graph of the cloud whose login service was called.

use super::Failure;
use super::cloud::{Cloud, GRAPH_APP_ID, PUBLIC};
use crate::world::Tenant;

/// The audience of a token for this scope. The simulator's own address counts as Graph of the public cloud.
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
    let cloud = Cloud::of_root(root);
    let is_own = |url| cloud == PUBLIC && (url == root || url == own_root);
    // Some clients join root and scope with two slashes; Entra takes `https://graph.microsoft.com//.default` as well.
    let resource = resource.trim_end_matches('/');
    let graph = cloud.graph.iter().copied().find(|graph| *graph == resource);
    if let Some(graph) = graph.or_else(|| is_own(resource).then_some(PUBLIC.graph[0])) {
        return Ok(graph);
    }
    if resource == GRAPH_APP_ID {
        return Ok(GRAPH_APP_ID);
    }
    let text = format!("The resource '{resource}' was not found in the tenant '{}'.", tenant.display_name);
    Err(Failure::new(400, "invalid_resource", 500_011, text))
}
