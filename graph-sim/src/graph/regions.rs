//! The region groups of well-known Azure regions: a reader sees the group of a region that was given by its name alone.

/// Regions by the group that both API versions know.
const GROUPS: [(&str, &[&str]); 14] = [
    ("australia", &["australiaeast", "australiasoutheast"]),
    ("canada", &["canadacentral", "canadaeast"]),
    ("usCentral", &["centralus", "northcentralus", "southcentralus", "westcentralus"]),
    ("usEast", &["eastus", "eastus2"]),
    ("usWest", &["westus", "westus2", "westus3"]),
    ("france", &["francecentral"]),
    ("germany", &["germanywestcentral"]),
    ("europeUnion", &["westeurope", "northeurope"]),
    ("unitedKingdom", &["uksouth", "ukwest"]),
    ("japan", &["japaneast", "japanwest"]),
    ("asia", &["eastasia", "southeastasia"]),
    ("india", &["centralindia", "southindia"]),
    ("norway", &["norwayeast"]),
    ("switzerland", &["switzerlandnorth"]),
];

/// The group of a region, when it is a well-known one.
pub fn group_of(region: &str) -> Option<&'static str> {
    GROUPS
        .iter()
        .find(|(_, regions)| regions.iter().any(|one| one.eq_ignore_ascii_case(region)))
        .map(|(group, _)| *group)
}
