//! Everything that a running simulator shares between its requests.
//!
//! Locks are taken in the order world, then limiter, ledger or history; none is held across an await. No other lock is taken while
//! that of the sign-ins is held.

pub(crate) mod conformance;
mod history;
pub(crate) mod ledger;
pub(crate) mod perform;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::base::answer::Answer;
use crate::base::caller::Caller;
use crate::base::clock::{Clock, RealTime};
use crate::base::ids::IdSource;
use crate::contract::Contract;
use crate::entra::access::{AccessTokens, sender};
use crate::entra::issuers::Issuers;
use crate::entra::sign_ins::SignIns;
use crate::faults::Faults;
use crate::life;
use crate::seed::Seed;
use crate::throttle::Limiter;
use crate::wire::exchange::Exchange;
use crate::wire::hosts::{LOCAL_HOSTS, MICROSOFT_HOSTS};
use crate::world::World;
use history::{History, LONGEST};
use ledger::{Draft, Ledger};

/// Further violations are not kept.
const MOST_VIOLATIONS: usize = 1000;

pub(crate) struct Service {
    world: Arc<Mutex<World>>,
    ledger: Mutex<Ledger>,
    faults: Mutex<Faults>,
    request_ids: Mutex<IdSource>,
    sign_ins: Mutex<SignIns>,
    limiter: Mutex<Limiter>,
    panics: AtomicU64,
    contract: Option<Arc<Contract>>,
    violations: Mutex<Vec<String>>,
    /// `None` where no read can be answered from the past: of a large world, it takes much memory.
    history: Option<Mutex<History>>,
    /// Federated issuers' keys.
    pub issuers: Issuers,
    /// Makes and checks access tokens.
    pub tokens: Arc<AccessTokens>,
    /// `https://host:port` of the listener.
    own_root: String,
}

impl Service {
    pub(crate) fn new(world: Arc<Mutex<World>>, issuers: Issuers, tokens: Arc<AccessTokens>, own_root: String) -> Self {
        Self {
            world,
            ledger: Mutex::default(),
            faults: Mutex::default(),
            // Not the world's ids: those must not depend on how many requests there were before.
            request_ids: Mutex::new(IdSource::new(1)),
            sign_ins: Mutex::default(),
            limiter: Mutex::default(),
            panics: AtomicU64::new(0),
            contract: None,
            violations: Mutex::default(),
            history: None,
            issuers,
            tokens,
            own_root,
        }
    }

    /// The same service, checked against the description of Graph.
    pub(crate) fn with_contract(mut self, contract: Option<Arc<Contract>>) -> Self {
        self.contract = contract;
        self
    }

    /// The same service, whose reads can be answered from the past.
    pub(crate) fn with_history(mut self) -> Self {
        let history = History::begin(&self.world());
        self.history = Some(Mutex::new(history));
        self
    }

    /// Notes a change of the world.
    pub(crate) fn note_change(&self, world: &World) {
        if let Some(history) = &self.history {
            lock(history).note(world);
        }
    }

    /// The world as it was so much earlier, as far as the history reaches.
    pub(crate) fn past(&self, world: &World, ago: SignedDuration) -> Option<World> {
        let ago = ago.clamp(SignedDuration::ZERO, LONGEST);
        let at = world.now().checked_sub(ago).unwrap_or(Timestamp::MIN);
        lock(self.history.as_ref()?).as_of(at)
    }

    /// Another service with a copy of this one's world, options and faults, by another time. Nothing has happened in it yet.
    pub(crate) fn copy(&self, real: RealTime) -> Self {
        let mut world = self.world().clone();
        world.clock = Clock::following(real.clone());
        world.generation += 1;
        let issuers = self.issuers.copy_offline(real);
        Self {
            faults: Mutex::new(self.faults().clone()),
            ..Self::new(
                Arc::new(Mutex::new(world)),
                issuers,
                Arc::clone(&self.tokens),
                self.own_root.clone(),
            )
        }
        .with_contract(self.contract.clone())
        .with_history()
    }

    pub(crate) fn shared_world(&self) -> Arc<Mutex<World>> {
        Arc::clone(&self.world)
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    /// The time by the simulator's clock.
    pub(crate) fn now(&self) -> Timestamp {
        self.world().now()
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.ledger)
    }

    /// Writes the ledger's entry of a request.
    pub(crate) fn record(&self, draft: &Draft, exchange: &Exchange, now: Timestamp, status: u16, committed: bool) {
        self.ledger().record(draft.entry(exchange, now, status, committed));
    }

    /// The sender of a Graph request, or the 401 that it gets.
    pub(crate) fn caller(&self, exchange: &Exchange) -> Result<Caller, Answer> {
        let claims = self.tokens.claims(&exchange.headers)?;
        sender(&self.world(), &exchange.root, &claims)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        lock(&self.faults)
    }

    pub(crate) fn sign_ins(&self) -> MutexGuard<'_, SignIns> {
        lock(&self.sign_ins)
    }

    pub(crate) fn limiter(&self) -> MutexGuard<'_, Limiter> {
        lock(&self.limiter)
    }

    pub(crate) fn contract(&self) -> Option<&Contract> {
        self.contract.as_deref()
    }

    pub(crate) fn record_violation(&self, violation: String) {
        tracing::error!(violation, "not as described");
        let mut violations = lock(&self.violations);
        if violations.len() < MOST_VIOLATIONS {
            violations.push(violation);
        }
    }

    /// The first [`MOST_VIOLATIONS`].
    pub(crate) fn violations(&self) -> Vec<String> {
        lock(&self.violations).clone()
    }

    /// A fresh id for a request or a token.
    pub(crate) fn new_request_id(&self) -> String {
        lock(&self.request_ids).next_id()
    }

    /// How many handlers panicked.
    pub(crate) fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    pub(crate) fn count_panic(&self) {
        self.panics.fetch_add(1, Ordering::Relaxed);
    }

    /// Runs a handler; a panic becomes a 500 and is counted. What the handler did until then stays
    /// visible, because it helps to find the bug.
    pub(crate) fn catch_panic(&self, handler: impl FnOnce() -> Answer) -> Answer {
        catch_unwind(AssertUnwindSafe(handler)).unwrap_or_else(|_| {
            self.count_panic();
            Answer::error(500, "generalException", "The simulator's handler of this request failed.")
        })
    }

    /// Merges a seed; one that fails changes nothing.
    pub(crate) fn merge(&self, seed: &Seed) -> Result<(), String> {
        let mut world = self.world();
        let mut copy = world.clone();
        // Due events happen before the seed counts.
        life::catch_up(&mut copy);
        let trusted = seed.apply(&mut copy)?;
        *world = copy;
        self.note_change(&world);
        drop(world);
        if !trusted.is_empty() {
            self.issuers.trust(trusted);
        }
        Ok(())
    }

    pub(crate) fn own_root(&self) -> &str {
        &self.own_root
    }

    /// The root of links in an answer: the authority that the client called, when it is one of the known hosts.
    pub(crate) fn root(&self, authority: Option<&str>) -> String {
        let known = authority.filter(|authority| {
            let host: Option<http::uri::Authority> = authority.parse().ok();
            host.is_some_and(|host| {
                let name = host.host().trim_matches(['[', ']']);
                LOCAL_HOSTS.contains(&name) || MICROSOFT_HOSTS.contains(&name)
            })
        });
        known.map_or_else(|| self.own_root.clone(), |authority| format!("https://{authority}"))
    }
}

/// A poisoned lock is still used: handlers' panics are answered and counted.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
