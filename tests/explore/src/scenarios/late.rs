//! What Graph accepts and shows later.

use http::Method;
use jiff::{SignedDuration, Timestamp};
use lab::condition;
use serde_json::{Value, json};

use crate::plan::Side;
use crate::scenario::{Scenario, act};
use crate::scenarios::policy::{change, created, ready, scenario, then};
use crate::world::World;

/// How far reads are behind.
const LAG: SignedDuration = SignedDuration::from_secs(90);

/// When the first request of this kind was sent.
fn first(world: &World, side: Side, method: &Method, fits: impl Fn(&str, &Value) -> bool) -> Option<Timestamp> {
    let lines = world.wires.lines();
    let mut lines = lines.iter().filter(|line| line.point.side == side && line.method == *method);
    let found = lines.find(|line| fits(&line.path, &serde_json::from_slice(&line.body).unwrap_or_default()));
    found.map(|line| line.sent)
}

/// Ready is not reported for the new spec before a read can have shown it.
fn reported_when_shown(world: &World) -> Vec<String> {
    let sent = first(world, Side::Graph, &Method::PATCH, |_path, body| body["description"] == "Other");
    let reported = first(world, Side::Kubernetes, &Method::PATCH, |path, body| {
        let ready = condition(body, "Ready").is_some_and(|ready| ready["status"] == "True" && ready["observedGeneration"] == 2);
        ready && path.contains("/provisioningpolicies/")
    });
    match (sent, reported) {
        (Some(sent), Some(reported)) if reported.duration_since(sent) >= LAG => Vec::new(),
        (sent, reported) => vec![format!("the change was sent at {sent:?}, and Ready reported at {reported:?}")],
    }
}

/// All of these.
pub fn all() -> Vec<Scenario> {
    vec![scenario(
        "update-shown-late",
        || {
            let lag = act(|world| {
                world.option("replicationLag", "PT90S");
                world.option("patchAnswer", "noContent");
            });
            then(created(json!({})), [lag, change(json!({"description": "Other"})), ready()])
        },
        reported_when_shown,
    )]
}
