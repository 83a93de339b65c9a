//! `cloudPcDeviceImage`, an image that a tenant uploads. It is created and deleted; no change of one is documented.

use super::enum_type::EnumType;
use super::enums::{beta, both};
use super::shorthand::{id, read_only, read_only_beta, same, text};
use super::types::{Access, Fallback, Kind, Type};

/// How far an upload is.
static DEVICE_IMAGE_STATUS: EnumType = EnumType {
    name: "cloudPcDeviceImageStatus",
    v1: &["pending", "ready", "failed", "unknownFutureValue"],
    beta: &["pending", "ready", "failed", "unknownFutureValue", "warning"],
};

/// Whether the system in an image is still supported.
static DEVICE_IMAGE_OS_STATUS: EnumType = both(
    "cloudPcDeviceImageOsStatus",
    &["supported", "supportedWithWarning", "unknown", "unknownFutureValue"],
);

/// Why an upload failed.
static DEVICE_IMAGE_ERROR_CODE: EnumType = EnumType {
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
static DEVICE_IMAGE_STATUS_DETAILS: EnumType = beta(
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
        read_only("status", Kind::Enum(&DEVICE_IMAGE_STATUS)).or(Fallback::Text("pending")),
        read_only("errorCode", Kind::Enum(&DEVICE_IMAGE_ERROR_CODE)),
        // Its list is the shorter one: a code that it lacks is seen as the placeholder.
        read_only_beta("statusDetails", Kind::Enum(&DEVICE_IMAGE_STATUS_DETAILS)).twin(same("errorCode")),
        read_only("osStatus", Kind::Enum(&DEVICE_IMAGE_OS_STATUS)),
        read_only("operatingSystem", Kind::Text),
        read_only("osBuildNumber", Kind::Text),
        read_only("osVersionNumber", Kind::Text),
        read_only("sizeInGB", Kind::Int32),
        read_only("expirationDate", Kind::Date),
        read_only("lastModifiedDateTime", Kind::DateTime),
        read_only_beta("scopeIds", Kind::Text).list().or(Fallback::Texts(&["0"])),
    ],
);
