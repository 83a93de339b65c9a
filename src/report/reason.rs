//! The machine-readable names that conditions and events carry: static, never derived from data.

// Ready and its companions.
/// Graph was seen equal to the spec.
pub const SYNCED: &str = "Synced";
/// Graph differs from what was once made equal.
pub const DRIFTED: &str = "Drifted";
/// Nothing differs.
pub const NO_DRIFT: &str = "NoDrift";
/// Nothing is written by configuration, and what differs from the spec is reported.
pub const OBSERVED: &str = "Observed";
/// Assignments of the object are not applied yet.
pub const ASSIGNMENTS_PENDING: &str = "AssignmentsPending";
/// `mode: Observe` and Graph differs from the spec.
pub const OBSERVED_DIFFERENCE: &str = "ObservedDifference";
/// `spec.suspend` is set.
pub const SUSPENDED: &str = "Suspended";
/// The object is being removed from Graph.
pub const DELETING: &str = "Deleting";

// Waiting: resolves by itself when the missing thing appears.
/// The named EntraTenant does not exist.
pub const TENANT_NOT_FOUND: &str = "TenantNotFound";
/// The named target of an Assignment does not exist.
pub const TARGET_NOT_FOUND: &str = "TargetNotFound";
/// The target of an Assignment exists and has not taken it in yet.
pub const TARGET_NOT_READY: &str = "TargetNotReady";
/// A group is not in the tenant.
pub const GROUP_NOT_FOUND: &str = "GroupNotFound";
/// An image is not in the tenant.
pub const IMAGE_NOT_FOUND: &str = "ImageNotFound";
/// An Azure network connection is not in the tenant.
pub const CONNECTION_NOT_FOUND: &str = "ConnectionNotFound";
/// The health check of an Azure network connection has not ended yet.
pub const CONNECTION_NOT_READY: &str = "ConnectionNotReady";
/// What a name was resolved to is not in the tenant any more.
pub const REFERENCE_GONE: &str = "ReferenceGone";
/// A Frontline service plan is not in the tenant.
pub const SERVICE_PLAN_NOT_FOUND: &str = "ServicePlanNotFound";
/// References are being looked up, some of them are still to come.
pub const RESOLVING: &str = "ResolvingReferences";
/// A create was sent and its outcome has to be looked up.
pub const CREATE_UNCONFIRMED: &str = "CreateUnconfirmed";
/// A write was accepted and reads do not show it yet.
pub const NOT_VISIBLE_YET: &str = "NotVisibleYet";
/// The object seems gone; a second, later look has to agree.
pub const ABSENCE_UNCONFIRMED: &str = "AbsenceUnconfirmed";
/// Other objects still use this one.
pub const IN_USE: &str = "InUse";
/// The operator itself, or a definition, is being removed: nothing is taken away in Graph.
pub const REMOVAL_HELD: &str = "RemovalHeld";

// Stalled: a person must act.
/// The tenant does not let this namespace in.
pub const NAMESPACE_NOT_ALLOWED: &str = "NamespaceNotAllowed";
/// A name stands for more than one thing.
pub const AMBIGUOUS_REFERENCE: &str = "AmbiguousReference";
/// Graph holds an object of this name that is not ours, or another resource claims it.
pub const NAME_CONFLICT: &str = "NameConflict";
/// Another resource holds the object.
pub const CLAIM_CONFLICT: &str = "ClaimConflict";
/// It is not proven that the object belongs to the resource.
pub const CLAIM_UNPROVEN: &str = "ClaimUnproven";
/// The recorded id belongs to another cluster or tenant.
pub const FOREIGN_OWNER: &str = "ForeignOwner";
/// Graph refused the request and repeating it would not help.
pub const REFUSED: &str = "Refused";
/// A property that cannot change after creation differs.
pub const IMMUTABLE_FIELD: &str = "ImmutableField";
/// The stored object cannot be read as its kind.
pub const MALFORMED: &str = "Malformed";
/// The tenant's cloud has no Cloud PC API.
pub const CLOUD_NOT_SUPPORTED: &str = "CloudNotSupported";
/// The spec cannot be understood.
pub const INVALID_SPEC: &str = "InvalidSpec";

// Failing: tried again, calmly.
/// The tenant's credentials do not work.
pub const AUTHENTICATION_FAILED: &str = "AuthenticationFailed";
/// A permission is missing.
pub const PERMISSION_DENIED: &str = "PermissionDenied";
/// Graph cannot be reached or answers with a failure of its own.
pub const GRAPH_UNAVAILABLE: &str = "GraphUnavailable";
/// Graph asked for fewer requests.
pub const THROTTLED: &str = "Throttled";
/// Graph answered that something else is going on with the object.
pub const CONFLICT: &str = "Conflict";
/// The Kubernetes API refused or failed.
pub const KUBERNETES_API: &str = "KubernetesApi";
/// A defect in the controller.
pub const INTERNAL_ERROR: &str = "InternalError";

// Tenants and assignments.
/// A token was obtained.
pub const SIGNED_IN: &str = "SignedIn";
/// Every needed permission is granted.
pub const GRANTED: &str = "Granted";
/// What is granted suffices to read, not to write; or the process was told not to.
pub const READ_ONLY: &str = "ReadOnly";
/// A needed permission is not granted.
pub const PERMISSION_MISSING: &str = "PermissionMissing";
/// Not tried, because an earlier step failed.
pub const NOT_CHECKED: &str = "NotChecked";
/// All references are resolved.
pub const RESOLVED: &str = "Resolved";

/// Whether what a wait is for can come by itself: something of ours, a group, a custom image, a connection. Other waits have
/// an end in sight.
pub fn comes_by_itself(reason: &str) -> bool {
    [
        TENANT_NOT_FOUND,
        TARGET_NOT_FOUND,
        GROUP_NOT_FOUND,
        IMAGE_NOT_FOUND,
        CONNECTION_NOT_FOUND,
        CONNECTION_NOT_READY,
    ]
    .contains(&reason)
}

/// Event reasons.
pub mod event {
    /// An object was created in Graph.
    pub const CREATED: &str = "Created";
    /// A group that another writer had assigned was lost with a replaced set and is assigned again.
    pub const ASSIGNMENT_PUT_BACK: &str = "AssignmentPutBack";
    /// Properties were changed in Graph.
    pub const UPDATED: &str = "Updated";
    /// Assignments were changed in Graph.
    pub const ASSIGNED: &str = "Assigned";
    /// An object was deleted from Graph.
    pub const DELETED: &str = "Deleted";
    /// An object was left in Graph and is no longer managed.
    pub const RELEASED: &str = "Released";
    /// Graph was changed by somebody else.
    pub const DRIFT_DETECTED: &str = "DriftDetected";
    /// Such a change was undone.
    pub const DRIFT_CORRECTED: &str = "DriftCorrected";
    /// A name was resolved anew, on request, because what it stood for is gone.
    pub const REFERENCE_CHANGED: &str = "ReferenceChanged";
    /// A status that another writer had changed says again what is true.
    pub const STATUS_RESTORED: &str = "StatusRestored";
    /// The spec has a value that Graph's descriptions do not list; it is sent all the same.
    pub const UNKNOWN_VALUE: &str = "UnknownValue";
}
