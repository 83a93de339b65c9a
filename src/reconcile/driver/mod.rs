//! What every kind's pass has in common: the finalizer, the deadline, a panic that stays contained, one status
//! write, events, one log line, the time of the next pass.

pub(crate) mod budget_place;
pub(crate) mod next_pass;
pub(crate) mod sweep;
pub(crate) mod urgency;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use kube::ResourceExt;
use kube::api::{Patch, PatchParams};
use kube::runtime::controller::Action;
use serde::Serialize;
use serde_json::json;

use tokio::time::Instant;

use crate::api::{FIELD_MANAGER, FINALIZER};
use crate::reconcile::context::Context;
use crate::reconcile::driver::next_pass::{DEFERRED, End, LONGEST_WAIT, SOON, WROTE, ended, sooner};
use crate::reconcile::driver::urgency::worth_telling;
use crate::reconcile::pass::requests;
use crate::reconcile::pass::{Kind, Run};
use crate::report::conditions::Verdict;
use crate::report::failure::{Class, Failure, Unseen, is_gone};
use crate::report::reason::Reason;
use crate::report::stop::{Later, Stop};
use crate::runtime::contained::{Fault, guarded};
use crate::runtime::events::EventKind;
use crate::runtime::tally::Tally;
use crate::tenant::fingerprint::fingerprint;

/// A pass that takes longer is given up; a few Graph requests with their retries fit in.
const LONGEST_PASS: Duration = Duration::from_secs(120);
/// How long the cache may be behind our own writes; after that, somebody else has written the status.
const CATCH_UP: Duration = Duration::from_secs(5);
/// How soon a cache that is behind is looked at again.
const CATCH_UP_POLL: Duration = Duration::from_millis(50);

/// The reconcile function of every controller. It never fails: what goes wrong is in the status, and when to try
/// again is decided here.
pub(crate) async fn reconcile<K: Kind>(object: Arc<K>, context: Arc<Context>) -> Result<Action, Infallible> {
    let queue = context.metrics.queue(K::NAME);
    let (namespace, name) = (object.namespace(), object.name_any());
    queue.taken(namespace.as_deref(), &name);
    let next = turn(object, &context).await;
    if let Some(next) = next {
        queue.due(namespace.as_deref(), &name, next);
    }
    Ok(next.map_or_else(Action::await_change, Action::requeue))
}

/// One turn of an object: a pass, unless it is too early for one. Gives the time of the next.
async fn turn<K: Kind>(object: Arc<K>, context: &Arc<Context>) -> Option<Duration> {
    if !context.cluster.caches.ready().await {
        return Some(SOON);
    }
    if behind(&*object, context) {
        return Some(CATCH_UP_POLL);
    }
    let started = Instant::now();
    let tally = Arc::<Tally>::default();
    // Boxed, here and below: each function that a future is handed through keeps a copy of it, in the task and on the stack.
    let work = guarded(LONGEST_PASS, Box::pin(pass(Arc::clone(&object), Arc::clone(context))));
    // Detached: when the controller stops, a Graph write that is under way still gets recorded.
    let end = match context.in_flight.detached(Arc::clone(&tally).count(work)).await {
        Ok(Ok(end)) => end,
        Ok(Err(fault)) | Err(fault) => Box::pin(broken(&*object, &fault, context)).await,
    };
    after_pass(&*object, &end, context);
    if end.outcome != DEFERRED {
        tell(&*object, &end, &tally, started.elapsed(), context);
    }
    end.next
}

/// The one line and the one count of a pass.
fn tell<K: Kind>(object: &K, end: &End, tally: &Tally, elapsed: Duration, context: &Context) {
    context.metrics.reconcile(K::NAME, end.outcome, elapsed);
    tracing::info!(
        kind = K::NAME,
        namespace = object.namespace(),
        name = object.name_any(),
        generation = object.meta().generation,
        outcome = end.outcome,
        reason = end.reason.map(Reason::as_str),
        detail = end.message,
        calls = tally.requests(),
        elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        next_s = end.next.map(|next| next.as_secs()),
        "pass"
    );
}

/// Lets go of what the pass held, and of everything when the object is gone.
fn after_pass<K: Kind>(object: &K, end: &End, context: &Context) {
    let uid = object.uid().unwrap_or_default();
    if end.next.is_none() {
        context.memory.forget(&uid);
    } else if end.outcome != DEFERRED && end.outcome != WROTE {
        context.memory.update(&uid, |notes| notes.collected.clear());
    }
}

/// Whether somebody else has written the status of an object; it will be put right by a pass.
pub(crate) fn overwritten<K: Kind>(object: &K, context: &Context) -> bool {
    let written = context.memory.get(&object.uid().unwrap_or_default()).written;
    written.is_some_and(|(status, at)| at.elapsed() >= CATCH_UP && object.status().map(fingerprint_of) != Some(status))
}

/// Whether the cache does not show the status that was written last: a pass on it would work on an old memory, only
/// to fail when it writes.
fn behind<K: Kind>(object: &K, context: &Context) -> bool {
    let written = context.memory.get(&object.uid().unwrap_or_default()).written;
    written.is_some_and(|(status, at)| at.elapsed() < CATCH_UP && object.status().map(fingerprint_of) != Some(status))
}

fn fingerprint_of(status: &impl Serialize) -> u64 {
    fingerprint(&serde_json::to_string(status).unwrap_or_default())
}

async fn pass<K: Kind>(object: Arc<K>, context: Arc<Context>) -> End {
    let deleting = object.meta().deletion_timestamp.is_some();
    let held = object.finalizers().iter().any(|name| name == FINALIZER);
    if deleting && !held {
        return End::last("gone", None, "");
    }
    let uid = object.uid().unwrap_or_default();
    let object = match with_finalizer(object, held, &context).await {
        Ok(object) => object,
        Err(error) => return ended(&Err(error.into()), false, &uid, &context),
    };
    let mut run = Run::new(&*object, &context);
    context.memory.update(&uid, |notes| notes.next_look = None);
    if run.requested {
        context.memory.update(&uid, |notes| {
            notes.refused.clear();
            notes.trial.forget();
            notes.assign_refused = None;
        });
    }
    let caller = match budget_place::caller(&*object, &run, &context).await {
        Ok(caller) => caller,
        Err(after) => return End::deferred(after),
    };
    let scope = Arc::clone(&caller);
    let result = if deleting {
        match scope.scope(Box::pin(object.finalize(&mut run, &context))).await {
            Ok(()) => return released(&*object, run, &context).await,
            Err(stop) => Err(stop.map(deleting_still::<K>)),
        }
    } else {
        scope.scope(Box::pin(object.converge(&mut run, &context))).await
    };
    budget_place::keep(&*object, &caller, result.as_ref().err(), &context);
    report(&*object, run, result, &context).await
}

/// The object with our finalizer on it; nothing is made in Graph before that is there.
async fn with_finalizer<K: Kind>(object: Arc<K>, held: bool, context: &Context) -> Result<Arc<K>, kube::Error> {
    if held {
        return Ok(object);
    }
    let mut finalizers = object.finalizers().to_vec();
    finalizers.push(FINALIZER.to_owned());
    let object = patch_finalizers(&*object, &finalizers, context).await?;
    context.memory.update(&object.uid().unwrap_or_default(), |notes| notes.held = true);
    Ok(Arc::new(object))
}

async fn patch_finalizers<K: Kind>(object: &K, finalizers: &[String], context: &Context) -> Result<K, kube::Error> {
    // The resourceVersion makes this a compare-and-swap: a finalizer that somebody else adds meanwhile is not lost.
    let patch = json!({"metadata": {"finalizers": finalizers, "resourceVersion": object.resource_version()}});
    let params = PatchParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PatchParams::default()
    };
    object
        .api(context.cluster.client.clone())
        .patch(&object.name_any(), &params, &Patch::Merge(&patch))
        .await
}

/// Ends a deletion: the finalizer goes, and with it everything that is remembered.
async fn released<K: Kind>(object: &K, run: Run<K>, context: &Context) -> End {
    publish(object, &run, context);
    let finalizers: Vec<String> = object.finalizers().iter().filter(|name| *name != FINALIZER).cloned().collect();
    // The object as last written: its status may have moved on during this pass.
    let current = run.writer.current(object);
    match patch_finalizers(&current, &finalizers, context).await {
        Err(error) if !is_gone(&error) => ended(&Err(error.into()), false, &object.uid().unwrap_or_default(), context),
        Ok(_) | Err(_) => {
            let uid = object.uid().unwrap_or_default();
            context.backoff.forget(&uid);
            context.claims.release(&uid);
            context.metrics.drifted(K::NAME, context.memory.set_drifted(K::NAME, &uid, false));
            context.cluster.published.finalized(&uid);
            object.changed(&run.draft, context);
            End::last("deleted", Some(Reason::Deleting), "the finalizer was removed")
        }
    }
}

async fn report<K: Kind>(object: &K, mut run: Run<K>, result: Result<Verdict, Stop>, context: &Context) -> End {
    let uid = object.uid().unwrap_or_default();
    let result = match result {
        Err(Stop::Later(later)) if worth_telling(object, &run, &later) => Err(later.told()),
        Err(Stop::Later(later)) => return give_way(object, &run, &later, context),
        Err(Stop::Failed(failure)) => Err(failure),
        Ok(verdict) => Ok(verdict),
    };
    let result = result.map_err(|failure| past_waiting(&uid, failure, context));
    if result.is_ok() {
        context.memory.update(&uid, |notes| notes.waiting = None);
    }
    let verdict = match &result {
        Ok(verdict) => verdict.clone(),
        Err(failure) => Verdict::Failed(failure.clone()),
    };
    let before = run.writer.written().cloned().unwrap_or_default();
    let mut status = K::report(&before, run.draft.clone(), &verdict, object.meta().generation);
    if let Some(request) = run.request.take() {
        K::set_handled(&mut status, Some(request));
    }
    transition(&before, &status, &verdict, &mut run);
    if run.drifted {
        context.metrics.drift(K::NAME);
    }
    context.metrics.drifted(
        K::NAME,
        context.memory.set_drifted(
            K::NAME,
            &uid,
            K::conditions(&status)
                .iter()
                .any(|condition| condition.type_ == "Drifted" && condition.status == "True"),
        ),
    );
    publish(object, &run, context);
    let wrote = run.wrote;
    // A process that is perhaps not the leader any more leaves the status to its successor.
    if let Err(failure) = context.may_write() {
        return ended(&Err(failure.told()), wrote, &uid, context);
    }
    match run.writer.report(&status).await {
        Ok(written) => {
            let stored = run.writer.stored().map_or(0, fingerprint_of);
            context.memory.update(&uid, |notes| {
                notes.written = Some((stored, Instant::now()));
                notes.handled = requests(object);
                notes.resolved = None;
            });
            if written {
                object.changed(&status, context);
            }
            ended(&result, wrote, &uid, context)
        }
        Err(error) => ended(&Err(error.into()), wrote, &uid, context),
    }
}

/// A wait for what may come by itself, and has not come for two minutes, is a matter for a person; it is looked for all the
/// same.
fn past_waiting(uid: &str, failure: Failure, context: &Context) -> Failure {
    let now = Instant::now();
    let waits = failure.class == Class::Waiting && failure.reason.comes_by_itself();
    let mut since = now;
    context.memory.update(uid, |notes| {
        notes.waiting = match notes.waiting {
            _ if !waits => None,
            Some((reason, at)) if reason == failure.reason => Some((reason, at)),
            _ => Some((failure.reason, now)),
        };
        since = notes.waiting.map_or(now, |(_, at)| at);
        if waits && now.saturating_duration_since(since) < LONGEST_WAIT {
            let over = since + LONGEST_WAIT;
            notes.next_look = Some(notes.next_look.map_or(over, |look| look.min(over)));
        }
    });
    if waits && now.saturating_duration_since(since) >= LONGEST_WAIT {
        failure.permanent()
    } else {
        failure
    }
}

/// Ends a pass that comes back in a moment. There is no verdict yet, so the status says nothing new; but what was done
/// is told, and the next pass must not run on a copy from before it.
fn give_way<K: Kind>(object: &K, run: &Run<K>, later: &Later, context: &Context) -> End {
    let uid = object.uid().unwrap_or_default();
    publish(object, run, context);
    let stored = run.writer.stored().map(fingerprint_of);
    if let Some(stored) = stored.filter(|stored| object.status().map(fingerprint_of) != Some(*stored)) {
        context.memory.update(&uid, |notes| notes.written = Some((stored, Instant::now())));
    }
    let end = End::deferred(sooner(later.after, &uid, context));
    if run.wrote {
        return End {
            outcome: WROTE,
            message: "written; a list that is shared with other objects will show what came of it".to_owned(),
            ..end
        };
    }
    end
}

/// An event when Ready takes another reason for the worse.
fn transition<K: Kind>(before: &K::Status, after: &K::Status, verdict: &Verdict, run: &mut Run<K>) {
    let Verdict::Failed(failure) = verdict else { return };
    let ready = |status: &K::Status| {
        K::conditions(status)
            .iter()
            .find(|condition| condition.type_ == "Ready")
            .map(|condition| (condition.reason.clone(), condition.observed_generation))
    };
    if ready(before) != ready(after) {
        match failure.class {
            Class::Waiting => run.notes.push(crate::reconcile::pass::Note {
                kind: EventKind::Normal,
                reason: failure.reason.as_str(),
                action: "Wait",
                text: failure.message.clone(),
            }),
            Class::Stalled | Class::Retry | Class::Unreachable => run.warn(failure.reason.as_str(), "Reconcile", failure.message.clone()),
        }
    }
}

fn publish<K: Kind>(object: &K, run: &Run<K>, context: &Context) {
    let reference = object.object_ref(&());
    for note in &run.notes {
        context
            .events
            .publish(&reference, note.kind, note.reason, note.action, note.text.clone());
    }
}

/// A deletion that cannot go on says so; it never looks like a converged object.
fn deleting_still<K: Kind>(failure: Failure) -> Failure {
    let way_out = match K::HAS_DELETION_POLICY && !failure.message.contains("Orphan") {
        true => ". To leave what is in Graph as it is, set spec.deletionPolicy to Orphan",
        false => "",
    };
    Failure {
        message: format!("deleting: {}{way_out}", failure.message),
        // A deletion does not ask whether Graph equals the spec.
        unseen: Unseen::References,
        ..failure
    }
}

/// A panic or a pass without end: the others go on, this object says so.
async fn broken<K: Kind>(object: &K, fault: &Fault, context: &Context) -> End {
    context.metrics.panicked(K::NAME);
    // Not its text: a panic may quote a value that must not be seen.
    let what = match fault {
        Fault::Panicked(_) => "panicked; the log says where",
        Fault::TimedOut => "did not finish in two minutes",
        Fault::Cancelled => "was cancelled because the process ends",
    };
    let failure = Failure::retry(
        Reason::InternalError,
        format!(
            "a defect in the controller stopped this pass: it {what}. It is tried again by itself, other objects go on; please report it"
        ),
    )
    .before(Unseen::References);
    let run = Run::new(object, context);
    let reported = guarded(LONGEST_PASS, report(object, run, Err(failure.clone().into()), context)).await;
    reported.unwrap_or_else(|_fault| ended(&Err(failure), false, &object.uid().unwrap_or_default(), context))
}
