//! kube's client and its watcher against the cluster, with tokio's clock paused.

use std::sync::Arc;
use std::time::Duration;

use cloudpc_operator::api::all_crds;
use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, ServiceAccount};
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams, PostParams, WatchParams};
use kube::core::PartialObjectMeta;
use kube::runtime::watcher;
use kube_sim::{Cluster, Definitions};
use serde_json::{Value, json};

fn cluster() -> Cluster {
    let definitions = Definitions::compile(all_crds()).expect("known");
    Cluster::new(Arc::new(|| "2026-01-01T00:00:00Z".parse().expect("a time")), &definitions)
}

fn settings(cluster: &Cluster) -> Api<DynamicObject> {
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("cloudpc.dev", "v1alpha1", "UserSetting"));
    Api::namespaced_with(cluster.client(), "default", &kind)
}

fn setting(name: &str) -> DynamicObject {
    serde_json::from_value(json!({
        "apiVersion": "cloudpc.dev/v1alpha1", "kind": "UserSetting",
        "metadata": {"name": name},
        "spec": {"tenantRef": {"name": "main"}, "displayName": name, "localAdminEnabled": true},
    }))
    .expect("an object")
}

fn config_map(name: &str) -> ConfigMap {
    serde_json::from_value(json!({"metadata": {"name": name}, "data": {"a": "1"}})).expect("an object")
}

#[tokio::test(start_paused = true)]
async fn an_object_lives_until_its_finalizer_is_removed() {
    let cluster = cluster();
    let api = settings(&cluster);
    let created = api.create(&PostParams::default(), &setting("one")).await.expect("created");
    assert_eq!(created.metadata.generation, Some(1));
    let held = json!({"metadata": {"finalizers": ["cloudpc.dev/x"], "resourceVersion": created.metadata.resource_version}});
    let params = PatchParams::default();
    let held = api.patch("one", &params, &Patch::Merge(&held)).await.expect("patched");
    assert_eq!(held.metadata.generation, Some(1), "metadata is no part of the specification");
    let stale = json!({"metadata": {"resourceVersion": created.metadata.resource_version}});
    let conflict = api.patch("one", &params, &Patch::Merge(&stale)).await.expect_err("stale");
    assert!(matches!(&conflict, kube::Error::Api(status) if status.code == 409), "{conflict}");
    let leaving = api
        .delete("one", &DeleteParams::default())
        .await
        .expect("deleted")
        .left()
        .expect("still there");
    assert!(leaving.metadata.deletion_timestamp.is_some());
    assert_eq!(leaving.metadata.generation, Some(2));
    let released = json!({"metadata": {"finalizers": []}});
    api.patch("one", &params, &Patch::Merge(&released)).await.expect("patched");
    assert!(api.get_opt("one").await.expect("answered").is_none());
    let gone: Vec<bool> = cluster
        .changes()
        .iter()
        .filter(|change| change.resource == "usersettings")
        .map(|change| change.gone)
        .collect();
    assert_eq!(gone, [false, false, false, true]);
}

#[tokio::test(start_paused = true)]
async fn a_status_is_applied_and_is_no_new_generation() {
    let cluster = cluster();
    let api = settings(&cluster);
    let created = api.create(&PostParams::default(), &setting("one")).await.expect("created");
    let apply = async |status: Value, version: Option<&str>| {
        let body = json!({
            "apiVersion": "cloudpc.dev/v1alpha1", "kind": "UserSetting",
            "metadata": {"name": "one", "uid": created.metadata.uid, "resourceVersion": version}, "status": status,
        });
        api.patch_status("one", &PatchParams::apply("operator").force(), &Patch::Apply(&body))
            .await
    };
    let version = created.metadata.resource_version.as_deref();
    let first = apply(json!({"id": "x", "observedGeneration": 1}), version).await.expect("applied");
    assert_eq!(first.metadata.generation, Some(1));
    assert_eq!(first.data["status"]["id"], "x");
    let second = apply(json!({"observedGeneration": 1}), first.metadata.resource_version.as_deref())
        .await
        .expect("applied");
    assert!(second.data["status"]["id"].is_null(), "what is not applied any more is removed");
    let stale = apply(json!({}), version).await.expect_err("stale");
    assert!(matches!(&stale, kube::Error::Api(status) if status.code == 409), "{stale}");
}

#[tokio::test(start_paused = true)]
async fn the_watcher_lists_in_pages_and_follows() {
    let cluster = cluster();
    let api = settings(&cluster);
    for name in ["a", "b", "c"] {
        api.create(&PostParams::default(), &setting(name)).await.expect("created");
    }
    let mut events = watcher(api.clone(), watcher::Config::default().page_size(2)).boxed();
    let mut seen = Vec::new();
    while seen.len() < 5 {
        seen.push(named(&events.try_next().await.expect("no error").expect("no end")));
    }
    assert_eq!(seen, ["init", "init a", "init b", "init c", "done"]);
    cluster.hold_events("usersettings", true);
    api.delete("b", &DeleteParams::default()).await.expect("deleted");
    let nothing = tokio::time::timeout(Duration::from_secs(5), events.try_next()).await;
    assert!(nothing.is_err(), "held back");
    cluster.hold_events("usersettings", false);
    assert_eq!(named(&events.try_next().await.expect("no error").expect("no end")), "delete b");
    cluster.hold_events("usersettings", true);
    api.delete("a", &DeleteParams::default()).await.expect("deleted");
    cluster.lose_held("usersettings");
    assert!(events.try_next().await.is_err(), "expired");
    let mut seen = Vec::new();
    while seen.len() < 3 {
        seen.push(named(&events.try_next().await.expect("no error").expect("no end")));
    }
    assert_eq!(seen, ["init", "init c", "done"]);
}

fn named(event: &watcher::Event<DynamicObject>) -> String {
    let name = |object: &DynamicObject| object.metadata.name.clone().unwrap_or_default();
    match event {
        watcher::Event::Init => "init".to_owned(),
        watcher::Event::InitApply(object) => format!("init {}", name(object)),
        watcher::Event::InitDone => "done".to_owned(),
        watcher::Event::Apply(object) => format!("apply {}", name(object)),
        watcher::Event::Delete(object) => format!("delete {}", name(object)),
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_ends_after_its_time_and_its_bookmarks_name_the_version() {
    let cluster = cluster();
    let api: Api<ConfigMap> = Api::default_namespaced(cluster.client());
    let started = tokio::time::Instant::now();
    let params = WatchParams::default().timeout(100);
    let mut events = api
        .watch(&params, &cluster.resource_version().to_string())
        .await
        .expect("started")
        .boxed();
    let mut bookmarks = 0;
    while let Some(event) = events.try_next().await.expect("no error") {
        let kube::core::WatchEvent::Bookmark(bookmark) = event else {
            panic!("{event:?}")
        };
        assert_eq!(bookmark.metadata.resource_version, cluster.resource_version().to_string());
        bookmarks += 1;
    }
    assert_eq!(bookmarks, 2);
    assert_eq!(started.elapsed().as_secs(), 100);
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_lags_behind_shows_the_past() {
    let cluster = cluster();
    let api: Api<ConfigMap> = Api::default_namespaced(cluster.client());
    api.create(&PostParams::default(), &config_map("one")).await.expect("created");
    let then = cluster.resource_version();
    api.delete("one", &DeleteParams::default()).await.expect("deleted");
    let past = cluster.clone();
    let lagging = tower::service_fn(move |request| {
        let past = past.clone();
        async move { Ok::<_, tower::BoxError>(past.answer_as_of(then, request).await) }
    });
    let lagging: Api<ConfigMap> = Api::default_namespaced(kube::Client::new(lagging, "default"));
    assert!(lagging.get_opt("one").await.expect("answered").is_some());
    let list = lagging.list(&ListParams::default()).await.expect("answered");
    assert_eq!((list.items.len(), list.metadata.resource_version), (1, Some(then.to_string())));
    assert!(api.get_opt("one").await.expect("answered").is_none());
}

#[tokio::test(start_paused = true)]
async fn old_versions_expire() {
    let cluster = cluster();
    let api: Api<ConfigMap> = Api::default_namespaced(cluster.client());
    for name in ["a", "b", "c"] {
        api.create(&PostParams::default(), &config_map(name)).await.expect("created");
    }
    let page = api.list(&ListParams::default().limit(1)).await.expect("a page");
    assert_eq!(page.metadata.remaining_item_count, Some(2));
    let token = page.metadata.continue_.expect("more");
    api.delete("c", &DeleteParams::default()).await.expect("deleted");
    let rest = api.list(&ListParams::default().continue_token(&token)).await.expect("the rest");
    assert_eq!(rest.items.len(), 2, "the pages are of one version");
    cluster.compact();
    let expired = api.list(&ListParams::default().continue_token(&token)).await.expect_err("expired");
    assert!(matches!(&expired, kube::Error::Api(status) if status.code == 410), "{expired}");
    let mut events = api.watch(&WatchParams::default(), "2").await.expect("started").boxed();
    let event = events.try_next().await.expect("no error").expect("an event");
    assert!(
        matches!(&event, kube::core::WatchEvent::Error(status) if status.code == 410),
        "{event:?}"
    );
    assert!(events.try_next().await.expect("no error").is_none());
}

#[tokio::test(start_paused = true)]
async fn a_definition_goes_with_its_objects_and_its_watches_end() {
    let cluster = cluster();
    let api = settings(&cluster);
    let mut held = setting("held");
    held.metadata.finalizers = Some(vec!["cloudpc.dev/x".to_owned()]);
    api.create(&PostParams::default(), &held).await.expect("created");
    api.create(&PostParams::default(), &setting("free")).await.expect("created");
    let mut events = api
        .watch(&WatchParams::default(), &cluster.resource_version().to_string())
        .await
        .expect("started")
        .boxed();
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("apiextensions.k8s.io", "v1", "CustomResourceDefinition"));
    let definitions: Api<DynamicObject> = Api::all_with(cluster.client(), &kind);
    let name = "usersettings.cloudpc.dev";
    definitions.delete(name, &DeleteParams::default()).await.expect("deleted");
    let found = definitions.get_metadata(name).await.expect("still there");
    assert!(found.metadata.deletion_timestamp.is_some());
    assert!(api.create(&PostParams::default(), &setting("late")).await.is_err());
    let released = json!({"metadata": {"finalizers": []}});
    api.patch("held", &PatchParams::default(), &Patch::Merge(&released))
        .await
        .expect("patched");
    assert!(definitions.get_opt(name).await.expect("answered").is_none());
    let gone = api.get("held").await.expect_err("gone");
    assert!(matches!(&gone, kube::Error::Api(status) if status.code == 404), "{gone}");
    let mut count = 0;
    while events.try_next().await.expect("no error").is_some() {
        count += 1;
    }
    assert_eq!(count, 3, "both objects, one of them twice");
}

#[tokio::test(start_paused = true)]
async fn a_namespace_goes_when_it_is_empty() {
    let cluster = cluster();
    let namespaces: Api<Namespace> = Api::all(cluster.client());
    let namespace = serde_json::from_value(json!({"metadata": {"name": "team"}})).expect("an object");
    namespaces.create(&PostParams::default(), &namespace).await.expect("created");
    let maps: Api<ConfigMap> = Api::namespaced(cluster.client(), "team");
    let mut held = config_map("held");
    held.metadata.finalizers = Some(vec!["cloudpc.dev/x".to_owned()]);
    maps.create(&PostParams::default(), &held).await.expect("created");
    maps.create(&PostParams::default(), &config_map("free")).await.expect("created");
    namespaces.delete("team", &DeleteParams::default()).await.expect("deleted");
    let found: PartialObjectMeta<Namespace> = namespaces.get_metadata("team").await.expect("still there");
    assert!(found.metadata.deletion_timestamp.is_some());
    let late = maps
        .create(&PostParams::default(), &config_map("late"))
        .await
        .expect_err("terminating");
    assert!(matches!(&late, kube::Error::Api(status) if status.code == 403), "{late}");
    let released = json!({"metadata": {"finalizers": []}});
    maps.patch("held", &PatchParams::default(), &Patch::Merge(&released))
        .await
        .expect("patched");
    assert!(namespaces.get_opt("team").await.expect("answered").is_none());
}

#[tokio::test(start_paused = true)]
async fn tokens_are_signed_with_the_key_that_is_shown() {
    use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
    use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};

    let cluster = cluster();
    let accounts: Api<ServiceAccount> = Api::default_namespaced(cluster.client());
    let account = serde_json::from_value(json!({"metadata": {"name": "operator"}})).expect("an object");
    accounts.create(&PostParams::default(), &account).await.expect("created");
    let spec = TokenRequestSpec {
        audiences: Some(vec!["entra".to_owned()]),
        expiration_seconds: Some(600),
        bound_object_ref: None,
    };
    let request = TokenRequest {
        spec: Some(spec),
        ..TokenRequest::default()
    };
    let answer = accounts
        .create_token_request("operator", &PostParams::default(), &request)
        .await
        .expect("a token");
    let token = answer.status.and_then(|status| status.token).expect("a token");
    let key = serde_json::from_value(cluster.jwk()).expect("a JWK");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&["entra"]);
    // The cluster has a clock of its own.
    validation.validate_exp = false;
    let key = DecodingKey::from_jwk(&key).expect("a key");
    let claims = decode::<Value>(&token, &key, &validation).expect("its signature").claims;
    assert_eq!(claims["iss"], cluster.issuer());
    assert_eq!(claims["sub"], "system:serviceaccount:default:operator");
    assert_eq!(claims["aud"], json!(["entra"]));
    assert_eq!(
        claims["exp"].as_i64().zip(claims["iat"].as_i64()).map(|(exp, iat)| exp - iat),
        Some(600)
    );
}

#[tokio::test(start_paused = true)]
async fn a_cluster_is_cheap_and_outlives_a_runtime() {
    let definitions = Definitions::compile(all_crds()).expect("known");
    let clock: kube_sim::Clock = Arc::new(|| "2026-01-01T00:00:00Z".parse().expect("a time"));
    let clusters: Vec<Cluster> = (0..1000).map(|_| Cluster::new(Arc::clone(&clock), &definitions)).collect();
    assert_eq!(clusters[0].changes().len(), clusters[999].changes().len());
    let cluster = clusters[0].clone();
    let inside = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let api: Api<ConfigMap> = Api::default_namespaced(cluster.client());
            api.create(&PostParams::default(), &config_map("one")).await.expect("created");
        });
    });
    inside.join().expect("no panic");
    assert!(clusters[0].object("configmaps", Some("default"), "one").is_some());
    assert!(
        clusters[1].object("configmaps", Some("default"), "one").is_none(),
        "clusters share no objects"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_not_known_is_refused() {
    let cluster = cluster();
    let client = cluster.client();
    let code = async |request: http::Request<Vec<u8>>| {
        let response = client.send(request.map(kube::client::Body::from)).await.expect("answered");
        response.status().as_u16()
    };
    let get = |path: &str| http::Request::get(path).body(Vec::new()).expect("a request");
    assert_eq!(code(get("/api/v1/pods")).await, 501);
    assert_eq!(code(get("/apis/cloudpc.dev/v1alpha1/others")).await, 404);
    assert_eq!(code(get("/api/v1/configmaps?sendInitialEvents=true")).await, 501);
    assert_eq!(code(get("/api/v1/configmaps?fieldSelector=data.a%3D1")).await, 501);
    assert_eq!(code(get("/version")).await, 501);
    let patch =
        http::Request::patch("/api/v1/namespaces/default/configmaps/a").header("content-type", "application/strategic-merge-patch+json");
    assert_eq!(code(patch.body(b"{}".to_vec()).expect("a request")).await, 501);
    let conditional = http::Request::get("/api/v1/configmaps").header("if-none-match", "x");
    assert_eq!(code(conditional.body(Vec::new()).expect("a request")).await, 501);
}
