//! The Cloud PCs of a policy and the members of groups, as what the loss of an assignment would cost is counted from them. Read only when a
//! plan needs them, and never from before that plan.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::graph::{Client, CloudPc, GraphError, Member, Priority};
use crate::report::stop::Stop;
use crate::tenant::gate::{About, Gate};

/// How long a pass waits for a list before it comes back later: the Cloud PCs of a large tenant take minutes, because Graph limits
/// the pages a minute.
const PATIENCE: Duration = Duration::from_secs(10);
/// How soon a pass looks again whether a list is complete.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// A list that no pass has asked for in this time is forgotten: it answers the passes that follow each other while one change is judged.
const FORGOTTEN: Duration = Duration::from_secs(30);
/// However often it is asked for, a list is too old after this.
const OLDEST: Duration = Duration::from_secs(300);

/// What was read, by what was asked for.
#[derive(Default)]
pub(crate) struct Fleet {
    cloud_pcs: Lists<CloudPc>,
    members: Lists<Member>,
    filter: Arc<Filter>,
}

/// Whether Graph selects the Cloud PCs of a policy.
#[derive(Default)]
struct Filter {
    /// It did: an answer had Cloud PCs, and all were of the policy.
    works: AtomicBool,
    /// It does not, so one list of all Cloud PCs answers for every policy.
    fails: AtomicBool,
}

impl Fleet {
    /// The Cloud PCs of a policy, in a list that began after `not_before`.
    pub(crate) async fn cloud_pcs(&self, client: &Client, gate: &Gate, policy: &str, not_before: Instant) -> Result<Vec<CloudPc>, Stop> {
        let all = self.filter.fails.load(Ordering::Relaxed);
        let key = if all { String::new() } else { policy.to_lowercase() };
        let list = || {
            let (client, policy, filter) = (client.clone(), policy.to_owned(), Arc::clone(&self.filter));
            async move {
                if all {
                    return client.cloud_pcs().await;
                }
                let (found, selected) = client.cloud_pcs_of(&policy).await?;
                if selected {
                    filter.works.store(true, Ordering::Relaxed);
                } else if !found.is_empty() {
                    filter.fails.store(true, Ordering::Relaxed);
                } else if !filter.works.load(Ordering::Relaxed) {
                    // Nothing may mean that the filter finds nothing ever.
                    return client.cloud_pcs().await;
                }
                Ok(found)
            }
        };
        let found = self.cloud_pcs.read(gate, key, not_before, list).await?;
        Ok(found.iter().filter(|pc| pc.is_of(policy)).cloned().collect())
    }

    /// The users who are members of a group themselves, in a list that began after `not_before`.
    pub(crate) async fn members(&self, client: &Client, gate: &Gate, group: &str, not_before: Instant) -> Result<Arc<Vec<Member>>, Stop> {
        let list = || {
            let (client, group) = (client.clone(), group.to_owned());
            async move { client.members(&group).await }
        };
        self.members.read(gate, group.to_lowercase(), not_before, list).await
    }
}

/// Lists of one kind, each read by a task of its own, so that a list that takes longer than a pass still ends.
struct Lists<T>(Mutex<HashMap<String, List<T>>>);

impl<T> Default for Lists<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// A list under way or complete. A task that ended without a result has none.
type Outcome<T> = Shared<BoxFuture<'static, Option<Result<Arc<Vec<T>>, GraphError>>>>;

struct List<T> {
    asked: Instant,
    /// When a pass asked for it last.
    touched: Instant,
    outcome: Outcome<T>,
}

impl<T> List<T> {
    /// Whether it has ended, whoever waits for it.
    fn is_complete(&self) -> bool {
        self.outcome.clone().now_or_never().is_some()
    }
}

impl<T: Send + Sync + 'static> Lists<T> {
    async fn read<F>(&self, gate: &Gate, key: String, not_before: Instant, list: impl FnOnce() -> F) -> Result<Arc<Vec<T>>, Stop>
    where
        F: Future<Output = Result<Vec<T>, GraphError>> + Send + 'static,
    {
        let (asked, outcome) = self.outcome(gate, &key, not_before, list)?;
        let Ok(ended) = tokio::time::timeout(PATIENCE, outcome).await else {
            return Err(Stop::later(LOOK_AGAIN));
        };
        if !matches!(ended, Some(Ok(_))) {
            self.0.lock().remove(&key);
        }
        let result = ended.ok_or_else(Stop::soon)?;
        gate.record_read(About::Object, asked, result)
    }

    /// The list that began after `not_before`, or one that begins now. An older one that others may wait for ends first.
    fn outcome<F>(&self, gate: &Gate, key: &str, not_before: Instant, list: impl FnOnce() -> F) -> Result<(Instant, Outcome<T>), Stop>
    where
        F: Future<Output = Result<Vec<T>, GraphError>> + Send + 'static,
    {
        let (mut lists, now) = (self.0.lock(), Instant::now());
        lists.retain(|_, list| {
            let recent = now - list.touched;
            match list.is_complete() {
                true => recent < FORGOTTEN && now - list.asked < OLDEST,
                false => recent < OLDEST,
            }
        });
        if let Some(known) = lists.get_mut(key) {
            if known.asked >= not_before {
                known.touched = now;
                return Ok((known.asked, known.outcome.clone()));
            }
            if !known.is_complete() {
                return Err(Stop::later(LOOK_AGAIN));
            }
        }
        gate.check()?;
        let task = tokio::spawn(Priority::Change.scope(list()));
        let outcome = async move { task.await.ok().map(|result| result.map(Arc::new)) }.boxed().shared();
        let fresh = List {
            asked: now,
            touched: now,
            outcome: outcome.clone(),
        };
        lists.insert(key.to_owned(), fresh);
        Ok((now, outcome))
    }
}
