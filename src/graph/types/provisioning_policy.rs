//! `cloudPcProvisioningPolicy`: for whom Cloud PCs are made, from which image, in which network.
//! See <https://learn.microsoft.com/graph/api/resources/cloudpcprovisioningpolicy?view=graph-rest-beta>.

use crate::graph::types::equivalence::Equivalence;
use crate::graph::types::permission::WRITE_CLOUD_PC;
use crate::graph::types::region_group::REGION_GROUP;
use crate::graph::types::table::Exclusion::{Deprecated, ReadOnly, Refused};
use crate::graph::types::table::{ApiVersion, GraphType, OpenEnum, Property, Shape, Unmanaged, labels, line, member, of, part, scalar};

pub(crate) const TYPE: GraphType = GraphType {
    segment: "provisioningPolicies",
    singular: "provisioning policy",
    plural: "provisioning policies",
    labels: labels!("ProvisioningPolicy", "ProvisioningPolicies"),
    // `managedBy`, allotments and the Frontline members of `provisioningType` exist only there.
    read_version: ApiVersion::Beta,
    assignable: true,
    updatable: true,
    deletable: true,
    has_cloud_pcs: true,
    write: WRITE_CLOUD_PC,
    properties: PROPERTIES,
    unmanaged: UNMANAGED,
};

const IMAGE_TYPE: OpenEnum = OpenEnum::new(&["gallery", "custom"], &[], Equivalence::Exact);

/// v1.0 answers `unknownFutureValue` for the members of beta.
const PROVISIONING_TYPE: OpenEnum = OpenEnum::new(
    &["dedicated", "shared"],
    &["sharedByUser", "sharedByEntraGroup", "reserve"],
    Equivalence::ProvisioningType,
);

const USER_EXPERIENCE_TYPE: OpenEnum = OpenEnum::new(&[], &["cloudPc", "cloudApp"], Equivalence::Default("cloudPc"));

const DOMAIN_JOIN_TYPE: OpenEnum = OpenEnum::new(&["azureADJoin", "hybridAzureADJoin"], &[], Equivalence::Exact);

const MANAGED_TYPE: OpenEnum = OpenEnum::new(
    &["notManaged", "premiumManaged", "standardManaged", "starterManaged"],
    &[],
    Equivalence::Default("notManaged"),
);

const STORAGE_SIZE: OpenEnum = OpenEnum::new(
    &[],
    &["fourGB", "eightGB", "sixteenGB", "thirtyTwoGB", "sixtyFourGB"],
    Equivalence::Default("fourGB"),
);

/// A string in Graph; these are the tags that the admin center offers.
#[rustfmt::skip]
const LOCALE: OpenEnum = OpenEnum::new(
    &[
        "ar-SA", "bg-BG", "zh-CN", "zh-TW", "hr-HR", "cs-CZ", "da-DK", "nl-NL", "en-AU", "en-IE", "en-NZ", "en-GB", "en-US",
        "et-EE", "fi-FI", "fr-CA", "fr-FR", "de-DE", "el-GR", "he-IL", "hu-HU", "it-IT", "ja-JP", "ko-KR", "lv-LV", "lt-LT",
        "nb-NO", "pl-PL", "pt-BR", "pt-PT", "ro-RO", "ru-RU", "sr-Cyrl-CS", "sk-SK", "sl-SI", "es-MX", "es-ES", "sv-SE",
        "th-TH", "tr-TR", "uk-UA",
    ],
    &[],
    Equivalence::Default("en-US"),
);

const PROPERTIES: &[Property] = &[
    scalar("displayName", Equivalence::Exact),
    // Graph answers "", not null.
    scalar("description", Equivalence::Text),
    // Ids of gallery images come in mixed case.
    scalar("imageId", Equivalence::CaseInsensitive),
    scalar("imageDisplayName", Equivalence::Exact),
    of("imageType", Shape::Enum(&IMAGE_TYPE)),
    // Ordered by priority.
    of(
        "domainJoinConfigurations",
        Shape::ObjectList(&[
            member("domainJoinType", &DOMAIN_JOIN_TYPE),
            // A GUID. The unused one of connection and region is null or "" in answers.
            part("onPremisesConnectionId", Equivalence::CaseInsensitive),
            part("regionName", Equivalence::Text),
            // Documented as read-only; the portal sends it.
            member("regionGroup", &REGION_GROUP),
        ]),
    ),
    of("provisioningType", Shape::Enum(&PROVISIONING_TYPE)).immutable(),
    of("windowsSetting", Shape::Object(&[member("locale", &LOCALE)])),
    scalar("enableSingleSignOn", Equivalence::Flag),
    scalar("cloudPcNamingTemplate", Equivalence::Text),
    scalar("localAdminEnabled", Equivalence::Flag),
    of(
        "microsoftManagedDesktop",
        Shape::Object(&[member("managedType", &MANAGED_TYPE), part("profile", Equivalence::Text)]),
    ),
    // A GUID; the portal sends an empty object for none.
    of(
        "autopatch",
        Shape::Object(&[part("autopatchGroupId", Equivalence::CaseInsensitive)]),
    ),
    // All parts or none; null by default.
    of(
        "autopilotConfiguration",
        Shape::Object(&[
            part("devicePreparationProfileId", Equivalence::CaseInsensitive),
            part("applicationTimeoutInMinutes", Equivalence::Exact),
            part("onFailureDeviceAccessDenied", Equivalence::Flag),
        ]),
    )
    .beta(),
    of("userExperienceType", Shape::Enum(&USER_EXPERIENCE_TYPE)).beta().immutable(),
    of(
        "userSettingsPersistenceConfiguration",
        Shape::Object(&[
            part("userSettingsPersistenceEnabled", Equivalence::Flag),
            member("userSettingsPersistenceStorageSizeCategory", &STORAGE_SIZE),
        ]),
    )
    .beta(),
    // Graph accepts it on create; the reference calls it read-only.
    scalar("scopeIds", Equivalence::TextSet).beta().immutable(),
];

const SELF: &str = "cloudPcProvisioningPolicy";

#[rustfmt::skip]
const UNMANAGED: &[Unmanaged] = &[
    line(SELF, "id", ReadOnly, "given by the service; `status.id`"),
    line(SELF, "alternateResourceUrl", ReadOnly, "a link that the service makes"),
    line(SELF, "assignments", ReadOnly, "the groups that `Assignment`s declare; written with `assign`"),
    line(SELF, "cloudPcGroupDisplayName", ReadOnly, "a name that the service makes"),
    line(SELF, "createdBy", ReadOnly, "who created it"),
    line(SELF, "createdDateTime", ReadOnly, "when it was created"),
    line(SELF, "gracePeriodInHours", ReadOnly, "fixed by the service"),
    line(SELF, "lastModifiedBy", ReadOnly, "who changed it"),
    line(SELF, "lastModifiedDateTime", ReadOnly, "when it was changed"),
    line(SELF, "managedBy", Refused,
        "names the product that owns the policy; only those of `windows365` are listed here, so another value would lose the policy"),
    line(SELF, "snapshotResetMode", Refused, "undocumented: neither its default nor its effect on desktops is known"),
    line(SELF, "windowsSettings", Deprecated, "since 2024-01-31; `windowsSetting`"),
    line("cloudPcDomainJoinConfiguration", "geographicLocationType", ReadOnly, "derived from the region"),
    line("cloudPcDomainJoinConfiguration", "type", Deprecated, "`domainJoinType`"),
    line("microsoftManagedDesktop", "type", Deprecated, "`managedType`"),
    line("cloudPcProvisioningPolicyAssignment", "id", ReadOnly,
        "given by the service; repeated for entries that stay, so that an allotment keeps its identity"),
    line("cloudPcProvisioningPolicyAssignment", "assignedUsers", ReadOnly, "computed from group, licence and policy"),
    line("cloudPcProvisioningPolicyAssignment", "userSettingsPersistenceDetail", ReadOnly, "what the service keeps for users"),
];
