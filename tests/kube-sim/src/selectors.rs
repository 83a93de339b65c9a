//! Which objects of a resource a list or a watch is about.

use serde_json::Value;

use crate::paths::Query;
use crate::status::{Answer, Refusal};

/// One requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Requirement {
    Equal(String, String),
    NotEqual(String, String),
    Exists(String),
}

/// What an object has to be like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selector {
    namespace: Option<String>,
    labels: Vec<Requirement>,
    fields: Vec<Requirement>,
}

impl Selector {
    pub(crate) fn of(query: &Query, namespace: Option<&str>) -> Answer<Self> {
        let labels = parse(query.get("labelSelector"))?;
        let fields = parse(query.get("fieldSelector"))?;
        for requirement in &fields {
            let known = match requirement {
                Requirement::Equal(field, _) | Requirement::NotEqual(field, _) => {
                    matches!(field.as_str(), "metadata.name" | "metadata.namespace")
                }
                Requirement::Exists(_) => false,
            };
            if !known {
                return Err(Refusal::unsupported(&format!(
                    "the field selector {:?}",
                    query.get("fieldSelector")
                )));
            }
        }
        Ok(Self {
            namespace: namespace.map(str::to_owned),
            labels,
            fields,
        })
    }

    /// Only the object of this name.
    pub(crate) fn named(mut self, name: &str) -> Self {
        self.fields.push(Requirement::Equal("metadata.name".to_owned(), name.to_owned()));
        self
    }

    /// Whether it selects by more than the namespace.
    pub(crate) fn narrows(&self) -> bool {
        !self.labels.is_empty() || !self.fields.is_empty()
    }

    pub(crate) fn selects(&self, object: &Value) -> bool {
        let metadata = &object["metadata"];
        let label = |name: &str| metadata["labels"].get(name).and_then(Value::as_str);
        let field = |name: &str| Some(metadata[name.trim_start_matches("metadata.")].as_str().unwrap_or_default());
        self.namespace
            .as_ref()
            .is_none_or(|namespace| metadata["namespace"].as_str() == Some(namespace))
            && self.labels.iter().all(|requirement| requirement.holds(&label))
            && self.fields.iter().all(|requirement| requirement.holds(&field))
    }
}

impl Requirement {
    fn holds<'v>(&self, value: &impl Fn(&str) -> Option<&'v str>) -> bool {
        match self {
            Self::Equal(name, wanted) => value(name) == Some(wanted),
            Self::NotEqual(name, unwanted) => value(name) != Some(unwanted),
            Self::Exists(name) => value(name).is_some(),
        }
    }
}

fn parse(selector: Option<&str>) -> Answer<Vec<Requirement>> {
    let parts = selector.into_iter().flat_map(|selector| selector.split(','));
    parts.map(|part| requirement(part.trim())).collect()
}

fn requirement(part: &str) -> Answer<Requirement> {
    let pair = |(name, value): (&str, &str)| (name.trim().to_owned(), value.trim().to_owned());
    if part.contains(['(', ')', '!', ' ', '<', '>']) && !part.contains("!=") {
        return Err(Refusal::unsupported(&format!("the selector {part:?}")));
    }
    Ok(if let Some(both) = part.split_once("!=") {
        let (name, value) = pair(both);
        Requirement::NotEqual(name, value)
    } else if let Some(both) = part.split_once("==").or_else(|| part.split_once('=')) {
        let (name, value) = pair(both);
        Requirement::Equal(name, value)
    } else {
        Requirement::Exists(part.to_owned())
    })
}
