//! The change windows of an EntraTenant in its status, from pass to pass.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, Response};
use jiff::{SignedDuration, Timestamp};
use kube::Client;
use kube::client::Body;
use kube::runtime::controller::Action;
use serde_json::{Value, json};

use crate::api::{EntraTenant, FINALIZER};
use crate::base::wall;
use crate::reconcile::context::Context;
use crate::reconcile::driver::reconcile;
use crate::reconcile::tests::fragile::context;
use crate::tenant::tests::sign_in::tenant;

/// An EntraTenant in Kubernetes, and how often its status was written.
#[derive(Clone)]
struct Stored {
    object: Arc<Mutex<Value>>,
    writes: Arc<Mutex<usize>>,
}

impl Stored {
    /// A suspended one, whose passes ask Graph nothing.
    fn new(fields: Value) -> Self {
        let mut object = serde_json::to_value(tenant("contoso", fields)).unwrap();
        object["spec"]["suspend"] = json!(true);
        object["metadata"] = json!({"name": "contoso", "uid": "uid", "generation": 1, "resourceVersion": "7", "finalizers": [FINALIZER]});
        Self {
            object: Arc::new(Mutex::new(object)),
            writes: Arc::default(),
        }
    }

    fn context(&self) -> Arc<Context> {
        let stored = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let stored = stored.clone();
            async move {
                let bytes = request.into_body().collect_bytes().await?;
                let body: Value = serde_json::from_slice(&bytes)?;
                let mut object = stored.object.lock().unwrap();
                object["status"] = body["status"].clone();
                *stored.writes.lock().unwrap() += 1;
                let answer = serde_json::to_vec(&*object)?;
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(Response::new(Body::from(answer)))
            }
        });
        context(Client::new(service, "default"))
    }

    /// One pass; when the next one is, what the status says of the windows, and how often the status was written by now.
    async fn pass(&self, context: &Arc<Context>) -> (Action, Value, usize) {
        let object: EntraTenant = serde_json::from_value(self.object.lock().unwrap().clone()).unwrap();
        let action = reconcile(Arc::new(object), Arc::clone(context)).await.unwrap();
        let told = self.object.lock().unwrap()["status"]["changeWindow"].clone();
        (action, told, *self.writes.lock().unwrap())
    }
}

#[tokio::test(start_paused = true)]
async fn the_status_is_written_when_a_change_window_opens_and_when_it_closes_and_not_between() {
    let now = wall::now();
    let minute = |after: i64| Timestamp::from_second((now.as_second() / 60 + after) * 60).unwrap();
    let clock = |at: Timestamp| at.strftime("%H:%M").to_string();
    let (opens, closes) = (minute(10), minute(20));
    let window = json!([{"start": clock(opens), "end": clock(closes), "timeZone": "UTC"}]);
    let stored = Stored::new(json!({"changeWindows": window}));
    let context = stored.context();
    let wait = |from: Timestamp, to: Timestamp| Duration::try_from(to.duration_since(from)).unwrap();
    let closed = json!({"open": false, "opensAt": opens.to_string()});
    let open = json!({"open": true, "closesAt": closes.to_string()});

    let in_time = Action::requeue(wait(now, opens));
    assert_eq!(stored.pass(&context).await, (in_time, closed.clone(), 1));
    tokio::time::advance(wait(now, opens) - Duration::from_millis(500)).await;
    assert_eq!(
        stored.pass(&context).await,
        (Action::requeue(Duration::from_millis(500)), closed, 1)
    );
    tokio::time::advance(Duration::from_millis(500)).await;
    let in_time = Action::requeue(wait(opens, closes));
    assert_eq!(stored.pass(&context).await, (in_time, open.clone(), 2));
    tokio::time::advance(Duration::from_secs(1)).await;
    let in_time = Action::requeue(wait(opens, closes) - Duration::from_secs(1));
    assert_eq!(stored.pass(&context).await, (in_time, open, 2));
    tokio::time::advance(wait(opens, closes)).await;
    let tomorrow = opens + SignedDuration::from_hours(24);
    let (_, told, writes) = stored.pass(&context).await;
    assert_eq!((told, writes), (json!({"open": false, "opensAt": tomorrow.to_string()}), 3));
}

#[tokio::test(start_paused = true)]
async fn a_tenant_without_change_windows_and_one_with_an_unknown_zone_name_no_time() {
    let (_, told, _) = {
        let stored = Stored::new(json!({}));
        stored.pass(&stored.context()).await
    };
    assert_eq!(told, Value::Null);
    let stored = Stored::new(json!({"changeWindows": [{"start": "00:00", "end": "24:00", "timeZone": "Moon/Base"}]}));
    let (_, told, _) = stored.pass(&stored.context()).await;
    assert_eq!(told, json!({"open": false}));
}
