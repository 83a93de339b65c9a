//! The parties that use a tenant. A party that is alone has no pace. Pure: the time is an argument.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

/// A party without a request for this long does not count.
const LATELY: Duration = Duration::from_secs(3600);

/// No more parties are noted: it matters only whether there are several.
const MANY: usize = 256;

/// The parties that made a request lately, and when.
#[derive(Debug, Default)]
pub(crate) struct Parties(HashMap<Arc<str>, Instant>);

impl Parties {
    /// A party makes a request. One without a name does not count.
    pub(crate) fn see(&mut self, party: &Arc<str>, now: Instant) {
        if party.is_empty() {
            return;
        }
        if self.0.len() >= MANY {
            self.0.retain(|_, seen| now.saturating_duration_since(*seen) < LATELY);
        }
        if self.0.len() < MANY || self.0.contains_key(party) {
            self.0.insert(Arc::clone(party), now);
        }
    }

    /// Whether there is more than one.
    pub(crate) fn several(&self, now: Instant) -> bool {
        let lately = |seen: &&Instant| now.saturating_duration_since(**seen) < LATELY;
        self.0.values().filter(lately).nth(1).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_alone_is_not_several_and_who_was_not_there_for_an_hour_does_not_count() {
        let (mut parties, start) = (Parties::default(), Instant::now());
        for party in ["", "a", "a"] {
            parties.see(&party.into(), start);
        }
        assert!(!parties.several(start));
        parties.see(&"b".into(), start + LATELY / 2);
        assert!(parties.several(start + LATELY / 2) && !parties.several(start + LATELY));
        for party in 0..2 * MANY {
            parties.see(&party.to_string().into(), start + LATELY);
        }
        assert!(parties.0.len() <= MANY);
    }
}
