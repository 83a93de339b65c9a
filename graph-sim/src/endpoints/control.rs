//! The control API under `/_sim`: tests use it to read the simulator's state and to change it.
//!
//! It is open to every client that reaches the listener, and neither faults nor the ledger apply to it.

use std::str::FromStr;

use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, Method};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::grace::grace;
use super::state::state;
use crate::base::answer::Answer;
use crate::base::json::strictly;
use crate::base::uri::graph_route;
use crate::entra::access::delegated;
use crate::entra::claims::{Delegation, LIFETIME, for_user};
use crate::faults::Rule;
use crate::options::OptionsPatch;
use crate::seed::Seed;
use crate::service::Service;
use crate::service::ledger::Draft;
use crate::service::perform::{GraphCall, answer_without_handler};
use crate::wire::exchange::Exchange;
use crate::wire::response::{dated, json_response, response};
use crate::world::{Tenant, User};
use crate::{graph, life};

/// Directory roles that manage Cloud PCs in the portal.
const ADMINISTRATORS: [&str; 3] = ["Windows 365 Administrator", "Intune Administrator", "Global Administrator"];
/// Permissions of the portal on their behalf.
const PORTAL_SCOPES: [&str; 4] = [
    "CloudPC.ReadWrite.All",
    "Group.ReadWrite.All",
    "Organization.Read.All",
    "User.ReadWrite.All",
];

/// A status and the reason for it.
pub(crate) type Refusal = (u16, String);

/// Answers a control request; `path` is what comes after `/_sim`.
pub(crate) fn handle(service: &Service, exchange: &Exchange, path: &str) -> Response {
    if (&exchange.method, path) == (&Method::POST, "/portal") {
        return read(exchange)
            .and_then(|asked| portal(service, exchange, asked))
            .map_or_else(refused, |answer| dated(response(&answer), service.now()));
    }
    match answer(service, exchange, path) {
        Ok(body) => json_response(200, "application/json", Some(&body)),
        Err(refusal) => refused(refusal),
    }
}

/// The body of a good answer to any control request but one of the portal.
pub(crate) fn answer(service: &Service, exchange: &Exchange, path: &str) -> Result<Value, Refusal> {
    if !["/ledger", "/grace"].contains(&path) && exchange.query.is_some() {
        return Err((400, "no query option is known here".to_owned()));
    }
    match (&exchange.method, path) {
        (&Method::GET, "/ledger") => {
            let since = since(exchange, "a number")?.unwrap_or(0);
            Ok(json!(service.ledger().since(since)))
        }
        (&Method::GET, "/grace") => Ok(grace(service, since(exchange, "a time")?)),
        (&Method::GET, "/state") => {
            let mut world = service.world();
            life::catch_up(&mut world);
            Ok(state(&world))
        }
        (&Method::GET, "/health") => Ok(json!({"panics": service.panics(), "violations": service.violations()})),
        (&Method::POST, "/token") => token(service, exchange),
        (&Method::POST, "/devicecode") => device_code(service, exchange),
        (&Method::POST, "/seed") => {
            let yaml = std::str::from_utf8(&exchange.body).map_err(|error| bad(&error))?;
            let seed = Seed::parse(yaml, None).map_err(|reason| bad(&reason))?;
            service.merge(&seed).map_err(|reason| bad(&reason))?;
            Ok(json!({"merged": true}))
        }
        (&Method::GET, "/clock") => Ok(json!({"now": service.now()})),
        (&Method::POST, "/clock") => {
            let Advance { advance } = read(exchange)?;
            let mut world = service.world();
            let now = world.clock.advance(&advance).map_err(|reason| bad(&reason))?;
            life::catch_up(&mut world);
            Ok(json!({"now": now}))
        }
        (&Method::GET, "/faults") => Ok(json!(service.faults().rules())),
        (&Method::POST, "/faults") => {
            let rules = read_rules(exchange)?;
            let mut faults = service.faults();
            faults.add(rules).map_err(|reason| bad(&reason))?;
            Ok(json!(faults.rules()))
        }
        (&Method::DELETE, "/faults") => {
            service.faults().clear();
            Ok(json!([]))
        }
        (&Method::GET, "/options") => Ok(json!(service.world().options)),
        (&Method::PATCH, "/options") => {
            let patch: OptionsPatch = read(exchange)?;
            let mut world = service.world();
            // Events that are due already happen by the options of their time.
            life::catch_up(&mut world);
            graph::change_options(&mut world, &patch).map_err(|reason| bad(&reason))?;
            service.note_change(&world);
            Ok(json!(world.options))
        }
        (
            _,
            "/ledger" | "/grace" | "/state" | "/health" | "/portal" | "/token" | "/devicecode" | "/seed" | "/clock" | "/faults"
            | "/options",
        ) => Err((405, format!("{} is not possible here", exchange.method))),
        _ => Err((404, format!("there is no /_sim{path}"))),
    }
}

/// The value of the only query option.
fn since<T: FromStr>(exchange: &Exchange, kind: &str) -> Result<Option<T>, Refusal> {
    let mut since = None;
    for (name, value) in exchange.query_options() {
        if name != "since" {
            return Err(bad(&format!("unknown query option '{name}'")));
        }
        since = Some(value.parse().map_err(|_| bad(&format!("since: '{value}' is not {kind}")))?);
    }
    Ok(since)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenRequest {
    tenant: String,
    r#as: String,
    scopes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DeviceCodeRequest {
    user_code: String,
    r#as: Option<String>,
    #[serde(default = "approved")]
    approve: bool,
}

fn approved() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PortalRequest {
    pub tenant: String,
    pub r#as: String,
    pub method: String,
    pub path: String,
    pub body: Option<Value>,
}

fn token(service: &Service, exchange: &Exchange) -> Result<Value, Refusal> {
    let asked: TokenRequest = read(exchange)?;
    let (tenant, user) = find_user(service, &asked.tenant, &asked.r#as)?;
    let short = |scope: &String| scope.strip_prefix("https://graph.microsoft.com/").unwrap_or(scope).to_owned();
    let scopes: Vec<String> = asked.scopes.iter().map(short).collect();
    let delegation = Delegation::to_command_line(&scopes);
    let claims = for_user(&tenant, &user, &delegation, service.now(), service.new_request_id());
    let token = service.tokens.issue(claims).map_err(|_| (500, "cannot sign a token".to_owned()))?;
    Ok(json!({"token_type": "Bearer", "expires_in": LIFETIME, "scope": scopes.join(" "), "access_token": token}))
}

/// A person's decision on a device code.
fn device_code(service: &Service, exchange: &Exchange) -> Result<Value, Refusal> {
    let given: DeviceCodeRequest = read(exchange)?;
    let now = service.now();
    let asked = service.sign_ins().devices.asked(&given.user_code, now);
    let asked = asked.map_err(|reason| bad(&reason))?;
    let user = match (given.approve, &given.r#as) {
        (true, None) => return Err(bad(&"as: who approves?")),
        (_, Some(name)) => Some(find_user(service, &asked.tenant, name)?.1),
        (false, None) => None,
    };
    let user = user.filter(|_| given.approve).map(|user| user.id);
    service.sign_ins().devices.decide(&given.user_code, user);
    Ok(json!({"tenant": asked.tenant, "appId": asked.app_id, "scopes": asked.permissions, "approved": given.approve}))
}

/// An administrator's request in the portal: with the same handlers, ledger and audit events, but without faults,
/// which are meant for the client under test.
pub(crate) fn portal(service: &Service, exchange: &Exchange, asked: PortalRequest) -> Result<Answer, Refusal> {
    let (tenant, user) = find_user(service, &asked.tenant, &asked.r#as)?;
    let (path, query) = asked
        .path
        .split_once('?')
        .map_or((asked.path.as_str(), None), |(path, query)| (path, Some(query)));
    let (version, rest) = graph_route(path).ok_or_else(|| bad(&format!("'{path}' is not a path of Graph")))?;
    let inner = Exchange {
        method: asked
            .method
            .parse()
            .map_err(|_| bad(&format!("'{}' is not a method", asked.method)))?,
        version: exchange.version,
        path: path.to_owned(),
        query: query.map(str::to_owned),
        headers: HeaderMap::new(),
        body: asked.body.map(|body| Bytes::from(body.to_string())).unwrap_or_default(),
        root: exchange.root.clone(),
        request_id: exchange.request_id.clone(),
        client_request_id: exchange.client_request_id.clone(),
        arrived: exchange.arrived,
    };
    let is_administrator = user.roles.iter().any(|role| ADMINISTRATORS.contains(&role.as_str()));
    let scopes = PORTAL_SCOPES.map(str::to_owned).to_vec();
    let caller = delegated(&tenant, &user, scopes);
    let draft = Draft::of(&caller, version, &inner.body);
    if !is_administrator {
        let message = format!("The user needs one of the directory roles {}.", ADMINISTRATORS.join(", "));
        let refusal = Answer::error(403, "Forbidden", message);
        return Ok(answer_without_handler(service, &inner, refusal, &draft));
    }
    let call = GraphCall {
        exchange: &inner,
        version,
        path: rest,
        caller: &caller,
        draft: &draft,
    };
    Ok(call.answer_without_limits(service))
}

/// A user, and the tenant's identity: a whole tenant is too much to copy for a request.
fn find_user(service: &Service, tenant: &str, name: &str) -> Result<(Tenant, User), Refusal> {
    let world = service.world();
    let found = world.find_tenant(tenant);
    let tenant = found.ok_or_else(|| bad(&format!("there is no tenant '{tenant}'")))?;
    let user = tenant
        .user(name)
        .ok_or_else(|| bad(&format!("there is no user '{name}' in {}", tenant.id)))?;
    Ok((tenant.identity(), user.clone()))
}

/// One rule or a list of them.
fn read_rules(exchange: &Exchange) -> Result<Vec<Rule>, Refusal> {
    match read(exchange)? {
        list @ Value::Array(_) => strictly(list).map_err(|reason| bad(&reason)),
        one => Ok(vec![strictly(one).map_err(|reason| bad(&reason))?]),
    }
}

fn read<T: DeserializeOwned>(exchange: &Exchange) -> Result<T, Refusal> {
    let value: Value = serde_json::from_slice(&exchange.body).map_err(|error| bad(&format!("not JSON: {error}")))?;
    strictly(value).map_err(|reason| bad(&reason))
}

fn bad(reason: &dyn std::fmt::Display) -> Refusal {
    (400, reason.to_string())
}

fn refused((status, reason): Refusal) -> Response {
    let body = Answer::error(status, "controlRequestRefused", reason).body;
    json_response(status, "application/json", body.as_ref())
}
