//! Claims to objects in Graph, over caches: whoever may write a status may write anything into it.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::core::PartialObjectMeta;
use kube::runtime::reflector::{Store, store};
use kube::runtime::watcher::Event;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::api::{Cloud, EntraTenant, PendingCreate, ProvisioningPolicy};
use crate::base::wall;
use crate::graph::Entity;
use crate::reconcile::claims::{prove, refuse_foreign_intent};
use crate::reconcile::context::Context;
use crate::reconcile::memory::Uid;
use crate::reconcile::pass::Pass;
use crate::reconcile::recover::unsettled;
use crate::reconcile::tests::entity;
use crate::reconcile::tests::fragile::context;
use crate::report::reason::Reason;
use crate::report::stop::Stop;
use crate::tenant::shared::Tenant;
use crate::tenant::tests::sign_in::{CONTOSO, SECRET, Scene, client_secret, seed, signs_in, tenant};

const ID: &str = "11111111-0000-4000-8000-000000000001";
const CLUSTER: &str = "cluster";

fn filled<K>(objects: impl IntoIterator<Item = K>) -> Store<K>
where
    K: kube::Resource<DynamicType = ()> + Clone + DeserializeOwned + 'static,
{
    let (store, mut writer) = store();
    for object in objects {
        writer.apply_watcher_event(&Event::Apply(object));
    }
    store
}

fn policy(name: &str, tenant: &str, status: &Value) -> ProvisioningPolicy {
    let object = json!({
        "apiVersion": "cloudpc.dev/v1alpha1", "kind": "ProvisioningPolicy",
        "metadata": {"name": name, "namespace": "team", "uid": format!("uid-of-{name}")},
        "spec": {"tenantRef": {"name": tenant}, "displayName": "Desk", "imageId": "a_b_c",
            "domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "regionName": "westeurope"}]},
        "status": status,
    });
    serde_json::from_value(object).expect("a policy")
}

/// The record that an id belongs to a resource.
fn owner(resource: &str) -> Value {
    json!({"cluster": CLUSTER, "cloud": "Public", "tenantId": CONTOSO, "origin": "Created", "resource": format!("uid-of-{resource}"), "seen": true})
}

/// A controller that has just started, with these policies and two EntraTenants of one tenant.
fn started(policies: &[&ProvisioningPolicy]) -> (Scene, Arc<Context>, Arc<Tenant>) {
    let scene = Scene::new(&seed(json!({"clientSecret": SECRET})), None);
    scene.cluster.secret("app", &[("clientSecret", SECRET.as_bytes())]);
    let mut context = Arc::into_inner(context(kube::Client::new(
        tower::service_fn(|_request: http::Request<kube::client::Body>| async {
            Err::<http::Response<kube::client::Body>, _>("nothing is asked of Kubernetes")
        }),
        "team",
    )))
    .expect("it is new");
    let allowing = |name: &str| {
        let mut fields = client_secret("app");
        fields["allowedNamespaces"] = json!({"names": ["team"]});
        tenant(name, fields)
    };
    let system = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system", "uid": CLUSTER}});
    context.cluster.caches.policies = filled(policies.iter().copied().cloned());
    context.cluster.caches.tenants = filled::<EntraTenant>([allowing("contoso"), allowing("contoso-two")]);
    context.cluster.caches.namespaces = filled::<PartialObjectMeta<Namespace>>([serde_json::from_value(system).expect("a namespace")]);
    let contoso = scene.tenants.get(&allowing("contoso")).expect("a tenant");
    (scene, Arc::new(context), contoso)
}

fn reason(result: Result<(), Stop>) -> Option<Reason> {
    result.err().map(|stop| stop.reported().reason)
}

fn proved(policy: &ProvisioningPolicy, entity: Option<&Entity>, context: &Context, tenant: &Tenant) -> Option<Reason> {
    let uid = Uid::of(policy).expect("a UID");
    reason(prove(&mut Pass::new(policy, &uid, context), entity, tenant))
}

#[tokio::test]
async fn s45_a_copied_status_takes_nothing_from_a_resource_of_another_entratenant_of_the_tenant() {
    let status = json!({"id": ID, "owner": owner("first")});
    let first = policy("first", "contoso", &status);
    let copy = policy("copy", "contoso-two", &json!({"id": ID.to_uppercase(), "owner": owner("first")}));
    let (_scene, context, contoso) = started(&[&first, &copy]);
    let shown = entity(json!({"displayName": "Desk"}), Vec::new());
    // The copy comes first, when no claim is proved yet; and then again.
    assert_eq!(proved(&copy, Some(&shown), &context, &contoso), Some(Reason::ClaimConflict));
    assert_eq!(proved(&first, Some(&shown), &context, &contoso), None);
    assert_eq!(proved(&copy, Some(&shown), &context, &contoso), Some(Reason::ClaimConflict));
}

#[tokio::test]
async fn s43_an_id_without_a_record_or_of_somebody_elses_object_is_not_believed() {
    let mut elsewhere = owner("desk");
    elsewhere["cluster"] = json!("another");
    let mut other_tenant = owner("desk");
    other_tenant["tenantId"] = json!("99999999-1111-1111-1111-111111111111");
    let by = |maker: Option<&str>| entity(json!({"displayName": "Desk", "createdBy": maker}), Vec::new());
    let person = by(Some("alex@contoso.com"));
    for (what, owner, shown, expected) in [
        ("recorded", owner("desk"), Some(by(None)), None),
        ("no record", Value::Null, Some(by(None)), Some(Reason::ClaimUnproven)),
        ("a person's object", owner("desk"), Some(person), Some(Reason::ClaimUnproven)),
        ("another cluster", elsewhere, Some(by(None)), Some(Reason::ForeignOwner)),
        ("another tenant", other_tenant, Some(by(None)), Some(Reason::ForeignOwner)),
        ("not shown", owner("desk"), None, None),
        (
            "not shown, and of another resource",
            owner("copied"),
            None,
            Some(Reason::ClaimUnproven),
        ),
    ] {
        let desk = policy("desk", "contoso", &json!({"id": ID, "owner": owner}));
        let (_scene, context, contoso) = started(&[&desk]);
        signs_in(&contoso).await.expect("signed in");
        assert_eq!(proved(&desk, shown.as_ref(), &context, &contoso), expected, "{what}");
    }
}

fn pending(attempt: &str, tenant_id: &str) -> PendingCreate {
    PendingCreate {
        attempt: attempt.to_owned(),
        since: Time(wall::now() - SignedDuration::from_mins(10)),
        sent: "{}".to_owned(),
        display_name: "Desk".to_owned(),
        cloud: Cloud::Public,
        tenant_id: tenant_id.to_owned(),
    }
}

#[tokio::test]
async fn s43_an_intent_of_another_cluster_or_tenant_is_refused() {
    let (_scene, _context, contoso) = started(&[]);
    let ours = contoso.client.new_request_id().to_string();
    let refused = |attempt: &str, tenant: &str| reason(refuse_foreign_intent::<ProvisioningPolicy>(&pending(attempt, tenant), &contoso));
    assert_eq!(refused(&ours, CONTOSO), None);
    let other = "ffffffff-1111-4000-8000-000000000001";
    assert_eq!(refused(other, CONTOSO), Some(Reason::ForeignOwner));
    assert_eq!(refused(&ours, other), Some(Reason::ForeignOwner));
}

#[tokio::test]
async fn f31_the_request_of_an_earlier_leader_is_waited_for_from_the_start_of_this_one() {
    let desk = policy("desk", "contoso", &Value::Null);
    let (_scene, context, contoso) = started(&[&desk]);
    let uid = Uid::of(&desk).expect("a UID");
    let pass = Pass::new(&desk, &uid, &context);
    let pending = pending("of an earlier process", CONTOSO);
    let left = unsettled(&pass, &pending, &contoso).expect("it leads since a moment ago");
    // The clock of the service counts whole seconds.
    assert!(
        left <= context.settle + Duration::from_secs(1) && left * 2 > context.settle,
        "{left:?}"
    );
    pass.note(|notes| notes.sent.attempt(pending.attempt.clone()));
    assert_eq!(
        unsettled(&pass, &pending, &contoso),
        None,
        "its own request was sent ten minutes ago"
    );
}
