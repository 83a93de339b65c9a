//! What a path names.

use std::collections::BTreeMap;
use std::sync::Arc;

use url::form_urlencoded;

use crate::definitions::Resource;
use crate::status::{Answer, Refusal};

/// What a request is about.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub resource: Arc<Resource>,
    pub namespace: Option<String>,
    pub name: Option<String>,
    pub subresource: Option<String>,
}

impl Target {
    /// The namespace as part of a key; empty for what has none.
    pub(crate) fn space(&self) -> &str {
        self.namespace.as_deref().unwrap_or_default()
    }
}

/// Groups that the real server has and this one only in part.
const REAL_GROUPS: [&str; 6] = ["apps", "batch", "autoscaling", "policy", "extensions", "core"];

/// Finds the resource of a path.
pub(crate) fn target(path: &str, resources: &BTreeMap<String, Arc<Resource>>) -> Answer<Target> {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let (group, version, rest) = match segments.as_slice() {
        ["api", version, rest @ ..] => ("", *version, rest),
        ["apis", group, version, rest @ ..] => (*group, *version, rest),
        _ => return Err(Refusal::unsupported(&format!("the path {path:?}"))),
    };
    let (namespace, plural, rest) = match rest {
        // The namespace itself, or what is in it.
        ["namespaces", _, "status" | "finalize"] if group.is_empty() => (None, "namespaces", &rest[1..]),
        ["namespaces", namespace, plural, rest @ ..] => (Some(*namespace), *plural, rest),
        [plural, rest @ ..] => (None, *plural, rest),
        [] => return Err(Refusal::unsupported("discovery")),
    };
    let resource = resources
        .get(plural)
        .filter(|resource| resource.group == group && resource.version == version);
    let Some(resource) = resource else {
        let real = group.is_empty() || group.ends_with(".k8s.io") || REAL_GROUPS.contains(&group);
        return Err(match real {
            true => Refusal::unsupported(&format!("the resource {plural:?} of the group {group:?}")),
            false => Refusal::no_path(),
        });
    };
    if namespace.is_some() && !resource.namespaced || rest.len() > 2 {
        return Err(Refusal::no_path());
    }
    let decoded = |segment: &&str| percent_decoded(segment);
    Ok(Target {
        resource: Arc::clone(resource),
        namespace: namespace.as_ref().map(decoded),
        name: rest.first().map(decoded),
        subresource: rest.get(1).map(decoded),
    })
}

fn percent_decoded(segment: &str) -> String {
    form_urlencoded::parse(segment.replace('+', "%2B").as_bytes())
        .next()
        .map(|(name, _)| name.into_owned())
        .unwrap_or_default()
}

/// The parameters of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query(BTreeMap<String, String>);

impl Query {
    pub(crate) fn parse(query: Option<&str>) -> Self {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        Self(pairs.into_owned().collect())
    }

    /// The value, if there is one that is not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value != "false" && value != "0")
    }

    pub(crate) fn number(&self, name: &str) -> Answer<Option<u64>> {
        let number = self.get(name).map(str::parse).transpose();
        number.map_err(|_| Refusal::unsupported(&format!("the value of the parameter {name:?}")))
    }

    /// The version that is asked for.
    pub(crate) fn version(&self) -> Answer<Option<u64>> {
        let Some(text) = self.get("resourceVersion") else { return Ok(None) };
        let wrong = |_| {
            let mut refusal = Refusal::no_version(text);
            refusal.message = format!("resourceVersion: Invalid value: {text:?}: {}", refusal.message);
            refusal
        };
        text.parse().map(Some).map_err(wrong)
    }

    /// Refuses parameters that would be ignored.
    pub(crate) fn only(&self, known: &[&str]) -> Answer<()> {
        let unknown = self
            .0
            .iter()
            .find(|(name, value)| !value.is_empty() && !known.contains(&name.as_str()));
        match unknown {
            Some((name, value)) => Err(Refusal::unsupported(&format!("the parameter {name}={value} here"))),
            None => Ok(()),
        }
    }
}
