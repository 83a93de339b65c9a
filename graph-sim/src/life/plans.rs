//! Service plans as a Cloud PC names them: of Enterprise licences by their part number, of Frontline from the tenant.

use crate::catalogue::plans;
use crate::world::{Object, Tenant, stored_one, text};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub id: String,
    pub name: String,
}

impl Plan {
    /// Whether a Cloud PC has this plan. A seed may know it by its name only.
    pub(super) fn is_of(&self, pc: &Object) -> bool {
        let has = |name, value: &str| text(pc, name).is_some_and(|own| own.eq_ignore_ascii_case(value));
        has("servicePlanId", &self.id) || has("servicePlanName", &self.name)
    }

    /// A Frontline plan of the tenant.
    pub(crate) fn front_line(tenant: &Tenant, id: &str) -> Self {
        let stored = stored_one(tenant, "frontLineServicePlans", id);
        let name = stored.and_then(|plan| text(plan, "displayName")).unwrap_or(id);
        Self {
            id: stored.and_then(|plan| text(plan, "id")).unwrap_or(id).to_owned(),
            name: name.to_owned(),
        }
    }
}

/// The plan of an Enterprise licence; nothing for other part numbers.
pub(crate) fn enterprise_plan(part_number: &str) -> Option<Plan> {
    plans::enterprise_plan(part_number).map(|plans::EnterprisePlan { id, name, .. }| Plan { id, name })
}
