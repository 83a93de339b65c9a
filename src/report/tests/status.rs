//! The status follows from a pass's outcome, and a pass that found nothing new changes nothing in it.

use k8s_controller::conditions::find;

use crate::api::{AssignmentProblem, DriftedField, ManagedStatus, OwnedAssignment};
use crate::report::conditions::Verdict;
use crate::report::failure::{Class, Failure, Unseen};
use crate::report::reason::Reason;
use crate::report::status::managed;

fn ready() -> Verdict {
    Verdict::Ready {
        message: "equal".to_owned(),
    }
}

fn condition<'a>(status: &'a ManagedStatus, kind: &str) -> Option<&'a str> {
    find(&status.conditions, kind).map(|condition| condition.status.as_str())
}

fn drift() -> Vec<DriftedField> {
    vec![DriftedField {
        path: "/description".to_owned(),
        desired: Some("a".to_owned()),
        observed: Some("b".to_owned()),
    }]
}

fn problem() -> AssignmentProblem {
    AssignmentProblem {
        assignment: "staff".to_owned(),
        reason: Reason::GroupNotFound.as_str().to_owned(),
        message: "no".to_owned(),
    }
}

#[test]
fn a_converged_pass_writes_the_same_status_again() {
    let first = managed(&ManagedStatus::default(), ManagedStatus::default(), &ready(), Some(3));
    assert_eq!((first.observed_generation, first.synced_generation), (Some(3), Some(3)));
    assert_eq!(
        (
            condition(&first, "Ready"),
            condition(&first, "Synced"),
            condition(&first, "Drifted")
        ),
        (Some("True"), Some("True"), Some("False"))
    );
    assert_eq!(managed(&first, first.clone(), &ready(), Some(3)), first);
}

#[test]
fn the_groups_on_the_object_are_counted_whoever_assigned_them() {
    let assigned = |group: &str, plan: Option<&str>, verified: bool| OwnedAssignment {
        group_id: group.to_owned(),
        service_plan_id: plan.map(str::to_owned),
        allotment_licenses_count: None,
        allotment_display_name: None,
        declared_by: vec!["staff".to_owned()],
        verified,
    };
    let draft = ManagedStatus {
        id: Some("p1".to_owned()),
        assignments: vec![
            assigned("g1", Some("plan-1"), true),
            assigned("G1", Some("plan-2"), true),
            assigned("g2", None, true),
            assigned("g3", None, false),
        ],
        foreign_assignments: vec!["g2".to_owned(), "g4".to_owned()],
        ..ManagedStatus::default()
    };
    let counted = managed(&ManagedStatus::default(), draft.clone(), &ready(), Some(1));
    assert_eq!(counted.assigned_groups, Some(3), "g1, g2 and g4 were seen");
    assert_eq!(managed(&counted, counted.clone(), &ready(), Some(1)), counted);
    let none = ManagedStatus {
        id: Some("p1".to_owned()),
        ..ManagedStatus::default()
    };
    assert_eq!(managed(&counted, none, &ready(), Some(1)).assigned_groups, Some(0));
    let gone = ManagedStatus { id: None, ..draft };
    assert_eq!(
        managed(&counted, gone, &ready(), Some(1)).assigned_groups,
        None,
        "there is no object"
    );
}

#[test]
fn the_synced_generation_stays_when_a_later_one_fails() {
    let first = managed(&ManagedStatus::default(), ManagedStatus::default(), &ready(), Some(3));
    let failed = managed(
        &first,
        first.clone(),
        &Verdict::Failed(Failure::stalled(Reason::Refused, "no")),
        Some(4),
    );
    assert_eq!((failed.observed_generation, failed.synced_generation), (Some(4), Some(3)));
    assert_eq!(
        (condition(&failed, "Ready"), condition(&failed, "Stalled")),
        (Some("False"), Some("True"))
    );
}

#[test]
fn an_outage_makes_everything_unknown_and_is_written_once() {
    let first = managed(&ManagedStatus::default(), ManagedStatus::default(), &ready(), Some(1));
    let outage = |message: &str| {
        Verdict::Failed(Failure {
            class: Class::Unreachable,
            ..Failure::retry(Reason::GraphUnavailable, message)
        })
    };
    let down = managed(&first, first.clone(), &outage("down (request-id 1)"), Some(1));
    for kind in ["Ready", "Synced", "Drifted", "ReferencesResolved"] {
        assert_eq!(condition(&down, kind), Some("Unknown"), "{kind}");
    }
    assert_eq!(managed(&down, down.clone(), &outage("down (request-id 2)"), Some(1)), down);
}

#[test]
fn nothing_is_said_of_what_was_not_looked_at() {
    let first = managed(&ManagedStatus::default(), ManagedStatus::default(), &ready(), Some(1));
    let denied = |unseen| Verdict::Failed(Failure::retry(Reason::PermissionDenied, "no").before(unseen));
    for (unseen, resolved, other) in [
        (Unseen::References, "Unknown", "Unknown"),
        (Unseen::Graph, "True", "Unknown"),
        (Unseen::Nothing, "True", "False"),
    ] {
        let failed = managed(&first, first.clone(), &denied(unseen), Some(1));
        assert_eq!(condition(&failed, "ReferencesResolved"), Some(resolved), "{unseen:?}");
        assert_eq!(condition(&failed, "Drifted"), Some(other), "{unseen:?}");
        assert_eq!(condition(&failed, "Synced"), Some(other), "{unseen:?}");
        // Nor of Assignments, whose problems may be corrected by now.
        let stale = ManagedStatus {
            assignment_problems: vec![problem()],
            ..first.clone()
        };
        let failed = managed(&first, stale, &denied(unseen), Some(1));
        let told = if resolved == "Unknown" { "Unknown" } else { "False" };
        assert_eq!(condition(&failed, "ReferencesResolved"), Some(told), "{unseen:?}");
        // Drift that was seen stays until Graph is seen without it.
        let drifting = ManagedStatus {
            drift: drift(),
            ..first.clone()
        };
        let failed = managed(&first, drifting, &denied(unseen), Some(1));
        assert_eq!(condition(&failed, "Drifted"), Some("True"), "{unseen:?}");
    }
}

#[test]
fn a_corrected_drift_stays_on_record() {
    let found = ManagedStatus {
        drift: drift(),
        ..ManagedStatus::default()
    };
    let working = Verdict::Working {
        reason: Reason::Drifted,
        message: "correcting".to_owned(),
    };
    let drifted = managed(&ManagedStatus::default(), found, &working, Some(1));
    assert_eq!(
        (condition(&drifted, "Drifted"), condition(&drifted, "Reconciling")),
        (Some("True"), Some("True"))
    );
    assert!(drifted.last_drift.as_ref().unwrap().corrected_at.is_none());
    assert_eq!(managed(&drifted, drifted.clone(), &working, Some(1)), drifted);

    let corrected = managed(&drifted, drifted.clone(), &ready(), Some(1));
    assert_eq!(corrected.drift, []);
    let record = corrected.last_drift.as_ref().unwrap();
    assert!(record.corrected_at.is_some());
    assert_eq!(record.fields, drift());
    assert_eq!(managed(&corrected, corrected.clone(), &ready(), Some(1)), corrected);
}
