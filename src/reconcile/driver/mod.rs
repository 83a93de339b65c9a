//! What every kind's pass has in common: the finalizer, the deadline, a panic that stays contained, one status
//! write, events, one log line, the time of the next pass.

pub(crate) mod budget_place;
pub(crate) mod next_pass;
pub(crate) mod sweep;
pub(crate) mod urgency;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use k8s_controller::conditions::find;
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
use crate::reconcile::memory::Uid;
use crate::reconcile::pass::{EventDraft, Kind, Pass, requests};
use crate::report::conditions::Verdict;
use crate::report::failure::{Class, Failure, Unseen, is_conflict, is_gone};
use crate::report::reason::{Reason, event};
use crate::report::stop::{Later, Stop};
use crate::runtime::contained::{Fault, guarded};
use crate::runtime::events::EventKind;
use crate::runtime::tally::Tally;
use crate::tenant::fingerprint::fingerprint;

/// A pass that takes longer is given up; a few Graph requests with their retries fit in.
const LONGEST_PASS: Duration = Duration::from_secs(120);
/// How long the cache may be behind our own writes; after that, another writer has changed the status.
const CATCH_UP: Duration = Duration::from_secs(5);
/// How soon a cache that is behind is checked again.
const CATCH_UP_POLL: Duration = Duration::from_millis(50);

/// The reconcile function of every controller. It never fails: a failure is in the status, and the time of the next
/// pass is decided here.
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
    let Some(uid) = Uid::of(&*object) else {
        tracing::error!(
            kind = K::NAME,
            name = object.name_any(),
            "an object without metadata.uid is not reconciled"
        );
        return None;
    };
    if behind(&*object, &uid, context) {
        return Some(CATCH_UP_POLL);
    }
    let started = Instant::now();
    let tally = Arc::<Tally>::default();
    // Boxed, here and below: each function that a future is handed through keeps a copy of it, in the task and on the stack.
    let work = guarded(LONGEST_PASS, Box::pin(pass(Arc::clone(&object), uid.clone(), Arc::clone(context))));
    // Detached: when the controller stops, a Graph write that is under way still gets recorded.
    let end = match context.in_flight.detached(Arc::clone(&tally).count(work)).await {
        Ok(Ok(end)) => end,
        Ok(Err(fault)) | Err(fault) => Box::pin(broken(&*object, &uid, &fault, context)).await,
    };
    after_pass(&uid, &end, context);
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

/// The target of the trace that shows what is remembered of an object after each pass.
const MEMORY: &str = "cloudpc_operator::memory";

/// Releases what the pass used, and all notes when the object is gone.
fn after_pass(uid: &Uid, end: &End, context: &Context) {
    tracing::trace!(target: MEMORY, notes = ?context.memory.get(uid), "notes");
    if end.next.is_none() {
        context.memory.forget(uid);
    } else if end.outcome != DEFERRED && end.outcome != WROTE {
        context.memory.update(uid, |notes| notes.seen.collected.clear());
    }
}

/// Whether another writer has changed the status of an object; a pass will correct it.
pub(crate) fn overwritten<K: Kind>(object: &K, uid: &Uid, context: &Context) -> bool {
    let written = context.memory.get(uid).seen.written;
    written.is_some_and(|(status, at)| at.elapsed() >= CATCH_UP && object.status().map(fingerprint_of) != Some(status))
}

/// Whether the cache does not show the status that was written last, or still shows a version that was refused: a pass on it
/// would work with an old object and fail when it writes.
fn behind<K: Kind>(object: &K, uid: &Uid, context: &Context) -> bool {
    let seen = context.memory.get(uid).seen;
    let recent = |at: Instant| at.elapsed() < CATCH_UP;
    seen.written
        .is_some_and(|(status, at)| recent(at) && object.status().map(fingerprint_of) != Some(status))
        || seen
            .replaced
            .is_some_and(|(version, at)| recent(at) && object.resource_version() == Some(version))
}

/// Notes that the API server has a newer version of an object than the pass.
fn replaced<K: Kind>(object: &K, uid: &Uid, context: &Context) {
    let version = object.resource_version();
    context
        .memory
        .update(uid, |notes| notes.seen.replaced = version.map(|version| (version, Instant::now())));
}

/// The failure of a write to an object.
fn not_written<K: Kind>(object: &K, error: kube::Error, uid: &Uid, context: &Context) -> Failure {
    if is_conflict(&error) {
        replaced(object, uid, context);
    }
    error.into()
}

fn fingerprint_of(status: &impl Serialize) -> u64 {
    fingerprint(&serde_json::to_string(status).unwrap_or_default())
}

async fn pass<K: Kind>(object: Arc<K>, uid: Uid, context: Arc<Context>) -> End {
    let deleting = object.meta().deletion_timestamp.is_some();
    let held = object.finalizers().iter().any(|name| name == FINALIZER);
    if deleting && (!held || context.cluster.published.is_finalized(&uid)) {
        return End::last("gone", None, "");
    }
    let object = match with_finalizer(object, held, &uid, &context).await {
        Ok(object) => object,
        Err(failure) => return ended(&Err(failure), false, &uid, &context),
    };
    let mut pass = Pass::new(&*object, &uid, &context);
    pass.note(|notes| notes.asked.next_look = None);
    if pass.requested {
        pass.note(|notes| notes.sent.forget_refusals());
    }
    let caller = match budget_place::caller(&pass).await {
        Ok(caller) => caller,
        Err(after) => return End::deferred(after),
    };
    let scope = Arc::clone(&caller);
    let result = if deleting {
        match scope.scope(Box::pin(K::finalize(&mut pass))).await {
            Ok(()) => return released(pass).await,
            Err(stop) => Err(stop.map(deleting_still::<K>)),
        }
    } else {
        scope.scope(Box::pin(K::converge(&mut pass))).await
    };
    budget_place::keep(&pass, &caller, result.as_ref().err());
    report(pass, result).await
}

/// The object with our finalizer on it; nothing is created in Graph before the finalizer is set.
async fn with_finalizer<K: Kind>(object: Arc<K>, held: bool, uid: &Uid, context: &Context) -> Result<Arc<K>, Failure> {
    if held {
        return Ok(object);
    }
    let mut finalizers = object.finalizers().to_vec();
    finalizers.push(FINALIZER.to_owned());
    let patched = patch_finalizers(&*object, &finalizers, context).await;
    let object = patched.map_err(|error| not_written(&*object, error, uid, context))?;
    context.memory.update(uid, |notes| notes.seen.held = true);
    Ok(Arc::new(object))
}

async fn patch_finalizers<K: Kind>(object: &K, finalizers: &[String], context: &Context) -> Result<K, kube::Error> {
    // The resourceVersion makes this a compare-and-swap: a finalizer that another writer adds meanwhile is not lost.
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

/// Ends a deletion: the finalizer is removed, and with it all notes.
async fn released<K: Kind>(mut pass: Pass<'_, K>) -> End {
    publish(&pass);
    let Pass { object, uid, context, .. } = pass;
    let finalizers: Vec<String> = object.finalizers().iter().filter(|name| *name != FINALIZER).cloned().collect();
    if let Err(error) = say_what_stays(&mut pass, &finalizers).await {
        // No reason to keep it: after a conflict the next write fails as well, and the pass is repeated.
        tracing::warn!(kind = K::NAME, namespace = object.namespace(), name = object.name_any(), %error, "its last status was not written");
    }
    // The object as last written: its status may have moved on during this pass.
    let current = pass.writer.current(object);
    match patch_finalizers(&current, &finalizers, context).await {
        Err(error) if !is_gone(&error) => ended(&Err(not_written(object, error, uid, context)), false, uid, context),
        Ok(_) | Err(_) => {
            context.backoff.forget(uid);
            context.claims.release(uid);
            context.metrics.drifted(K::NAME, context.memory.set_drifted(K::NAME, uid, false));
            context.cluster.published.finalized(uid);
            object.changed(&pass.draft, context);
            End::last("deleted", Some(Reason::Deleting), "the finalizer was removed")
        }
    }
}

/// A resource that others keep stays for as long as they want, and no pass of ours follows: what it says must be true for so long.
async fn say_what_stays<K: Kind>(pass: &mut Pass<'_, K>, finalizers: &[String]) -> Result<(), kube::Error> {
    if finalizers.is_empty() {
        return Ok(());
    }
    let message = format!(
        "nothing is managed through this resource any more; it stays until these finalizers of others are removed: {}",
        finalizers.join(", ")
    );
    let verdict = Verdict::Failed(Failure::waiting(Reason::Deleting, message));
    let before = pass.writer.written().cloned().unwrap_or_default();
    let status = K::report(&before, pass.draft.clone(), &verdict, pass.object.meta().generation);
    pass.writer.report(&status).await.map(|_written| ())
}

async fn report<K: Kind>(mut pass: Pass<'_, K>, result: Result<Verdict, Stop>) -> End {
    let Pass { object, uid, context, .. } = pass;
    let result = match result {
        Err(Stop::Later(later)) if worth_telling(&pass, &later) => Err(later.reported()),
        Err(Stop::Later(later)) => return give_way(&pass, &later),
        Err(Stop::Failed(failure)) => Err(failure),
        Ok(verdict) => Ok(verdict),
    };
    let result = result.map_err(|failure| past_waiting(&pass, failure));
    if result.is_ok() {
        pass.note(|notes| notes.asked.waits_too_long(None, LONGEST_WAIT));
    }
    let verdict = match &result {
        Ok(verdict) => verdict.clone(),
        Err(failure) => Verdict::Failed(failure.clone()),
    };
    let before = pass.writer.written().cloned().unwrap_or_default();
    let mut status = K::report(&before, pass.draft.clone(), &verdict, object.meta().generation);
    if let Some(request) = pass.request.take() {
        K::set_handled(&mut status, Some(request));
    }
    transition(&before, &status, &verdict, &mut pass);
    if pass.drifted {
        context.metrics.drift(K::NAME);
    }
    let drifted = find(K::conditions(&status), "Drifted").is_some_and(|drifted| drifted.status == "True");
    context.metrics.drifted(K::NAME, context.memory.set_drifted(K::NAME, uid, drifted));
    publish(&pass);
    let wrote = pass.wrote;
    // A process that is perhaps not the leader any more leaves the status to its successor.
    if let Err(failure) = context.may_write() {
        return ended(&Err(failure.reported()), wrote, uid, context);
    }
    if result.is_err() && pass.writer.was_refused() {
        // The next pass sees the newer object; another write on top of this one is refused as well.
        replaced(object, uid, context);
        return ended(&result, wrote, uid, context);
    }
    match pass.writer.report(&status).await {
        Ok(written) => {
            let stored = pass.writer.stored().map_or(0, fingerprint_of);
            let untold = pass.note(|notes| {
                notes.seen.written = Some((stored, Instant::now()));
                notes.seen.resolved = None;
                notes.asked.handled = requests(object);
                std::mem::take(&mut notes.seen.untold)
            });
            if written || untold {
                object.changed(&status, context);
            }
            ended(&result, wrote, uid, context)
        }
        Err(error) => {
            // Perhaps it was written all the same; then no later pass writes it.
            pass.note(|notes| notes.seen.untold = true);
            ended(&Err(not_written(object, error, uid, context)), wrote, uid, context)
        }
    }
}

/// A wait for something that may appear by itself, and has not appeared for two minutes, needs a person; the lookups continue
/// all the same.
fn past_waiting<K: Kind>(pass: &Pass<'_, K>, failure: Failure) -> Failure {
    let waits = failure.class == Class::Waiting && failure.reason.comes_by_itself();
    let too_long = pass.note(|notes| notes.asked.waits_too_long(waits.then_some(failure.reason), LONGEST_WAIT));
    if too_long { failure.permanent() } else { failure }
}

/// Ends a pass that comes back in a moment. There is no verdict yet, so the status does not change; but what was done
/// is reported, and the next pass must not run on a copy from before it.
fn give_way<K: Kind>(pass: &Pass<'_, K>, later: &Later) -> End {
    publish(pass);
    let stored = pass.writer.stored().map(fingerprint_of);
    if let Some(stored) = stored.filter(|stored| pass.object.status().map(fingerprint_of) != Some(*stored)) {
        pass.note(|notes| notes.seen.written = Some((stored, Instant::now())));
    }
    let end = End::deferred(sooner(later.after, pass.uid, pass.context));
    if pass.wrote {
        return End {
            outcome: WROTE,
            message: "written; a list that is shared with other objects will show the result".to_owned(),
            ..end
        };
    }
    end
}

/// An event when Ready takes another reason for the worse, or begins to name surplus objects.
fn transition<K: Kind>(before: &K::Status, after: &K::Status, verdict: &Verdict, pass: &mut Pass<'_, K>) {
    if let Some(surplus) = pass.notes().seen.surplus {
        let told = |status: &K::Status| find(K::conditions(status), "Ready").is_some_and(|ready| ready.message.contains(&surplus));
        if told(after) && !told(before) {
            pass.warn(event::SURPLUS_FOUND, "Observe", surplus);
        }
    }
    let Verdict::Failed(failure) = verdict else { return };
    let ready = |status: &K::Status| {
        let ready = find(K::conditions(status), "Ready");
        ready.map(|ready| (ready.reason.clone(), ready.observed_generation))
    };
    if ready(before) != ready(after) {
        match failure.class {
            Class::Waiting => pass.events.push(EventDraft {
                kind: EventKind::Normal,
                reason: failure.reason.as_str(),
                action: "Wait",
                text: failure.message.clone(),
            }),
            Class::Stalled | Class::Retry | Class::Unreachable => pass.warn(failure.reason.as_str(), "Reconcile", failure.message.clone()),
        }
    }
}

fn publish<K: Kind>(pass: &Pass<'_, K>) {
    let reference = pass.object.object_ref(&());
    for event in &pass.events {
        let text = event.text.clone();
        pass.context
            .events
            .publish(&reference, event.kind, event.reason, event.action, text);
    }
}

/// A deletion that cannot continue is reported as such; it never looks like a converged object.
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

/// A panic or a pass without end: other objects are not affected, this object reports it.
async fn broken<K: Kind>(object: &K, uid: &Uid, fault: &Fault, context: &Context) -> End {
    context.metrics.panicked(K::NAME);
    // Not its text: a panic may quote a value that must not be seen.
    let what = match fault {
        Fault::Panicked(_) => "panicked; the log shows where",
        Fault::TimedOut => "did not finish in two minutes",
        Fault::Cancelled => "was cancelled because the process ends",
    };
    let failure = Failure::retry(
        Reason::InternalError,
        format!(
            "a defect in the controller stopped this pass: it {what}. The pass is repeated, other objects are not affected; please report it"
        ),
    )
    .before(Unseen::References);
    let reported = guarded(LONGEST_PASS, report(Pass::new(object, uid, context), Err(failure.clone().into()))).await;
    reported.unwrap_or_else(|_fault| ended(&Err(failure), false, uid, context))
}
