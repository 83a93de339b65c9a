//! The watch, fed by hand: no server, no sleeping.

use crate::runtime::watch::*;
use futures::channel::mpsc;
use futures::{FutureExt, SinkExt};
use k8s_openapi::api::apps::v1::Deployment;
use kube::ResourceExt;
use serde_json::{Value, json};

type Read = Decoded<Deployment>;

struct Bench {
    events: mpsc::UnboundedSender<watcher::Result<watcher::Event<Read>>>,
    watched: Watched<Deployment>,
    malformed: Arc<Mutex<Vec<Malformed>>>,
}

impl Bench {
    fn new() -> Self {
        let (events, receiver) = mpsc::unbounded();
        let malformed = Arc::new(Mutex::new(Vec::new()));
        let reports = Arc::clone(&malformed);
        let watched = watched(receiver, move |report| {
            reports.lock().push(report);
        });
        Self {
            events,
            watched,
            malformed,
        }
    }

    /// Sends an event and returns the names that were triggered.
    fn send(&mut self, event: watcher::Event<Read>) -> Vec<String> {
        self.events.send(Ok(event)).now_or_never().expect("unbounded").expect("open");
        let mut triggered = Vec::new();
        while let Some(Some(object)) = self.watched.trigger.next().now_or_never() {
            triggered.push(object.expect("no error was sent").name_any());
        }
        triggered
    }

    fn reports(&self) -> Vec<(String, String)> {
        let reports = self.malformed.lock();
        reports
            .iter()
            .map(|r| (r.name.clone(), r.resource_version.clone().unwrap_or_default()))
            .collect()
    }

    fn stored(&self) -> Vec<String> {
        let mut names: Vec<_> = self.watched.store.state().iter().map(|o| o.name_any()).collect();
        names.sort();
        names
    }
}

/// An object with the given version and generation; `edit` changes it further.
fn object(name: &str, version: u32, generation: u32, edit: impl FnOnce(&mut Value)) -> Read {
    let mut object = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {
            "name": name, "namespace": "ns", "uid": format!("uid-{name}"),
            "resourceVersion": version.to_string(), "generation": generation,
            "managedFields": [{"manager": "someone"}],
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"},
        },
        "spec": {
            "selector": {},
            "template": {},
        },
    });
    edit(&mut object);
    serde_json::from_value(object).expect("metadata decodes")
}

fn good(name: &str, version: u32, generation: u32) -> Read {
    object(name, version, generation, |_| ())
}

fn bad(name: &str, version: u32) -> Read {
    let object = object(name, version, 1, |o| {
        o["spec"]["replicas"] = json!("many\nmany");
    });
    assert!(object.0.is_err());
    object
}

#[test]
fn s31_an_undecodable_object_is_reported_and_hides_no_other() {
    use watcher::Event::{Apply, Init, InitApply, InitDone};
    let mut bench = Bench::new();
    bench.send(Init);
    assert_eq!(bench.send(InitApply(good("a", 1, 1))), ["a"]);
    assert!(bench.send(InitApply(bad("b", 2))).is_empty());
    assert_eq!(bench.send(InitApply(good("c", 3, 1))), ["c"]);
    assert!(!bench.watched.complete.now());
    bench.send(InitDone);
    assert!(bench.watched.complete.now());

    assert_eq!(bench.stored(), ["a", "c"]);
    assert_eq!(bench.reports(), [("b".to_owned(), "2".to_owned())]);
    let report = bench.malformed.lock()[0].clone();
    assert_eq!(report.kind, "Deployment");
    assert_eq!(report.namespace.as_deref(), Some("ns"));
    assert_eq!(report.uid.as_deref(), Some("uid-b"));
    assert_eq!(report.generation, Some(1));
    assert!(!report.error.is_empty() && !report.error.contains('\n'), "{}", report.error);

    // The same version again, by listing or by event, is old news; another version is not.
    bench.send(Init);
    bench.send(InitApply(good("a", 1, 1)));
    bench.send(InitApply(bad("b", 2)));
    bench.send(InitDone);
    bench.send(Apply(bad("b", 2)));
    assert_eq!(bench.reports().len(), 1);
    bench.send(Apply(bad("b", 4)));
    assert_eq!(bench.reports()[1..], [("b".to_owned(), "4".to_owned())]);
    assert_eq!(bench.stored(), ["a"], "what a listing leaves out is gone");
}

#[test]
fn an_object_that_becomes_undecodable_leaves_the_store_and_comes_back() {
    use watcher::Event::{Apply, Delete, Init, InitApply, InitDone};
    let mut bench = Bench::new();
    bench.send(Init);
    bench.send(InitApply(good("a", 1, 1)));
    bench.send(InitDone);

    assert!(bench.send(Apply(bad("a", 2))).is_empty());
    assert!(bench.stored().is_empty());
    // The correction changed nothing that the filter compares; the object needs a pass all the same.
    assert_eq!(bench.send(Apply(good("a", 3, 1))), ["a"]);
    assert_eq!(bench.stored(), ["a"]);
    assert!(bench.send(Apply(good("a", 4, 1))).is_empty());

    bench.send(Apply(bad("a", 5)));
    bench.send(Delete(bad("a", 6)));
    assert_eq!(bench.reports().len(), 2, "a deletion is not reported");
    assert!(bench.stored().is_empty());
}

#[test]
#[expect(clippy::too_many_lines, reason = "one course of events")]
fn only_what_a_reconcile_depends_on_triggers() {
    use watcher::Event::{Apply, Delete, Init, InitApply, InitDone};
    let mut bench = Bench::new();
    bench.send(Init);
    assert_eq!(bench.send(InitApply(good("a", 1, 1))), ["a"]);
    bench.send(InitDone);

    let status = |version| {
        object("a", version, 1, |o| {
            o["status"] = json!({"replicas": version});
        })
    };
    assert!(bench.send(Apply(status(2))).is_empty(), "own status write");
    assert_eq!(
        bench.watched.store.state()[0].resource_version().as_deref(),
        Some("2"),
        "the store is fresh even so"
    );
    assert_eq!(
        bench.watched.store.state()[0].managed_fields().len(),
        0,
        "managed fields are not kept"
    );
    assert!(
        bench.watched.store.state()[0].annotations().is_empty(),
        "nor is the manifest that was applied"
    );

    let finalizer = |o: &mut Value| o["metadata"]["finalizers"] = json!(["example.org/f"]);
    assert!(
        bench.send(Apply(object("a", 3, 1, finalizer))).is_empty(),
        "own finalizer, added by a pass that continues"
    );

    let without = object("a", 4, 1, |_| ());
    assert_eq!(bench.send(Apply(without.clone())), ["a"], "a finalizer that another writer removed");
    assert!(bench.send(Apply(without)).is_empty(), "the same, repeated");
    bench.send(Apply(object("a", 5, 1, finalizer)));

    let foreign = |o: &mut Value| {
        finalizer(o);
        o["metadata"]["annotations"] = json!({"example.org/now": "1"});
        o["metadata"]["labels"] = json!({"example.org/now": "1"});
    };
    assert!(bench.send(Apply(object("a", 5, 1, foreign))).is_empty(), "what no pass reads");

    let mut expect = |what: &str, edit: &dyn Fn(&mut Value), generation| {
        let object = object("a", 4, generation, |o| edit(o));
        assert_eq!(bench.send(Apply(object.clone())), ["a"], "{what}");
        assert!(bench.send(Apply(object)).is_empty(), "{what}, repeated");
    };
    let annotation = |o: &mut Value| {
        finalizer(o);
        o["metadata"]["annotations"] = json!({"apps/now": "1"});
    };
    let deletion = |o: &mut Value| {
        annotation(o);
        o["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    };
    expect("annotation", &annotation, 1);
    expect("specification", &annotation, 2);
    expect("deletion", &deletion, 2);
    assert!(bench.send(Delete(good("a", 9, 2))).is_empty());
    assert!(bench.stored().is_empty());

    // An object of the same name is a different object.
    let same_name = object("a", 10, 2, |o| {
        deletion(o);
        o["metadata"]["uid"] = json!("another");
    });
    assert_eq!(bench.send(Apply(same_name)), ["a"]);
}

#[test]
fn errors_of_the_watch_are_passed_on() {
    let mut bench = Bench::new();
    bench.events.unbounded_send(Err(watcher::Error::NoResourceVersion)).expect("open");
    let next = bench.watched.trigger.next().now_or_never();
    assert!(matches!(next, Some(Some(Err(_)))));
}
