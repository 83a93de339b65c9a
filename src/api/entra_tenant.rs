//! `EntraTenant`: one Microsoft Entra tenant, how to sign in to it and which namespaces may use it.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::change_window::{ChangeWindow, ChangeWindowStatus};
use crate::api::common::{Mode, Safety};
use crate::api::credentials::Credentials;
use crate::api::namespace_selector::NamespaceSelector;
use crate::api::schema::{GUID, IMMUTABLE, not_nullable, unobserved};

/// Desired state of the connection to one Microsoft Entra tenant.
#[derive(CustomResource, Clone, Debug, PartialEq, Deserialize, Serialize, KubeSchema)]
#[kube(
    group = "cloudpc.dev",
    version = "v1alpha1",
    kind = "EntraTenant",
    status = "EntraTenantStatus",
    shortname = "et",
    category = "windows365",
    derive = "PartialEq",
    cel,
    doc = "One Microsoft Entra tenant whose Windows 365 configuration is managed from this cluster: its ids, how the controller signs in, and which namespaces may use it.",
    printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"Status","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].reason"}"#,
    printcolumn = r#"{"name":"Organization","type":"string","jsonPath":".status.organization"}"#,
    printcolumn = r#"{"name":"Id","type":"string","jsonPath":".spec.tenantId","priority":1}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name":"Message","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].message","priority":1}"#
)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
#[x_kube(
    validation = Rule::new("has(self.clientId) || (has(self.credentials) && has(self.credentials.managedIdentity))").message("clientId is required, except with credentials.managedIdentity, where leaving it out means the system-assigned identity"),
    validation = Rule::new("(has(self.cloud) ? self.cloud : 'Public') == (has(oldSelf.cloud) ? oldSelf.cloud : 'Public')").message("cloud cannot be changed; create another EntraTenant")
)]
pub struct EntraTenantSpec {
    /// Id of the Entra tenant (directory), a GUID. Entra admin center: Overview, "Tenant ID"; or `az account show --query tenantId`. Cannot be changed: another tenant is another object.
    #[schemars(length(max = 36))]
    #[x_kube(
        validation = Rule::new(GUID).message("must be a GUID such as 11111111-1111-1111-1111-111111111111"),
        validation = Rule::new(IMMUTABLE).message("tenantId cannot be changed; create another EntraTenant")
    )]
    pub tenant_id: String,
    /// The Microsoft cloud that the tenant is in; Public when left out. Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloud: Option<Cloud>,
    /// Application (client) id of the app registration that the controller signs in as, a GUID. Entra admin center: App registrations, "Application (client) ID". With `credentials.managedIdentity` it is the client id of a user-assigned identity, and left out for the system-assigned one; required otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 36))]
    #[x_kube(validation = Rule::new(GUID).message("must be a GUID such as 22222222-2222-2222-2222-222222222222"))]
    pub client_id: Option<String>,
    /// How the controller proves that it is the application; exactly one member. Left out: `workloadIdentity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Credentials>,
    /// Namespaces whose objects may name this tenant. Left out or empty: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_namespaces: Option<AllowedNamespaces>,
    /// Enforce (default) writes to Graph; Observe only reports, for every object of the tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Times at which changes that put Cloud PCs at risk may be made. Outside of them the controller reads, reports, and makes only changes that put none at risk. Left out: at any time. An empty list is refused, because it could mean never as well as always.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 20))]
    pub change_windows: Option<Vec<ChangeWindow>>,
    /// Time between two checks of the tenant for drift, such as `5m` or `1h30m`; from 5s to 24h, 5m when left out. A change of a Kubernetes object is handled at once, whatever the interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 20))]
    #[x_kube(validation = Rule::new("self.matches('^([0-9]+h)?([0-9]+m)?([0-9]+s)?$') && duration(self) >= duration('5s') && duration(self) <= duration('24h')").message("must be a duration of whole hours, minutes and seconds from 5s to 24h, such as 5m or 1h30m"))]
    pub interval: Option<String>,
    /// Description: a create carries an id of its own in the `description`, which is removed right after it, so that an object whose answer was lost is recognised with certainty, also where the audit log does not show it. It costs one request for each object that is created, and people may see it for a moment. User settings have no description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_marker: Option<CreateMarker>,
    /// How many Cloud PCs changes may put at risk without an approval, for all resources of the tenant together; a resource can only lower it. Several EntraTenants of one tenant share what is used, and the lowest of their limits counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub safety: Option<Safety>,
    /// True: nothing of this tenant is read or written until it is set back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
}

/// Where a create writes its mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum CreateMarker {
    /// In `description`.
    Description,
}

/// A Microsoft cloud.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
pub enum Cloud {
    /// The global cloud, GCC included.
    #[default]
    Public,
    /// US Government L4 (GCC High).
    USGovernment,
    /// US Government L5 (DoD). Microsoft offers no Cloud PC API there.
    USGovernmentDoD,
    /// China, operated by 21Vianet. Microsoft offers no Cloud PC API there.
    China,
}

/// Namespaces that may use a tenant: those named, and those whose labels match.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
#[x_kube(validation = Rule::new("!has(self.selector) || (has(self.selector.matchLabels) && size(self.selector.matchLabels) > 0) || (has(self.selector.matchExpressions) && size(self.selector.matchExpressions) > 0)").message("selector must not be empty: elsewhere an empty selector means everything, and here that would be every namespace"))]
pub struct AllowedNamespaces {
    /// Names of namespaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256), inner(length(min = 1, max = 63)))]
    pub names: Option<Vec<String>>,
    /// Labels of namespaces; not empty. Everyone who may label namespaces can allow a namespace to use the tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<NamespaceSelector>,
}

/// Observed state of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable, extend("default" = unobserved()))]
pub struct EntraTenantStatus {
    /// Generation of the spec that this status describes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Ready, Reconciling and Stalled (kstatus), and details: Authenticated, PermissionsSufficient, Reachable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// Name of the organisation as Graph gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Domains that the organisation has verified.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verified_domains: Vec<String>,
    /// Application (client) id that the token was issued to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_id: Option<String>,
    /// Application permissions in the token.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub granted_permissions: Vec<String>,
    /// Application permissions that are needed and not in the token, each with what it is needed for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_permissions: Vec<MissingPermission>,
    /// True: the application may read Cloud PC objects and not write them, or the controller runs with `--read-only`, so it only reports, as with `mode: Observe`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,
    /// Kind of credentials that the controller signs in with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<String>,
    /// Set when the controller's clock is more than 5 minutes `Ahead` of Microsoft's, or `Behind` it: Entra then refuses what the controller signs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_skew: Option<ClockSkew>,
    /// Cloud PCs that changes have put at risk lately: recorded before the change is sent, and counted for 24 hours.
    #[serde(default, rename = "cloudPCsAtRisk", skip_serializing_if = "Vec::is_empty")]
    pub cloud_pcs_at_risk: Vec<RiskTaken>,
    /// Whether one of the tenant's `changeWindows` is open, and when that changes; absent without change windows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_window: Option<ChangeWindowStatus>,
    /// Last handled value of the annotation that asks for a reconcile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
}

/// Cloud PCs that one change has put at risk.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
pub struct RiskTaken {
    /// When it was recorded.
    pub at: Time,
    /// Id of the plan.
    pub plan_id: String,
    /// How many Cloud PCs.
    pub count: i64,
    /// Whether a person had approved the plan.
    #[serde(default)]
    pub approved: bool,
}

/// A permission that the application lacks.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MissingPermission {
    /// The least application permission that suffices.
    pub permission: String,
    /// What it is needed for.
    pub feature: String,
}

/// How the controller's clock differs from Microsoft's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum ClockSkew {
    /// The controller's clock shows a later time.
    Ahead,
    /// The controller's clock shows an earlier time.
    Behind,
}
