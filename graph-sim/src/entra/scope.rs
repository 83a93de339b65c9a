//! The scopes that a token request may ask for: of Microsoft Graph in the cloud whose login service was called, and for
//! people those of the login service.

use super::cloud::{Cloud, GRAPH_APP_ID, PUBLIC};
use super::failure::Failure;
use crate::world::{App, Tenant};

/// Scopes of the login service itself, for people. Applications get nothing by them, and they are
/// ignored where an application asks for them, because MSAL for Go always does (captured).
const OF_PEOPLE: [&str; 3] = ["openid", "offline_access", "profile"];

/// The names of Graph in a token request.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    /// The root that was called.
    pub root: &'a str,
    /// The listener's own root, which counts as Graph of the public cloud.
    pub own_root: &'a str,
    /// The tenant, for messages.
    pub tenant: &'a Tenant,
}

/// What a person permits an application.
#[derive(Clone, Debug)]
pub(crate) struct Delegated {
    /// The audience of the access token.
    pub audience: &'static str,
    /// The permissions, as `scp` in the access token has them.
    pub permissions: Vec<String>,
    /// The permissions as the answer has them: with the resource where the request had it.
    pub shown: Vec<String>,
    /// Whether an id token is wanted.
    pub id_token: bool,
    /// Whether a refresh token is wanted.
    pub refresh_token: bool,
}

/// The audience of an application's token for this scope.
pub(crate) fn audience(scope: &str, names: Names<'_>) -> Result<&'static str, Failure> {
    let mut scopes = scope.split_whitespace().filter(|one| !OF_PEOPLE.contains(one));
    let (Some(only), None) = (scopes.next(), scopes.next()) else {
        let text = format!("The scope '{scope}' is not valid: give exactly one resource.");
        return Err(invalid(70_011, text));
    };
    let Some(resource) = only.strip_suffix("/.default") else {
        let text = "Client credentials need a scope that ends with /.default.";
        return Err(invalid(1_002_012, format!("The scope '{only}' is not valid. {text}")));
    };
    names.graph(resource)
}

/// What this scope asks of a person. `.default` means the permissions that the application's `roles` name (assumed: people have
/// consented to the same); any permission that is named is granted.
pub(crate) fn delegated(scope: &str, names: Names<'_>, app: &App) -> Result<Delegated, Failure> {
    let mut wanted = Delegated {
        audience: Cloud::of_root(names.root).graph[0],
        permissions: Vec::new(),
        shown: Vec::new(),
        id_token: false,
        refresh_token: false,
    };
    let (mut all, mut resource) = (false, None);
    for one in scope.split_whitespace() {
        match one {
            "offline_access" => wanted.refresh_token = true,
            "openid" | "profile" | "email" => {
                wanted.id_token |= one == "openid";
                wanted.take("", one);
            }
            _ => {
                // A permission without a resource is one of Graph's (documented).
                let (prefix, name) = one.rsplit_once('/').map_or(("", one), |(prefix, name)| (prefix, name));
                if !prefix.is_empty() {
                    let audience = names.graph(prefix)?;
                    if resource.replace(audience).is_some_and(|other| other != audience) {
                        return Err(invalid(
                            70_011,
                            format!("The scope '{scope}' is not valid: it names two resources."),
                        ));
                    }
                    wanted.audience = audience;
                }
                if name == ".default" {
                    all = true;
                    wanted.shown.push(one.to_owned());
                    app.roles.iter().for_each(|role| wanted.take(prefix, role));
                } else {
                    wanted.take(prefix, name);
                }
            }
        }
    }
    let named = scope.split_whitespace().filter(|one| !OF_PEOPLE.contains(one) && *one != "email");
    if all && named.count() > 1 {
        let text = ".default cannot be asked for together with other permissions.";
        return Err(invalid(70_011, format!("The scope '{scope}' is not valid. {text}")));
    }
    Ok(wanted)
}

impl Delegated {
    fn take(&mut self, prefix: &str, name: &str) {
        if self.permissions.iter().any(|known| known == name) {
            return;
        }
        self.permissions.push(name.to_owned());
        self.shown.push(match prefix {
            "" => name.to_owned(),
            prefix => format!("{prefix}/{name}"),
        });
    }
}

impl Names<'_> {
    /// The audience of a resource.
    fn graph(&self, resource: &str) -> Result<&'static str, Failure> {
        let cloud = Cloud::of_root(self.root);
        let is_own = |url| cloud == PUBLIC && (url == self.root || url == self.own_root);
        // Some clients join root and scope with two slashes; Entra accepts `https://graph.microsoft.com//.default` as well.
        let resource = resource.trim_end_matches('/');
        let graph = cloud.graph.iter().copied().find(|graph| *graph == resource);
        if let Some(graph) = graph.or_else(|| is_own(resource).then_some(PUBLIC.graph[0])) {
            return Ok(graph);
        }
        if resource == GRAPH_APP_ID {
            return Ok(GRAPH_APP_ID);
        }
        let text = format!(
            "The resource '{resource}' was not found in the tenant '{}'.",
            self.tenant.display_name
        );
        Err(Failure::new(400, "invalid_resource", 500_011, text))
    }
}

fn invalid(code: u32, text: String) -> Failure {
    Failure::new(400, "invalid_scope", code, text)
}
