//! Which requests get a fault. Rules are tried in their order; the first one that matches and is not used up applies, and later
//! ones do not count the request.

use serde::{Deserialize, Serialize};

use super::fault::{Fault, RouteKind};

/// Which requests get a fault, how often, and which one.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Rule {
    #[serde(default, rename = "match")]
    matching: Match,
    /// How many requests get the fault; -1 for all.
    #[serde(default = "once")]
    times: i64,
    fault: Fault,
    /// How many requests matched so far.
    #[serde(skip_deserializing)]
    seen: u64,
    /// How many got the fault so far.
    #[serde(skip_deserializing)]
    struck: u64,
}

fn once() -> i64 {
    1
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Match {
    method: Option<String>,
    /// `*` matches any run of characters, slashes included.
    path: Option<String>,
    tenant: Option<String>,
    /// How many matching requests pass first.
    skip: u64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    rules: Vec<Rule>,
}

impl Faults {
    /// Adds rules after the others.
    ///
    /// # Errors
    /// A rule without a fault, or with two; none is added then.
    pub(crate) fn add(&mut self, rules: Vec<Rule>) -> Result<(), String> {
        for rule in &rules {
            rule.fault.check()?;
            if rule.times < -1 {
                return Err(format!("times: {} is neither a number of requests nor -1", rule.times));
            }
        }
        self.rules.extend(rules);
        Ok(())
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    /// The rules with their counts.
    pub(crate) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The fault of this request, if any; it is counted.
    pub(crate) fn take(&mut self, kind: RouteKind, method: &str, path: &str, tenant: Option<&str>) -> Option<Fault> {
        self.rules.iter_mut().find_map(|rule| rule.take(kind, method, path, tenant))
    }
}

impl Rule {
    fn take(&mut self, kind: RouteKind, method: &str, path: &str, tenant: Option<&str>) -> Option<Fault> {
        let wanted = &self.matching;
        let matches = self.fault.fits(kind)
            && wanted.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && wanted.path.as_ref().is_none_or(|glob| glob_matches(glob, path))
            && wanted
                .tenant
                .as_ref()
                .is_none_or(|wanted| tenant.is_some_and(|id| id.eq_ignore_ascii_case(wanted)));
        if !matches {
            return None;
        }
        self.seen += 1;
        let used_up = u64::try_from(self.times).is_ok_and(|times| self.struck >= times);
        if self.seen <= wanted.skip || used_up {
            return None;
        }
        self.struck += 1;
        Some(self.fault.clone())
    }
}

/// Whether a path fits a pattern in which `*` matches any run of characters.
fn glob_matches(glob: &str, path: &str) -> bool {
    let mut parts = glob.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = path.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

#[cfg(test)]
mod tests;
