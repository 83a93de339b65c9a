//! The controllers: one file per kind for what is specific to it, and the registration below.

mod assignment;
mod change_window;
mod entra_tenant;
mod managed;
mod network;
mod permissions;
mod properties;
mod provisioning_policy;
#[cfg(test)]
mod specimen;
mod tenant_conditions;
mod user_setting;
mod watches;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::channel::mpsc;
use kube::ResourceExt;
use kube::runtime::controller::{Action, Config as ControllerConfig, Controller, Error as RuntimeError};
use kube::runtime::reflector::ObjectRef;
use tokio::task::JoinSet;

use crate::cluster::kinds::each_kind;
use crate::reconcile::context::Context;
use crate::reconcile::driver::reconcile;
use crate::reconcile::driver::urgency::seems_urgent;
use crate::reconcile::pass::Kind;
use crate::reconcile::poll::poll;
use crate::runtime::fair::{Party, Workers};
use crate::runtime::health::Health;
use crate::runtime::shutdown::Shutdown;
pub(crate) use watches::{Dependencies, Triggers, start};

/// Runs every controller and the poller until the shutdown, then waits for the passes that are under way. False: some
/// passes are still under way.
pub(crate) async fn run(context: Arc<Context>, triggers: Triggers, concurrency: u16, health: Health, shutdown: Shutdown) -> bool {
    let ready = {
        let context = Arc::clone(&context);
        async move {
            let complete = context.cluster.caches.ready().await;
            health.set_ready(CACHES, complete);
        }
    };
    // A task each: an event of one kind is no work for the others. A panic in one ends the process, as it would in this task.
    let mut tasks = JoinSet::new();
    tasks.spawn(ready);
    tasks.spawn(poll(Arc::clone(&context), shutdown.clone()));
    control_all(&mut tasks, triggers, &context, concurrency, &shutdown);
    let work = tasks.join_all();
    // After the shutdown, running passes get some time; their writes to Graph are finished and recorded.
    tokio::select! {
        biased;
        _ = work => {}
        () = async { shutdown.cancelled().await; tokio::time::sleep(DRAIN).await } => {}
    }
    let idle = context.in_flight.wait_idle(GRACE).await;
    if !idle {
        tracing::warn!(
            passes = context.in_flight.count(),
            "passes are still under way at the end of the shutdown"
        );
    }
    idle
}

macro_rules! control_all {
    (managed { $($managed:ident: $managed_kind:ty),* } others { $($other:ident: $other_kind:ty),* }) => {
        /// Starts the controllers of all kinds, and what namespaces wake.
        fn control_all(tasks: &mut JoinSet<()>, triggers: Triggers, context: &Arc<Context>, concurrency: u16, shutdown: &Shutdown) {
            $(tasks.spawn(control::<$managed_kind>(triggers.$managed, Arc::clone(context), concurrency, shutdown.clone()));)*
            $(tasks.spawn(control::<$other_kind>(triggers.$other, Arc::clone(context), concurrency, shutdown.clone()));)*
            tasks.spawn(watches::wake_namespaces(triggers.namespaces, Arc::clone(context), shutdown.clone()));
        }
    };
}
each_kind!(control_all);

/// The readiness component of complete caches.
pub(crate) const CACHES: &str = "caches";

/// Room in the runtime, beyond the workers, for objects that find none and leave at once.
const ROOM: usize = 16;

/// How long running passes may take to end after the shutdown; below the lease's drain time.
const DRAIN: Duration = Duration::from_secs(18);
/// How long passes that outlived their controller may still take.
const GRACE: Duration = Duration::from_secs(2);

async fn control<K: Kind>(trigger: watches::Trigger<K>, context: Arc<Context>, concurrency: u16, shutdown: Shutdown) {
    let (store, wake) = (K::cache(&context.cluster.caches), K::trigger(&context.cluster.wakes));
    let (calls, called) = mpsc::unbounded();
    // No object needs a call any more when the controller is gone.
    let workers = Workers::new(usize::from(concurrency), move |name| drop(calls.unbounded_send(name)));
    let absent = Arc::clone(&workers);
    let room = Workers::<Name>::most(usize::from(concurrency)) + ROOM;
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
        .with_config(ControllerConfig::default().concurrency(u16::try_from(room).unwrap_or(u16::MAX)))
        .reconcile_on(wakes)
        .reconcile_on(called.map(|name: Name| name.reference()))
        .graceful_shutdown_on(shutdown.cancelled_owned())
        .run(
            move |object, context| worked::<K>(object, context, Arc::clone(&workers)),
            |_object, error, _context| -> Action { match *error {} },
            Arc::clone(&context),
        )
        .for_each(|result| {
            match result {
                Ok(_) => {}
                // The object was deleted between its trigger and its pass.
                Err(RuntimeError::ObjectNotFound(object)) => {
                    gone.taken(object.namespace.as_deref(), &object.name);
                    absent.gone(&Name::new(object.namespace.as_deref(), &object.name));
                }
                Err(error) => tracing::warn!(kind = K::NAME, %error, "watch"),
            }
            std::future::ready(())
        })
        .await;
}

/// An object, as it waits for a worker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Name(Arc<(Option<Box<str>>, Box<str>)>);

impl Name {
    fn new(namespace: Option<&str>, name: &str) -> Self {
        Self(Arc::new((namespace.map(Into::into), name.into())))
    }

    fn reference<K: Kind>(&self) -> ObjectRef<K> {
        let (namespace, name) = &*self.0;
        let reference = ObjectRef::new(name);
        match namespace {
            Some(namespace) => reference.within(namespace),
            None => reference,
        }
    }
}

/// A pass, when there is a worker for it. Otherwise it ends at once, and the object is called when its turn has come.
async fn worked<K: Kind>(object: Arc<K>, context: Arc<Context>, workers: Arc<Workers<Name>>) -> Result<Action, Infallible> {
    let namespace = object.meta().namespace.as_deref();
    let name = Name::new(namespace, &object.name_any());
    let party = Party {
        group: object.tenant().into(),
        name: namespace.unwrap_or_default().into(),
    };
    let Some(worker) = workers.enter(name, party, seems_urgent(&*object)) else {
        return Ok(Action::await_change());
    };
    // Boxed: an object that finds no worker should cost no more than it has to.
    let action = Box::pin(reconcile(object, context)).await;
    drop(worker);
    action
}

#[cfg(test)]
mod tests;
