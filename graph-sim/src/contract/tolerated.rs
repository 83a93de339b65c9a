//! Where the service is known to differ from its description. Every entry names its source; a test finds entries that are no longer
//! needed.

use super::violation::{Part, Rule, Violation};
use crate::base::answer::ApiVersion;

/// A deviation that is not reported. In globs, `*` matches one segment and `**` for any number of them.
#[derive(Debug, PartialEq, Eq)]
pub struct Tolerance {
    /// The version, or both.
    pub api: Option<ApiVersion>,
    /// The method, or `*`.
    pub method: &'static str,
    /// A glob over the described path, or over the path that was asked for where none is described.
    pub path: &'static str,
    /// The part of the exchange.
    pub part: Part,
    /// A glob over the JSON pointer.
    pub pointer: &'static str,
    /// The rule that is violated.
    pub rule: Rule,
    /// Why the violation is right, and where that is known from.
    pub reason: &'static str,
}

const fn tolerance(
    (method, path): (&'static str, &'static str),
    (part, pointer): (Part, &'static str),
    rule: Rule,
    reason: &'static str,
) -> Tolerance {
    Tolerance {
        api: None,
        method,
        path,
        part,
        pointer,
        rule,
        reason,
    }
}

/// An operation that the service has and the description does not.
const fn undescribed(method: &'static str, path: &'static str, reason: &'static str) -> Tolerance {
    tolerance((method, path), (Part::Request, ""), Rule::UndescribedOperation, reason)
}

/// All tolerated deviations.
pub static TOLERATED: [Tolerance; 25] = [
    undescribed(
        "GET",
        "/groups/*/members",
        "documented by Graph (group: list members); the description is a subset without it",
    ),
    undescribed(
        "GET",
        "/groups/*/members/user",
        "documented by Graph (group: list members, cast to users); the description is a subset without it",
    ),
    undescribed(
        "POST",
        "/groups/*/members/$ref",
        "documented by Graph (group: add members); the description is a subset without it",
    ),
    undescribed(
        "DELETE",
        "/groups/*/members/*/$ref",
        "documented by Graph (group: remove member); the description is a subset without it",
    ),
    undescribed(
        "GET",
        "/groups/*/transitiveMembers",
        "documented by Graph (group: list transitive members); the description is a subset without it",
    ),
    undescribed(
        "GET",
        "/groups/*/transitiveMembers/user",
        "documented by Graph (group: list transitive members, cast to users); the description is a subset without it",
    ),
    undescribed(
        "DELETE",
        "/users/*",
        "documented by Graph (user: delete); the description is a subset without it",
    ),
    undescribed(
        "GET",
        "/users",
        "documented by Graph (user: list); the description is a subset without it",
    ),
    undescribed(
        "POST",
        "/groups",
        "documented by Graph (group: create); the description is a subset without it",
    ),
    undescribed(
        "DELETE",
        "/groups/*",
        "documented by Graph (group: delete); the description is a subset without it",
    ),
    undescribed(
        "POST",
        "/$batch",
        "documented by Graph (JSON batching); no OpenAPI description of Graph has it",
    ),
    tolerance(
        ("POST", "**/assign"),
        (Part::Response, ""),
        Rule::UndescribedStatus(200),
        "the option assignAnswer=entity: whether the service ever answers with a body is not established",
    ),
    tolerance(
        ("GET", "**/onPremisesConnections/**"),
        (Part::Response, "**/healthChecks/*/startDateTime"),
        Rule::Null,
        "non-null in the metadata, null in the documented example",
    ),
    tolerance(
        ("GET", "**/onPremisesConnections/**"),
        (Part::Response, "**/healthChecks/*/endDateTime"),
        Rule::Null,
        "non-null in the metadata, null in the documented example",
    ),
    tolerance(
        ("*", "**"),
        (Part::Response, "/error/innerError/date"),
        Rule::Format,
        "documented samples of errors have a date without a zone",
    ),
    tolerance(
        ("*", "**"),
        (Part::Response, "/error/innerError/code"),
        Rule::UnknownProperty,
        "the Cloud PC service says its real reason there (captured)",
    ),
    tolerance(
        ("*", "**"),
        (Part::Response, "/error/innerError/message"),
        Rule::UnknownProperty,
        "the Cloud PC service says its real reason there (captured)",
    ),
    tolerance(
        ("*", "**"),
        (Part::Response, "/error/innerError/status"),
        Rule::UnknownProperty,
        "the documented sample of a 429 repeats its status there (learn.microsoft.com/graph/throttling)",
    ),
    tolerance(
        ("*", "**"),
        (Part::Request, "**/managedBy"),
        Rule::Members,
        "cloudPcManagementService is a flags enum in the metadata; the description does not say so",
    ),
    tolerance(
        ("*", "**"),
        (Part::Response, "**/managedBy"),
        Rule::Members,
        "cloudPcManagementService is a flags enum in the metadata; the description does not say so",
    ),
    tolerance(
        ("POST", "**/assign"),
        (Part::Request, "/assignments/*/target/@odata.type"),
        Rule::MissingProperty,
        "the portal assigns with groupId alone (captured)",
    ),
    tolerance(
        ("POST", "**/assign"),
        (Part::Request, "/assignments/*/target/@odata.type"),
        Rule::Member,
        "documented with and without the leading #; a provider assigns user settings with Intune's \
         groupAssignmentTarget (author)",
    ),
    tolerance(
        ("POST", "**/userSettings"),
        (
            Part::Request,
            "/crossRegionDisasterRecoverySetting/disasterRecoveryNetworkSetting/@odata.type",
        ),
        Rule::MissingProperty,
        "a client must leave it out (author of Microsoft365DSC)",
    ),
    tolerance(
        ("POST", "**/provisioningPolicies/**"),
        (Part::Request, "/policySettings"),
        Rule::Null,
        "null is documented to mean the region; the description has no null",
    ),
    tolerance(
        ("*", "**/provisioningPolicies/**"),
        (Part::Request, "/userSettingsPersistenceEnabled"),
        Rule::UnknownProperty,
        "the portal still sends the old spelling (captured); the description has lost it",
    ),
];

impl Tolerance {
    /// Whether a violation is of this kind.
    #[must_use]
    pub fn covers(&self, violation: &Violation) -> bool {
        self.rule == violation.rule
            && self.part == violation.part
            && self.api.is_none_or(|api| api == violation.api)
            && (self.method == "*" || self.method == violation.method)
            && matches(self.path, &violation.path)
            && matches(self.pointer, &violation.pointer)
    }
}

/// The tolerance that a violation falls under.
#[must_use]
pub fn covering(violation: &Violation) -> Option<&'static Tolerance> {
    TOLERATED.iter().find(|tolerance| tolerance.covers(violation))
}

fn matches(glob: &str, text: &str) -> bool {
    let glob: Vec<&str> = glob.split('/').collect();
    let text: Vec<&str> = text.split('/').collect();
    segments_match(&glob, &text)
}

/// Without recursion: the text can be as long as a request line.
fn segments_match(glob: &[&str], text: &[&str]) -> bool {
    let (mut at, mut seen) = (0, 0);
    // Where the last `**` is, and how much of the text it has taken.
    let mut retry: Option<(usize, usize)> = None;
    while seen < text.len() {
        match glob.get(at) {
            Some(&"**") => {
                retry = Some((at, seen));
                at += 1;
            }
            Some(one) if *one == "*" || *one == text[seen] => {
                at += 1;
                seen += 1;
            }
            _ => {
                let Some((star, taken)) = retry else { return false };
                retry = Some((star, taken + 1));
                at = star + 1;
                seen = taken + 1;
            }
        }
    }
    glob[at..].iter().all(|rest| *rest == "**")
}

#[cfg(test)]
mod tests;
