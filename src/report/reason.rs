//! The machine-readable names that conditions and events carry: static, never derived from data.

use std::fmt;

macro_rules! reasons {
    ($($(#[$doc:meta])* $reason:ident,)*) => {
        /// The reason of a condition.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason {
            $($(#[$doc])* $reason,)*
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &[Self] = &[$(Self::$reason,)*];

            /// As conditions carry it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$reason => stringify!($reason),)*
                }
            }
        }
    };
}

reasons! {
    // Ready and its companions.
    /// Graph was seen equal to the spec.
    Synced,
    /// Graph differs from the spec that it was equal to.
    Drifted,
    /// Nothing differs.
    NoDrift,
    /// Nothing is written by configuration, and what differs from the spec is reported.
    Observed,
    /// Assignments of the object are not applied yet.
    AssignmentsPending,
    /// `mode: Observe` and Graph differs from the spec.
    ObservedDifference,
    /// `spec.suspend` is set.
    Suspended,
    /// The object is being removed from Graph.
    Deleting,

    // Waiting: resolves by itself when the missing thing appears.
    /// The named EntraTenant does not exist.
    TenantNotFound,
    /// The named target of an Assignment does not exist.
    TargetNotFound,
    /// The target of an Assignment exists and has not applied it yet.
    TargetNotReady,
    /// A group is not in the tenant.
    GroupNotFound,
    /// An image is not in the tenant.
    ImageNotFound,
    /// An Azure network connection is not in the tenant.
    ConnectionNotFound,
    /// The health check of an Azure network connection has not ended yet.
    ConnectionNotReady,
    /// The object that a name was resolved to is not in the tenant any more.
    ReferenceGone,
    /// A Frontline service plan is not in the tenant.
    ServicePlanNotFound,
    /// References are being looked up, some of them are still to come.
    ResolvingReferences,
    /// A create was sent and its outcome has to be looked up.
    CreateUnconfirmed,
    /// A write was accepted and reads do not show it yet.
    NotVisibleYet,
    /// The object seems gone; a second, later read has to agree.
    AbsenceUnconfirmed,
    /// Other objects still use this one.
    InUse,
    /// A change puts Cloud PCs at risk, and no change window of the tenant is open.
    OutsideChangeWindow,
    /// The operator itself, or a definition, is being removed: nothing is removed in Graph.
    RemovalHeld,

    // Stalled: a person must act.
    /// The tenant does not allow this namespace.
    NamespaceNotAllowed,
    /// A name matches more than one object.
    AmbiguousReference,
    /// Graph has an object of this name that is not ours, or another resource claims it.
    NameConflict,
    /// Another resource has claimed the object.
    ClaimConflict,
    /// It is not proven that the object belongs to the resource.
    ClaimUnproven,
    /// The recorded id belongs to another cluster or tenant.
    ForeignOwner,
    /// Graph refused the request and repeating it would not help.
    Refused,
    /// A change puts Cloud PCs at risk, and a person has to approve it.
    ApprovalRequired,
    /// The same, and who may approve is not enforced, so that no approval counts.
    ApprovalUnprotected,
    /// A property that cannot change after creation differs.
    ImmutableField,
    /// The stored object cannot be read as its kind.
    Malformed,
    /// The tenant's cloud has no Cloud PC API.
    CloudNotSupported,
    /// The spec cannot be understood.
    InvalidSpec,
    /// A change window of a tenant cannot be understood, so none counts as open.
    ChangeWindowInvalid,

    // Failing: tried again with backoff.
    /// The tenant's credentials do not work.
    AuthenticationFailed,
    /// A permission is missing.
    PermissionDenied,
    /// Graph cannot be reached or answers with a failure of its own.
    GraphUnavailable,
    /// Graph asked for fewer requests.
    Throttled,
    /// Graph answered that another operation on the object is under way.
    Conflict,
    /// The Kubernetes API refused or failed.
    KubernetesApi,
    /// How many Cloud PCs a change puts at risk cannot be counted.
    NotCounted,
    /// A defect in the controller.
    InternalError,

    // Tenants and assignments.
    /// A token was obtained.
    SignedIn,
    /// Every needed permission is granted.
    Granted,
    /// What is granted suffices to read, not to write; or the process runs with `--read-only`.
    ReadOnly,
    /// A needed permission is not granted.
    PermissionMissing,
    /// Not tried, because an earlier step failed.
    NotChecked,
    /// All references are resolved.
    Resolved,
}

impl Reason {
    /// The reason that a status carries.
    pub fn of(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.as_str() == text)
    }

    /// Whether the thing that a pass waits for can appear by itself: a resource of ours, a group, a custom image, a connection.
    /// Other waits have a known end.
    pub const fn comes_by_itself(self) -> bool {
        matches!(
            self,
            Self::TenantNotFound
                | Self::TargetNotFound
                | Self::GroupNotFound
                | Self::ImageNotFound
                | Self::ConnectionNotFound
                | Self::ConnectionNotReady
        )
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Event reasons.
pub mod event {
    /// An object was created in Graph.
    pub(crate) const CREATED: &str = "Created";
    /// A group that another writer had assigned was lost with a replaced set and is assigned again.
    pub(crate) const ASSIGNMENT_PUT_BACK: &str = "AssignmentPutBack";
    /// Properties were changed in Graph.
    pub(crate) const UPDATED: &str = "Updated";
    /// Assignments were changed in Graph.
    pub(crate) const ASSIGNED: &str = "Assigned";
    /// An object was deleted from Graph.
    pub(crate) const DELETED: &str = "Deleted";
    /// An object was left in Graph and is no longer managed.
    pub(crate) const RELEASED: &str = "Released";
    /// A person approved a plan.
    pub(crate) const APPROVED: &str = "Approved";
    /// A change was begun that puts Cloud PCs at risk.
    pub(crate) const RISK_TAKEN: &str = "CloudPCsAtRisk";
    /// Graph was changed by another writer.
    pub(crate) const DRIFT_DETECTED: &str = "DriftDetected";
    /// Graph has another object of the same name that no resource holds, perhaps the product of a request that was delivered twice.
    pub(crate) const SURPLUS_FOUND: &str = "SurplusFound";
    /// Such a change was corrected.
    pub(crate) const DRIFT_CORRECTED: &str = "DriftCorrected";
    /// A name was resolved again, on request, because its id is gone.
    pub(crate) const REFERENCE_CHANGED: &str = "ReferenceChanged";
    /// A status that another writer had changed was corrected.
    pub(crate) const STATUS_RESTORED: &str = "StatusRestored";
    /// The spec has a value that Graph's descriptions do not list; it is sent all the same.
    pub(crate) const UNKNOWN_VALUE: &str = "UnknownValue";
}
