//! A simulator with two tenants, and a client that trusts its CA.

use graph_sim::{Simulator, SimulatorOptions};
use reqwest::{Certificate, Client, ClientBuilder, Method, Response};
use serde_json::{Value, json};

pub const TENANT: &str = "11111111-1111-1111-1111-111111111111";
pub const OTHER_TENANT: &str = "99999999-1111-1111-1111-111111111111";
pub const APP: &str = "22222222-2222-2222-2222-222222222222";
pub const ADMIN: &str = "admin@contoso.com";
pub const USER: &str = "user@contoso.com";
/// Must not be found anywhere but in what the client sends.
pub const SECRET: &str = "canary-5f0a-secret";
pub const SCOPE: &str = "https://graph.microsoft.com/.default";

/// The form with which the application exchanges an assertion for a token.
pub fn assertion_form(assertion: &str) -> [(&'static str, &str); 5] {
    [
        ("grant_type", "client_credentials"),
        ("client_id", APP),
        ("scope", SCOPE),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
    ]
}
pub const POLICIES: &str = "/beta/deviceManagement/virtualEndpoint/provisioningPolicies";

/// A seed with two tenants that have the same application; the clock is frozen.
pub fn seed() -> Value {
    let app = json!({
        "appId": APP, "displayName": "cloudpc-operator", "clientSecret": SECRET,
        "roles": ["CloudPC.ReadWrite.All", "Group.Read.All", "Organization.Read.All"],
    });
    json!({
        "now": "2026-01-05T08:00:00Z",
        "tenants": [
            {
                "id": TENANT, "displayName": "Contoso", "verifiedDomains": ["contoso.com"], "apps": [app],
                "users": [
                    {"userPrincipalName": ADMIN, "roles": ["Windows 365 Administrator"]},
                    {"userPrincipalName": USER},
                ],
                "groups": [{"id": "aaaaaaaa-0000-4000-8000-000000000001", "displayName": "finance"}],
            },
            {
                "id": OTHER_TENANT, "displayName": "Fabrikam", "apps": [app],
                "groups": [{"id": "bbbbbbbb-0000-4000-8000-000000000001", "displayName": "elsewhere"}],
            },
        ],
    })
}

/// A running simulator with its client.
pub struct Sim {
    pub simulator: Simulator,
    pub client: Client,
}

impl Sim {
    pub fn start(seed: &Value) -> Self {
        // JSON is YAML.
        let options = SimulatorOptions {
            seeds: vec![seed.to_string()],
            contract: crate::contract::support::shared(),
            ..SimulatorOptions::default()
        };
        let simulator = Simulator::start(options).expect("simulator starts");
        let client = client(simulator.ca_pem(), |builder| builder);
        Self { simulator, client }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.simulator.graph_url())
    }

    /// A token request's status and answer.
    pub async fn token(&self, tenant: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self.client.post(self.url(&format!("/{tenant}/oauth2/v2.0/token")));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        answered(request.send().await.expect("an answer")).await
    }

    /// A token of the application, by its secret.
    pub async fn app_token(&self, tenant: &str) -> String {
        let (status, answer) = self.token(tenant, &by_secret()).await;
        assert_eq!(status, 200, "{answer}");
        answer["access_token"].as_str().expect("a token").to_owned()
    }

    pub async fn try_graph(&self, method: Method, path: &str, token: &str, body: Option<&Value>) -> reqwest::Result<Response> {
        let mut request = self.client.request(method, self.url(path)).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(body);
        }
        request.send().await
    }

    pub async fn graph(&self, method: Method, path: &str, token: &str, body: Option<&Value>) -> (u16, Value) {
        answered(self.try_graph(method, path, token, body).await.expect("an answer")).await
    }

    pub async fn get(&self, path: &str, token: &str) -> (u16, Value) {
        self.graph(Method::GET, path, token, None).await
    }

    pub async fn control(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let mut request = self.client.request(method, self.url(&format!("/_sim{path}")));
        if !body.is_null() {
            request = request.json(body);
        }
        answered(request.send().await.expect("an answer")).await
    }

    /// The control API's answer, which must be a good one.
    pub async fn peek(&self, path: &str) -> Value {
        let (status, answer) = self.control(Method::GET, path, &Value::Null).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    pub async fn add_fault(&self, rule: Value) {
        let (status, answer) = self.control(Method::POST, "/faults", &rule).await;
        assert_eq!(status, 200, "{answer}");
    }

    /// Names of the policies that exist in the first tenant.
    pub async fn policy_names(&self) -> Vec<String> {
        let state = self.peek("/state").await;
        let policies = state["tenants"][TENANT]["provisioningPolicies"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        policies
            .iter()
            .map(|policy| policy["displayName"].as_str().unwrap_or_default().to_owned())
            .collect()
    }
}

pub fn client(ca_pem: &str, adjust: impl Fn(ClientBuilder) -> ClientBuilder) -> Client {
    let ca = Certificate::from_pem(ca_pem.as_bytes()).expect("a CA");
    adjust(Client::builder().tls_certs_only([ca]).no_proxy()).build().expect("a client")
}

pub fn by_secret() -> [(&'static str, &'static str); 4] {
    [
        ("grant_type", "client_credentials"),
        ("client_id", APP),
        ("scope", SCOPE),
        ("client_secret", SECRET),
    ]
}

pub fn policy(name: &str) -> Value {
    json!({
        "displayName": name,
        "imageId": "microsoftwindowsdesktop_windows-ent-cpc_win11-24H2-ent-cpc-m365",
        "imageDisplayName": "Windows 11 Enterprise + Microsoft 365 Apps 24H2",
        "imageType": "gallery",
        "provisioningType": "dedicated",
        "windowsSetting": {"locale": "en-US"},
        "domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "regionName": "westeurope"}],
    })
}

/// Status and body; a body that is not JSON is null.
pub async fn answered(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let body = response.bytes().await.expect("a whole body");
    (status, serde_json::from_slice(&body).unwrap_or_default())
}
