//! When two JSON values of a property mean the same to the service, although they are spelled
//! differently. Which property follows which rule is in [`super::properties`].

use serde_json::Value;

/// When two values of a property mean the same to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Equivalence {
    /// Equal JSON.
    Exact,
    /// null is the empty string.
    Text,
    /// As [`Equivalence::Text`], and case does not count: ids of Azure resources, images and
    /// connections.
    CaseInsensitive,
    /// The service answers `twelveHours` to `default`.
    FrequencyType,
    /// `shared` is the old name of `sharedByUser`.
    ProvisioningType,
}

impl Equivalence {
    /// Whether `a` and `b` mean the same.
    pub fn equal(self, a: &Value, b: &Value) -> bool {
        match self {
            Self::Exact => a == b,
            Self::Text => null_as_empty(a) == null_as_empty(b),
            Self::CaseInsensitive => match (null_as_empty(a).as_str(), null_as_empty(b).as_str()) {
                (Some(a), Some(b)) => a.to_lowercase() == b.to_lowercase(),
                _ => a == b,
            },
            Self::FrequencyType => renamed(a, "default", "twelveHours") == renamed(b, "default", "twelveHours"),
            Self::ProvisioningType => renamed(a, "shared", "sharedByUser") == renamed(b, "shared", "sharedByUser"),
        }
    }
}

fn null_as_empty(value: &Value) -> &Value {
    static EMPTY: Value = Value::String(String::new());
    if value.is_null() { &EMPTY } else { value }
}

/// The text of `value`, with `old` read as `new`; other JSON stays apart from every text.
fn renamed<'a>(value: &'a Value, old: &str, new: &'a str) -> Result<&'a str, &'a Value> {
    match value.as_str() {
        Some(text) if text == old => Ok(new),
        Some(text) => Ok(text),
        None => Err(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn equivalences() {
        use Equivalence::{CaseInsensitive, Exact, FrequencyType, ProvisioningType, Text};
        let null = Value::Null;
        for (equivalence, a, b, equal) in [
            (Exact, json!("a"), json!("A"), false),
            (Exact, null.clone(), json!(""), false),
            (Exact, json!(false), null.clone(), false),
            (Text, null.clone(), json!(""), true),
            (Text, json!("a"), json!("A"), false),
            (Text, null.clone(), json!(" "), false),
            (CaseInsensitive, json!("Offer_24H2"), json!("offer_24h2"), true),
            (CaseInsensitive, null.clone(), json!(""), true),
            (CaseInsensitive, json!("a"), null.clone(), false),
            (CaseInsensitive, json!(1), json!(1), true),
            (FrequencyType, json!("default"), json!("twelveHours"), true),
            (FrequencyType, json!("fourHours"), json!("twelveHours"), false),
            (FrequencyType, null.clone(), json!("twelveHours"), false),
            (ProvisioningType, json!("shared"), json!("sharedByUser"), true),
            (ProvisioningType, json!("sharedByEntraGroup"), json!("sharedByUser"), false),
        ] {
            assert_eq!(equivalence.equal(&a, &b), equal, "{equivalence:?} {a} {b}");
            assert_eq!(equivalence.equal(&b, &a), equal, "{equivalence:?} {b} {a}");
        }
    }
}
