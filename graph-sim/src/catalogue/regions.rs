//! The Azure regions in which Cloud PCs can be, with the groups that they belong to (assumed, after the names of the
//! groups): a reader sees the group of a region that was given by its name alone.
//!
//! A region whose group only beta has is still a region of v1.0, whose readers see the group as a placeholder.

use serde_json::{Value, json};

use crate::base::ids::stable_id;
use crate::base::text::excerpt;

/// Regions by group and by geographic location.
const GROUPS: [(&str, &str, &[&str]); 31] = [
    ("australia", "australasia", &["australiaeast", "australiasoutheast"]),
    ("newZealand", "australasia", &["newzealandnorth"]),
    ("canada", "canada", &["canadacentral", "canadaeast"]),
    (
        "usCentral",
        "usCentral",
        &["centralus", "northcentralus", "southcentralus", "westcentralus"],
    ),
    ("usEast", "usEast", &["eastus", "eastus2"]),
    ("usWest", "usWest", &["westus", "westus2", "westus3"]),
    ("mexico", "mexico", &["mexicocentral"]),
    ("southAmerica", "southAmerica", &["brazilsouth"]),
    ("france", "europe", &["francecentral"]),
    ("germany", "europe", &["germanywestcentral"]),
    ("europeUnion", "europe", &["westeurope", "northeurope"]),
    ("unitedKingdom", "europe", &["uksouth", "ukwest"]),
    ("norway", "europe", &["norwayeast"]),
    ("switzerland", "europe", &["switzerlandnorth"]),
    ("sweden", "europe", &["swedencentral"]),
    ("poland", "europe", &["polandcentral"]),
    ("italy", "europe", &["italynorth"]),
    ("spain", "europe", &["spaincentral"]),
    ("austria", "europe", &["austriaeast"]),
    ("denmark", "europe", &["denmarkeast"]),
    ("belgium", "europe", &["belgiumcentral"]),
    ("japan", "asia", &["japaneast", "japanwest"]),
    ("asia", "asia", &["eastasia", "southeastasia"]),
    ("southKorea", "asia", &["koreacentral"]),
    ("indonesia", "asia", &["indonesiacentral"]),
    ("malaysia", "asia", &["malaysiawest"]),
    ("taiwan", "asia", &["taiwannorth"]),
    ("india", "india", &["centralindia", "southindia"]),
    ("middleEast", "middleEast", &["uaenorth", "qatarcentral"]),
    ("israel", "middleEast", &["israelcentral"]),
    ("default", "africa", &["southafricanorth"]),
];

/// Further groups that regions belong to: that of Europe is documented, the others are assumed after the names of the groups.
const ALSO_IN: [(&str, &[&str]); 7] = [
    ("europe", &["westeurope", "northeurope"]),
    ("netherlands", &["westeurope"]),
    ("ireland", &["northeurope"]),
    ("singapore", &["southeastasia"]),
    ("hongKong", &["eastasia"]),
    ("brazil", &["brazilsouth"]),
    ("australasia", &["australiaeast", "australiasoutheast", "newzealandnorth"]),
];

/// Regions that take no new Cloud PCs at the moment (assumed), so that a client meets the state.
const RESTRICTED: [&str; 1] = ["southindia"];

/// The group of a region, when it is a well-known one.
pub(crate) fn group_of(region: &str) -> Option<&'static str> {
    GROUPS
        .iter()
        .find(|(_, _, regions)| regions.iter().any(|one| one.eq_ignore_ascii_case(region)))
        .map(|(group, _, _)| *group)
}

/// Whether `regionName` takes this name; that it must be spelt as the list spells it is assumed.
fn is_supported(region: &str) -> bool {
    GROUPS.iter().any(|(_, _, regions)| regions.contains(&region))
}

/// What is wrong with a region and a group that are named together. `automatic` is a region of every group, and needs one; the
/// group `default` is allowed with every region (assumed).
pub(crate) fn check(region: Option<&str>, group: Option<&str>) -> Result<(), String> {
    let wrong = || "Target Geography is invalid.".to_owned();
    match (region, group) {
        (None, _) => Ok(()),
        (Some("automatic"), Some(_)) => Ok(()),
        (Some("automatic"), None) => Err(wrong()),
        (Some(region), _) if !is_supported(region) => Err(format!("'{}' is not a supported region.", excerpt(region))),
        (Some(_), None | Some("default")) => Ok(()),
        (Some(region), Some(group)) => {
            let also = ALSO_IN.iter().any(|(name, regions)| *name == group && regions.contains(&region));
            (also || group_of(region) == Some(group)).then_some(()).ok_or_else(wrong)
        }
    }
}

/// All regions, as Graph JSON. `displayName` is what `regionName` takes.
pub(crate) fn supported_regions() -> Vec<Value> {
    let regions = GROUPS
        .iter()
        .flat_map(|(group, place, regions)| regions.iter().map(move |region| (group, place, *region)));
    regions
        .map(|(group, place, region)| {
            let restricted = RESTRICTED.contains(&region);
            json!({
                "id": stable_id(&["supportedRegion", region]),
                "displayName": region,
                "regionStatus": if restricted { "restricted" } else { "available" },
                "regionGroup": group,
                "geographicLocationType": place,
                "supportedSolution": "windows365",
                "regionRestrictionDetail": {
                    "cPURestricted": restricted,
                    "gPURestricted": restricted,
                    "nestedVirtualizationRestricted": restricted,
                    "availabilityZoneRestricted": restricted,
                },
            })
        })
        .collect()
}
