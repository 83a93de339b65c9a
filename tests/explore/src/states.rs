//! How much of the controller's state space the runs have reached: distinct states of the resources, of Graph, and of what a process
//! remembers, taken together at each write. Times, ids and numbers are left out.

use std::cell::Cell;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use parking_lot::Mutex;
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::oracle::KINDS;
use crate::world::{World, plural};

/// The target of the trace that shows what is remembered.
const MEMORY: &str = "cloudpc_operator::memory";

static SEEN: LazyLock<Mutex<HashSet<u64>>> = LazyLock::new(Mutex::default);

thread_local! {
    /// The hash of what was remembered last.
    static REMEMBERED: Cell<u64> = const { Cell::new(0) };
}

/// Begins to listen to what processes remember.
pub fn listen() {
    let listener =
        tracing_subscriber::registry().with(Listener.with_filter(tracing_subscriber::filter::filter_fn(|meta| meta.target() == MEMORY)));
    // Another subscriber of the same process is no reason to fail: fewer states are told apart then.
    let _ = tracing::subscriber::set_global_default(listener);
}

/// How many states there were.
pub fn count() -> usize {
    SEEN.lock().len()
}

/// Notes the state of a world.
pub fn note(world: &World) {
    let mut hasher = DefaultHasher::new();
    REMEMBERED.get().hash(&mut hasher);
    for kind in KINDS {
        for object in world.cluster.objects(&plural(kind)) {
            resource(&object, &mut hasher);
        }
    }
    for collection in ["provisioningPolicies", "userSettings"] {
        for object in world.graph_objects(collection) {
            let managed = ["displayName", "description", "localAdminEnabled"].map(|name| object[name].to_string());
            (managed, lab::groups(&object)).hash(&mut hasher);
        }
    }
    SEEN.lock().insert(hasher.finish());
}

fn resource(object: &Value, hasher: &mut DefaultHasher) {
    let (meta, status) = (&object["metadata"], &object["status"]);
    let is = |value: &Value| !value.is_null();
    (
        is(&meta["deletionTimestamp"]),
        is(&meta["finalizers"]),
        is(&status["id"]),
        is(&status["pendingCreate"]),
    )
        .hash(hasher);
    let conditions = status["conditions"].as_array().into_iter().flatten();
    for condition in conditions {
        ["type", "status", "reason"].map(|name| condition[name].to_string()).hash(hasher);
    }
    (object["spec"].to_string(), meta["generation"] == status["observedGeneration"]).hash(hasher);
}

struct Listener;

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        event.record(&mut Remembers);
    }
}

struct Remembers;

impl Visit for Remembers {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "notes" {
            let mut hasher = DefaultHasher::new();
            let text = format!("{value:?}");
            text.bytes()
                .filter(|byte| !byte.is_ascii_hexdigit())
                .for_each(|byte| hasher.write_u8(byte));
            REMEMBERED.set(hasher.finish());
        }
    }
}
