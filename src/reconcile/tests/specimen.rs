//! Passes over a kind that Graph neither changes, nor deletes, nor assigns to groups, against a Graph and a Kubernetes API that
//! keep what they are sent.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{Method, Request, Response};
use k8s_controller::conditions::find;
use k8s_openapi::api::core::v1::Namespace;
use kube::client::Body;
use kube::core::PartialObjectMeta;
use kube::runtime::reflector::store;
use kube::runtime::watcher::Event;
use kube::{Client, ResourceExt};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::api::{EntraTenant, FINALIZER, LocalRef, Specimen, SpecimenSpec};
use crate::graph::Transport;
use crate::reconcile::context::Context;
use crate::reconcile::driver::reconcile;
use crate::reconcile::tests::fragile::context;
use crate::runtime::metrics::Metrics;
use crate::tenant::endpoints::{Connect, Endpoints};
use crate::tenant::tenants::Tenants;
use crate::tenant::tests::sign_in::tenant;

const ID: &str = "11111111-0000-4000-8000-000000000001";

/// The objects in the two services, and the writes that Graph got.
#[derive(Clone, Default)]
struct World {
    object: Arc<Mutex<Value>>,
    in_graph: Arc<Mutex<Option<Value>>>,
    written: Arc<Mutex<Vec<String>>>,
}

impl World {
    fn kubernetes(&self) -> Client {
        let object = Arc::clone(&self.object);
        let service = tower::service_fn(move |request: Request<Body>| {
            let object = Arc::clone(&object);
            async move {
                let patch: Value = serde_json::from_slice(&request.into_body().collect_bytes().await?).unwrap_or_default();
                let mut object = object.lock().unwrap();
                if patch["status"].is_object() {
                    object["status"] = patch["status"].clone();
                } else if patch["metadata"]["finalizers"].is_array() {
                    object["metadata"]["finalizers"] = patch["metadata"]["finalizers"].clone();
                }
                let answer = object.to_string().into_bytes();
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(Response::new(Body::from(answer)))
            }
        });
        Client::new(service, "team")
    }

    fn graph(&self) -> Transport {
        let world = self.clone();
        Transport::new(tower::service_fn(move |request: Request<Bytes>| {
            let (status, answer) = world.answer(request.method(), request.uri().path(), request.body());
            let body = stream::iter([Ok(Bytes::from(answer.to_string()))]).boxed();
            let answer = Response::builder()
                .status(status)
                .header("content-type", "application/json")
                .body(body);
            std::future::ready(Ok(answer.unwrap()))
        }))
    }

    fn answer(&self, method: &Method, path: &str, body: &Bytes) -> (u16, Value) {
        let mut in_graph = self.in_graph.lock().unwrap();
        if path.ends_with("/oauth2/v2.0/token") {
            let token = json!({"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": "opaque"});
            return (200, token);
        }
        let path = path.strip_prefix("/v1.0/deviceManagement/virtualEndpoint/specimens").expect(path);
        if method != Method::GET {
            self.written.lock().unwrap().push(format!("{method} {path}"));
        }
        match (method, path, &*in_graph) {
            (&Method::GET, "", found) => (200, json!({"value": found.iter().collect::<Vec<_>>()})),
            (&Method::GET, _, Some(found)) => (200, found.clone()),
            (&Method::POST, "", None) => {
                let mut object: Value = serde_json::from_slice(body).unwrap();
                object["id"] = json!(ID);
                *in_graph = Some(object.clone());
                (201, object)
            }
            other => panic!("{other:?}"),
        }
    }

    fn context(&self) -> Arc<Context> {
        let kubernetes = self.kubernetes();
        let mut context = Arc::into_inner(context(kubernetes.clone())).unwrap();
        let world = self.clone();
        let token_file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(token_file.path(), "assertion").unwrap();
        let endpoints = Endpoints {
            graph: "https://graph.example".parse().unwrap(),
            authority: "https://login.example".parse().unwrap(),
            token_file: Some(token_file.keep().unwrap().1),
            request_timeout: std::time::Duration::from_secs(1),
            own: crate::runtime::own_namespace::OwnNamespace::new(kubernetes, "cloudpc-system"),
            connect: Connect {
                https: Arc::new(move || Ok(world.graph())),
                ..Connect::default()
            },
        };
        context.tenants = Tenants::new(endpoints, Metrics::new());
        let contoso = tenant("contoso", json!({"allowedNamespaces": {"names": ["team"]}}));
        let system = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system", "uid": "cluster"}});
        context.cluster.caches.tenants = filled::<EntraTenant>(contoso);
        context.cluster.caches.namespaces = filled::<PartialObjectMeta<Namespace>>(serde_json::from_value(system).unwrap());
        Arc::new(context)
    }

    /// One pass over the object as Kubernetes has it; the newest version of it.
    async fn pass(&self, context: &Arc<Context>) -> Specimen {
        let read = || serde_json::from_value(self.object.lock().unwrap().clone()).unwrap();
        reconcile::<Specimen>(Arc::new(read()), Arc::clone(context)).await.unwrap();
        read()
    }
}

fn filled<K>(object: K) -> kube::runtime::reflector::Store<K>
where
    K: kube::Resource<DynamicType = ()> + Clone + DeserializeOwned + 'static,
{
    let (store, mut writer) = store();
    writer.apply_watcher_event(&Event::Apply(object));
    store
}

fn ready(object: &Specimen) -> (String, String, String) {
    let conditions = &object.status.as_ref().unwrap().conditions;
    let ready = find(conditions, "Ready").unwrap();
    (ready.status.clone(), ready.reason.clone(), ready.message.clone())
}

#[tokio::test]
async fn a_kind_without_assignments_update_and_deletion_is_created_compared_and_left_behind() {
    let world = World::default();
    let name = |name: &str| SpecimenSpec {
        tenant_ref: LocalRef {
            name: "contoso".to_owned(),
        },
        display_name: name.to_owned(),
    };
    let mut object = Specimen::new("x", name("first"));
    object.metadata.namespace = Some("team".to_owned());
    object.metadata.uid = Some("uid".to_owned());
    object.metadata.generation = Some(1);
    object.metadata.resource_version = Some("7".to_owned());
    *world.object.lock().unwrap() = serde_json::to_value(&object).unwrap();
    let context = world.context();

    let created = world.pass(&context).await;
    assert_eq!(created.finalizers(), [FINALIZER]);
    let (status, _, message) = ready(&created);
    assert_eq!(status, "True", "{message}");
    assert_eq!(created.status.as_ref().unwrap().id.as_deref(), Some(ID));

    world.object.lock().unwrap()["spec"] = serde_json::to_value(name("second")).unwrap();
    world.object.lock().unwrap()["metadata"]["generation"] = json!(2);
    let (_, reason, message) = ready(&world.pass(&context).await);
    assert_eq!(reason, "ImmutableField", "{message}");

    world.object.lock().unwrap()["metadata"]["deletionTimestamp"] = json!("2026-01-05T08:00:00Z");
    let released = world.pass(&context).await;
    assert!(released.finalizers().is_empty(), "{:?}", released.status);
    assert_eq!(*world.written.lock().unwrap(), ["POST "], "one create and nothing else");
    assert!(world.in_graph.lock().unwrap().is_some());
}
