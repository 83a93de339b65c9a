//! What the world was after each change, for reads that a replica answers which is behind.
//!
//! Only changes by requests are kept. What the service does by itself follows from them and happens again where it is needed.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use crate::base::clock::Clock;
use crate::life;
use crate::world::World;

/// How far back a replica can be.
pub(crate) const LONGEST: SignedDuration = SignedDuration::from_hours(1);

/// The states of the world with the times from which they hold, the oldest first.
pub(crate) struct History {
    states: VecDeque<(Timestamp, World)>,
}

impl History {
    /// A history in which the world was always like this one before its first change.
    pub(crate) fn begin(world: &World) -> Self {
        Self {
            states: VecDeque::from([(Timestamp::MIN, world.clone())]),
        }
    }

    /// Notes a world that was just changed.
    pub(crate) fn note(&mut self, world: &World) {
        let now = world.now();
        // No request can ask for a state between two changes at one time.
        if self.states.back().is_some_and(|(since, _)| *since >= now) {
            self.states.pop_back();
        }
        self.states.push_back((now, world.clone()));
        let oldest = now.checked_sub(LONGEST).unwrap_or(Timestamp::MIN);
        while self.states.get(1).is_some_and(|(since, _)| *since <= oldest) {
            self.states.pop_front();
        }
    }

    /// The world as it was at a time; its clock stands still there.
    pub(crate) fn as_of(&self, at: Timestamp) -> Option<World> {
        let held = self.states.iter().rev().find(|(since, _)| *since <= at);
        let (_, world) = held.or_else(|| self.states.front())?;
        let mut world = world.clone();
        world.clock = Clock::frozen(at);
        life::catch_up(&mut world);
        Some(world)
    }
}
