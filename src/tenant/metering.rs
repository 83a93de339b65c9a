//! The Graph client's events become metrics of its tenant, and count for the pass that made the request.

use std::time::Duration;

use crate::graph::{Attempt, Observer};
use crate::runtime::metrics::TenantMetrics;
use crate::runtime::tally;

impl Observer for TenantMetrics {
    fn request(&self, attempt: &Attempt<'_>) {
        let id = attempt.client_request_id.to_string();
        self.request(attempt.operation, attempt.status, attempt.elapsed, &id);
        tally::sent(attempt.request_id.filter(|_| attempt.write));
    }

    fn budget(&self, class: &'static str, left: usize) {
        self.budget_left(class, left);
    }

    fn held_back(&self, class: &'static str, waited: Duration) {
        self.held_back(class, waited);
    }

    fn throttled(&self, class: &'static str, pause: Duration) {
        self.throttled(class, pause);
    }

    fn token_refreshed(&self) {
        self.token_refreshed();
    }

    fn token_failed(&self) {
        self.token_failed();
    }
}
