//! Custom resource types of `cloudpc.dev`: data, schema and the rules that the API server checks at admission.
//!
//! Nothing here may depend on Graph or the reconcile pipeline: controllers translate, the types only carry data.
//! Names and values of Graph properties are kept verbatim, and every value that Graph answers for a property is accepted for it.

mod assignment;
mod change_window;
mod common;
mod credentials;
mod disaster_recovery;
mod domain_join;
mod entra_tenant;
mod namespace_selector;
mod policy_parts;
mod provisioning_policy;
mod schema;
#[cfg(test)]
mod specimen;
mod status;
mod user_setting;

pub use assignment::{AssignedGroup, Assignment, AssignmentGroup, AssignmentSpec, AssignmentStatus, TargetKind, TargetRef};
pub use change_window::{ChangeWindow, ChangeWindowStatus, DayOfWeek};
pub use common::{
    APPROVE_ANNOTATION, APPROVED_BY_ANNOTATION, AssignmentOwnership, DeletionPolicy, FIELD_MANAGER, FINALIZER, LocalRef, Mode,
    RECONCILE_ANNOTATIONS, Safety,
};
pub use credentials::{Certificate, ClientSecret, Credentials, ManagedIdentity, SecretRef, WorkloadIdentity};
pub use disaster_recovery::{CrossRegionDisasterRecoverySetting, DisasterRecoveryNetworkSetting};
pub use domain_join::DomainJoinConfiguration;
pub use entra_tenant::{
    AllowedNamespaces, ClockSkew, Cloud, CreateMarker, EntraTenant, EntraTenantSpec, EntraTenantStatus, MissingPermission, RiskTaken,
};
pub use namespace_selector::{NamespaceRequirement, NamespaceSelector};
pub use policy_parts::{Autopatch, AutopilotConfiguration, MicrosoftManagedDesktop, UserSettingsPersistenceConfiguration, WindowsSetting};
pub use provisioning_policy::{ProvisioningPolicy, ProvisioningPolicySpec};
#[cfg(test)]
pub use specimen::{Specimen, SpecimenSpec};
pub use status::{
    Approval, AssignmentProblem, DriftRecord, DriftedField, IdOwner, ManagedStatus, Origin, OwnedAssignment, PendingCreate, PendingPlan,
    PlannedChange, ReplacedSet, Resolved, ResolvedGroup, ResolvedImage, ResolvedName, Risk,
};
pub use user_setting::{RestorePointSetting, UserSetting, UserSettingSpec};

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;

/// The annotations that keep Helm, Argo CD and Flux from deleting a definition together with the release that installed it:
/// with a definition, the API server deletes all objects of its kind.
const KEEP: [(&str, &str); 3] = [
    ("argocd.argoproj.io/sync-options", "Prune=false,Delete=false"),
    ("helm.sh/resource-policy", "keep"),
    ("kustomize.toolkit.fluxcd.io/prune", "disabled"),
];

/// The definitions of every kind, in the order in which they are installed.
pub fn all_crds() -> Vec<CustomResourceDefinition> {
    let mut definitions = vec![EntraTenant::crd(), ProvisioningPolicy::crd(), UserSetting::crd(), Assignment::crd()];
    #[cfg(test)]
    definitions.push(Specimen::crd());
    for definition in &mut definitions {
        let annotations = definition.metadata.annotations.get_or_insert_default();
        annotations.extend(KEEP.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    definitions
}
