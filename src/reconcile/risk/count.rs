//! Which Cloud PCs a change puts at risk: all of the policy whose user is not proven to stay entitled. Pure.
//!
//! It may count too many and never too few: what is not proven counts. A user who is a member of a group that stays, directly, keeps a Cloud
//! PC; a member of a group inside of that one perhaps, because Microsoft does not document whether nested groups count.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};

use crate::graph::{AssignmentTarget, CloudPc, RemoteAssignment, printable};
use crate::reconcile::key::Key;

/// How many users have a Cloud PC of one Frontline licence (documented for Frontline in dedicated mode).
const USERS_PER_LICENCE: i64 = 3;

/// A status of Cloud PCs that are gone whatever is done.
const GONE: &str = "deprovisioning";

/// What a replacement of the set of assignments takes away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Loss(BTreeMap<Key, Lost>);

/// What an entry loses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lost {
    /// All of it.
    Entry,
    /// Licences: so many are left, if that is said.
    Licences(Option<i64>),
}

impl Loss {
    /// The entries that are not in the new set, or get fewer licences there. `hidden`: entries that were sent and are not shown yet.
    pub(crate) fn between(before: &[RemoteAssignment], hidden: impl Iterator<Item = Key>, after: &[AssignmentTarget]) -> Self {
        let after: BTreeMap<Key, &AssignmentTarget> = after.iter().map(|target| (target.into(), target)).collect();
        let mut lost = BTreeMap::new();
        for entry in before {
            let key = Key::from(entry);
            match after.get(&key) {
                None => _ = lost.insert(key, Lost::Entry),
                Some(target) if fewer(entry.allotment_licenses_count, target.allotment_licenses_count) => {
                    lost.insert(key, Lost::Licences(target.allotment_licenses_count));
                }
                Some(_) => {}
            }
        }
        lost.extend(hidden.filter(|key| !after.contains_key(key)).map(|key| (key, Lost::Entry)));
        Self(lost)
    }

    /// Whether nothing is taken away.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entries.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.0.keys()
    }

    /// What is taken away, one text for each entry.
    pub(crate) fn words(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(key, lost)| format!("{key} {lost:?}"))
    }

    /// Whether it takes no more away than `other`.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        let within = |lost: &Lost, allowed: &Lost| match (lost, allowed) {
            (_, Lost::Entry) => true,
            (Lost::Entry, Lost::Licences(_)) => false,
            (Lost::Licences(left), Lost::Licences(allowed)) => !fewer(*allowed, *left),
        };
        self.0
            .iter()
            .all(|(key, lost)| other.0.get(key).is_some_and(|allowed| within(lost, allowed)))
    }
}

/// What may be taken away, and what has to stay so that nothing else is lost with it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Allowed {
    /// What may be taken away: without it, nothing.
    pub loss: Loss,
    /// The entries that users were proven to be in, with their licences.
    pub keeps: Vec<AssignmentTarget>,
}

impl Allowed {
    /// Whether a set may replace another: it takes no more away, and what has to stay is in both.
    pub(crate) fn covers(&self, loss: &Loss, there: &[RemoteAssignment], targets: &[AssignmentTarget]) -> bool {
        let kept = |kept: &AssignmentTarget| {
            let key = Key::from(kept);
            let enough = |licences: Option<i64>| !fewer(kept.allotment_licenses_count, licences);
            let before = there.iter().find(|entry| Key::from(*entry) == key);
            let after = targets.iter().find(|entry| Key::from(*entry) == key);
            before.is_some() && after.is_some_and(|entry| enough(entry.allotment_licenses_count))
        };
        loss.is_within(&self.loss) && (loss.is_empty() || self.keeps.iter().all(kept))
    }
}

/// Licences that were not limited are limited, or there are fewer of them; and a limit that is not said any more may be any.
fn fewer(before: Option<i64>, after: Option<i64>) -> bool {
    match (before, after) {
        (Some(before), Some(after)) => after < before,
        (None, None) => false,
        (None, Some(_)) | (Some(_), None) => true,
    }
}

/// The members of a group, or why they are not known.
pub(crate) type Members = Result<BTreeSet<String>, String>;

/// What a change leaves: the entries that stay, by group and plan, with their licences; and who is in the groups, as lower-case sign-in names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Left {
    /// The entries.
    pub stays: Vec<AssignmentTarget>,
    /// The members by the lower-case id of the group.
    pub members: BTreeMap<String, Members>,
}

/// A Cloud PC that is at risk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AtRisk {
    /// Its id.
    pub id: String,
    /// Its name and its user.
    pub who: String,
    /// Why it is counted.
    pub why: Why,
    /// Whether it is in its grace period already.
    pub in_grace: bool,
}

/// Why a Cloud PC is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// No group stays on the policy, or the policy is deleted.
    NothingStays,
    /// It shows no user, and its licences are not proven to stay.
    NoUser,
    /// Its user is no direct member of a group that stays.
    NoMember,
    /// Who is in a group that stays could not be read.
    Unreadable(String),
    /// Its user is in a group that stays, which has fewer licences than Cloud PCs, or says no number.
    Licences,
}

impl Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingStays => f.write_str("no group stays assigned"),
            Self::NoUser => f.write_str("it shows no user, and its licences are not proven to stay"),
            Self::NoMember => f.write_str("its user is no direct member of a group that stays"),
            Self::Unreadable(why) => f.write_str(why),
            Self::Licences => f.write_str("the group that stays is not proven to have a licence left for it"),
        }
    }
}

/// The Cloud PCs of the policy that are at risk, in the order of their ids.
pub(crate) fn at_risk(cloud_pcs: &[CloudPc], before: &[RemoteAssignment], left: &Left) -> Vec<AtRisk> {
    let there: Vec<&CloudPc> = cloud_pcs.iter().filter(|pc| pc.status != GONE).collect();
    let crowded = crowded(&there, left);
    let mut found: Vec<AtRisk> = there
        .iter()
        .filter_map(|pc| {
            let why = why(pc, &there, before, left, &crowded)?;
            let user = pc.user.as_deref().map_or_else(|| "no user".to_owned(), printable);
            Some(AtRisk {
                id: pc.id.to_lowercase(),
                who: format!("{} ({user})", pc.name),
                why,
                in_grace: pc.status == "inGracePeriod",
            })
        })
        .collect();
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found
}

/// Why a Cloud PC is at risk; nothing when it is proven to stay.
fn why(pc: &CloudPc, all: &[&CloudPc], before: &[RemoteAssignment], left: &Left, crowded: &BTreeSet<usize>) -> Option<Why> {
    if left.stays.is_empty() {
        return Some(Why::NothingStays);
    }
    // A Cloud PC that a group shares may show who uses it now.
    let Some(user) = pc.user.as_deref().filter(|_| !pc.shared).map(str::to_lowercase) else {
        return (!licences_stay(pc, all, before, left)).then_some(Why::NoUser);
    };
    let mut why = Why::NoMember;
    for (index, entry) in left.stays.iter().enumerate().filter(|(_, entry)| may_entitle(entry, pc)) {
        match left.members.get(&entry.group_id.to_lowercase()) {
            Some(Ok(members)) if !members.contains(&user) => {}
            Some(Ok(_)) if crowded.contains(&index) => why = Why::Licences,
            Some(Ok(_)) => return None,
            Some(Err(reason)) if why == Why::NoMember => why = Why::Unreadable(reason.clone()),
            Some(Err(_)) => {}
            None => why = Why::Unreadable(format!("the members of group {} were not read", entry.group_id)),
        }
    }
    Some(why)
}

/// Whether an entry can be what entitles a Cloud PC: of its plan, or for every licence.
fn may_entitle(entry: &AssignmentTarget, pc: &CloudPc) -> bool {
    let plan = entry.service_plan_id.as_deref();
    plan.is_none_or(|plan| pc.plan.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(plan)))
}

/// The Frontline entries, by their place, whose licences are not proven to be enough for the Cloud PCs of their members.
fn crowded(all: &[&CloudPc], left: &Left) -> BTreeSet<usize> {
    let is_crowded = |entry: &AssignmentTarget| {
        if entry.service_plan_id.is_none() {
            return false;
        }
        let Some(licences) = entry.allotment_licenses_count else {
            return true;
        };
        let Some(Ok(members)) = left.members.get(&entry.group_id.to_lowercase()) else {
            return true;
        };
        let is_member = |pc: &&&CloudPc| pc.user.as_deref().is_some_and(|user| members.contains(&user.to_lowercase()));
        let users = all.iter().filter(|pc| may_entitle(entry, pc)).filter(is_member).count();
        i64::try_from(users).unwrap_or(i64::MAX) > licences.saturating_mul(USERS_PER_LICENCE)
    };
    let places = left.stays.iter().enumerate();
    places.filter(|(_, entry)| is_crowded(entry)).map(|(place, _)| place).collect()
}

/// Whether a Cloud PC without a user is proven to keep its licence: only one entry, which stays as it is, has its allotment's name,
/// and there are no more Cloud PCs of that name than licences.
fn licences_stay(pc: &CloudPc, all: &[&CloudPc], before: &[RemoteAssignment], left: &Left) -> bool {
    let Some(name) = pc.allotment.as_deref() else { return false };
    let named = |other: Option<&str>| other == Some(name);
    let (mut old, mut new) = (
        before.iter().filter(|entry| named(entry.allotment_display_name.as_deref())),
        left.stays.iter().filter(|entry| named(entry.allotment_display_name.as_deref())),
    );
    let (Some(was), None, Some(is), None) = (old.next(), old.next(), new.next(), new.next()) else {
        return false;
    };
    let same = Key::from(was) == Key::from(is) && may_entitle(is, pc) && is.service_plan_id.is_some();
    let Some(licences) = is.allotment_licenses_count else {
        return false;
    };
    let count = all.iter().filter(|other| named(other.allotment.as_deref())).count();
    same && !fewer(was.allotment_licenses_count, is.allotment_licenses_count) && i64::try_from(count).is_ok_and(|count| count <= licences)
}
