//! The Enterprise service plans: the sizes of Cloud PC of each licence.
//!
//! Frontline plans are not here; a tenant has those that its seed names.

use serde_json::{Value, json};

use crate::base::ids::stable_id;

/// The sizes that are sold (assumed): processors, memory and storage in GB.
const SIZES: [(u32, u32, u32); 14] = [
    (1, 2, 64),
    (2, 4, 64),
    (2, 4, 128),
    (2, 4, 256),
    (2, 8, 128),
    (2, 8, 256),
    (4, 16, 128),
    (4, 16, 256),
    (4, 16, 512),
    (8, 32, 128),
    (8, 32, 256),
    (8, 32, 512),
    (16, 64, 512),
    (16, 64, 1024),
];

/// The plan of an Enterprise licence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EnterprisePlan {
    /// The part number of the licence, such as `CPC_E_2C_8GB_128GB`.
    pub part_number: String,
    /// The plan's id, `servicePlanId` of a Cloud PC.
    pub id: String,
    /// The plan's name, `servicePlanName` of a Cloud PC.
    pub name: String,
    pub processors: u32,
    pub memory: u32,
    pub storage: u32,
}

impl EnterprisePlan {
    fn of((processors, memory, storage): (u32, u32, u32)) -> Self {
        let disk = if storage == 1024 {
            "1TB".to_owned()
        } else {
            format!("{storage}GB")
        };
        let part_number = format!("CPC_E_{processors}C_{memory}GB_{disk}");
        Self {
            id: stable_id(&["servicePlan", &part_number]),
            name: format!("Cloud PC Enterprise {processors}vCPU/{memory}GB/{disk}"),
            part_number,
            processors,
            memory,
            storage,
        }
    }
}

/// The plan of a licence, by the licence's part number; nothing when the licence brings no Enterprise Cloud PC.
pub(crate) fn enterprise_plan(part_number: &str) -> Option<EnterprisePlan> {
    SIZES
        .into_iter()
        .map(EnterprisePlan::of)
        .find(|plan| plan.part_number.eq_ignore_ascii_case(part_number))
}

/// All Enterprise service plans, as Graph JSON.
pub(crate) fn service_plans() -> Vec<Value> {
    let plans = SIZES.into_iter().map(EnterprisePlan::of);
    plans
        .map(|plan| {
            json!({
                "id": plan.id,
                "displayName": plan.name,
                "vCpuCount": plan.processors,
                "ramInGB": plan.memory,
                "storageInGB": plan.storage,
                "type": "enterprise",
                "provisioningType": "dedicated",
                "userProfileInGB": 0,
                "supportedSolution": "windows365",
            })
        })
        .collect()
}
