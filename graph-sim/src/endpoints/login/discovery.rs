//! The documents in which the login service describes itself.

use serde_json::{Value, json};

use super::LoginRoute;
use crate::entra::cloud::Cloud;
use crate::entra::failure::Failure;
use crate::service::Service;
use crate::wire::exchange::Exchange;

/// Names for any tenant. They can be described as well, because keys and endpoints are the same for every tenant.
const ANY_TENANT: [&str; 2] = ["common", "organizations"];

pub(super) fn document(service: &Service, exchange: &Exchange, route: &LoginRoute<'_>) -> Result<Value, Failure> {
    let Some(tenant) = route.tenant() else {
        return instance(service, exchange);
    };
    let tenant = known(service, tenant)?;
    match route {
        LoginRoute::Keys(_) => Ok(json!({"keys": [service.tokens.published()]})),
        _ => Ok(configuration(&exchange.root, &tenant)),
    }
}

fn configuration(root: &str, tenant: &str) -> Value {
    let cloud = Cloud::of_root(root);
    let issuer = if ANY_TENANT.contains(&tenant) { "{tenantid}" } else { tenant };
    json!({
        "token_endpoint": format!("{root}/{tenant}/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "device_authorization_endpoint": format!("{root}/{tenant}/oauth2/v2.0/devicecode"),
        "jwks_uri": format!("{root}/{tenant}/discovery/v2.0/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": format!("{root}/{issuer}/v2.0"),
        "authorization_endpoint": format!("{root}/{tenant}/oauth2/v2.0/authorize"),
        "tenant_region_scope": null,
        "cloud_instance_name": cloud.instance,
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": cloud.graph[0].trim_start_matches("https://"),
    })
}

/// The tenant's id. Where a document is asked for, Entra calls this failure `invalid_tenant` (captured).
fn known(service: &Service, tenant: &str) -> Result<String, Failure> {
    if ANY_TENANT.contains(&tenant) {
        return Ok(tenant.to_owned());
    }
    let found = service.world().find_tenant(tenant).map(|found| found.id.clone());
    found.ok_or_else(|| Failure::no_tenant(tenant).with_error("invalid_tenant"))
}

/// Which hosts are one cloud. Clients that do not know their authority ask this before they trust it.
fn instance(service: &Service, exchange: &Exchange) -> Result<Value, Failure> {
    let options = exchange.query_options();
    let asked = options
        .iter()
        .find(|(name, _)| name == "authorization_endpoint")
        .map(|(_, value)| value.as_str());
    let asked: url::Url = asked
        .ok_or_else(|| Failure::missing("authorization_endpoint"))?
        .parse()
        .map_err(|_| unknown("the authorization_endpoint is not a URL"))?;
    let own = [exchange.root.as_str(), service.own_root()].map(url::Url::parse);
    let host = asked.authority();
    let is_own = own.iter().flatten().any(|own| own.authority() == host);
    let aliases = match Cloud::of_login(host) {
        Some(cloud) => cloud.login,
        None if is_own => &[host],
        None => return Err(unknown(&format!("'{host}'"))),
    };
    let tenant = asked.path_segments().and_then(|mut segments| segments.next()).unwrap_or_default();
    known(service, tenant)?;
    Ok(json!({
        "tenant_discovery_endpoint": format!("https://{host}/{tenant}/v2.0/.well-known/openid-configuration"),
        "api-version": "1.1",
        // The preferred name is the one that was asked for: a client with a hosts file may know no other.
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": aliases}],
    }))
}

/// The failure by which clients tell a host that is not of Microsoft (captured).
fn unknown(what: &str) -> Failure {
    Failure::request(50_049, format!("Unknown or invalid instance: {what}.")).with_error("invalid_instance")
}
