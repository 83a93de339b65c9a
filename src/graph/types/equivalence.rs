//! When two different JSON values of a property mean the same to the service. The table of a type has the rule of each property.

use std::collections::BTreeSet;

use serde_json::Value;

/// When two values of a property mean the same to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Equivalence {
    /// Equal JSON.
    Exact,
    /// null is the empty string.
    Text,
    /// As [`Equivalence::Text`], and case does not count: ids of Azure resources, images and connections.
    CaseInsensitive,
    /// null is false, the documented default.
    Flag,
    /// null is this member, the documented default.
    Default(&'static str),
    /// The service answers `twelveHours` to `default`, which is the default.
    FrequencyType,
    /// `shared` is the old name of `sharedByUser`; null is `dedicated`, the default.
    ProvisioningType,
    /// Texts in any order, each counted once; null is none.
    TextSet,
}

impl Equivalence {
    /// Whether `a` and `b` mean the same.
    pub(crate) fn equal(self, a: &Value, b: &Value) -> bool {
        match self {
            Self::Exact => a == b,
            Self::Text => null_as_empty(a) == null_as_empty(b),
            Self::CaseInsensitive => match (null_as_empty(a).as_str(), null_as_empty(b).as_str()) {
                (Some(a), Some(b)) => a.to_lowercase() == b.to_lowercase(),
                _ => a == b,
            },
            Self::Flag => flag(a) == flag(b),
            Self::Default(default) => named(a, default, None) == named(b, default, None),
            Self::FrequencyType => {
                let frequency = |value| named(value, "twelveHours", Some(("default", "twelveHours")));
                frequency(a) == frequency(b)
            }
            Self::ProvisioningType => {
                let kind = |value| named(value, "dedicated", Some(("shared", "sharedByUser")));
                kind(a) == kind(b)
            }
            Self::TextSet => match (texts(a), texts(b)) {
                (Some(a), Some(b)) => a == b,
                _ => a == b,
            },
        }
    }
}

fn null_as_empty(value: &Value) -> &Value {
    static EMPTY: Value = Value::String(String::new());
    if value.is_null() { &EMPTY } else { value }
}

fn flag(value: &Value) -> &Value {
    if value.is_null() { &Value::Bool(false) } else { value }
}

/// The text of `value`, with null read as `default` and an old name as the new one; other JSON equals no text.
fn named<'a>(value: &'a Value, default: &'a str, renamed: Option<(&str, &'a str)>) -> Result<&'a str, &'a Value> {
    match (value, renamed) {
        (Value::Null, _) => Ok(default),
        (Value::String(text), Some((old, new))) if text == old => Ok(new),
        (Value::String(text), _) => Ok(text),
        _ => Err(value),
    }
}

/// The texts of a list; `None` when it is none.
fn texts(value: &Value) -> Option<BTreeSet<&str>> {
    match value {
        Value::Null => Some(BTreeSet::new()),
        Value::Array(items) => items.iter().map(Value::as_str).collect(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn equivalences() {
        use Equivalence::{CaseInsensitive, Default, Exact, Flag, FrequencyType, ProvisioningType, Text, TextSet};
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
            (FrequencyType, null.clone(), json!("default"), true),
            (FrequencyType, null.clone(), json!("twelveHours"), true),
            (FrequencyType, null.clone(), json!("sixHours"), false),
            (ProvisioningType, json!("shared"), json!("sharedByUser"), true),
            (ProvisioningType, json!("sharedByEntraGroup"), json!("sharedByUser"), false),
            (ProvisioningType, null.clone(), json!("dedicated"), true),
            (ProvisioningType, null.clone(), json!("shared"), false),
            (Flag, null.clone(), json!(false), true),
            (Flag, null.clone(), json!(true), false),
            (Flag, json!(false), json!("false"), false),
            (Default("image"), null.clone(), json!("image"), true),
            (Default("image"), null.clone(), json!("snapshot"), false),
            (Default("image"), json!(""), json!("image"), false),
            (TextSet, json!(["0", "7"]), json!(["7", "0", "7"]), true),
            (TextSet, null.clone(), json!([]), true),
            (TextSet, json!([]), json!(["0"]), false),
            (TextSet, json!("0"), json!(["0"]), false),
        ] {
            assert_eq!(equivalence.equal(&a, &b), equal, "{equivalence:?} {a} {b}");
            assert_eq!(equivalence.equal(&b, &a), equal, "{equivalence:?} {b} {a}");
        }
    }
}
