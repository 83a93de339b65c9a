//! `cloudPcAuditEvent` and its complex types. No client writes one; the code that records an event sets every required property.

use super::enum_type::EnumType;
use super::enums::{beta, both};
use super::shorthand::{id, read_only, read_only_beta};
use super::types::{Fallback, Kind, Type};

/// What was done to a resource.
static AUDIT_ACTIVITY_OPERATION_TYPE: EnumType = both(
    "cloudPcAuditActivityOperationType",
    &["create", "delete", "patch", "unknownFutureValue"],
);

/// How an activity ended.
static AUDIT_ACTIVITY_RESULT: EnumType = both(
    "cloudPcAuditActivityResult",
    &["success", "clientError", "failure", "timeout", "unknownFutureValue"],
);

/// The area of an event.
static AUDIT_CATEGORY: EnumType = both("cloudPcAuditCategory", &["cloudPC", "unknownFutureValue"]);

/// What kind of caller did it.
static AUDIT_ACTOR_TYPE: EnumType = beta("cloudPcAuditActorType", &["itPro", "application", "partner", "unknownFutureValue"]);

/// One change.
pub static AUDIT_EVENT: Type = Type::new(
    "cloudPcAuditEvent",
    &[
        id(),
        read_only("displayName", Kind::Text).not_null().required(),
        read_only("componentName", Kind::Text).not_null().required(),
        read_only("activity", Kind::Text),
        read_only("activityDateTime", Kind::DateTime).not_null().required(),
        read_only("activityType", Kind::Text).not_null().required(),
        read_only("activityOperationType", Kind::Enum(&AUDIT_ACTIVITY_OPERATION_TYPE))
            .not_null()
            .required(),
        read_only("activityResult", Kind::Enum(&AUDIT_ACTIVITY_RESULT))
            .not_null()
            .required(),
        read_only("correlationId", Kind::Text).not_null().required(),
        read_only("category", Kind::Enum(&AUDIT_CATEGORY))
            .not_null()
            .or(Fallback::Text("cloudPC")),
        read_only("actor", Kind::Complex(&AUDIT_ACTOR)).not_null().required(),
        read_only("resources", Kind::Complex(&AUDIT_RESOURCE)).list(),
    ],
);

/// Who made it: an application or a person.
static AUDIT_ACTOR: Type = Type::new(
    "cloudPcAuditActor",
    &[
        read_only_beta("type", Kind::Enum(&AUDIT_ACTOR_TYPE)).not_null().required(),
        read_only("applicationId", Kind::Text),
        read_only("applicationDisplayName", Kind::Text),
        read_only("servicePrincipalName", Kind::Text),
        read_only("userId", Kind::Text),
        read_only("userPrincipalName", Kind::Text),
        read_only("ipAddress", Kind::Text),
        read_only("userPermissions", Kind::Text).list(),
        read_only("userRoleScopeTags", Kind::Complex(&USER_ROLE_SCOPE_TAG_INFO)).list(),
        read_only("remoteTenantId", Kind::Text),
        read_only("remoteUserId", Kind::Text),
    ],
);

/// A scope tag of the person's role.
static USER_ROLE_SCOPE_TAG_INFO: Type = Type::new(
    "cloudPcUserRoleScopeTagInfo",
    &[
        read_only("displayName", Kind::Text).not_null().or(Fallback::Text("")),
        read_only("roleScopeTagId", Kind::Text).not_null().or(Fallback::Text("")),
    ],
);

/// What was changed.
static AUDIT_RESOURCE: Type = Type::new(
    "cloudPcAuditResource",
    &[
        read_only("resourceId", Kind::Text).not_null().required(),
        read_only("displayName", Kind::Text),
        read_only_beta("resourceType", Kind::Text),
        read_only("modifiedProperties", Kind::Complex(&AUDIT_PROPERTY)).list(),
    ],
);

/// One property before and after.
static AUDIT_PROPERTY: Type = Type::new(
    "cloudPcAuditProperty",
    &[
        read_only("displayName", Kind::Text).not_null().required(),
        read_only("oldValue", Kind::Text),
        read_only("newValue", Kind::Text).not_null().or(Fallback::Text("")),
    ],
);
