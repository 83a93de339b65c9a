//! `cloudPcAuditEvent` and its complex types. No client writes one; the code that records an event sets every required property.

use super::enum_type::EnumType;
use super::enums::{beta, both};
use super::shorthand::{given, id, preview};
use super::types::{Fallback, Kind, Type};

/// What was done to a resource.
pub static AUDIT_ACTIVITY_OPERATION_TYPE: EnumType = both(
    "cloudPcAuditActivityOperationType",
    &["create", "delete", "patch", "unknownFutureValue"],
);

/// How an activity ended.
pub static AUDIT_ACTIVITY_RESULT: EnumType = both(
    "cloudPcAuditActivityResult",
    &["success", "clientError", "failure", "timeout", "unknownFutureValue"],
);

/// The area of an event.
pub static AUDIT_CATEGORY: EnumType = both("cloudPcAuditCategory", &["cloudPC", "unknownFutureValue"]);

/// What kind of caller did it.
pub static AUDIT_ACTOR_TYPE: EnumType = beta("cloudPcAuditActorType", &["itPro", "application", "partner", "unknownFutureValue"]);

/// One change.
pub static AUDIT_EVENT: Type = Type::new(
    "cloudPcAuditEvent",
    &[
        id(),
        given("displayName", Kind::Text).not_null().required(),
        given("componentName", Kind::Text).not_null().required(),
        given("activity", Kind::Text),
        given("activityDateTime", Kind::DateTime).not_null().required(),
        given("activityType", Kind::Text).not_null().required(),
        given("activityOperationType", Kind::Enum(&AUDIT_ACTIVITY_OPERATION_TYPE))
            .not_null()
            .required(),
        given("activityResult", Kind::Enum(&AUDIT_ACTIVITY_RESULT)).not_null().required(),
        given("correlationId", Kind::Text).not_null().required(),
        given("category", Kind::Enum(&AUDIT_CATEGORY))
            .not_null()
            .or(Fallback::Text("cloudPC")),
        given("actor", Kind::Complex(&AUDIT_ACTOR)).not_null().required(),
        given("resources", Kind::Complex(&AUDIT_RESOURCE)).list(),
    ],
);

/// Who made it: an application or a person.
pub static AUDIT_ACTOR: Type = Type::new(
    "cloudPcAuditActor",
    &[
        preview("type", Kind::Enum(&AUDIT_ACTOR_TYPE)).not_null().required(),
        given("applicationId", Kind::Text),
        given("applicationDisplayName", Kind::Text),
        given("servicePrincipalName", Kind::Text),
        given("userId", Kind::Text),
        given("userPrincipalName", Kind::Text),
        given("ipAddress", Kind::Text),
        given("userPermissions", Kind::Text).list(),
        given("userRoleScopeTags", Kind::Complex(&USER_ROLE_SCOPE_TAG_INFO)).list(),
        given("remoteTenantId", Kind::Text),
        given("remoteUserId", Kind::Text),
    ],
);

/// A scope tag of the person's role.
pub static USER_ROLE_SCOPE_TAG_INFO: Type = Type::new(
    "cloudPcUserRoleScopeTagInfo",
    &[
        given("displayName", Kind::Text).not_null().or(Fallback::Text("")),
        given("roleScopeTagId", Kind::Text).not_null().or(Fallback::Text("")),
    ],
);

/// What was changed.
pub static AUDIT_RESOURCE: Type = Type::new(
    "cloudPcAuditResource",
    &[
        given("resourceId", Kind::Text).not_null().required(),
        given("displayName", Kind::Text),
        preview("resourceType", Kind::Text),
        given("modifiedProperties", Kind::Complex(&AUDIT_PROPERTY)).list(),
    ],
);

/// One property before and after.
pub static AUDIT_PROPERTY: Type = Type::new(
    "cloudPcAuditProperty",
    &[
        given("displayName", Kind::Text).not_null().required(),
        given("oldValue", Kind::Text),
        given("newValue", Kind::Text).not_null().or(Fallback::Text("")),
    ],
);
