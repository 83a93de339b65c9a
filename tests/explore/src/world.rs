//! Everything outside the controller: a cluster, a tenant, and the people who change both.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, PoisonError};

use cloudpc_operator::api::all_crds;
use cloudpc_operator::base::simulation;
use futures::FutureExt;
use graph_sim::Router;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use jiff::Timestamp;
use kube::client::Body;
use kube_sim::{Cluster, Definitions};
use lab::{ADMIN, AUDIENCE, SERVICE_ACCOUNT};
/// The controller's namespace, and the tenant of the seed.
pub use lab::{NAMESPACE as SYSTEM, TENANT};
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::plan::Plan;
use crate::wires::Wires;

/// When every run begins.
pub const START: &str = "2026-03-02T08:00:00Z";
/// The application that the controller signs in as.
pub const APP: &str = "22222222-2222-2222-2222-222222222222";
/// The namespace of the resources.
pub const TEAM: &str = "team";
/// Groups of the seed.
pub const FINANCE: &str = "33333333-0000-4000-8000-000000000001";
pub const RECEPTION: &str = "33333333-0000-4000-8000-000000000002";
pub const ANALYSTS: &str = "33333333-0000-4000-8000-000000000003";

const ENDPOINT: &str = "/deviceManagement/virtualEndpoint";
const APPROVALS: &str = include_str!("../../../manifests/approvals.yaml");
const SEED: &str = include_str!("../../../examples/simulator/seed.yaml");

/// The parts of a world that are the same in every run.
struct Basis {
    definitions: Definitions,
    graph: Router,
    /// The policy that says who may approve, and its binding, by their plurals.
    admission: Vec<(String, Value)>,
}

static BASIS: LazyLock<Basis> = LazyLock::new(|| Basis {
    definitions: Definitions::compile(all_crds()).expect("the definitions are known"),
    graph: seeded().expect("the seed is valid"),
    admission: admission(),
});

/// What the manifests have of admission. The simulated API server stores it, and lets everything through.
fn admission() -> Vec<(String, Value)> {
    let objects: Vec<Value> = serde_saphyr::from_multiple(APPROVALS).expect("the manifest is YAML");
    let admission = objects
        .into_iter()
        .filter(|object| object["apiVersion"] == "admissionregistration.k8s.io/v1");
    admission
        .map(|object| (plural(object["kind"].as_str().unwrap_or_default()), object))
        .collect()
}

fn seeded() -> anyhow::Result<Router> {
    let mut seed: Value = serde_saphyr::from_str(SEED)?;
    let cluster = Cluster::new(clock(&start()), &Definitions::compile([])?);
    let subject = format!("system:serviceaccount:{SYSTEM}:{SERVICE_ACCOUNT}");
    seed["tenants"][0]["apps"][0]["federatedCredentials"] =
        json!([{"issuer": cluster.issuer(), "subject": subject, "audiences": [AUDIENCE]}]);
    let graph = Router::new(&[seed.to_string()], clock(&start()), None)?;
    graph.trust_issuer(cluster.issuer(), vec![cluster.jwk()]);
    Ok(graph)
}

/// The simulated time; while no process runs, the time that the last one has left.
fn clock(left: &Arc<Mutex<Timestamp>>) -> Arc<dyn Fn() -> Timestamp + Send + Sync> {
    let left = Arc::clone(left);
    Arc::new(move || simulation::now().unwrap_or_else(|| *left.lock()))
}

fn start() -> Arc<Mutex<Timestamp>> {
    Arc::new(Mutex::new(START.parse().expect("a time")))
}

/// A cluster and a tenant.
pub struct World {
    /// The Kubernetes API.
    pub cluster: Cluster,
    /// Graph and Entra.
    pub graph: Router,
    /// What goes between them and the controller.
    pub wires: Arc<Wires>,
    /// Facts that a scenario keeps between its steps.
    pub kept: Mutex<Value>,
    /// The time that the last process has left.
    pub time: Arc<Mutex<Timestamp>>,
    /// The sets of assignments that people have sent last, by the path that they were sent to.
    pub assigned_by_hand: Mutex<BTreeMap<String, Value>>,
    /// The plans that people have approved.
    pub approved: Mutex<Vec<Value>>,
}

impl World {
    /// A world in which a plan will happen.
    pub fn new(plan: &Plan) -> Self {
        let time = start();
        let world = Self {
            cluster: Cluster::new(clock(&time), &BASIS.definitions),
            graph: BASIS.graph.copy(clock(&time)),
            wires: Arc::new(Wires::new(plan.clone())),
            kept: Mutex::default(),
            time,
            assigned_by_hand: Mutex::default(),
            approved: Mutex::default(),
        };
        for (name, value) in &plan.options {
            world.option(name, value);
        }
        world.create(
            "namespaces",
            None,
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SYSTEM}}),
        );
        world.create(
            "serviceaccounts",
            Some(SYSTEM),
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": SERVICE_ACCOUNT, "namespace": SYSTEM}}),
        );
        for (plural, object) in &BASIS.admission {
            world.create_in("/apis/admissionregistration.k8s.io/v1", plural, None, object);
        }
        world
    }

    /// Sets an option of the simulator. Its value is JSON, or a text.
    pub fn option(&self, name: &str, value: &str) {
        let value: Value = serde_json::from_str(value).unwrap_or_else(|_text| json!(value));
        self.control(&Method::PATCH, "/options", Some(&json!({name: value})));
    }

    /// A request to the simulator's control API.
    pub fn control(&self, method: &Method, path: &str, body: Option<&Value>) -> Value {
        let answer = self.graph.control(method, path, body);
        answer.unwrap_or_else(|refusal| panic!("{method} {path}: {refusal:?}"))
    }

    /// A request of a person to Graph, as in the admin center. Graph may refuse it.
    pub fn by_hand(&self, method: &Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let full = format!("/beta{ENDPOINT}/{path}");
        let set = body.as_ref().map(|body| body["assignments"].clone());
        let answer = self.graph.by_hand(TENANT, ADMIN, method, &full, body);
        let (status, answer) = answer.unwrap_or_else(|reason| panic!("{method} {full}: {reason}"));
        if let Some(set) = set.filter(|set| set.is_array() && status < 300) {
            self.assigned_by_hand.lock().insert(path.to_owned(), set);
        }
        (status, answer)
    }

    /// All objects of a collection, as they are.
    pub fn graph_objects(&self, collection: &str) -> Vec<Value> {
        let world = self.graph.world();
        let world = world.lock().unwrap_or_else(PoisonError::into_inner);
        let objects = world.tenants.get(TENANT).and_then(|tenant| tenant.collections.get(collection));
        let objects = objects.into_iter().flat_map(|collection| collection.iter());
        objects.map(|object| json!(object)).collect()
    }

    /// All that exists in Graph.
    pub fn state(&self) -> Value {
        self.control(&Method::GET, "/state", None)
    }

    /// The objects of a collection that have this name.
    pub fn named(&self, collection: &str, name: &str) -> Vec<Value> {
        let mut objects = self.graph_objects(collection);
        objects.retain(|object| object["displayName"] == name);
        objects
    }

    /// A request of a person to the Kubernetes API.
    pub fn kubernetes(&self, method: Method, path: &str, content: &str, body: &Value) -> (StatusCode, Value) {
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(http::header::CONTENT_TYPE, content)
            .body(Body::from(body))
            .expect("a request");
        let response = self.cluster.answer(request).now_or_never().expect("it answers at once");
        let status = response.status();
        let body = response
            .into_body()
            .collect()
            .now_or_never()
            .expect("it is there")
            .expect("whole")
            .to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    fn create(&self, plural: &str, namespace: Option<&str>, object: Value) {
        self.create_in("/api/v1", plural, namespace, &object);
    }

    fn create_in(&self, api: &str, plural: &str, namespace: Option<&str>, object: &Value) {
        let namespace = namespace.map(|name| format!("namespaces/{name}/")).unwrap_or_default();
        let (status, answer) = self.kubernetes(Method::POST, &format!("{api}/{namespace}{plural}"), "application/json", object);
        assert!(status.is_success(), "{answer}");
    }

    /// Applies an object as `kubectl apply --server-side` does.
    pub fn apply(&self, object: &Value) {
        let name = object["metadata"]["name"].as_str().expect("a name");
        let path = path_of(
            object["kind"].as_str().expect("a kind"),
            object["metadata"]["namespace"].as_str(),
            name,
        );
        let path = format!("{path}?fieldManager=kubectl&force=true");
        let (status, answer) = self.kubernetes(Method::PATCH, &path, "application/apply-patch+yaml", object);
        assert!(status.is_success(), "{path}: {answer}");
    }

    /// Merges into an object. False when it is not there.
    pub fn patch(&self, kind: &str, namespace: Option<&str>, name: &str, patch: &Value) -> bool {
        let path = path_of(kind, namespace, name);
        let (status, answer) = self.kubernetes(Method::PATCH, &path, "application/merge-patch+json", patch);
        assert!(status.is_success() || status == StatusCode::NOT_FOUND, "{path}: {answer}");
        status.is_success()
    }

    /// A person approves a plan.
    pub fn approve(&self, kind: &str, name: &str, plan: &Value) {
        self.approved.lock().push(plan.clone());
        let annotations = json!({"cloudpc.dev/approve": plan["planId"], "cloudpc.dev/approved-by": "alex"});
        self.patch(kind, Some(TEAM), name, &json!({"metadata": {"annotations": annotations}}));
    }

    /// Asks for the deletion of an object.
    pub fn delete(&self, kind: &str, namespace: Option<&str>, name: &str) {
        let (status, answer) = self.kubernetes(Method::DELETE, &path_of(kind, namespace, name), "application/json", &json!({}));
        assert!(status.is_success() || status == StatusCode::NOT_FOUND, "{answer}");
    }

    /// An object of ours.
    pub fn object(&self, kind: &str, name: &str) -> Option<Arc<Value>> {
        let namespace = !["EntraTenant", "CustomResourceDefinition"].contains(&kind);
        self.cluster.object(&plural(kind), namespace.then_some(TEAM), name)
    }
}

/// The plural of a kind of ours, or of a built-in one.
pub fn plural(kind: &str) -> String {
    let lower = kind.to_ascii_lowercase();
    match lower.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{lower}s"),
    }
}

fn path_of(kind: &str, namespace: Option<&str>, name: &str) -> String {
    let prefix = match kind {
        "Namespace" | "Secret" | "ServiceAccount" | "ConfigMap" => "/api/v1",
        "CustomResourceDefinition" => "/apis/apiextensions.k8s.io/v1",
        _ => "/apis/cloudpc.dev/v1alpha1",
    };
    let namespace = namespace.map(|name| format!("/namespaces/{name}")).unwrap_or_default();
    format!("{prefix}{namespace}/{}/{name}", plural(kind))
}
