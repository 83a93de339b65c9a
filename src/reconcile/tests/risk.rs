//! Which Cloud PCs a change puts at risk.

use std::collections::BTreeMap;

use crate::graph::{AssignmentTarget, CloudPc, RemoteAssignment};
use crate::reconcile::key::Key;
use crate::reconcile::plan::kept;
use crate::reconcile::risk::count::{Left, Loss, Members, Why, at_risk};

fn pc(id: &str, user: Option<&str>) -> CloudPc {
    CloudPc {
        id: id.to_owned(),
        name: "Desk".to_owned(),
        user: user.map(str::to_owned),
        policy: "p".to_owned(),
        status: "provisioned".to_owned(),
        ..CloudPc::default()
    }
}

fn entry(group: &str) -> RemoteAssignment {
    RemoteAssignment {
        id: None,
        group_id: group.to_owned(),
        service_plan_id: None,
        allotment_licenses_count: None,
        allotment_display_name: None,
    }
}

/// An entry of Frontline.
fn share(group: &str, licences: Option<i64>, name: &str) -> RemoteAssignment {
    RemoteAssignment {
        service_plan_id: Some("plan".to_owned()),
        allotment_licenses_count: licences,
        allotment_display_name: Some(name.to_owned()),
        ..entry(group)
    }
}

fn left(stays: &[RemoteAssignment], members: &[(&str, &[&str])]) -> Left {
    let members: BTreeMap<String, Members> = members
        .iter()
        .map(|(group, users)| ((*group).to_owned(), Ok(users.iter().map(|user| (*user).to_owned()).collect())))
        .collect();
    Left {
        stays: stays.iter().map(kept).collect(),
        members,
    }
}

/// Those at risk, by id, with the reason.
fn judged(cloud_pcs: &[CloudPc], before: &[RemoteAssignment], left: &Left) -> Vec<(String, Why)> {
    let found = at_risk(cloud_pcs, before, left);
    found.into_iter().map(|pc| (pc.id, pc.why)).collect()
}

fn risk(id: &str, why: Why) -> (String, Why) {
    (id.to_owned(), why)
}

#[test]
fn a_user_keeps_a_cloud_pc_only_as_a_proven_member_of_a_group_that_stays() {
    let before = [entry("a"), entry("b")];
    let fleet = [pc("1", Some("Ann@contoso.com")), pc("2", Some("ben@contoso.com")), pc("3", None)];
    let stays = left(&[entry("B")], &[("b", &["ann@contoso.com"])]);
    assert_eq!(judged(&fleet, &before, &stays), [risk("2", Why::NoMember), risk("3", Why::NoUser)]);
    let nothing = left(&[], &[]);
    assert_eq!(judged(&fleet, &before, &nothing).len(), 3, "no group stays");
    let mut unreadable = left(&[entry("b")], &[]);
    unreadable.members.insert("b".to_owned(), Err("no right".to_owned()));
    let found = judged(&fleet, &before, &unreadable);
    assert_eq!(found[0], risk("1", Why::Unreadable("no right".to_owned())));
    let unread = left(&[entry("b")], &[]);
    assert!(
        matches!(judged(&fleet, &before, &unread)[0].1, Why::Unreadable(_)),
        "not read is not a proof"
    );
}

#[test]
fn every_status_counts_but_the_last() {
    let nothing = left(&[], &[]);
    for (status, counted) in [
        ("inGracePeriod", 1),
        ("failed", 1),
        ("provisioning", 1),
        ("somethingNew", 1),
        ("deprovisioning", 0),
    ] {
        let one = CloudPc {
            status: status.to_owned(),
            ..pc("1", Some("ann@contoso.com"))
        };
        assert_eq!(judged(&[one], &[entry("a")], &nothing).len(), counted, "{status}");
    }
}

#[test]
fn members_of_frontline_keep_theirs_only_while_there_are_licences_for_all() {
    let planned = |id: &str, user: &str| CloudPc {
        plan: Some("PLAN".to_owned()),
        ..pc(id, Some(user))
    };
    let fleet: Vec<CloudPc> = (1..=4).map(|number| planned(&number.to_string(), &format!("u{number}"))).collect();
    let before = [share("a", Some(5), "A"), share("b", Some(2), "B")];
    let members: &[(&str, &[&str])] = &[("b", &["u1", "u2", "u3", "u4"])];
    let enough = left(&[share("b", Some(2), "B")], members);
    assert_eq!(judged(&fleet, &before, &enough), []);
    for licences in [Some(1), None] {
        let few = left(&[share("b", licences, "B")], members);
        assert_eq!(judged(&fleet, &before, &few).len(), 4, "{licences:?}");
    }
    let other = [pc("9", Some("u1"))];
    assert_eq!(judged(&other, &before, &enough), [risk("9", Why::NoMember)], "of another plan");
}

#[test]
fn a_shared_cloud_pc_stays_only_with_an_allotment_of_its_own_name() {
    let shared = |id: &str, name: &str| CloudPc {
        plan: Some("plan".to_owned()),
        allotment: Some(name.to_owned()),
        ..pc(id, None)
    };
    let fleet = [shared("1", "A"), shared("2", "B"), shared("3", "B")];
    let before = [share("a", Some(1), "A"), share("b", Some(2), "B")];
    let stays = |entry: RemoteAssignment| judged(&fleet, &before, &left(&[entry], &[])).len();
    assert_eq!(stays(share("b", Some(2), "B")), 1, "only that of the other allotment");
    assert_eq!(stays(share("b", Some(1), "B")), 3, "fewer licences");
    assert_eq!(stays(share("c", Some(2), "B")), 3, "another group");
    let twins = [share("a", Some(1), "B"), share("b", Some(2), "B")];
    assert_eq!(
        judged(&fleet, &twins, &left(&[share("b", Some(2), "B")], &[])).len(),
        3,
        "a name that two have"
    );
}

#[test]
fn fewer_licences_and_other_plans_are_a_loss_and_more_is_none() {
    let lost = |before: &[RemoteAssignment], after: &[RemoteAssignment]| {
        let after: Vec<AssignmentTarget> = after.iter().map(kept).collect();
        Loss::between(before, std::iter::empty(), &after)
    };
    let three = || share("a", Some(3), "A");
    assert!(lost(&[three()], &[three()]).is_empty());
    assert!(
        lost(&[three()], &[share("A", Some(4), "B")]).is_empty(),
        "more of them, by another name"
    );
    for after in [
        share("a", Some(2), "A"),
        share("a", None, "A"),
        entry("a"),
        share("b", Some(3), "A"),
    ] {
        assert!(!lost(&[three()], std::slice::from_ref(&after)).is_empty(), "{after:?}");
    }
    let hidden = Loss::between(&[], [Key::new("a", None)].into_iter(), &[]);
    assert_eq!(hidden.keys().count(), 1, "sent, and not shown yet");
    let all = lost(&[three(), entry("b")], &[]);
    let some = lost(&[three()], &[share("a", Some(1), "A")]);
    assert!(
        some.is_within(&all) && !all.is_within(&some),
        "a part of an entry is less than the entry"
    );
}
