//! The Cloud PCs of a policy and the members of groups, as what the loss of an assignment would cost is counted from them. Read only when a
//! plan needs them, and never from before that plan.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::graph::{Client, CloudPc, GraphError, Member, Priority};
use crate::report::stop::Stop;
use crate::tenant::gate::{About, Gate};

/// How long a pass waits for a list before it comes back later: the Cloud PCs of a large tenant take minutes, because Graph limits
/// the pages a minute.
const PATIENCE: Duration = Duration::from_secs(10);
/// How soon a pass looks again whether a list is complete.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// A list that no pass has asked for in this time is forgotten, if it is not complete.
const FORGOTTEN: Duration = Duration::from_secs(120);
/// How long a complete list answers: for the passes that follow each other while one change is judged and made.
const RECENT: Duration = Duration::from_secs(30);

/// What was read, by what was asked for.
#[derive(Default)]
pub(crate) struct Fleet {
    cloud_pcs: Lists<CloudPc>,
    members: Lists<Member>,
    /// Graph does not select the Cloud PCs of a policy, so one list of all of them answers for every policy.
    unfiltered: Arc<AtomicBool>,
}

impl Fleet {
    /// The Cloud PCs of a policy, in a list that began after `not_before`.
    pub(crate) async fn cloud_pcs(&self, client: &Client, gate: &Gate, policy: &str, not_before: Instant) -> Result<Vec<CloudPc>, Stop> {
        let all = self.unfiltered.load(Ordering::Relaxed);
        let key = if all { String::new() } else { policy.to_lowercase() };
        let list = || {
            let (client, policy, unfiltered) = (client.clone(), policy.to_owned(), Arc::clone(&self.unfiltered));
            async move {
                if all {
                    return client.cloud_pcs().await;
                }
                let (found, selected) = client.cloud_pcs_of(&policy).await?;
                unfiltered.fetch_or(!selected, Ordering::Relaxed);
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

struct List<T> {
    asked: Instant,
    /// When a pass asked for it last, or when it was complete.
    touched: Instant,
    state: State<T>,
}

enum State<T> {
    /// A pass has the task and waits for it.
    Taken,
    Running(JoinHandle<Result<Vec<T>, GraphError>>),
    Complete(Arc<Vec<T>>),
}

impl<T: Send + 'static> Lists<T> {
    async fn read<F>(&self, gate: &Gate, key: String, not_before: Instant, list: impl FnOnce() -> F) -> Result<Arc<Vec<T>>, Stop>
    where
        F: Future<Output = Result<Vec<T>, GraphError>> + Send + 'static,
    {
        let (asked, mut task) = match self.known(&key, not_before)? {
            Some((_, State::Complete(found))) => return Ok(found),
            Some((asked, State::Running(task))) => (asked, task),
            Some((_, State::Taken)) => return Err(Stop::soon()),
            None => {
                gate.check()?;
                (Instant::now(), tokio::spawn(Priority::Change.scope(list())))
            }
        };
        self.put(&key, asked, State::Taken);
        let ended = tokio::time::timeout(PATIENCE, &mut task).await;
        let Ok(result) = ended else {
            self.put(&key, asked, State::Running(task));
            return Err(Stop::later(LOOK_AGAIN));
        };
        self.0.lock().remove(&key);
        // A task ends early only when it panics or the process ends.
        let result = result.map_err(|_ended| Stop::soon())?;
        let found = Arc::new(gate.record_read(About::Object, asked, result)?);
        self.put(&key, asked, State::Complete(Arc::clone(&found)));
        Ok(found)
    }

    /// What is known of a list that began after `not_before`; a task is taken.
    fn known(&self, key: &str, not_before: Instant) -> Result<Option<(Instant, State<T>)>, Stop> {
        let (mut lists, now) = (self.0.lock(), Instant::now());
        lists.retain(|_, list| {
            let longest = if matches!(list.state, State::Complete(_)) {
                RECENT
            } else {
                FORGOTTEN
            };
            now - list.touched < longest
        });
        let Some(list) = lists.get_mut(key) else { return Ok(None) };
        if !matches!(list.state, State::Complete(_)) {
            list.touched = now;
        }
        let recent = list.asked >= not_before;
        Ok(match std::mem::replace(&mut list.state, State::Taken) {
            State::Complete(found) => {
                list.state = State::Complete(Arc::clone(&found));
                recent.then_some((list.asked, State::Complete(found)))
            }
            State::Running(task) if recent => Some((list.asked, State::Running(task))),
            State::Running(task) => {
                task.abort();
                None
            }
            // Another pass waits for it, perhaps for an older one.
            State::Taken => Some((list.asked, State::Taken)),
        })
    }

    fn put(&self, key: &str, asked: Instant, state: State<T>) {
        let touched = Instant::now();
        self.0.lock().insert(key.to_owned(), List { asked, touched, state });
    }
}
