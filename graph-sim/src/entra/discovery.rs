//! The documents in which the login service describes itself.

use serde_json::{Value, json};

use super::{Failure, LoginRoute};
use crate::exchange::Exchange;
use crate::service::Service;
use crate::tls::MICROSOFT_HOSTS;

/// The document at this route.
pub fn document(service: &Service, exchange: &Exchange, route: &LoginRoute<'_>) -> Result<Value, Failure> {
    let root = &exchange.root;
    let tenant = match route.tenant() {
        // Keys and endpoints are the same for every tenant, so the names for any tenant can be described as well.
        Some(any @ ("common" | "organizations")) => any.to_owned(),
        Some(tenant) => service
            .world()
            .find_tenant(tenant)
            .map(|found| found.id.clone())
            .ok_or_else(|| Failure::no_tenant(tenant))?,
        None => return instance(exchange),
    };
    match route {
        LoginRoute::Keys { .. } => Ok(json!({"keys": [service.tokens.published()]})),
        _ => Ok(json!({
            "token_endpoint": format!("{root}/{tenant}/oauth2/v2.0/token"),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "jwks_uri": format!("{root}/{tenant}/discovery/v2.0/keys"),
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": format!("{root}/{}/v2.0", if tenant == "common" || tenant == "organizations" { "{tenantid}" } else { &tenant }),
            "authorization_endpoint": format!("{root}/{tenant}/oauth2/v2.0/authorize"),
            "tenant_region_scope": null,
            "cloud_instance_name": "microsoftonline.com",
            "cloud_graph_host_name": "graph.windows.net",
            "msgraph_host": "graph.microsoft.com",
        })),
    }
}

/// Which hosts are one cloud. Clients that do not know their authority ask this before they trust it.
fn instance(exchange: &Exchange) -> Result<Value, Failure> {
    let options = exchange.query_options();
    let asked = options
        .iter()
        .find(|(name, _)| name == "authorization_endpoint")
        .map(|(_, value)| value.as_str());
    let asked: url::Url = asked
        .ok_or_else(|| Failure::missing("authorization_endpoint"))?
        .parse()
        .map_err(|_| Failure::request(50_049, "The authorization_endpoint is not a URL."))?;
    let own: Option<url::Url> = exchange.root.parse().ok();
    let authority = own.as_ref().map(url::Url::authority).unwrap_or_default();
    let host = asked.authority();
    if host != authority && !MICROSOFT_HOSTS.contains(&host) {
        return Err(Failure::request(50_049, format!("Unknown or invalid instance '{host}'.")));
    }
    let tenant = asked.path_segments().and_then(|mut segments| segments.next()).unwrap_or_default();
    Ok(json!({
        "tenant_discovery_endpoint": format!("https://{host}/{tenant}/v2.0/.well-known/openid-configuration"),
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    }))
}
