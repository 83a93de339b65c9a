//! The change windows of an EntraTenant in its status, and the passes that keep that true.

use std::time::Duration;

use jiff::Zoned;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;
use tokio::time::Instant;

use crate::api::{ChangeWindowStatus, EntraTenant};
use crate::base::wall;
use crate::reconcile::pass::Pass;
use crate::report::conditions::Verdict;
use crate::report::reason::Reason;
use crate::report::stop::Stop;
use crate::tenant::change_windows::{State, at};

/// Takes the state of the change windows into the draft of the status, and has a pass come when it changes.
pub(crate) fn note(pass: &mut Pass<'_, EntraTenant>) -> State {
    let now = wall::now();
    let windows = pass.object.spec.change_windows.as_deref();
    let state = at(windows, now);
    pass.draft.change_window = windows.map(|_| status(&state));
    if let Some(change) = state.next_change() {
        let wait = Duration::try_from(change.duration_since(now)).unwrap_or_default();
        pass.note(|notes| notes.asked.look_by(Instant::now().checked_add(wait)));
    }
    state
}

/// As the status has it: the same until the state changes, so that the mere passing of time writes nothing.
fn status(state: &State) -> ChangeWindowStatus {
    let time = |at: &Zoned| Time(at.timestamp());
    match state {
        State::Open { until } => ChangeWindowStatus {
            open: true,
            opens_at: None,
            closes_at: until.as_ref().map(time),
        },
        State::Closed { opens } => ChangeWindowStatus {
            open: false,
            opens_at: Some(time(opens)),
            closes_at: None,
        },
        State::Invalid(_) => ChangeWindowStatus::default(),
    }
}

/// What a tenant reports that is in order otherwise: windows that cannot be understood need a person, closed ones are mentioned.
pub(crate) fn judged(verdict: Verdict, state: &State, tenant: &EntraTenant) -> Result<Verdict, Stop> {
    let described = state.describe(&tenant.name_any());
    match (verdict, state) {
        (_, State::Invalid(_)) => {
            let message = format!("{described}. Changes that put no Cloud PC at risk are made all the same");
            Err(Stop::stalled(Reason::ChangeWindowInvalid, message))
        }
        (Verdict::Ready { message }, State::Closed { .. }) => Ok(Verdict::Ready {
            message: format!("{message}. Changes that put Cloud PCs at risk wait: {described}"),
        }),
        (verdict, State::Open { .. } | State::Closed { .. }) => Ok(verdict),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::report::failure::{Class, Failure};
    use crate::tenant::tests::sign_in::tenant;

    /// What a tenant with these windows reports that is in order otherwise.
    fn reported(windows: serde_json::Value) -> Result<Verdict, Failure> {
        let tenant = tenant("contoso", json!({"changeWindows": windows}));
        let now = "2026-12-01T12:00:00Z".parse().unwrap();
        let ready = Verdict::Ready {
            message: "signed in".to_owned(),
        };
        judged(ready, &at(tenant.spec.change_windows.as_deref(), now), &tenant).map_err(Stop::reported)
    }

    #[test]
    fn a_tenant_mentions_when_the_next_window_opens_and_stalls_with_one_that_cannot_be_understood() {
        let message = |message: &str| {
            Ok(Verdict::Ready {
                message: message.to_owned(),
            })
        };
        let window = |start: &str, zone: &str| json!([{"days": ["Tuesday"], "start": start, "end": "23:00", "timeZone": zone}]);
        assert_eq!(reported(window("12:30", "Europe/Berlin")), message("signed in"));
        let closed = "signed in. Changes that put Cloud PCs at risk wait: outside the change windows of EntraTenant contoso; the next one opens 2026-12-01T22:00:00+01:00 (Europe/Berlin)";
        assert_eq!(reported(window("22:00", "Europe/Berlin")), message(closed));
        let failure = reported(window("22:00", "Moon/Base")).expect_err("it is not Ready");
        assert_eq!((failure.class, failure.reason), (Class::Stalled, Reason::ChangeWindowInvalid));
        assert!(
            failure.message.contains("spec.changeWindows[0].timeZone: \"Moon/Base\""),
            "{}",
            failure.message
        );
    }
}
