//! The members of Graph's enumerations that the managed properties use, by the API version that has
//! them.
//!
//! Every one of these enumerations is open: the service adds members without notice, so a value
//! that is not listed here is passed on (in beta, which learns new members first) and reported,
//! never refused. Members are those of the OpenAPI descriptions of both versions and of the fact
//! sheet; `unknownFutureValue` is absent because it stands for "a member you do not know" in
//! answers and means nothing in a request.

use crate::graph::types::equivalence::Equivalence;

/// An open enumeration of Graph.
#[derive(Debug)]
pub struct Literals {
    /// The members that v1.0 accepts.
    pub v1: &'static [&'static str],
    /// The members that only beta accepts.
    pub beta: &'static [&'static str],
    /// When two of its values mean the same.
    pub equivalence: Equivalence,
}

impl Literals {
    const fn new(v1: &'static [&'static str], beta: &'static [&'static str], equivalence: Equivalence) -> Self {
        Self { v1, beta, equivalence }
    }

    /// Whether any version is known to have the member.
    pub fn knows(&self, member: &str) -> bool {
        self.v1.contains(&member) || self.beta.contains(&member)
    }
}

/// `cloudPcProvisioningPolicyImageType`
pub(crate) const IMAGE_TYPE: Literals = Literals::new(&["gallery", "custom"], &[], Equivalence::Exact);

/// `cloudPcProvisioningType`. v1.0 answers `unknownFutureValue` for the members that came later.
pub(crate) const PROVISIONING_TYPE: Literals = Literals::new(
    &["dedicated", "shared"],
    &["sharedByUser", "sharedByEntraGroup", "reserve"],
    Equivalence::ProvisioningType,
);

/// `cloudPcUserExperienceType`
pub(crate) const USER_EXPERIENCE_TYPE: Literals = Literals::new(&[], &["cloudPc", "cloudApp"], Equivalence::Default("cloudPc"));

/// `cloudPcDomainJoinType`
pub(crate) const DOMAIN_JOIN_TYPE: Literals = Literals::new(&["azureADJoin", "hybridAzureADJoin"], &[], Equivalence::Exact);

/// `microsoftManagedDesktopType`
pub(crate) const MANAGED_TYPE: Literals = Literals::new(
    &["notManaged", "premiumManaged", "standardManaged", "starterManaged"],
    &[],
    Equivalence::Default("notManaged"),
);

/// `cloudPcUserSettingsPersistenceStorageSizeCategory`
pub(crate) const STORAGE_SIZE: Literals = Literals::new(
    &[],
    &["fourGB", "eightGB", "sixteenGB", "thirtyTwoGB", "sixtyFourGB"],
    Equivalence::Default("fourGB"),
);

/// `cloudPcRestorePointFrequencyType`
pub(crate) const FREQUENCY_TYPE: Literals = Literals::new(
    &["default", "fourHours", "sixHours", "twelveHours", "sixteenHours", "twentyFourHours"],
    &[],
    Equivalence::FrequencyType,
);

/// `cloudPcDisasterRecoveryType`
pub(crate) const DISASTER_RECOVERY_TYPE: Literals = Literals::new(
    &[],
    &["notConfigured", "crossRegion", "premium"],
    Equivalence::Default("notConfigured"),
);

/// `cloudPcProvisioningSourceType`
pub(crate) const PROVISIONING_SOURCE_TYPE: Literals = Literals::new(&[], &["image", "snapshot"], Equivalence::Default("image"));

/// `cloudPcRegionGroup`. Both versions list the members in another order.
pub(crate) const REGION_GROUP: Literals = Literals::new(
    &[
        "default",
        "australia",
        "canada",
        "usCentral",
        "usEast",
        "usWest",
        "france",
        "germany",
        "europeUnion",
        "unitedKingdom",
        "japan",
        "asia",
        "india",
        "southAmerica",
        "euap",
        "usGovernment",
        "usGovernmentDOD",
        "norway",
        "switzerland",
        "southKorea",
    ],
    &[
        "middleEast",
        "mexico",
        "australasia",
        "europe",
        "singapore",
        "hongKong",
        "ireland",
        "sweden",
        "poland",
        "italy",
        "spain",
        "netherlands",
        "brazil",
        "israel",
        "automatic",
        "indonesia",
        "taiwan",
        "malaysia",
        "newZealand",
        "austria",
        "denmark",
        "belgium",
        "kenya",
    ],
    Equivalence::Exact,
);

/// `windowsSetting.locale` is a string in Graph; these tags are the ones that the admin center
/// offers (fact sheet 3.1).
pub(crate) const LOCALE: Literals = Literals::new(
    &[
        "ar-SA",
        "bg-BG",
        "zh-CN",
        "zh-TW",
        "hr-HR",
        "cs-CZ",
        "da-DK",
        "nl-NL",
        "en-AU",
        "en-IE",
        "en-NZ",
        "en-GB",
        "en-US",
        "et-EE",
        "fi-FI",
        "fr-CA",
        "fr-FR",
        "de-DE",
        "el-GR",
        "he-IL",
        "hu-HU",
        "it-IT",
        "ja-JP",
        "ko-KR",
        "lv-LV",
        "lt-LT",
        "nb-NO",
        "pl-PL",
        "pt-BR",
        "pt-PT",
        "ro-RO",
        "ru-RU",
        "sr-Cyrl-CS",
        "sk-SK",
        "sl-SI",
        "es-MX",
        "es-ES",
        "sv-SE",
        "th-TH",
        "tr-TR",
        "uk-UA",
    ],
    &[],
    Equivalence::Default("en-US"),
);
