//! Fakes of what a sign-in uses: the controller's own namespace, and Microsoft's hosts played by the simulator.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::StreamExt;
use graph_sim::{Simulator, SimulatorOptions};
use http::header::HOST;
use http::{HeaderValue, Method, Request, Response};
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::api::EntraTenant;
use crate::graph::{SendError, Transport};
use crate::report::failure::Failure;
use crate::runtime::own_namespace::OwnNamespace;
use crate::tenant::endpoints::{Connect, Endpoints};
use crate::tenant::shared::Tenant;
use crate::tenant::tenants::Tenants;

/// A tenant of the seed.
pub(crate) const CONTOSO: &str = "11111111-1111-1111-1111-111111111111";
/// Its application.
pub(crate) const APP: &str = "22222222-2222-2222-2222-222222222222";
/// The value of its client secret in the seed.
pub(crate) const SECRET: &str = "s3cr3t-canary";

/// The objects of the fake Kubernetes API, and its requests.
#[derive(Default)]
pub(crate) struct Cluster {
    secrets: Mutex<BTreeMap<String, Value>>,
    tokens: Mutex<BTreeMap<String, (u16, Value)>>,
    asked: Mutex<Vec<(String, Value)>>,
}

impl Cluster {
    /// Stores a Secret with these keys.
    pub(crate) fn secret(&self, name: &str, keys: &[(&str, &[u8])]) {
        let data: serde_json::Map<String, Value> = keys
            .iter()
            .map(|(key, value)| ((*key).to_owned(), Value::from(STANDARD.encode(value))))
            .collect();
        let object = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data});
        self.secrets.lock().unwrap().insert(name.to_owned(), object);
    }

    /// From now on a token request for this service account is answered like this.
    pub(crate) fn account(&self, name: &str, status: u16, answer: Value) {
        self.tokens.lock().unwrap().insert(name.to_owned(), (status, answer));
    }

    /// A token request is answered with this token.
    pub(crate) fn token(&self, account: &str, token: &str) {
        let answer = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "metadata": {}, "spec": {"audiences": []},
            "status": {"token": token, "expirationTimestamp": "2030-01-01T00:00:00Z"}});
        self.account(account, 201, answer);
    }

    /// Method and path of every request so far, with its body.
    pub(crate) fn asked(&self) -> Vec<(String, Value)> {
        self.asked.lock().unwrap().clone()
    }

    fn answer(&self, method: &Method, path: &str, body: Value) -> (u16, Value) {
        self.asked.lock().unwrap().push((format!("{method} {path}"), body));
        let missing = || {
            let status = json!({"apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Failure", "reason": "NotFound",
                "message": "not found", "code": 404});
            (404, status)
        };
        let parts: Vec<&str> = path.trim_start_matches("/api/v1/namespaces/").split('/').collect();
        match (method.as_str(), parts.as_slice()) {
            ("GET", ["cloudpc-system", "secrets", name]) => {
                let found = self.secrets.lock().unwrap().get(*name).cloned();
                found.map_or_else(missing, |secret| (200, secret))
            }
            ("POST", ["cloudpc-system", "serviceaccounts", name, "token"]) => {
                let found = self.tokens.lock().unwrap().get(*name).cloned();
                found.unwrap_or_else(missing)
            }
            other => panic!("the controller asked for {other:?}"),
        }
    }

    fn client(self: &Arc<Self>) -> Client {
        let cluster = Arc::clone(self);
        let service = tower::service_fn(move |request: Request<Body>| {
            let cluster = Arc::clone(&cluster);
            async move {
                let (parts, body) = request.into_parts();
                let body = body.collect_bytes().await?;
                let body = serde_json::from_slice(&body).unwrap_or_default();
                let (status, answer) = cluster.answer(&parts.method, parts.uri.path(), body);
                let response = Response::builder().status(status).body(Body::from(answer.to_string().into_bytes()));
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(response?)
            }
        });
        Client::new(service, "default")
    }
}

/// One request that left the controller, by the name that it called.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// `https://host`.
    pub root: String,
    /// The path.
    pub path: String,
    /// The form of a token request.
    pub form: BTreeMap<String, String>,
}

impl Sent {
    /// Whether it asks for a token.
    pub(crate) fn is_login(&self) -> bool {
        self.path.ends_with("/oauth2/v2.0/token")
    }
}

/// Every name of Microsoft's, played by one simulator; and the controller's own namespace.
pub(crate) struct Scene {
    /// The controller's own namespace.
    pub cluster: Arc<Cluster>,
    /// The tenants, as the controller knows them.
    pub tenants: Tenants,
    sent: Arc<Mutex<Vec<Sent>>>,
    simulator: Simulator,
}

impl Scene {
    /// With this seed, and this file as the pod's token.
    pub(crate) fn new(seed: &Value, token_file: Option<&std::path::Path>) -> Self {
        let simulator = Simulator::start(SimulatorOptions {
            seeds: vec![seed.to_string()],
            ..SimulatorOptions::default()
        })
        .unwrap();
        let (cluster, sent) = (Arc::<Cluster>::default(), Arc::<Mutex<Vec<Sent>>>::default());
        let https = transport(&simulator, &sent);
        let connect = Connect {
            https: Arc::new(move || Ok(https.clone())),
            metadata: Arc::new(|| panic!("no managed identity was requested")),
        };
        let endpoints = Endpoints {
            graph: "https://graph.microsoft.com".parse().unwrap(),
            authority: "https://login.microsoftonline.com".parse().unwrap(),
            token_file: token_file.map(std::path::Path::to_owned),
            request_timeout: Duration::from_secs(10),
            own: OwnNamespace::new(cluster.client(), "cloudpc-system"),
            connect,
        };
        Self {
            cluster,
            tenants: Tenants::new(endpoints, crate::runtime::metrics::Metrics::new()),
            sent,
            simulator,
        }
    }

    /// Adds a fault of Graph's.
    pub(crate) async fn fault(&self, rule: Value) {
        let url = format!("{}/faults", self.simulator.control_url());
        let body = rule.to_string();
        let answer = client(&self.simulator).post(url).body(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{answer:?}");
    }

    /// Every request to Microsoft so far.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    /// Every token request so far.
    pub(crate) fn logins(&self) -> Vec<Sent> {
        self.sent().into_iter().filter(Sent::is_login).collect()
    }
}

fn client(simulator: &Simulator) -> reqwest::Client {
    let ca = reqwest::Certificate::from_pem(simulator.ca_pem().as_bytes()).unwrap();
    reqwest::Client::builder()
        .tls_certs_only([ca])
        .http1_only()
        .no_proxy()
        .build()
        .unwrap()
}

/// Sends everything to the simulator, under the name that was called.
fn transport(simulator: &Simulator, sent: &Arc<Mutex<Vec<Sent>>>) -> Transport {
    let client = client(simulator);
    let (root, sent) = (simulator.graph_url().to_owned(), Arc::clone(sent));
    Transport::new(tower::service_fn(move |mut request: Request<Bytes>| {
        let (client, uri) = (client.clone(), request.uri().clone());
        let host = uri.authority().unwrap().to_string();
        sent.lock().unwrap().push(Sent {
            root: format!("https://{host}"),
            path: uri.path().to_owned(),
            form: form_urlencoded::parse(request.body()).into_owned().collect(),
        });
        *request.uri_mut() = format!("{root}{}", uri.path_and_query().unwrap()).parse().unwrap();
        request.headers_mut().insert(HOST, HeaderValue::from_str(&host).unwrap());
        async move {
            let request = reqwest::Request::try_from(request).unwrap();
            let lost = |error: reqwest::Error| SendError::Connect(error.to_string());
            let answer = client.execute(request).await.map_err(lost)?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            let body = answer.bytes().await.map_err(lost)?;
            let mut response = Response::new(futures::stream::iter([Ok(body)]).boxed());
            *response.status_mut() = status;
            *response.headers_mut() = headers;
            Ok(response)
        }
    }))
}

/// A seed of Contoso whose application has these fields.
pub(crate) fn seed(fields: Value) -> Value {
    let mut app = json!({"appId": APP, "roles": ["CloudPC.ReadWrite.All", "Group.Read.All", "Organization.Read.All"]});
    for (name, value) in fields.as_object().unwrap() {
        app[name] = value.clone();
    }
    json!({"tenants": [{"id": CONTOSO, "displayName": "Contoso", "apps": [app]}]})
}

/// An EntraTenant of Contoso with these fields in its spec.
pub(crate) fn tenant(name: &str, fields: Value) -> EntraTenant {
    let mut spec = json!({"tenantId": CONTOSO, "clientId": APP});
    for (field, value) in fields.as_object().unwrap() {
        spec[field] = value.clone();
    }
    let object = json!({"apiVersion": "cloudpc.dev/v1alpha1", "kind": "EntraTenant", "metadata": {"name": name}, "spec": spec});
    serde_json::from_value(object).unwrap()
}

/// Credentials: the client secret in this Secret.
pub(crate) fn client_secret(name: &str) -> Value {
    json!({"credentials": {"clientSecret": {"secretRef": {"name": name}}}})
}

/// What happens when the tenant is used.
pub(crate) async fn signs_in(tenant: &Tenant) -> Result<String, Failure> {
    tenant.client.forget_token();
    Ok(tenant.client.organization().await?.display_name)
}
