//! Readiness as a set of named components. A component that was announced but has not reported counts as missing.
//!
//! Liveness is not here: a process that answers is alive.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use std::sync::Arc;

/// Which components are ready. Clones share the state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Health(Arc<Mutex<BTreeMap<&'static str, State>>>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Ready,
    /// With the reason, when it is known.
    Missing(Option<String>),
}

impl Health {
    /// Nothing is expected yet, so announce the components before the server starts.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Announces a component: the process is not ready until it reports. A component that already reported keeps
    /// its state.
    pub(crate) fn expect(&self, component: &'static str) {
        self.0.lock().entry(component).or_insert(State::Missing(None));
    }

    /// Reports the state of a component.
    pub(crate) fn set_ready(&self, component: &'static str, ready: bool) {
        let state = if ready { State::Ready } else { State::Missing(None) };
        if self.set(component, state) {
            tracing::info!(component, ready, "readiness changed");
        }
    }

    /// Reports that a component is not ready, and why. The answer to a probe contains the reason.
    pub(crate) fn set_missing(&self, component: &'static str, reason: &str) {
        if self.set(component, State::Missing(Some(reason.to_owned()))) {
            tracing::warn!(component, ready = false, reason, "readiness changed");
        }
    }

    /// Whether that changed anything.
    fn set(&self, component: &'static str, state: State) -> bool {
        self.0.lock().insert(component, state.clone()) != Some(state)
    }

    /// # Errors
    ///
    /// The components that are missing, in alphabetical order, each with the reason where it is known.
    pub(crate) fn ready(&self) -> Result<(), Vec<String>> {
        let missing: Vec<_> = self
            .0
            .lock()
            .iter()
            .filter_map(|(component, state)| match state {
                State::Ready => None,
                State::Missing(None) => Some((*component).to_owned()),
                State::Missing(Some(reason)) => Some(format!("{component} ({reason})")),
            })
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(missing) }
    }
}
