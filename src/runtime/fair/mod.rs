//! Which work is next: workers are distributed by group and, within a group, by party.
//!
//! The controller runtime keeps the objects that wait for a worker in a hash set, and takes them out in any order: behind a
//! backlog, the wait of another party's object has no limit. So the runtime gets more room than there are workers,
//! and an object that finds no worker here leaves at once; it is called when its turn has come. A waiting object costs a few
//! bytes, not a task.
//!
//! Work that waits (for an answer, for its turn in a budget) keeps its worker. So a party that has no worker may have
//! one more than there are, and so may a group, up to a limit: a party that uses all workers does not block another one.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::Arc;

use parking_lot::Mutex;

/// A party without a worker has one more while there are so many times the workers at work.
const FOR_PARTIES: usize = 2;
/// The same for a group.
const FOR_GROUPS: usize = 4;
/// Of the waiting work of one party, one piece that is not urgent is next after so many that are.
const URGENT_IN_A_ROW: u32 = 3;

/// The owner of the work.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Party {
    /// The group that it belongs to.
    pub group: Arc<str>,
    /// Its name within the group.
    pub name: Arc<str>,
}

/// The workers of one kind of work, and the work that waits for one.
pub(crate) struct Workers<T> {
    state: Mutex<State<T>>,
    call: Box<dyn Fn(T) + Send + Sync>,
}

struct State<T> {
    number: usize,
    at_work: usize,
    parties: HashMap<Party, Queue<T>>,
    groups: HashMap<Arc<str>, usize>,
    /// The waiting work, and whether it is urgent.
    waiting: HashMap<T, bool>,
    /// The work that was called and has not come yet; each piece has a worker.
    called: HashMap<T, Party>,
    turns: u64,
}

struct Queue<T> {
    at_work: usize,
    urgent: VecDeque<T>,
    calm: VecDeque<T>,
    in_a_row: u32,
    /// When it had its last turn, counted in turns.
    served: u64,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self {
            at_work: 0,
            urgent: VecDeque::new(),
            calm: VecDeque::new(),
            in_a_row: 0,
            served: 0,
        }
    }
}

/// A worker that is in use.
pub(crate) struct Worker<T: Clone + Eq + Hash> {
    workers: Arc<Workers<T>>,
    party: Party,
}

impl<T: Clone + Eq + Hash> Workers<T> {
    /// So many workers. Waiting work is called when there is one for it.
    pub(crate) fn new(number: usize, call: impl Fn(T) + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                number,
                at_work: 0,
                parties: HashMap::new(),
                groups: HashMap::new(),
                waiting: HashMap::new(),
                called: HashMap::new(),
                turns: 0,
            }),
            call: Box::new(call),
        })
    }

    /// The most that can be at work at a time.
    pub(crate) const fn most(number: usize) -> usize {
        number * FOR_GROUPS
    }

    /// A worker for this work; or none, and it will be called.
    pub(crate) fn enter(self: &Arc<Self>, work: T, party: Party, urgent: bool) -> Option<Worker<T>> {
        let party = self.state.lock().enter(work, party, urgent)?;
        Some(Worker {
            workers: Arc::clone(self),
            party,
        })
    }

    /// Work that was called does not come: its object is gone.
    pub(crate) fn gone(&self, work: &T) {
        let party = self.state.lock().called.remove(work);
        if let Some(party) = party {
            self.free(&party);
        }
    }

    fn free(&self, party: &Party) {
        let called = {
            let mut state = self.state.lock();
            state.leave(party);
            std::iter::from_fn(|| state.next()).collect::<Vec<_>>()
        };
        called.into_iter().for_each(|work| (self.call)(work));
    }
}

impl<T: Clone + Eq + Hash> State<T> {
    fn enter(&mut self, work: T, party: Party, urgent: bool) -> Option<Party> {
        if let Some(party) = self.called.remove(&work) {
            return Some(party);
        }
        let waits = self.waiting.get(&work).copied();
        if waits == Some(true) || waits == Some(urgent) {
            return None;
        }
        if waits.is_none() && self.has_room(&party) {
            self.begin(&party);
            return Some(party);
        }
        // Work that has become urgent stays among the work that is not urgent as well; the first of the two counts.
        self.waiting.insert(work.clone(), urgent);
        let queue = self.parties.entry(party).or_default();
        if urgent { &mut queue.urgent } else { &mut queue.calm }.push_back(work);
        None
    }

    /// Whether a party may have one more worker.
    fn has_room(&self, party: &Party) -> bool {
        let none = |number: Option<usize>| number.unwrap_or_default() == 0;
        self.at_work < self.number
            || self.at_work < self.number * FOR_PARTIES && none(self.parties.get(party).map(|queue| queue.at_work))
            || self.at_work < self.number * FOR_GROUPS && none(self.groups.get(&party.group).copied())
    }

    fn begin(&mut self, party: &Party) {
        self.turns += 1;
        self.at_work += 1;
        let queue = self.parties.entry(party.clone()).or_default();
        queue.at_work += 1;
        queue.served = self.turns;
        *self.groups.entry(Arc::clone(&party.group)).or_default() += 1;
    }

    fn leave(&mut self, party: &Party) {
        self.at_work = self.at_work.saturating_sub(1);
        if let Some(queue) = self.parties.get_mut(party) {
            queue.at_work = queue.at_work.saturating_sub(1);
            if queue.at_work == 0 && queue.urgent.is_empty() && queue.calm.is_empty() {
                self.parties.remove(party);
            }
        }
        if let Some(number) = self.groups.get_mut(&party.group) {
            *number = number.saturating_sub(1);
            if *number == 0 {
                self.groups.remove(&party.group);
            }
        }
    }

    /// The next work that there is a worker for.
    fn next(&mut self) -> Option<T> {
        loop {
            let party = self.next_party()?;
            let work = self.parties.get_mut(&party)?.pop()?;
            if self.waiting.remove(&work).is_some() {
                self.begin(&party);
                self.called.insert(work.clone(), party);
                return Some(work);
            }
        }
    }

    /// Of those that wait: of the group, and in it the party, with the fewest workers; among equals the one that has waited
    /// for its turn the longest.
    fn next_party(&self) -> Option<Party> {
        let rank = |party: &Party, queue: &Queue<T>| (self.groups.get(&party.group).copied(), queue.at_work, queue.served);
        let waits = |queue: &Queue<T>| !queue.urgent.is_empty() || !queue.calm.is_empty();
        let waiting = self.parties.iter().filter(|(party, queue)| waits(queue) && self.has_room(party));
        let (party, _) = waiting.min_by_key(|(party, queue)| rank(party, queue))?;
        Some(party.clone())
    }
}

impl<T> Queue<T> {
    fn pop(&mut self) -> Option<T> {
        if self.urgent.is_empty() || !self.calm.is_empty() && self.in_a_row >= URGENT_IN_A_ROW {
            self.in_a_row = 0;
            return self.calm.pop_front();
        }
        self.in_a_row += 1;
        self.urgent.pop_front()
    }
}

impl<T: Clone + Eq + Hash> Drop for Worker<T> {
    fn drop(&mut self) {
        self.workers.free(&self.party);
    }
}

#[cfg(test)]
mod tests;
