//! The checks before something is removed in Graph, on a fake API server: each of its answers, and what follows. S51.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures::FutureExt;
use http::{Request, Response};
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};

use crate::api::{Assignment, DriftedField, ProvisioningPolicy};
use crate::reconcile::context::Context;
use crate::reconcile::declarations::Declarations;
use crate::reconcile::key::Key;
use crate::reconcile::memory::Uid;
use crate::reconcile::pass::Pass;
use crate::reconcile::plan::Declared;
use crate::reconcile::terminating::Uninstall;
use crate::reconcile::tests::fragile::context;
use crate::reconcile::uninstall::{before_assign, before_deletion, keeps_groups, why_released};
use crate::reconcile::vanished::keep_groups_of_the_vanished;
use crate::report::failure::Class;
use crate::report::reason::Reason;
use crate::report::stop::Stop;
use crate::runtime::own_namespace::OwnNamespace;
use crate::tenant::tests::sign_in::{SECRET, Scene, client_secret, seed, tenant};

const POLICIES: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/provisioningpolicies.cloudpc.dev";
const TENANTS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/entratenants.cloudpc.dev";
const ASSIGNMENTS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/assignments.cloudpc.dev";
const NAMESPACE: &str = "/api/v1/namespaces/cloudpc-system";
const ACCOUNT: &str = "/api/v1/namespaces/cloudpc-system/serviceaccounts/operator";
const ID: &str = "11111111-0000-4000-8000-000000000001";

/// What the API server answers to a GET.
#[derive(Clone, Copy, PartialEq)]
enum Answer {
    Stays,
    Goes,
    Status(u16, &'static str),
}

const GONE: Answer = Answer::Status(404, "NotFound");

/// An API server that knows these objects, all of which stay unless the test sets another answer, and notes its requests.
#[derive(Clone, Default)]
struct Cluster {
    answers: Arc<Mutex<BTreeMap<&'static str, Answer>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Cluster {
    fn with(answers: &[(&'static str, Answer)]) -> Self {
        let cluster = Self::default();
        cluster.answers.lock().unwrap().extend(answers.iter().copied());
        cluster
    }

    fn set(&self, path: &'static str, answer: Answer) {
        self.answers.lock().unwrap().insert(path, answer);
    }

    /// How often it was asked so far.
    fn asked(&self, path: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == path).count()
    }

    fn answer(&self, path: &str) -> (u16, Value) {
        let known = [POLICIES, TENANTS, ASSIGNMENTS, NAMESPACE, ACCOUNT].contains(&path);
        let unless_told = if known { Answer::Stays } else { GONE };
        let meta = |deleted: Value| {
            let metadata = json!({"name": path.rsplit('/').next(), "deletionTimestamp": deleted});
            (
                200,
                json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": metadata}),
            )
        };
        match self.answers.lock().unwrap().get(path).copied().unwrap_or(unless_told) {
            Answer::Stays => meta(Value::Null),
            Answer::Goes => meta(json!("2026-01-05T08:00:00Z")),
            Answer::Status(code, reason) => {
                let status =
                    json!({"apiVersion": "v1", "kind": "Status", "status": "Failure", "message": "words", "reason": reason, "code": code});
                (code, status)
            }
        }
    }

    fn client(&self) -> Client {
        let cluster = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let path = request.uri().path().to_owned();
            let (code, answer) = cluster.answer(&path);
            cluster.asked.lock().unwrap().push(path);
            let response = Response::builder().status(code).body(Body::from(answer.to_string().into_bytes()));
            std::future::ready(response)
        });
        Client::new(service, "team")
    }

    /// A context of a controller that runs as `cloudpc-system/operator`.
    fn context(&self) -> Arc<Context> {
        let mut context = context(self.client());
        let own = OwnNamespace::new(self.client(), "cloudpc-system");
        Arc::get_mut(&mut context).expect("it is new").uninstall = Uninstall::new(self.client(), own, Some("operator".to_owned()));
        context
    }
}

fn policy(ownership: &str) -> ProvisioningPolicy {
    let owned = |group: &str, by: &[&str]| json!({"groupId": group, "declaredBy": by, "verified": true});
    let object = json!({
        "apiVersion": "cloudpc.dev/v1alpha1", "kind": "ProvisioningPolicy", "metadata": {"name": "desk", "namespace": "team", "uid": "uid"},
        "spec": {"tenantRef": {"name": "contoso"}, "displayName": "Desk", "imageId": "a_b_c", "assignmentOwnership": ownership,
            "domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "regionName": "westeurope"}]},
        "status": {"id": ID, "assignments": [owned("g1", &["there"]), owned("g2", &["vanished"]), owned("g3", &["unreadable"]),
            owned("g4", &["vanished", "there"])]},
    });
    serde_json::from_value(object).expect("a policy")
}

fn assignment(deleted: bool) -> Arc<Assignment> {
    let deleted = if deleted { json!("2026-01-05T08:00:00Z") } else { Value::Null };
    let object = json!({
        "apiVersion": "cloudpc.dev/v1alpha1", "kind": "Assignment",
        "metadata": {"name": "there", "namespace": "team", "deletionTimestamp": deleted},
        "spec": {"targetRef": {"kind": "ProvisioningPolicy", "name": "desk"}, "groups": [{"id": "g1"}]},
    });
    Arc::new(serde_json::from_value(object).expect("an Assignment"))
}

fn removed() -> DriftedField {
    DriftedField {
        path: "/assignments/g1".to_owned(),
        desired: None,
        observed: Some("assigned".to_owned()),
    }
}

#[tokio::test]
async fn s51_nothing_is_removed_unless_definitions_namespace_and_service_account_are_there_to_stay() {
    let held = |words: &[&'static str]| Some((Class::Waiting, Reason::RemovalHeld, words.to_vec()));
    let retried = || Some((Class::Retry, Reason::KubernetesApi, vec!["500"]));
    let cases = [
        (vec![], None),
        (vec![(POLICIES, Answer::Goes)], held(&["provisioningpolicies.cloudpc.dev"])),
        (vec![(POLICIES, GONE)], held(&["provisioningpolicies.cloudpc.dev"])),
        (vec![(TENANTS, Answer::Goes)], held(&["entratenants.cloudpc.dev"])),
        (
            vec![(NAMESPACE, Answer::Goes)],
            held(&["\"cloudpc-system\" is being deleted", "installed again"]),
        ),
        (vec![(NAMESPACE, GONE)], held(&["\"cloudpc-system\" does not exist"])),
        (
            vec![(ACCOUNT, Answer::Goes)],
            held(&["ServiceAccount \"operator\"", "is being deleted"]),
        ),
        (vec![(ACCOUNT, GONE)], held(&["ServiceAccount \"operator\"", "does not exist"])),
        // Whatever else is wrong, a definition that is being deleted comes first: the object is deleted with it.
        (
            vec![(POLICIES, Answer::Goes), (ACCOUNT, GONE), (NAMESPACE, Answer::Goes)],
            held(&["provisioningpolicies.cloudpc.dev"]),
        ),
        (
            vec![(POLICIES, Answer::Status(403, "Forbidden"))],
            held(&["refuses the controller (403: words)", "manifests"]),
        ),
        (
            vec![(NAMESPACE, Answer::Status(401, "Unauthorized"))],
            held(&["refuses the controller (401: words)"]),
        ),
        (
            vec![(ACCOUNT, Answer::Status(403, "Forbidden"))],
            held(&["refuses the controller (403: words)"]),
        ),
        (vec![(POLICIES, Answer::Status(500, "InternalError"))], retried()),
        (vec![(NAMESPACE, Answer::Status(500, "InternalError"))], retried()),
        // A proxy in between knows nothing of definitions.
        (
            vec![(POLICIES, Answer::Status(404, ""))],
            Some((Class::Retry, Reason::KubernetesApi, vec!["404"])),
        ),
    ];
    for (answers, expected) in cases {
        let context = Cluster::with(&answers).context();
        let deletion = before_deletion::<ProvisioningPolicy>(ID, &context).await;
        let assign = before_assign::<ProvisioningPolicy>(ID, &[removed()], &context).await;
        let shown = answers.iter().map(|(path, _)| *path).collect::<Vec<_>>();
        assert_eq!(deletion, assign, "{shown:?}");
        let Some((class, reason, words)) = expected else {
            assert_eq!(deletion, Ok(()), "{shown:?}");
            continue;
        };
        let failure = deletion.expect_err("nothing is removed").reported();
        assert_eq!((failure.class, failure.reason), (class, reason), "{shown:?}: {}", failure.message);
        for word in words {
            assert!(failure.message.contains(word), "{word} is not in {}", failure.message);
        }
    }
}

#[tokio::test]
async fn s51_groups_are_kept_while_the_definition_of_assignments_goes_and_adding_needs_no_look() {
    let cluster = Cluster::with(&[(ASSIGNMENTS, Answer::Goes)]);
    let context = cluster.context();
    let added = DriftedField {
        desired: Some("assigned".to_owned()),
        observed: None,
        ..removed()
    };
    assert_eq!(
        before_assign::<ProvisioningPolicy>(ID, std::slice::from_ref(&added), &context).await,
        Ok(())
    );
    assert!(cluster.asked.lock().unwrap().is_empty());
    let failure = before_assign::<ProvisioningPolicy>(ID, &[added, removed()], &context)
        .await
        .unwrap_err()
        .reported();
    assert!(failure.message.contains("assignments.cloudpc.dev"), "{}", failure.message);
    // The policy itself may be deleted meanwhile.
    assert_eq!(before_deletion::<ProvisioningPolicy>(ID, &context).await, Ok(()));

    assert!(keeps_groups(&[assignment(false), assignment(true)], &context).await);
    let calm = cluster.asked.lock().unwrap().len();
    assert!(!keeps_groups(&[assignment(false)], &context).await);
    assert_eq!(cluster.asked.lock().unwrap().len(), calm, "nothing is deleted, nothing is asked");
}

#[tokio::test]
async fn s51_the_early_look_is_shared_and_the_last_one_always_asks_and_tells_the_early_one() {
    let cluster = Cluster::default();
    let context = cluster.context();
    for _ in 0..10 {
        assert_eq!(early_check(&context).await, None);
    }
    assert_eq!(cluster.asked(POLICIES), 1);
    cluster.set(POLICIES, Answer::Goes);
    assert_eq!(early_check(&context).await, None, "known a moment ago");
    assert!(before_deletion::<ProvisioningPolicy>(ID, &context).await.is_err());
    assert_eq!(cluster.asked(POLICIES), 2);
    let why = early_check(&context).await.expect("released");
    assert!(why.contains("provisioningpolicies.cloudpc.dev"), "{why}");
    assert_eq!(cluster.asked(POLICIES), 2);

    // Without an answer nothing is released.
    let context = Cluster::with(&[(POLICIES, Answer::Status(403, "Forbidden")), (TENANTS, Answer::Status(500, ""))]).context();
    assert_eq!(early_check(&context).await, None);
}

/// Early in the deletion of a policy.
async fn early_check(context: &Context) -> Option<String> {
    let policy = policy("Shared");
    let uid = Uid::of(&policy).unwrap();
    why_released(&Pass::new(&policy, &uid, context), ID).await
}

/// What happens to the groups of an Assignment that does not exist any more, and to no others.
#[tokio::test]
async fn s51_an_assignment_that_vanished_takes_no_group_along() {
    for ownership in ["Shared", "Exclusive"] {
        let context = Cluster::default().context();
        let policy = policy(ownership);
        let uid = Uid::of(&policy).unwrap();
        context
            .memory
            .update(&uid, |notes| notes.seen.collected = ["there".to_owned()].into());
        let mut pass = Pass::new(&policy, &uid, &context);
        let mut declarations = Declarations::default();
        declarations.frozen.insert("unreadable".to_owned());
        declarations.entries.insert(Key::new("g4", None), Declared::default());
        keep_groups_of_the_vanished(&mut pass, &mut declarations);
        let names = |set: &std::collections::BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>();
        if ownership == "Exclusive" {
            assert_eq!(names(&declarations.frozen), ["unreadable", "vanished"]);
            assert!(declarations.releasing.is_empty() && pass.events.is_empty());
            let [problem] = declarations.problems.as_slice() else {
                panic!("{:?}", declarations.problems)
            };
            assert_eq!((problem.assignment.as_str(), problem.reason.as_str()), ("vanished", "RemovalHeld"));
        } else {
            assert_eq!(names(&declarations.releasing), ["vanished"]);
            assert_eq!(names(&declarations.frozen), ["unreadable"]);
            let [note] = pass.events.as_slice() else {
                panic!("{:?}", pass.events)
            };
            assert!(
                ["vanished", ID, "g2"].iter().all(|word| note.text.contains(word))
                    && ["g1", "g3", "g4"].iter().all(|kept| !note.text.contains(kept)),
                "{}",
                note.text
            );
        }
    }
}

/// What was true before the wait for the budget need not be true after it.
#[tokio::test]
async fn s51_the_last_look_is_made_when_the_turn_has_come_and_its_refusal_sends_nothing() {
    let scene = Scene::new(&seed(json!({"clientSecret": SECRET})), None);
    let contoso = scene.tenants.get(&tenant("contoso", client_secret("app"))).unwrap();
    let context = Cluster::default().context();
    let done = Mutex::new(Vec::new());
    let mut permits = Vec::new();
    while let Some(permit) = contoso.write_permit().now_or_never() {
        permits.push(permit.unwrap());
    }
    let look = async {
        done.lock().unwrap().push("look");
        Ok(())
    };
    let request = |_permit| {
        done.lock().unwrap().push("request");
        std::future::ready(Ok(()))
    };
    let mut write = Box::pin(contoso.write_after(look, request, &context.access));
    assert!(futures::poll!(&mut write).is_pending());
    assert!(done.lock().unwrap().is_empty(), "the budget is used up");
    permits.clear();
    write.await.unwrap();
    assert_eq!(*done.lock().unwrap(), ["look", "request"]);

    let refusal = Stop::waiting(Reason::RemovalHeld, "no");
    let refused = contoso.write_after(std::future::ready(Err(refusal.clone())), request, &context.access);
    assert_eq!(refused.await, Err(refusal));
    assert_eq!(done.lock().unwrap().len(), 2);
}
