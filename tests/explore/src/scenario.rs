//! What people ask for, step by step. A kind adds a file to `scenarios/` and a line to [`all`].

use std::time::Duration;

use lab::condition;
use serde_json::{Value, json};

use crate::oracle::risk::PLENTY;
use crate::scenarios;
use crate::wires::Hands;
use crate::world::{APP, TEAM, TENANT, World};

/// A step of a scenario.
pub enum Step {
    /// People do something.
    Do(Box<dyn Fn(&World)>),
    /// Waits until it holds. Goes on after a while if it never does: what a plan does may rule it out.
    Until(fn(&World) -> bool),
    /// Time passes.
    Pause(Duration),
    /// The process ends, and another goes on.
    Crash,
}

/// Makes the steps of a story anew for each run.
pub type Steps = Box<dyn Fn() -> Vec<Step> + Send + Sync>;

/// A story, in which plans happen.
pub struct Scenario {
    /// Its name, as in `create-policy`.
    pub name: &'static str,
    /// What happens in it.
    pub steps: Steps,
    /// What a person can do in Graph meanwhile, by name.
    pub hands: &'static [&'static str],
    /// Does it.
    pub hand: Hands,
    /// What has to hold in the end beyond what always has to, as sentences about what does not. Not asked when a person's hand
    /// took part.
    pub check: fn(&World) -> Vec<String>,
    /// Whether plans with two turns are carried out as well.
    pub paired: bool,
}

/// All scenarios.
pub fn all() -> Vec<Scenario> {
    let kinds = [
        scenarios::policy::all(),
        scenarios::setting::all(),
        scenarios::assignment::all(),
        scenarios::tenant::all(),
        scenarios::claim::all(),
        scenarios::groups::all(),
        scenarios::late::all(),
        scenarios::neighbour::all(),
        scenarios::risk::all(),
    ];
    kinds.into_iter().flatten().collect()
}

/// The scenario of this name.
///
/// # Errors
/// There is none.
pub fn named(name: &str) -> Result<Scenario, String> {
    let found = all().into_iter().find(|scenario| scenario.name == name);
    found.ok_or_else(|| format!("there is no scenario {name}"))
}

/// A step that people do.
pub fn act(act: impl Fn(&World) + 'static) -> Step {
    Step::Do(Box::new(act))
}

/// Applies an object.
pub fn apply(object: Value) -> Step {
    act(move |world| world.apply(&object))
}

/// A tenant that allows the namespace of the resources.
pub fn tenant(name: &str) -> Value {
    json!({
        "apiVersion": "cloudpc.dev/v1alpha1", "kind": "EntraTenant", "metadata": {"name": name},
        "spec": {
            "tenantId": TENANT, "clientId": APP, "interval": "60s",
            "credentials": {"workloadIdentity": {"serviceAccountName": "cloudpc-operator"}},
            "allowedNamespaces": {"selector": {"matchLabels": {"cloudpc.dev/tenant": "contoso"}}},
            "safety": {"maxCloudPCsAtRisk": PLENTY},
        },
    })
}

/// The namespace of the resources.
pub fn team() -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": TEAM, "labels": {"cloudpc.dev/tenant": "contoso"}}})
}

/// An object of ours in the namespace of the resources.
pub fn resource(kind: &str, name: &str, spec: Value) -> Value {
    json!({"apiVersion": "cloudpc.dev/v1alpha1", "kind": kind, "metadata": {"namespace": TEAM, "name": name}, "spec": spec})
}

/// The tenant and the namespace, which almost every scenario begins with.
pub fn basis() -> Vec<Step> {
    vec![apply(tenant("contoso")), apply(team())]
}

/// Whether an object is Ready for its current spec.
pub fn is_ready(world: &World, kind: &str, name: &str) -> bool {
    world.object(kind, name).is_some_and(|object| ready(&object))
}

/// Whether an object is not Ready for this reason.
pub fn with_reason(world: &World, kind: &str, name: &str, reason: &str) -> bool {
    let object = world.object(kind, name);
    object.is_some_and(|object| condition(&object, "Ready").is_some_and(|ready| ready["reason"] == reason))
}

/// Whether it is Ready for its current spec.
pub fn ready(object: &Value) -> bool {
    condition(object, "Ready")
        .is_some_and(|ready| ready["status"] == "True" && ready["observedGeneration"] == object["metadata"]["generation"])
}

/// Nothing further has to hold.
pub fn no_check(_world: &World) -> Vec<String> {
    Vec::new()
}
