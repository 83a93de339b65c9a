//! For every result of a pass and every kind: `kubectl wait`, kstatus (Flux) and the conditions agree.

use std::collections::BTreeMap;

use k8s_controller::conditions::find;
use lab::kstatus::{KStatus, agree, kstatus};
use serde_json::{Value, json};

use crate::api::{Assignment, EntraTenant, ProvisioningPolicy, UserSetting, all_crds};
use crate::reconcile::pass::Kind;
use crate::report::conditions::Verdict;
use crate::report::failure::{Class, Failure};
use crate::report::reason::Reason;

/// Every way in which a pass can end, with what kstatus is to make of it.
fn verdicts() -> Vec<(Verdict, KStatus)> {
    let message = || "told".to_owned();
    let mut verdicts = vec![
        (Verdict::Ready { message: message() }, KStatus::Current),
        (Verdict::Observed { message: message() }, KStatus::Current),
        (Verdict::Pending { message: message() }, KStatus::InProgress),
    ];
    for reason in Reason::ALL.iter().copied() {
        let held = Verdict::Held {
            reason,
            message: message(),
        };
        let working = Verdict::Working {
            reason,
            message: message(),
        };
        verdicts.extend([(held, KStatus::InProgress), (working, KStatus::InProgress)]);
        for (class, expected) in [
            (Class::Waiting, KStatus::InProgress),
            (Class::Retry, KStatus::InProgress),
            (Class::Unreachable, KStatus::InProgress),
            (Class::Stalled, KStatus::Failed),
        ] {
            let failure = Failure {
                class,
                ..Failure::retry(reason, message())
            };
            verdicts.push((Verdict::Failed(failure), expected));
        }
    }
    verdicts
}

fn object(generation: i64, status: Value) -> Value {
    json!({"metadata": {"generation": generation}, "status": status})
}

/// A suspended object keeps its state, but no work is in progress; an object without a pass is not known.
fn suspended_keeps_the_last_word<K: Kind>(before: &K::Status) {
    let ready = |status: &K::Status| find(K::conditions(status), "Ready").cloned();
    let after = K::report(before, before.clone(), &Verdict::Suspended, Some(3));
    let seen = object(3, serde_json::to_value(&after).expect("a status serialises"));
    assert!(find(K::conditions(&after), "Reconciling").is_none(), "{seen}");
    match ready(before) {
        Some(last) => assert_eq!(ready(&after), Some(last)),
        None => assert_eq!(ready(&after).map(|ready| ready.status), Some("Unknown".to_owned())),
    }
}

/// Every state of a kind, each also as the successor of the others' first ones: what a pass leaves behind must not show.
fn check<K: Kind>(counted: &mut BTreeMap<String, usize>) {
    let verdicts = verdicts();
    let mut befores = vec![K::Status::default()];
    for verdict in [&verdicts[0].0, &verdicts[1].0, &verdicts[verdicts.len() - 1].0] {
        befores.push(K::report(&K::Status::default(), K::Status::default(), verdict, Some(2)));
    }
    for before in &befores {
        suspended_keeps_the_last_word::<K>(before);
        for (verdict, expected) in &verdicts {
            let status = K::report(before, before.clone(), verdict, Some(2));
            let status = serde_json::to_value(&status).expect("a status serialises");
            let mut seen = object(2, status.clone());
            let computed = agree(&seen).unwrap_or_else(|error| panic!("{}, {verdict:?}: {error:#}", K::NAME));
            assert_eq!(computed, *expected, "{}, {verdict:?}: {seen}", K::NAME);
            *counted.entry(format!("{computed:?}")).or_default() += 1;
            assert_eq!(kstatus(&object(3, status)), KStatus::InProgress, "an older spec's status counts");
            seen["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
            assert_eq!(kstatus(&seen), KStatus::Terminating);
        }
    }
}

#[test]
fn kstatus_and_the_conditions_agree_on_every_state_of_every_kind() {
    let mut counted = BTreeMap::new();
    check::<EntraTenant>(&mut counted);
    check::<ProvisioningPolicy>(&mut counted);
    check::<UserSetting>(&mut counted);
    check::<Assignment>(&mut counted);
    assert!(counted.len() == 3 && counted.values().all(|states| *states >= 16), "{counted:?}");
    assert!(counted["Failed"] > 400, "the reasons were not found: {counted:?}");
}

#[test]
fn an_object_that_no_pass_has_seen_is_in_progress() {
    for crd in all_crds() {
        let crd = serde_json::to_value(crd).expect("it serialises");
        let status = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]["default"];
        assert_eq!(kstatus(&object(1, status.clone())), KStatus::InProgress, "{status}");
    }
}
