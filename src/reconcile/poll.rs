//! The drift poller: one list per tenant, collection and interval; it wakes only the objects whose state in Graph
//! differs from the one that the last pass judged. Steady state costs pages per collection, not requests per object.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kube::ResourceExt;

use tokio::time::Instant;

use crate::api::EntraTenant;
use crate::cluster::allowed_namespaces::allows;
use crate::cluster::kinds::each_kind;
use crate::cluster::managed::Managed;
use crate::graph::Priority;
use crate::reconcile::context::Context;
use crate::reconcile::driver::sweep::sweep;
use crate::reconcile::memory::Uid;
use crate::reconcile::pass::Kind;
use crate::report::stop::Stop;
use crate::runtime::backoff::jitter;
use crate::runtime::shutdown::Shutdown;
use crate::tenant::shared::{Tenant, interval};

/// How often the schedule is checked.
const TICK: Duration = Duration::from_millis(500);

/// How often the caches are compared with what this process remembers.
const SWEEP: Duration = Duration::from_secs(60);

/// Polls every tenant until the shutdown.
pub(crate) async fn poll(context: Arc<Context>, shutdown: Shutdown) {
    let mut due: HashMap<String, (Duration, Instant)> = HashMap::new();
    let mut running: HashMap<String, tokio::task::JoinHandle<()>> = HashMap::new();
    let mut swept = Instant::now();
    loop {
        tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            () = tokio::time::sleep(TICK) => {}
        }
        if swept.elapsed() >= SWEEP {
            sweep(&context).await;
            swept = Instant::now();
        }
        let mut tenants = context.cluster.caches.tenants.state();
        // A cache has no order; the same polls in the same order give the same run.
        tenants.sort_by_key(|tenant| tenant.name_any());
        due.retain(|name, _| tenants.iter().any(|tenant| tenant.name_any() == *name));
        running.retain(|_, task| !task.is_finished());
        for described in tenants {
            let name = described.name_any();
            // Whatever failed first, a pass or a poll: the tenant's own pass finds the cause and reports it.
            if context.tenants.known(&name).is_some_and(|tenant| tenant.gate.take_news()) {
                context.cluster.wakes.tenants.object(&described);
            }
            if described.spec.suspend == Some(true) {
                not_polled(&name, &context);
            }
            if described.spec.suspend == Some(true) || running.contains_key(&name) || !is_due(&mut due, &described) {
                continue;
            }
            // In a task of its own: a tenant that is slow to answer delays no other.
            let poll = Priority::Resync.scope(poll_tenant(described, Arc::clone(&context)));
            running.insert(name, tokio::spawn(poll));
        }
    }
    for task in running.into_values() {
        task.abort();
    }
}

/// Whether the tenant's interval is over; starts the next one if so. The first one starts when the tenant is seen:
/// the first pass over its objects lists anyway.
fn is_due(due: &mut HashMap<String, (Duration, Instant)>, described: &EntraTenant) -> bool {
    let interval = interval(&described.spec);
    // Rather sooner than later than the interval: the list takes time as well.
    let next = Instant::now() + jitter(interval.mul_f64(0.95), 5);
    let entry = due.entry(described.name_any()).or_insert((interval, next));
    if entry.0 != interval {
        *entry = (interval, next);
    }
    let over = entry.1 <= Instant::now();
    if over {
        entry.1 = next;
    }
    over
}

async fn poll_tenant(described: Arc<EntraTenant>, context: Arc<Context>) {
    // A tenant whose credentials cannot even be built reports that in its own status.
    let Ok(tenant) = context.tenant(&described) else { return };
    macro_rules! poll_all {
        (managed { $($field:ident: $kind:ty),* } others { $($rest:tt)* }) => {
            $(poll_kind::<$kind>(&described, &tenant, &context).await;)*
        };
    }
    each_kind!(poll_all);
}

async fn poll_kind<K: Managed + Kind>(described: &EntraTenant, tenant: &Tenant, context: &Context) {
    let uses = |object: &Arc<K>| {
        object.common().tenant == tenant.name && allows(described, &object.namespace().unwrap_or_default(), &context.cluster.caches)
    };
    let objects: Vec<Arc<K>> = K::cache(&context.cluster.caches).state().into_iter().filter(uses).collect();
    // No resource uses this collection, so the list is not needed.
    if objects.is_empty() {
        tenant.metrics.not_polled(K::KIND);
        return;
    }
    let held_back = tenant.gate.closed().is_some();
    if let Err(stop) = list::<K>(tenant).await {
        let failure = stop.failure();
        tracing::warn!(
            tenant = tenant.name,
            collection = K::COLLECTION.as_str(),
            reason = failure.map(|failure| failure.reason.as_str()),
            detail = failure.map(|failure| failure.message.as_str()),
            "poll failed"
        );
        // The tenant's pass finds the cause, unless that is known: then it tries again at its own time.
        if !held_back {
            context.cluster.wakes.tenants.object(described);
        }
        // It is not known any more whether Ready objects still are; each object's pass reports that.
        if tenant
            .snapshot(K::COLLECTION)
            .listed()
            .is_some_and(|listed| listed.elapsed() > interval(&described.spec) * 2)
        {
            objects.iter().for_each(|object| K::trigger(&context.cluster.wakes).object(object));
        }
        return;
    }
    let snapshot = tenant.snapshot(K::COLLECTION);
    tenant.metrics.polled(K::KIND, snapshot.len(), crate::base::wall::now());
    let mut woken = 0_u32;
    for object in &objects {
        if differs(&**object, tenant, context) {
            K::trigger(&context.cluster.wakes).object(object);
            woken += 1;
        }
    }
    tracing::info!(
        tenant = tenant.name,
        collection = K::COLLECTION.as_str(),
        objects = snapshot.len(),
        woken,
        "poll"
    );
}

/// A tenant that is not polled has no last poll that an alert could wait for.
fn not_polled(name: &str, context: &Context) {
    if let Some(tenant) = context.tenants.known(name) {
        macro_rules! none_polled {
            (managed { $($field:ident: $kind:ty),* } others { $($rest:tt)* }) => {
                $(tenant.metrics.not_polled(<$kind>::KIND);)*
            };
        }
        each_kind!(none_polled);
    }
}

/// Lists the collection; a list that a pass is making just now is used as well.
async fn list<K: Managed>(tenant: &Tenant) -> Result<(), Stop> {
    const LONGEST: Duration = Duration::from_secs(60);
    let start = Instant::now();
    loop {
        match tenant.list_since(K::COLLECTION, start).await {
            Err(Stop::Later(later)) if start.elapsed() < LONGEST => tokio::time::sleep(later.after).await,
            result => return result,
        }
    }
}

fn differs<K: Managed>(object: &K, tenant: &Tenant, context: &Context) -> bool {
    let Some(last) = Uid::of(object).and_then(|uid| context.memory.get(&uid).seen.judged) else {
        return false;
    };
    let id = object.status().and_then(|status| status.id.as_deref());
    tenant.snapshot(K::COLLECTION).judged(id, object.common().display_name) != last
}
