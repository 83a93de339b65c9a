//! `Specimen`, compiled for tests only: the smallest kind that there can be, with one property and without assignments. It
//! shows what a kind needs; `tests/schema/new_kind.rs` compares the list of its files with CONTRIBUTING.md.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::{LocalRef, ManagedStatus};

/// A kind with one property.
#[derive(CustomResource, Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[kube(
    group = "cloudpc.dev",
    version = "v1alpha1",
    kind = "Specimen",
    namespaced,
    status = "ManagedStatus",
    derive = "PartialEq"
)]
#[serde(rename_all = "camelCase")]
pub struct SpecimenSpec {
    /// The EntraTenant.
    pub tenant_ref: LocalRef,
    /// The name in Graph.
    pub display_name: String,
}
