//! What was lost when a set of assignments was replaced. `assign` knows no precondition: a group that another writer adds
//! between our read and our request, or that our read does not show yet, is lost with it, and only the audit log shows
//! that, minutes later. It is assigned again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::Value;

use tokio::time::Instant;

use crate::api::ReplacedSet;
use crate::graph::{AssignmentTarget, AuditEvent};
use crate::reconcile::key::Key;

/// When the audit log is asked after a replacement; it may be minutes behind.
const LOOKS: [Duration; 3] = [Duration::from_secs(15), Duration::from_secs(6 * 60), Duration::from_secs(16 * 60)];

/// How many looks are due so long after a replacement.
fn passed(age: Duration) -> usize {
    LOOKS.iter().filter(|after| age >= **after).count()
}

/// How long a request may take.
const UNANSWERED: SignedDuration = SignedDuration::from_mins(2);

/// How many replacements of an object are recorded: more within the time of the last look are not to be expected.
const MOST_RECORDS: usize = 4;

/// So many groups of a replacement are recorded: four times as many keep a status small.
const MOST_GROUPS: usize = 300;

/// Whether the last look at a replacement may still have to be taken. A status may have been written by anybody.
fn is_recent(set: &ReplacedSet, now: Timestamp) -> bool {
    let age = now.duration_since(set.read_at.0);
    -UNANSWERED < age && age < SignedDuration::from_mins(17)
}

/// The clocks of the service's servers differ a little.
const SLACK: SignedDuration = SignedDuration::from_secs(2);

/// A set that was replaced in Graph, or may have been: the answer was lost.
#[derive(Clone, Debug)]
pub(crate) struct Replaced {
    /// Since when a write of another writer may be missing in that read.
    pub since: Timestamp,
    /// Microsoft's time when the set was read that the replacement is based on.
    pub read: Timestamp,
    /// Microsoft's time when the replacement was answered; until then, the latest time for that.
    pub answered: Timestamp,
    /// What was sent, and what was there when it was read: what of it is not there now was not lost.
    pub known: BTreeSet<Key>,
    at: Instant,
    looks: usize,
}

impl Replaced {
    /// A replacement of what was read then. `lag`: how long Graph may take to show what was written.
    pub(crate) fn new(read: Timestamp, known: BTreeSet<Key>, lag: Duration) -> Self {
        Self {
            since: read - SignedDuration::try_from(lag).unwrap_or(SignedDuration::from_mins(2)),
            read,
            answered: read + UNANSWERED,
            known,
            at: Instant::now(),
            looks: 0,
        }
    }

    /// The same, answered now.
    pub(crate) fn answered(self, now: Timestamp) -> Self {
        Self {
            answered: now,
            at: Instant::now(),
            ..self
        }
    }

    /// One that an earlier process recorded: it is looked at when that process would have done so, unless all looks are over.
    pub(crate) fn restored(set: &ReplacedSet, lag: Duration, now: Timestamp) -> Option<Self> {
        if !is_recent(set, now) {
            return None;
        }
        let known = set.groups.iter().map(|name| Key::parse(name));
        let replaced = Self::new(set.read_at.0, known.collect(), lag);
        let latest = replaced.answered;
        let age = Duration::try_from(now.duration_since(replaced.read)).unwrap_or_default();
        Some(Self {
            answered: set.answered_at.as_ref().map_or(latest, |at| at.0.clamp(replaced.read, latest)),
            at: replaced.at.checked_sub(age).unwrap_or(replaced.at),
            looks: passed(age).min(LOOKS.len() - 1),
            ..replaced
        })
    }

    /// Adds this one to the records, instead of those that are too old to matter; not one of a great many groups.
    pub(crate) fn record(&self, sets: &mut Vec<ReplacedSet>, now: Timestamp) {
        sets.retain(|set| is_recent(set, now));
        if self.known.len() > MOST_GROUPS {
            return;
        }
        sets.drain(..(sets.len() + 1).saturating_sub(MOST_RECORDS));
        sets.push(ReplacedSet {
            read_at: Time(self.read),
            answered_at: None,
            groups: self.known.iter().map(Key::to_string).collect(),
        });
    }

    /// The same for the first set of a new object, where a loss is unlikely: the log is asked when it has certainly caught up.
    pub(crate) fn first(self) -> Self {
        Self { looks: 1, ..self }
    }

    /// When the audit log is asked next; nothing when it was asked for the last time.
    pub(crate) fn next_look(&self) -> Option<Instant> {
        LOOKS.get(self.looks).map(|after| self.at + *after)
    }

    /// The audit log was asked.
    pub(crate) fn looked(&mut self) {
        self.looks = passed(self.at.elapsed()).max(self.looks + 1);
    }

    /// Whether it is time to ask.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        self.next_look().is_some_and(|look| look <= now)
    }
}

/// The entries that other writers put on the object while this set was replaced, or that the read before did not show yet,
/// and that are not in it. Pure.
pub(crate) fn lost(
    replaced: &Replaced,
    id: &str,
    events: &[AuditEvent],
    ours: impl Fn(&AuditEvent) -> bool,
) -> BTreeMap<Key, AssignmentTarget> {
    let sets: Vec<(&AuditEvent, &str)> = events.iter().filter_map(|event| Some((event, set(event, id)?))).collect();
    let start = replaced.read - SLACK;
    let foreign = |(event, _): &&(&AuditEvent, &str)| !ours(event);
    let meanwhile = |(event, _): &&(&AuditEvent, &str)| start <= event.at && event.at <= replaced.answered + SLACK;
    let mut written: Vec<&(&AuditEvent, &str)> = sets.iter().filter(meanwhile).filter(foreign).collect();
    if written.is_empty() {
        // The last event before the read, if another writer caused it: the read may not have shown it.
        let before = sets
            .iter()
            .filter(|(event, _)| replaced.since - SLACK <= event.at && event.at < start);
        written.extend(before.max_by_key(|(event, _)| event.at).filter(foreign));
    }
    // A group that another writer has assigned again since is on the object, or was removed on purpose.
    let since: BTreeSet<Key> = sets
        .iter()
        .filter(|(event, _)| event.at > replaced.answered + SLACK && !ours(event))
        .flat_map(|(_, set)| entries(set))
        .map(|(key, _)| key)
        .collect();
    written
        .into_iter()
        .flat_map(|(_, set)| entries(set))
        .filter(|(key, _)| !replaced.known.contains(key) && !since.contains(key))
        .collect()
}

/// The set of assignments that an object has after an event.
fn set<'a>(event: &'a AuditEvent, id: &str) -> Option<&'a str> {
    let (_, value) = event
        .about(id)?
        .modified
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("assignments"))?;
    value.as_deref()
}

/// The assignments in an audit event's value, which is JSON in a text.
fn entries(text: &str) -> Vec<(Key, AssignmentTarget)> {
    let value = serde_json::from_str::<Value>(text).unwrap_or_default();
    let entries = value.as_array().map_or(&[][..], Vec::as_slice);
    entries.iter().filter_map(entry).collect()
}

fn entry(value: &Value) -> Option<(Key, AssignmentTarget)> {
    let target = value.get("target")?;
    let text = |name: &str| {
        target
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let target = AssignmentTarget {
        // Its id went with the entry.
        id: None,
        group_id: text("groupId")?,
        service_plan_id: text("servicePlanId"),
        allotment_licenses_count: target.get("allotmentLicensesCount").and_then(Value::as_i64),
        allotment_display_name: text("allotmentDisplayName"),
    };
    Some((Key::new(&target.group_id, target.service_plan_id.as_deref()), target))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::AuditResource;

    fn event(at: &str, groups: &[&str]) -> AuditEvent {
        let assignments: Vec<Value> = groups
            .iter()
            .map(|group| serde_json::json!({"id": group, "target": {"groupId": group, "servicePlanId": ""}}))
            .collect();
        AuditEvent {
            at: at.parse().unwrap(),
            operation: "patch".to_owned(),
            resources: vec![AuditResource {
                id: "P1".to_owned(),
                modified: vec![("assignments".to_owned(), Some(Value::Array(assignments).to_string()))],
            }],
            ..AuditEvent::default()
        }
    }

    #[test]
    fn f56_a_group_that_was_added_while_the_set_was_replaced_is_found() {
        let at = |second: u32| format!("2026-01-05T08:00:{second:02}Z");
        let known = BTreeSet::from([Key::new("ours", None), Key::new("removed", None)]);
        let read: Timestamp = at(10).parse().unwrap();
        let replaced = Replaced::new(read, known, Duration::from_secs(5)).answered(at(11).parse().unwrap());
        let found = |event: AuditEvent| lost(&replaced, "p1", &[event], |_| false).into_keys().collect::<Vec<_>>();
        assert_eq!(found(event(&at(10), &["ours", "removed", "THEIRS"])), [Key::new("theirs", None)]);
        assert_eq!(found(event(&at(30), &["theirs"])), [], "after the replacement");
        assert_eq!(found(event(&at(2), &["theirs"])), [], "before the read");
        assert_eq!(
            found(event(&at(6), &["ours", "THEIRS"])),
            [Key::new("theirs", None)],
            "not in the read yet"
        );
        let both = |first: &[&str], then: &[&str], by_us: bool| {
            let events = [event(&at(5), first), event(&at(6), then)];
            let ours = |event: &AuditEvent| by_us && event.at == events[1].at;
            lost(&replaced, "p1", &events, ours).into_keys().collect::<Vec<_>>()
        };
        let later = [event(&at(10), &["theirs"]), event(&at(20), &["theirs"]), event(&at(25), &["ours"])];
        assert!(
            lost(&replaced, "p1", &later, |_| false).is_empty(),
            "assigned again, and removed on purpose"
        );
        assert_eq!(
            lost(&replaced, "p1", &[event(&at(10), &["theirs"]), event(&at(25), &["x"])], |_| false).len(),
            1
        );
        assert_eq!(both(&["theirs"], &["ours"], false), [], "removed again by its writer");
        assert_eq!(
            both(&["theirs"], &["ours"], true),
            [],
            "another request of ours, which has a note of its own"
        );
        assert!(
            lost(&replaced, "p2", &[event(&at(10), &["theirs"])], |_| false).is_empty(),
            "another object"
        );
        assert!(
            lost(&replaced, "p1", &[event(&at(10), &["theirs"])], |_| true).is_empty(),
            "our own"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn f56_what_was_replaced_outlasts_the_process_as_long_as_the_log_has_to_be_asked() {
        let now: Timestamp = "2026-01-05T08:00:00Z".parse().unwrap();
        let lag = Duration::from_secs(5);
        let known = BTreeSet::from([Key::new("g", Some("p")), Key::new("h", None)]);
        let replaced = Replaced::new(now, known.clone(), lag);
        let mut sets = Vec::new();
        replaced.record(&mut sets, now);
        let again = |sets: &[ReplacedSet], minutes| Replaced::restored(&sets[0], lag, now + SignedDuration::from_mins(minutes));
        let found = again(&sets, 16).unwrap();
        assert_eq!((found.read, found.known, found.answered), (now, known, replaced.answered));
        assert!(again(&sets, 17).is_none());
        for (minutes, next) in [(0, LOOKS[0]), (1, LOOKS[1]), (7, LOOKS[2]), (16, LOOKS[2])] {
            let begun = Instant::now() - Duration::from_secs(60 * minutes);
            let found = again(&sets, i64::try_from(minutes).unwrap()).unwrap();
            assert_eq!(found.next_look(), Some(begun + next), "{minutes}");
        }
        sets[0].answered_at = Some(Time(now));
        assert_eq!(again(&sets, 1).unwrap().answered, now);
        for _ in 0..9 {
            replaced.record(&mut sets, now);
        }
        assert_eq!(sets.len(), MOST_RECORDS);
        replaced.record(&mut sets, now + SignedDuration::from_mins(17));
        assert_eq!(sets.len(), 1);
        for forged in [Timestamp::MIN, Timestamp::MAX] {
            sets[0].read_at = Time(forged);
            assert!(again(&sets, 1).is_none());
        }
        let forged = ReplacedSet {
            read_at: Time(now),
            answered_at: Some(Time(Timestamp::MAX)),
            groups: Vec::new(),
        };
        assert_eq!(again(&[forged], 1).unwrap().answered, now + UNANSWERED);
        let many = (0..=MOST_GROUPS).map(|index| Key::new(&index.to_string(), None));
        Replaced::new(now, many.collect(), lag).record(&mut sets, now);
        assert_eq!(sets, []);
    }
}
