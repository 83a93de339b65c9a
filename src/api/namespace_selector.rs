//! Which namespaces a tenant allows by their labels: Kubernetes' label selector, bounded, with the rules that the API
//! machinery has for its own selectors. A definition's schema contains none of them, and a requirement without effect,
//! such as `NotIn` without values, would select everything.

use std::collections::BTreeMap;

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::api::schema::not_nullable;

/// The key of a label: a name, and before it perhaps a DNS subdomain and a slash.
const KEY: &str = "^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$";
const KEY_MESSAGE: &str = "must be the key of a label, such as team or example.com/team";
/// The value of a label, which may be empty.
const VALUE: &str = "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$";
const VALUE_MESSAGE: &str = "must be values of labels: at most 63 letters, digits, hyphens, underscores and dots";

/// Labels of namespaces. Every label and every requirement that is given must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
pub struct NamespaceSelector {
    /// Labels that a namespace must have, with their values.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 32, "additionalProperties" = serde_json::json!({"type": "string", "maxLength": 63})))]
    #[x_kube(
        validation = Rule::new(format!("self.all(key, key.matches('{KEY}'))")).message(KEY_MESSAGE),
        validation = Rule::new(format!("self.all(key, self[key].matches('{VALUE}'))")).message(VALUE_MESSAGE)
    )]
    pub match_labels: Option<BTreeMap<String, String>>,
    /// Requirements on the labels of a namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub match_expressions: Option<Vec<NamespaceRequirement>>,
}

/// A requirement on one label. Without the label, `NotIn` and `DoesNotExist` match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
#[x_kube(validation = Rule::new("self.operator in ['In', 'NotIn'] ? has(self.values) && size(self.values) > 0 : !has(self.values) || size(self.values) == 0").message("In and NotIn need values, Exists and DoesNotExist take none"))]
pub struct NamespaceRequirement {
    /// Key of the label.
    #[schemars(length(min = 1, max = 317))]
    #[x_kube(validation = Rule::new(format!("self.matches('{KEY}')")).message(KEY_MESSAGE))]
    pub key: String,
    /// In, NotIn, Exists or DoesNotExist.
    #[schemars(extend("enum" = ["In", "NotIn", "Exists", "DoesNotExist"]))]
    pub operator: String,
    /// Values of the label: at least one for In and NotIn, none for Exists and DoesNotExist.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256), inner(length(max = 63)))]
    #[x_kube(validation = Rule::new(format!("self.all(value, value.matches('{VALUE}'))")).message(VALUE_MESSAGE))]
    pub values: Option<Vec<String>>,
}
