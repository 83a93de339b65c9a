//! The driver on a kind of its own and a recorded Kubernetes API: a panic stays with its object, a converged object is
//! not written, a deletion that cannot continue keeps the finalizer.

use crate::api::FINALIZER;
use crate::graph::Priority;
use crate::reconcile::driver::reconcile;
use crate::reconcile::driver::urgency::{urgency, worth_telling};
use crate::reconcile::memory::Uid;
use crate::reconcile::pass::Pass;
use crate::reconcile::tests::fragile::{CANARY, Fragile, WRITERS, conflicting, context, fragile, kubernetes, status_writes};
use crate::report::reason::Reason;
use crate::report::status;
use crate::report::stop::Later;
use crate::tenant::tests::sign_in::{client_secret, tenant};
use kube::ResourceExt;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
#[tokio::test]
async fn s15_a_panic_is_reported_on_its_object_without_its_text_and_the_controller_goes_on() {
    let object = fragile(true);
    let (client, writes) = kubernetes(&object);
    let context = context(client);
    let action = reconcile(Arc::new(object), Arc::clone(&context)).await.unwrap();
    assert_ne!(action, kube::runtime::controller::Action::await_change());
    let written = status_writes(&writes);
    assert_eq!(written.len(), 1);
    let conditions = written[0]["status"]["conditions"].as_array().unwrap();
    assert!(
        conditions
            .iter()
            .any(|condition| condition["type"] == "Ready" && condition["reason"] == "InternalError"),
        "{conditions:?}"
    );
    assert_eq!(context.in_flight.count(), 0);
    // S15: what a panic quotes may be anything.
    let written = format!("{:?}", writes.lock().unwrap());
    assert!(!written.contains(CANARY), "{written}");
}

#[tokio::test]
async fn the_finalizer_comes_first_and_a_converged_object_is_not_written_again() {
    let mut object = fragile(false);
    let (client, writes) = kubernetes(&object);
    object.metadata.finalizers = None;
    let context = context(client.clone());
    reconcile(Arc::new(object), Arc::clone(&context)).await.unwrap();
    let first = writes.lock().unwrap()[0].1.clone();
    assert_eq!(first, json!({"metadata": {"finalizers": [FINALIZER], "resourceVersion": "7"}}));
    // A pass on a stale copy, or on an object that was made anew, must not write.
    let condition = &status_writes(&writes)[0]["metadata"];
    assert_eq!(*condition, json!({"name": "x", "uid": "uid", "resourceVersion": "7"}));

    let mut converged = fragile(false);
    converged.status = serde_json::from_value(status_writes(&writes)[0]["status"].clone()).unwrap();
    let before = writes.lock().unwrap().len();
    reconcile(Arc::new(converged), Arc::clone(&context)).await.unwrap();
    assert_eq!(writes.lock().unwrap().len(), before);
}

#[tokio::test(start_paused = true)]
async fn f25_no_pass_works_with_a_copy_from_before_the_last_write() {
    let old = Arc::new(fragile(false));
    let (client, writes) = kubernetes(&old);
    let context = context(client);
    let written = async || {
        reconcile(Arc::clone(&old), Arc::clone(&context)).await.unwrap();
        status_writes(&writes).len()
    };
    assert_eq!(written().await, 1);
    assert_eq!(written().await, 1, "the cache is behind");
    tokio::time::advance(Duration::from_secs(5)).await;
    assert_eq!(written().await, 2, "another writer has removed the status");
}

#[tokio::test]
async fn a_deletion_that_waits_keeps_the_finalizer() {
    let mut object = fragile(false);
    object.metadata.deletion_timestamp = Some(status::now());
    let (client, writes) = kubernetes(&object);
    reconcile(Arc::new(object), context(client)).await.unwrap();
    let writes = writes.lock().unwrap();
    assert!(
        writes.iter().all(|(_, body)| body["metadata"]["finalizers"].is_null()),
        "{writes:?}"
    );
}

#[tokio::test]
async fn what_others_keep_after_its_deletion_does_not_stay_ready() {
    let mut object = with_ready(Some(("True", "Synced", 1)));
    object.spec.removable = true;
    object.metadata.deletion_timestamp = Some(status::now());
    let (client, writes) = kubernetes(&object);
    let release = async |object: &Fragile| reconcile(Arc::new(object.clone()), context(client.clone())).await.unwrap();
    release(&object).await;
    assert_eq!(status_writes(&writes).len(), 0, "it is gone at once");
    object.finalizers_mut().push("example.com/theirs".to_owned());
    release(&object).await;
    let written = status_writes(&writes).remove(0);
    let ready = condition(&written["status"], "Ready");
    assert_eq!((&ready["status"], &ready["reason"]), (&json!("False"), &json!("Deleting")));
    assert!(ready["message"].as_str().unwrap().ends_with(": example.com/theirs"), "{ready}");
    let last = writes.lock().unwrap().last().unwrap().1.clone();
    assert_eq!(last["metadata"]["finalizers"], json!(["example.com/theirs"]), "{last}");
}

fn condition(status: &Value, kind: &str) -> Value {
    let conditions = status["conditions"].as_array().unwrap();
    conditions.iter().find(|condition| condition["type"] == kind).unwrap().clone()
}

/// An object with this Ready of that generation.
fn with_ready(ready: Option<(&str, &str, i64)>) -> Fragile {
    let mut object = fragile(false);
    object.status = ready.map(|(status, reason, generation)| {
        let ready = json!({"type": "Ready", "status": status, "reason": reason, "message": "", "observedGeneration": generation,
            "lastTransitionTime": "2026-01-05T08:00:00Z"});
        serde_json::from_value(json!({"conditions": [ready]})).unwrap()
    });
    object
}

fn uid() -> Uid {
    Uid::of(&fragile(false)).unwrap()
}

#[tokio::test]
async fn what_somebody_waits_for_comes_first() {
    for (ready, expected) in [
        (None, Priority::Change),
        (Some(("True", "Synced", 1)), Priority::Repair),
        (Some(("True", "Synced", 0)), Priority::Change),
        (Some(("False", Reason::Drifted.as_str(), 1)), Priority::Repair),
        (Some(("False", Reason::CreateUnconfirmed.as_str(), 1)), Priority::Change),
    ] {
        let mut object = with_ready(ready);
        let (uid, context) = (uid(), context(kubernetes(&object).0));
        let mut pass = Pass::new(&object, &uid, &context);
        assert_eq!(urgency(&pass), expected, "{ready:?}");
        pass.requested = true;
        assert_eq!(urgency(&pass), Priority::Change, "{ready:?}");
        object.metadata.deletion_timestamp = Some(status::now());
        assert_eq!(urgency(&Pass::new(&object, &uid, &context)), Priority::Change, "{ready:?}");
    }
}

#[tokio::test]
async fn a_wait_for_a_turn_is_told_to_who_has_no_word_yet_and_after_a_write() {
    let after = |seconds| Later {
        after: Duration::from_secs(seconds),
        turn: Some("its turn".to_owned()),
    };
    let list = Later { turn: None, ..after(60) };
    for (ready, seconds, expected) in [
        (None, 60, true),
        (None, 1, false),
        (Some(("True", "Synced", 1)), 60, false),
        (Some(("True", "Synced", 0)), 60, true),
    ] {
        let object = with_ready(ready);
        let (uid, context) = (uid(), context(kubernetes(&object).0));
        let mut pass = Pass::new(&object, &uid, &context);
        assert_eq!(worth_telling(&pass, &after(seconds)), expected, "{ready:?} {seconds}");
        pass.warn(Reason::Refused.as_str(), "Compare", String::new());
        assert_eq!(worth_telling(&pass, &after(seconds)), expected, "{ready:?} {seconds}");
        pass.event(Reason::Synced.as_str(), "Update", String::new());
        assert!(worth_telling(&pass, &after(seconds)), "{ready:?} {seconds}");
        assert!(!worth_telling(&pass, &list), "a list is under way");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pass_that_was_sent_away_for_want_of_budget_keeps_its_place_and_does_nothing_until_its_turn() {
    let mut object = fragile(false);
    object.spec.writes = true;
    let context = context(kubernetes(&object).0);
    let object = Arc::new(object);
    let contoso = context.tenants.get(&tenant("contoso", client_secret("app"))).unwrap();
    // A window is under way, and none of it is answered.
    let mut window = Vec::new();
    while let Ok(permit) = contoso.client.permit().await {
        window.push(permit);
    }
    let place = || context.memory.get(&uid()).asked.place;
    let passes = || WRITERS.load(Ordering::Relaxed);
    let pass = || reconcile(Arc::clone(&object), Arc::clone(&context));
    pass().await.unwrap();
    assert_eq!((passes(), place().is_some()), (1, true));
    let ticket = format!("{:?}", place());
    // The object as the cache has it lacks the status that was written.
    context.memory.update(&uid(), |notes| notes.seen.written = None);
    for _ in 0..3 {
        pass().await.unwrap();
        assert_eq!((passes(), format!("{:?}", place())), (1, ticket.clone()));
    }
    // A new generation may want something else, so it gets a pass; its place is the same.
    let mut changed = Fragile::clone(&object);
    changed.metadata.generation = Some(2);
    reconcile(Arc::new(changed), Arc::clone(&context)).await.unwrap();
    assert_eq!(passes(), 2);
    assert!(format!("{:?}", place()).contains(ticket.split("ticket").nth(1).unwrap().split(',').next().unwrap()));
    context.memory.update(&uid(), |notes| notes.seen.written = None);
    drop(window);
    pass().await.unwrap();
    assert_eq!((passes(), place().is_none()), (3, true));
}

#[tokio::test]
async fn equal_objects_are_not_looked_at_again_at_the_same_moment() {
    let (client, writes) = kubernetes(&fragile(false));
    let context = context(client);
    reconcile(Arc::new(fragile(false)), Arc::clone(&context)).await.unwrap();
    let mut converged = fragile(false);
    converged.status = serde_json::from_value(status_writes(&writes)[0]["status"].clone()).unwrap();
    let converged = Arc::new(converged);
    let mut waits = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let action = reconcile(Arc::clone(&converged), Arc::clone(&context)).await.unwrap();
        context.memory.forget(&uid());
        // `Action` shows its time only in its `Debug`.
        let shown = format!("{action:?}");
        let seconds = shown.split_once("Some(").and_then(|(_, rest)| rest.split_once("s)")).unwrap().0;
        waits.insert(seconds.to_owned());
        let seconds: f64 = seconds.parse().unwrap();
        assert!(
            (1620.0..=1980.0).contains(&seconds),
            "half an hour, up to a tenth more or less: {shown}"
        );
    }
    assert!(waits.len() > 10, "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn a_version_that_was_refused_gets_no_pass_before_the_cache_shows_a_newer_one() {
    let (client, refused) = conflicting();
    let context = context(client);
    let pass = async |version: &str| {
        let mut object = fragile(false);
        object.metadata.resource_version = Some(version.to_owned());
        reconcile(Arc::new(object), Arc::clone(&context)).await.unwrap();
        refused.load(Ordering::Relaxed)
    };
    assert_eq!((pass("7").await, pass("7").await), (1, 1));
    assert_eq!((pass("8").await, pass("8").await), (2, 2));
    // Another writer may bring back what was there, and no cache is late for ever.
    tokio::time::advance(Duration::from_secs(5)).await;
    assert_eq!(pass("8").await, 3);
}
