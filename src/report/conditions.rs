//! Conditions: a report of a pass, computed from its outcome, never an input.

use k8s_controller::conditions::find;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use crate::base::text::{elided, same_but_ids};
use crate::report::failure::{Class, Failure};
use crate::report::reason::Reason;

/// The longest message; the API server refuses more than 32 KiB, and people do not read more than this.
const LONGEST_MESSAGE: usize = 2048;

pub(crate) use k8s_controller::conditions::ConditionStatus as Truth;

/// The conditions of one status, in the making.
pub(crate) struct Conditions<'a> {
    old: &'a [Condition],
    new: Vec<Condition>,
    generation: Option<i64>,
    now: Time,
}

impl<'a> Conditions<'a> {
    /// Starts from what the status had, to keep its transition times.
    pub(crate) fn new(old: &'a [Condition], generation: Option<i64>, now: Time) -> Self {
        Self {
            old,
            new: Vec::new(),
            generation,
            now,
        }
    }

    pub(crate) fn set(&mut self, kind: &str, truth: Truth, reason: Reason, message: impl Into<String>) -> &mut Self {
        let old = find(self.old, kind);
        let message = Self::steady(old, truth, reason, cut(message.into()));
        let since = old
            .filter(|old| old.status == truth.as_str())
            .map_or_else(|| self.now.clone(), |old| old.last_transition_time.clone());
        self.new.push(Condition {
            type_: kind.to_owned(),
            status: truth.as_str().to_owned(),
            reason: reason.as_str().to_owned(),
            message,
            last_transition_time: since,
            observed_generation: self.generation,
        });
        self
    }

    /// States Ready, and of Reconciling and Stalled those that are true: kstatus reads them as abnormal when present.
    pub(crate) fn ready(&mut self, verdict: &Verdict) -> &mut Self {
        match verdict {
            Verdict::Ready { message } => self.set("Ready", Truth::True, Reason::Synced, message),
            Verdict::Working { reason, message } => {
                let reason = *reason;
                self.set("Ready", Truth::False, reason, message)
                    .set("Reconciling", Truth::True, reason, message)
            }
            Verdict::Pending { message } => self.set("Ready", Truth::False, Reason::AssignmentsPending, message).set(
                "Reconciling",
                Truth::True,
                Reason::AssignmentsPending,
                message,
            ),
            Verdict::Observed { message } => self.set("Ready", Truth::True, Reason::Observed, message),
            Verdict::Held { reason, message } => self.set("Ready", Truth::False, *reason, message),
            Verdict::Suspended => self.suspended(),
            Verdict::Failed(failure) => self.failed(failure),
        }
    }

    /// The last Ready stays, with its generation: nothing new is known.
    fn suspended(&mut self) -> &mut Self {
        if find(self.old, "Ready").is_some() {
            let last = self.old.iter().filter(|old| ["Ready", "Stalled"].contains(&old.type_.as_str()));
            self.new.extend(last.cloned());
            return self;
        }
        let message = "spec.suspend is set: nothing is read, compared or written until it is false";
        self.set("Ready", Truth::Unknown, Reason::Suspended, message)
    }

    fn failed(&mut self, failure: &Failure) -> &mut Self {
        let (reason, message) = (failure.reason, failure.message.as_str());
        match failure.class {
            Class::Waiting if failure.permanent => {
                self.set("Ready", Truth::False, reason, message)
                    .set("Stalled", Truth::True, reason, message)
            }
            Class::Waiting | Class::Retry => {
                self.set("Ready", Truth::False, reason, message)
                    .set("Reconciling", Truth::True, reason, message)
            }
            Class::Stalled => self
                .set("Ready", Truth::False, reason, message)
                .set("Stalled", Truth::True, reason, message),
            Class::Unreachable if failure.permanent => {
                self.set("Ready", Truth::Unknown, reason, message)
                    .set("Stalled", Truth::True, reason, message)
            }
            Class::Unreachable => self
                .set("Ready", Truth::Unknown, reason, message)
                .set("Reconciling", Truth::True, reason, message),
        }
    }

    /// The message, or the earlier one if only the ids of the try differ: a status that names a new request id
    /// with each try would be written with each try.
    fn steady(old: Option<&Condition>, truth: Truth, reason: Reason, message: String) -> String {
        let earlier =
            old.filter(|old| old.status == truth.as_str() && old.reason == reason.as_str() && same_but_ids(&old.message, &message));
        earlier.map_or(message, |old| old.message.clone())
    }

    pub(crate) fn finish(&mut self) -> Vec<Condition> {
        std::mem::take(&mut self.new)
    }
}

/// The result of a pass, for the conditions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// Graph was seen equal to the spec.
    Ready {
        message: String,
    },
    /// Work continues by itself.
    Working {
        reason: Reason,
        message: String,
    },
    /// Graph equals the spec as far as Assignments are applied; the others will be by themselves.
    Pending {
        message: String,
    },
    /// Nothing is written by configuration, and the report on what differs is current.
    Observed {
        message: String,
    },
    /// Nothing is done, by configuration: an object that `mode: Observe` does not create.
    Held {
        reason: Reason,
        message: String,
    },
    /// `spec.suspend`.
    Suspended,
    Failed(Failure),
}

fn cut(message: String) -> String {
    if message.len() > LONGEST_MESSAGE {
        elided(&message, LONGEST_MESSAGE)
    } else {
        message
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Time {
        Time(jiff::Timestamp::from_second(second).unwrap())
    }

    fn conditions(old: &[Condition], verdict: &Verdict, now: i64) -> Vec<Condition> {
        Conditions::new(old, Some(1), at(now)).ready(verdict).finish()
    }

    fn unreachable(message: &str) -> Verdict {
        Verdict::Failed(Failure {
            class: Class::Unreachable,
            ..Failure::retry(Reason::GraphUnavailable, message)
        })
    }

    #[test]
    fn transition_time_moves_only_with_the_status() {
        let ready = Verdict::Ready { message: "ok".to_owned() };
        let first = conditions(&[], &ready, 1);
        assert_eq!(conditions(&first, &ready, 2), first);
        let failed = conditions(&first, &Verdict::Failed(Failure::stalled(Reason::Refused, "no")), 3);
        assert_eq!(failed[0].last_transition_time, at(3));
        assert_eq!(failed.iter().map(|c| c.type_.as_str()).collect::<Vec<_>>(), ["Ready", "Stalled"]);
    }

    #[test]
    fn an_outage_is_told_once() {
        let first = conditions(&[], &unreachable("503 (request-id 0a-1, trace id 5e). Wait"), 1);
        assert_eq!(first[0].status, "Unknown");
        assert_eq!(
            conditions(&first, &unreachable("503 (request-id 0b-2, trace id 6f). Wait"), 2),
            first
        );
        assert_ne!(
            conditions(&first, &unreachable("504 (request-id 0b-2, trace id 6f). Wait"), 2),
            first
        );
    }

    #[test]
    fn long_messages_are_cut_between_characters() {
        let message = cut("é".repeat(5000));
        assert!(message.len() <= LONGEST_MESSAGE && message.ends_with('…'));
    }
}
