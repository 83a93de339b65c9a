//! A tenant and a way to send it requests in-process, without a listener or a token.

use graph_sim::base::answer::{Answer, ApiVersion, GraphRequest};
use graph_sim::base::caller::{Actor, Caller};
use graph_sim::contract::Checked;
use graph_sim::graph;
use graph_sim::world::{Group, Tenant, User, World};
use serde_json::{Value, json};

pub const TENANT: &str = "11111111-1111-4111-8111-111111111111";
pub const APP: &str = "22222222-2222-4222-8222-222222222222";
pub const GROUP_A: &str = "aaaaaaaa-0000-4000-8000-00000000000a";
pub const GROUP_B: &str = "aaaaaaaa-0000-4000-8000-00000000000b";
pub const PLAN: &str = "057efbfe-a95d-4263-acb0-12b4a31fed8d";
pub const CONNECTION: &str = "33333333-0000-4000-8000-000000000001";
pub const PENDING_CONNECTION: &str = "33333333-0000-4000-8000-000000000002";
pub const DEVICE_IMAGE: &str = "44444444-0000-4000-8000-000000000001";
pub const GALLERY_IMAGE: &str = "microsoftwindowsdesktop_windows-ent-cpc_win11-24H2-ent-cpc-m365";
pub const POLICIES: &str = "/deviceManagement/virtualEndpoint/provisioningPolicies";
pub const SETTINGS: &str = "/deviceManagement/virtualEndpoint/userSettings";
pub const GALLERY: &str = "/deviceManagement/virtualEndpoint/galleryImages";
pub const PLANS: &str = "/deviceManagement/virtualEndpoint/frontLineServicePlans";
pub const UNKNOWN_ID: &str = "99999999-0000-4000-8000-000000000009";
pub const VERSIONS: [ApiVersion; 2] = [ApiVersion::V1, ApiVersion::Beta];
pub const ALL_ROLES: [&str; 7] = [
    "CloudPC.ReadWrite.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "Organization.Read.All",
    "User.Read.All",
    "User.ReadWrite.All",
    "DeviceManagementManagedDevices.Read.All",
];

/// A tenant with two groups, a plan of ten licences, the default gallery, two connections and a custom image.
pub fn world() -> World {
    let mut world = World::new();
    world.clock = graph_sim::base::clock::Clock::frozen("2026-01-05T08:00:00Z".parse().unwrap());
    let group = |id: &str, name: &str, nickname: &str| Group {
        id: id.to_owned(),
        display_name: name.to_owned(),
        mail_nickname: Some(nickname.to_owned()),
        members: Vec::new(),
        member_groups: Vec::new(),
        created: Some("2026-01-05T07:00:00Z".parse().unwrap()),
    };
    let tenant = Tenant {
        id: TENANT.to_owned(),
        display_name: "Contoso".to_owned(),
        verified_domains: vec!["contoso.com".to_owned(), "contoso.onmicrosoft.com".to_owned()],
        users: vec![User {
            id: "66666666-0000-4000-8000-000000000001".to_owned(),
            user_principal_name: "ada@contoso.com".to_owned(),
            display_name: "Ada".to_owned(),
            roles: vec!["Windows 365 Administrator".to_owned()],
            licences: Vec::new(),
        }],
        groups: vec![group(GROUP_A, "Finance O'Neil", "finance"), group(GROUP_B, "Sales", "sales")],
        ..Tenant::default()
    };
    world.tenants.insert(TENANT.to_owned(), tenant);
    for image in graph_sim::catalogue::gallery::default_gallery() {
        seed(&mut world, "galleryImages", image);
    }
    seed(
        &mut world,
        "frontLineServicePlans",
        json!({"id": PLAN, "displayName": "2vCPU/8GB/128GB Front-line", "totalCount": 10, "usedCount": 0}),
    );
    seed(
        &mut world,
        "onPremisesConnections",
        json!({"id": CONNECTION, "healthCheckStatus": "passed"}),
    );
    seed(
        &mut world,
        "onPremisesConnections",
        json!({"id": PENDING_CONNECTION, "healthCheckStatus": "pending"}),
    );
    seed(&mut world, "deviceImages", json!({"id": DEVICE_IMAGE, "displayName": "base"}));
    world
}

pub fn seed(world: &mut World, collection: &str, value: Value) {
    graph::seed_object(world, TENANT, collection, value).unwrap();
}

pub fn app(roles: &[&str]) -> Caller {
    Caller {
        tenant: TENANT.to_owned(),
        actor: Actor::App { app_id: APP.to_owned() },
        application_roles: roles.iter().map(ToString::to_string).collect(),
        scopes: Vec::new(),
        directory_roles: Vec::new(),
    }
}

pub fn user(scopes: &[&str], directory_roles: &[&str]) -> Caller {
    Caller {
        tenant: TENANT.to_owned(),
        actor: Actor::User {
            user_principal_name: "ada@contoso.com".to_owned(),
        },
        application_roles: Vec::new(),
        scopes: scopes.iter().map(ToString::to_string).collect(),
        directory_roles: directory_roles.iter().map(ToString::to_string).collect(),
    }
}

/// One request, with everything that a test may vary.
pub struct Ask {
    pub version: ApiVersion,
    pub method: &'static str,
    pub target: String,
    pub body: Vec<u8>,
    pub caller: Caller,
    pub prefer: Vec<String>,
}

impl Ask {
    pub fn new(version: ApiVersion, method: &'static str, target: impl Into<String>) -> Self {
        let (target, caller) = (target.into(), app(&ALL_ROLES));
        Self {
            version,
            method,
            target,
            body: Vec::new(),
            caller,
            prefer: Vec::new(),
        }
    }

    pub fn body(mut self, body: &Value) -> Self {
        self.body = body.to_string().into_bytes();
        self
    }

    pub fn by(mut self, caller: Caller) -> Self {
        self.caller = caller;
        self
    }

    pub fn all_members(mut self) -> Self {
        self.prefer.push("include-unknown-enum-members".to_owned());
        self
    }

    /// Sends it, and checks it and its answer against the description.
    pub fn send(self, world: &mut World) -> Answer {
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        let decode = |text: &str| {
            percent_encoding::percent_decode_str(&text.replace('+', " "))
                .decode_utf8()
                .unwrap()
                .into_owned()
        };
        let query: Vec<(String, String)> = query
            .split('&')
            .filter(|option| !option.is_empty())
            .map(|option| option.split_once('=').unwrap_or((option, "")))
            .map(|(name, value)| (decode(name), decode(value)))
            .collect();
        let request = GraphRequest {
            version: self.version,
            method: http::Method::from_bytes(self.method.as_bytes()).unwrap(),
            path,
            query,
            prefer: self.prefer,
            body: &self.body,
            caller: &self.caller,
            request_id: "77777777-0000-4000-8000-000000000001".to_owned(),
            client_request_id: None,
            root: "https://graph.test".to_owned(),
        };
        let answer = graph::handle(world, &request);
        crate::contract::support::expect_kept(&Checked {
            version: self.version,
            method: self.method,
            path,
            query: &request.query,
            request_body: &self.body,
            status: answer.status,
            response_body: answer.body.as_ref(),
        });
        answer
    }
}

pub fn get(world: &mut World, version: ApiVersion, target: &str) -> Answer {
    Ask::new(version, "GET", target).all_members().send(world)
}

/// The smallest policy that v1.0 and beta both accept.
pub fn policy(name: &str) -> Value {
    json!({
        "displayName": name,
        "imageId": GALLERY_IMAGE,
        "imageDisplayName": "Windows 11 Enterprise + Microsoft 365 Apps 24H2",
        "imageType": "gallery",
        "domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "regionName": "westeurope"}],
    })
}

/// A policy with some properties in another way; null takes one away.
pub fn policy_with(changes: &Value) -> Value {
    let mut body = policy("changed");
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(body.as_object_mut().unwrap().remove(name)),
            value => body[name] = value.clone(),
        }
    }
    body
}

pub fn create(world: &mut World, path: &str, body: &Value) -> String {
    let answer = Ask::new(ApiVersion::Beta, "POST", path).body(body).send(world);
    assert_eq!(answer.status, 201, "{:?}", answer.body);
    answer.body.unwrap()["id"].as_str().unwrap().to_owned()
}

pub fn assign(world: &mut World, version: ApiVersion, owner: &str, assignments: &Value) -> Answer {
    Ask::new(version, "POST", format!("{owner}/assign"))
        .body(&json!({ "assignments": assignments }))
        .send(world)
}

pub fn assigned(world: &mut World, owner: &str) -> Vec<Value> {
    let answer = get(world, ApiVersion::Beta, &format!("{owner}?$expand=assignments"));
    answer.body.unwrap()["assignments"].as_array().unwrap().clone()
}

/// The message and the inner message of a failure.
pub fn reason(answer: &Answer) -> String {
    let error = &answer.body.as_ref().unwrap()["error"];
    let inner = error["innerError"]["message"].as_str().unwrap_or_default();
    format!("{} {inner}", error["message"].as_str().unwrap())
}

/// The display names of a list.
pub fn names(body: &Value) -> Vec<&str> {
    body["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["displayName"].as_str().unwrap())
        .collect()
}

/// Follows the links from a first page to the last and gives the names of each page.
pub fn follow(world: &mut World, version: ApiVersion, first: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut target = first.to_owned();
    loop {
        let answer = get(world, version, &target);
        assert_eq!(answer.status, 200, "{target}: {:?}", answer.body);
        let body = answer.body.unwrap();
        pages.push(names(&body).into_iter().map(str::to_owned).collect());
        let Some(link) = body["@odata.nextLink"].as_str() else {
            return pages;
        };
        let prefix = format!("https://graph.test/{}", version.as_str());
        target = link.strip_prefix(&prefix).unwrap().to_owned();
    }
}

/// Creates with a body.
pub fn post(world: &mut World, version: ApiVersion, path: &str, body: &Value) -> Answer {
    Ask::new(version, "POST", path).all_members().body(body).send(world)
}

/// A failure that names what is wrong, and an unchanged world.
pub fn refused(world: &mut World, answer: &Answer, status: u16, named: &str, place: &str) {
    assert_eq!(answer.status, status, "{place}: {:?}", answer.body);
    assert!(
        reason(answer).contains(named),
        "{place}: '{}' does not name {named}",
        reason(answer)
    );
    assert!(!answer.committed, "{place}");
    let policies = get(world, ApiVersion::Beta, POLICIES).body.unwrap();
    assert_eq!(policies["value"], json!([]), "{place}");
}
