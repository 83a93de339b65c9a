//! `subscribedSkus`: the products that a tenant has bought, derived from its users' licences.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::base::ids::stable_id;
use crate::catalogue::plans::enterprise_plan;
use crate::world::{Seen, Tenant, into_map};

/// The id of a product, by its part number.
pub(crate) fn sku_id(part_number: &str) -> String {
    stable_id(&["sku", part_number])
}

/// One entry for each product of which a user has a licence. As many are bought as are used (assumed).
pub(crate) fn subscribed_skus(tenant: &Tenant) -> Vec<Seen<'_>> {
    let mut consumed: BTreeMap<&str, i32> = BTreeMap::new();
    for part_number in tenant.users.iter().flat_map(|user| &user.licences) {
        *consumed.entry(part_number).or_default() += 1;
    }
    let skus = consumed
        .into_iter()
        .map(|(part_number, consumed)| sku(tenant, part_number, consumed));
    skus.map(|sku| Cow::Owned(into_map(sku))).collect()
}

fn sku(tenant: &Tenant, part_number: &str, consumed: i32) -> Value {
    let id = sku_id(part_number);
    let plans: Vec<Value> = enterprise_plan(part_number)
        .map(|plan| {
            json!({
                "servicePlanId": plan.id,
                "servicePlanName": plan.part_number,
                "provisioningStatus": "Success",
                "appliesTo": "User",
            })
        })
        .into_iter()
        .collect();
    json!({
        "id": format!("{}_{id}", tenant.id),
        "accountId": tenant.id,
        "accountName": tenant.display_name,
        "appliesTo": "User",
        "capabilityStatus": "Enabled",
        "consumedUnits": consumed,
        "prepaidUnits": {"enabled": consumed, "suspended": 0, "warning": 0, "lockedOut": 0},
        "servicePlans": plans,
        "skuId": id,
        "skuPartNumber": part_number,
        "subscriptionIds": [stable_id(&[&tenant.id, "subscription", part_number])],
    })
}
