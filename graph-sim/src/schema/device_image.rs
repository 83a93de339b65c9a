//! `cloudPcDeviceImage`, an image that a tenant uploads. It is created and deleted; no change of one is documented.

use super::enum_type::EnumType;
use super::enums::{beta, both};
use super::shorthand::{given, id, preview, same, text};
use super::types::{Access, Fallback, Kind, Type};

/// How far an upload is.
pub static DEVICE_IMAGE_STATUS: EnumType = EnumType {
    name: "cloudPcDeviceImageStatus",
    v1: &["pending", "ready", "failed", "unknownFutureValue"],
    beta: &["pending", "ready", "failed", "unknownFutureValue", "warning"],
};

/// Whether the system in an image is still supported.
pub static DEVICE_IMAGE_OS_STATUS: EnumType = both(
    "cloudPcDeviceImageOsStatus",
    &["supported", "supportedWithWarning", "unknown", "unknownFutureValue"],
);

/// Why an upload failed.
pub static DEVICE_IMAGE_ERROR_CODE: EnumType = EnumType {
    name: "cloudPcDeviceImageErrorCode",
    v1: &[
        "internalServerError",
        "sourceImageNotFound",
        "osVersionNotSupported",
        "sourceImageInvalid",
        "sourceImageNotGeneralized",
        "unknownFutureValue",
        "vmAlreadyAzureAdjoined",
        "paidSourceImageNotSupport",
        "sourceImageNotSupportCustomizeVMName",
        "sourceImageSizeExceedsLimitation",
    ],
    beta: &[
        "internalServerError",
        "sourceImageNotFound",
        "osVersionNotSupported",
        "sourceImageInvalid",
        "sourceImageNotGeneralized",
        "unknownFutureValue",
        "vmAlreadyAzureAdjoined",
        "paidSourceImageNotSupport",
        "sourceImageNotSupportCustomizeVMName",
        "sourceImageSizeExceedsLimitation",
        "sourceImageWithDataDiskNotSupported",
        "sourceImageWithDiskEncryptionSetNotSupported",
        "sourceImageWithAzureDiskEncryptionNotSupported",
        "fSLogixInstalledSourceImageNotSupported",
        "startMenuAppLimitExceeded",
    ],
};

/// The old, shorter list of [`DEVICE_IMAGE_ERROR_CODE`].
pub static DEVICE_IMAGE_STATUS_DETAILS: EnumType = beta(
    "cloudPcDeviceImageStatusDetails",
    &[
        "internalServerError",
        "sourceImageNotFound",
        "osVersionNotSupported",
        "sourceImageInvalid",
        "sourceImageNotGeneralized",
        "unknownFutureValue",
        "vmAlreadyAzureAdjoined",
        "paidSourceImageNotSupport",
        "sourceImageNotSupportCustomizeVMName",
        "sourceImageSizeExceedsLimitation",
    ],
);

/// A custom image. The system in it is not known before its upload has ended (documented), so these properties begin as null.
pub static DEVICE_IMAGE: Type = Type::new(
    "cloudPcDeviceImage",
    &[
        id(),
        text("displayName").access(Access::Immutable).required(),
        text("version").access(Access::Immutable).required(),
        text("sourceImageResourceId").access(Access::Immutable).required(),
        given("status", Kind::Enum(&DEVICE_IMAGE_STATUS)).or(Fallback::Text("pending")),
        given("errorCode", Kind::Enum(&DEVICE_IMAGE_ERROR_CODE)),
        // Its list is the shorter one: a code that it lacks is seen as the placeholder.
        preview("statusDetails", Kind::Enum(&DEVICE_IMAGE_STATUS_DETAILS)).twin(same("errorCode")),
        given("osStatus", Kind::Enum(&DEVICE_IMAGE_OS_STATUS)),
        given("operatingSystem", Kind::Text),
        given("osBuildNumber", Kind::Text),
        given("osVersionNumber", Kind::Text),
        given("sizeInGB", Kind::Int32),
        given("expirationDate", Kind::Date),
        given("lastModifiedDateTime", Kind::DateTime),
        preview("scopeIds", Kind::Text).list().or(Fallback::Texts(&["0"])),
    ],
);
