//! The conditions of a tenant besides Ready: the result of each step (sign in, reach Graph, be permitted).

use crate::api::{ClockSkew, EntraTenantStatus};
use crate::report::conditions::{Conditions, Truth, Verdict};
use crate::report::failure::Class;
use crate::report::reason::Reason;
use crate::tenant::credentials::CLIENT_SECRET;

const KINDS: [&str; 3] = ["Authenticated", "Reachable", "PermissionsSufficient"];
/// What an application needs to write.
const WRITES: &str = "CloudPC.ReadWrite.All";
const NOT_CHECKED: &str = "not checked";

/// States Authenticated, Reachable and PermissionsSufficient.
pub(crate) fn details(conditions: &mut Conditions<'_>, verdict: &Verdict, draft: &EntraTenantStatus) {
    match verdict {
        Verdict::Ready { .. } => in_order(conditions, draft),
        // The windows are judged last.
        Verdict::Failed(failure) if failure.reason == Reason::ChangeWindowInvalid => in_order(conditions, draft),
        Verdict::Failed(failure) if failure.reason == Reason::AuthenticationFailed => {
            let message = format!("{}{}", failure.message, clock(draft));
            conditions.set("Authenticated", Truth::False, failure.reason, message);
            unknown(conditions, &KINDS[1..]);
        }
        Verdict::Failed(failure) if [Reason::PermissionMissing, Reason::PermissionDenied].contains(&failure.reason) => {
            signed_in(conditions, draft);
            conditions.set("PermissionsSufficient", Truth::False, failure.reason, &failure.message);
        }
        Verdict::Failed(failure) if failure.class == Class::Unreachable => {
            let message = "Graph does not answer as it should; see Ready";
            unknown(conditions, &KINDS[..1]);
            conditions.set("Reachable", Truth::False, failure.reason, message);
            unknown(conditions, &KINDS[2..]);
        }
        Verdict::Failed(_)
        | Verdict::Working { .. }
        | Verdict::Pending { .. }
        | Verdict::Observed { .. }
        | Verdict::Held { .. }
        | Verdict::Suspended => unknown(conditions, &KINDS),
    }
}

fn in_order(conditions: &mut Conditions<'_>, draft: &EntraTenantStatus) {
    signed_in(conditions, draft);
    let granted = format!("granted: {}", draft.granted_permissions.join(", "));
    if draft.read_only != Some(true) {
        conditions.set("PermissionsSufficient", Truth::True, Reason::Granted, granted);
        return;
    }
    let why = if draft.granted_permissions.iter().any(|role| role == WRITES) {
        "The controller runs with --read-only".to_owned()
    } else {
        format!("{WRITES} is not among them")
    };
    let message =
        format!("{granted}. {why}, so nothing is written, as with mode: Observe; a deletion that has to delete something in Graph waits");
    conditions.set("PermissionsSufficient", Truth::True, Reason::ReadOnly, message);
}

fn signed_in(conditions: &mut Conditions<'_>, draft: &EntraTenantStatus) {
    let development = if draft.credentials.as_deref() == Some(CLIENT_SECRET) {
        " for a client secret, which is for development only: use workloadIdentity, managedIdentity or certificate in production"
    } else {
        ""
    };
    let message = format!("Entra issued a token{development}{}", clock(draft));
    conditions.set("Authenticated", Truth::True, Reason::SignedIn, message);
    conditions.set("Reachable", Truth::True, Reason::Synced, "Graph answers");
}

fn unknown(conditions: &mut Conditions<'_>, kinds: &[&str]) {
    for kind in kinds {
        conditions.set(kind, Truth::Unknown, Reason::NotChecked, NOT_CHECKED);
    }
}

/// The same message as long as the difference lasts: the number of minutes changes all the time and is a metric.
fn clock(draft: &EntraTenantStatus) -> &'static str {
    match draft.clock_skew {
        None => "",
        Some(ClockSkew::Ahead) => {
            ". The controller's clock is more than 5 minutes ahead of Microsoft's: set the clock of its node, or Entra will refuse what it signs (AADSTS700024)"
        }
        Some(ClockSkew::Behind) => {
            ". The controller's clock is more than 5 minutes behind Microsoft's: set the clock of its node, or Entra will refuse what it signs (AADSTS700024)"
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

    use super::*;
    use crate::report::failure::Failure;

    fn told(verdict: &Verdict, draft: &EntraTenantStatus) -> Vec<Condition> {
        let mut conditions = Conditions::new(&[], Some(1), Time(Timestamp::UNIX_EPOCH));
        details(&mut conditions, verdict, draft);
        conditions.finish()
    }

    fn one<'a>(conditions: &'a [Condition], kind: &str) -> (&'a str, &'a str, &'a str) {
        let found = k8s_controller::conditions::find(conditions, kind).expect("it is stated");
        (&found.status, &found.reason, &found.message)
    }

    #[test]
    fn every_verdict_states_the_three_conditions_once() {
        let failed = |failure| Verdict::Failed(failure);
        let refused = Failure::retry(Reason::AuthenticationFailed, "no");
        for verdict in [
            Verdict::Ready { message: String::new() },
            Verdict::Suspended,
            failed(refused),
            failed(Failure::stalled(Reason::CloudNotSupported, "no")),
            failed(Failure::stalled(Reason::ChangeWindowInvalid, "no")),
            failed(Failure::retry(Reason::PermissionMissing, "no")),
            failed(Failure {
                class: Class::Unreachable,
                ..Failure::retry(Reason::GraphUnavailable, "no")
            }),
        ] {
            let conditions = told(&verdict, &EntraTenantStatus::default());
            let mut kinds: Vec<_> = conditions.iter().map(|condition| condition.type_.as_str()).collect();
            kinds.sort_unstable();
            assert_eq!(kinds, ["Authenticated", "PermissionsSufficient", "Reachable"], "{verdict:?}");
        }
    }

    #[test]
    fn a_secret_a_read_only_grant_and_a_wrong_clock_are_pointed_out() {
        let draft = EntraTenantStatus {
            credentials: Some(CLIENT_SECRET.to_owned()),
            clock_skew: Some(ClockSkew::Behind),
            read_only: Some(true),
            granted_permissions: vec!["CloudPC.Read.All".to_owned()],
            ..EntraTenantStatus::default()
        };
        let ready = Verdict::Ready { message: String::new() };
        let conditions = told(&ready, &draft);
        let (status, _, message) = one(&conditions, "Authenticated");
        assert!(
            status == "True" && message.contains("for development only") && message.contains("5 minutes behind"),
            "{message}"
        );
        let (status, reason, message) = one(&conditions, "PermissionsSufficient");
        assert_eq!((status, reason), ("True", "ReadOnly"));
        assert!(message.contains("nothing is written"), "{message}");

        let windows = Verdict::Failed(Failure::stalled(Reason::ChangeWindowInvalid, "no"));
        assert_eq!(
            told(&windows, &draft),
            conditions,
            "windows that cannot be understood are no matter of signing in"
        );

        let plain = told(&ready, &EntraTenantStatus::default());
        assert_eq!(one(&plain, "Authenticated"), ("True", "SignedIn", "Entra issued a token"));
    }
}
