//! The controllers: one file per kind for what is specific to it, and the registration below.

mod assignment;
mod entra_tenant;
mod managed;
mod network;
mod permissions;
mod provisioning_policy;
mod tenant_conditions;
mod user_setting;
mod watches;

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use kube::ResourceExt;
use kube::runtime::controller::{Action, Config as ControllerConfig, Controller, Error as RuntimeError};

use crate::reconcile::context::{Context, Wake};
use crate::reconcile::driver::{Kind, reconcile};
use crate::reconcile::poll::poll;
use crate::runtime::health::Health;
use crate::runtime::shutdown::Shutdown;
pub use watches::{Dependencies, Triggers, start};

/// Runs every controller and the poller until the shutdown, then waits for the passes that are under way.
pub async fn run(context: Arc<Context>, triggers: Triggers, concurrency: u16, health: Health, shutdown: Shutdown) {
    let ready = {
        let context = Arc::clone(&context);
        async move {
            let complete = context.stores.ready().await;
            health.set_ready(CACHES, complete);
        }
    };
    let config = ControllerConfig::default().concurrency(concurrency);
    let work = async {
        tokio::join!(
            ready,
            control(
                triggers.tenants,
                &context.stores.tenants,
                &context.wakes.tenants,
                &context,
                &config,
                &shutdown
            ),
            control(
                triggers.policies,
                &context.stores.policies,
                &context.wakes.policies,
                &context,
                &config,
                &shutdown
            ),
            control(
                triggers.settings,
                &context.stores.settings,
                &context.wakes.settings,
                &context,
                &config,
                &shutdown
            ),
            control(
                triggers.assignments,
                &context.stores.assignments,
                &context.wakes.assignments,
                &context,
                &config,
                &shutdown
            ),
            watches::wake_namespaces(triggers.namespaces, Arc::clone(&context), shutdown.clone()),
            poll(Arc::clone(&context), shutdown.clone()),
        );
    };
    // After the shutdown, running passes get some time; what they have begun in Graph is finished and recorded.
    tokio::select! {
        () = work => {}
        () = async { shutdown.wait().await; tokio::time::sleep(DRAIN).await } => {}
    }
    if !context.in_flight.wait_idle(GRACE).await {
        tracing::warn!(
            passes = context.in_flight.count(),
            "passes are still under way at the end of the shutdown"
        );
    }
}

/// The readiness component that stands for complete caches.
pub const CACHES: &str = "caches";

/// How long running passes may take to end after the shutdown; below the lease's drain time.
const DRAIN: Duration = Duration::from_secs(18);
/// How long passes that outlived their controller may still take.
const GRACE: Duration = Duration::from_secs(2);

async fn control<K: Kind>(
    trigger: watches::Trigger<K>,
    store: &kube::runtime::reflector::Store<K>,
    wake: &Wake<K>,
    context: &Arc<Context>,
    config: &ControllerConfig,
    shutdown: &Shutdown,
) {
    let stop = shutdown.clone();
    let queue = context.metrics.queue(K::NAME);
    let (triggered, woken, gone) = (queue.clone(), queue.clone(), queue);
    let trigger = trigger.inspect(move |object| {
        if let Ok(object) = object {
            triggered.due(object.meta().namespace.as_deref(), &object.name_any(), Duration::ZERO);
        }
    });
    let wakes = wake
        .stream()
        .inspect(move |object| woken.due(object.namespace.as_deref(), &object.name, Duration::ZERO));
    Controller::for_stream(trigger, store.clone())
        .with_config(config.clone())
        .reconcile_on(wakes)
        .graceful_shutdown_on(async move { stop.wait().await })
        .run(
            reconcile::<K>,
            |_object, error, _context| -> Action { match *error {} },
            Arc::clone(context),
        )
        .for_each(|result| {
            match result {
                Ok(_) => {}
                // The object was deleted between its trigger and its pass.
                Err(RuntimeError::ObjectNotFound(object)) => gone.taken(object.namespace.as_deref(), &object.name),
                Err(error) => tracing::warn!(kind = K::NAME, %error, "watch"),
            }
            std::future::ready(())
        })
        .await;
}

#[cfg(test)]
mod tests;
