//! Components that are killed, paused and restarted.

use crate::support::{config_map, create_namespace, eventually};
use control_plane::{Component, ControlPlane};
use k8s_openapi::api::core::v1::{ConfigMap, ServiceAccount};
use kube::Api;
use kube::api::PostParams;

/// `T` is a paused process.
fn state(plane: &ControlPlane, component: Component) -> char {
    let id = plane.process_id(component).expect("it runs");
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let after_name = stat.rsplit(')').next().unwrap();
    after_name.trim_start().chars().next().unwrap()
}

#[tokio::test]
async fn data_survives_the_death_of_the_api_server_and_of_etcd() {
    let plane = ControlPlane::start().await.unwrap();
    let client = plane.admin_client().await.unwrap();
    let maps: Api<ConfigMap> = Api::namespaced(client, "default");
    let params = PostParams::default();
    maps.create(&params, &config_map("kept", "1")).await.unwrap();
    let (url, before) = (plane.url(), plane.process_id(Component::ApiServer));

    plane.kill(Component::ApiServer).unwrap();
    assert_eq!(plane.process_id(Component::ApiServer), None);
    maps.get("kept").await.unwrap_err();
    plane.kill(Component::ApiServer).unwrap_err();
    plane.restart(Component::ApiServer).await.unwrap();
    assert_eq!(plane.url(), url);
    assert_ne!(plane.process_id(Component::ApiServer), before);
    maps.get("kept").await.unwrap();

    plane.kill(Component::Etcd).unwrap();
    plane.restart(Component::Etcd).await.unwrap();
    let kept = maps.get("kept").await.unwrap();
    assert_eq!(kept.data, config_map("kept", "1").data);
    maps.create(&params, &config_map("new", "1")).await.unwrap();
}

#[tokio::test]
async fn components_stand_still_end_in_order_and_come_back() {
    let plane = ControlPlane::start().await.unwrap();
    let client = plane.admin_client().await.unwrap();
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), "default");

    plane.pause(Component::ApiServer).unwrap();
    assert_eq!(state(&plane, Component::ApiServer), 'T');
    plane.resume(Component::ApiServer).unwrap();
    maps.create(&PostParams::default(), &config_map("after", "1")).await.unwrap();
    assert_ne!(state(&plane, Component::ApiServer), 'T');

    plane.stop(Component::ControllerManager).await.unwrap();
    create_namespace(&client, "unattended").await;
    let accounts: Api<ServiceAccount> = Api::namespaced(client, "unattended");
    assert!(accounts.get_opt("default").await.unwrap().is_none());
    plane.restart(Component::ControllerManager).await.unwrap();
    eventually("the namespace gets its ServiceAccount", async || {
        accounts.get_opt("default").await.unwrap().is_some()
    })
    .await;

    // Stopping also works on a paused one.
    plane.pause(Component::ControllerManager).unwrap();
    plane.restart(Component::ControllerManager).await.unwrap();
    assert_ne!(state(&plane, Component::ControllerManager), 'T');
}
