//! Who may do what, and whether the controllers work.

use crate::support::{config_map, create_namespace, eventually};
use control_plane::ControlPlane;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use k8s_openapi::api::rbac::v1::ClusterRoleBinding;
use kube::api::{DeleteParams, ListParams, PostParams};
use kube::{Api, Resource};
use serde_json::json;

fn may_read_everything(group: &str) -> ClusterRoleBinding {
    serde_json::from_value(json!({
        "metadata": { "name": "readers" },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view" },
        "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": group }],
    }))
    .unwrap()
}

#[tokio::test]
async fn a_user_has_the_rights_of_its_groups_and_no_others() {
    let plane = ControlPlane::start().await.unwrap();
    let admin = plane.admin_client().await.unwrap();
    let ada = plane.user_kubeconfig("ada", &[]).unwrap();
    let bob = plane.user_kubeconfig("bob", &["writers", "readers"]).unwrap();

    let list = async |kubeconfig| {
        let client = plane.client(kubeconfig).await.unwrap();
        let maps: Api<ConfigMap> = Api::namespaced(client, "default");
        maps.list(&ListParams::default()).await
    };
    for user in [&ada, &bob] {
        let error = list(user).await.unwrap_err();
        assert!(matches!(&error, kube::Error::Api(status) if status.code == 403), "{error}");
    }
    Api::all(admin)
        .create(&PostParams::default(), &may_read_everything("readers"))
        .await
        .unwrap();
    eventually("bob may read", async || list(&bob).await.is_ok()).await;
    assert!(list(&ada).await.is_err());

    let kubectl = |kubeconfig| {
        let mut kubectl = plane.kubectl_as(kubeconfig);
        kubectl.args(["get", "namespaces", "-o", "name"]).output().unwrap()
    };
    let seen = kubectl(plane.admin_kubeconfig());
    let names = String::from_utf8(seen.stdout).unwrap();
    assert!(names.lines().any(|line| line == "namespace/kube-system"), "{names}");
    let refused = kubectl(&ada);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && said.contains("\"ada\""), "{said}");
}

#[tokio::test]
async fn namespaces_are_emptied_and_orphans_are_collected() {
    let plane = ControlPlane::start().await.unwrap();
    let client = plane.admin_client().await.unwrap();
    create_namespace(&client, "short-lived").await;
    let doomed: Api<ConfigMap> = Api::namespaced(client.clone(), "short-lived");
    let params = PostParams::default();
    doomed.create(&params, &config_map("inside", "1")).await.unwrap();

    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), "default");
    let owner = maps.create(&params, &config_map("owner", "1")).await.unwrap();
    let mut owned = config_map("owned", "1");
    owned.metadata.owner_references = owner.owner_ref(&()).map(|reference| vec![reference]);
    maps.create(&params, &owned).await.unwrap();

    let namespaces: Api<Namespace> = Api::all(client);
    namespaces.delete("short-lived", &DeleteParams::default()).await.unwrap();
    maps.delete("owner", &DeleteParams::default()).await.unwrap();
    eventually("the namespace is gone", async || {
        namespaces.get_opt("short-lived").await.unwrap().is_none()
    })
    .await;
    eventually("the orphan is gone", async || maps.get_opt("owned").await.unwrap().is_none()).await;
}
