//! Readiness as a set of named components. A component that was announced but has not reported counts as missing.
//!
//! Liveness is not here: a process that answers is alive.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Which components are ready. Clones share the state.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<Mutex<BTreeMap<&'static str, bool>>>);

impl Health {
    /// Nothing is expected yet, so announce the components before the server starts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Announces a component: the process is not ready until it reports. A component that already reported keeps
    /// its state.
    pub fn expect(&self, component: &'static str) {
        self.lock().entry(component).or_insert(false);
    }

    /// Reports the state of a component.
    pub fn set_ready(&self, component: &'static str, ready: bool) {
        let before = self.lock().insert(component, ready);
        if before != Some(ready) {
            tracing::info!(component, ready, "readiness changed");
        }
    }

    /// # Errors
    ///
    /// The components that are missing, in alphabetical order.
    pub fn ready(&self) -> Result<(), Vec<&'static str>> {
        let missing: Vec<_> = self
            .lock()
            .iter()
            .filter_map(|(component, ready)| (!ready).then_some(*component))
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(missing) }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, bool>> {
        // Every critical section is one map operation, so a poisoned map is still a consistent one.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
