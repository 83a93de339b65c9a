//! What a tenant has without asking: the default gallery, the settings of its organization, and Frontline service plans
//! with what is set aside of them.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::page::Object;
use super::resource::{assignments, stored, text};
use crate::world::{Tenant, stable_id};

/// The gallery images of a tenant whose seed names none, as Graph JSON. The case of the ids is the service's own.
#[must_use]
pub fn default_gallery() -> Vec<Value> {
    let releases = [
        ("25h2", "25H2", "10.0.26200"),
        ("24H2", "24H2", "10.0.26100"),
        ("23h2", "23H2", "10.0.22631"),
    ];
    let mut gallery = Vec::new();
    for (sku, release, version) in releases {
        for (suffix, apps) in [("", ""), ("-m365", " + Microsoft 365 Apps")] {
            let sku = format!("win11-{sku}-ent-cpc{suffix}");
            gallery.push(json!({
                "id": format!("microsoftwindowsdesktop_windows-ent-cpc_{sku}"),
                "displayName": format!("Windows 11 Enterprise{apps} {release}"),
                "publisherName": "microsoftwindowsdesktop",
                "offerName": "windows-ent-cpc",
                "skuName": sku,
                "osVersionNumber": version,
                "sizeInGB": 64,
                "status": "supported",
            }));
        }
    }
    gallery
}

/// The organization settings of a tenant that has changed none of them (documented), as Graph JSON.
#[must_use]
pub fn default_organization_settings() -> Value {
    json!({
        "id": stable_id(&["organizationSettings"]),
        "osVersion": "windows11",
        "userAccountType": "standardUser",
        "enableMEMAutoEnroll": false,
        "enableSingleSignOn": false,
        "windowsSettings": {"language": "en-US"},
    })
}

/// Frontline service plans; what is allotted is counted from the policies of the moment.
pub fn service_plans(tenant: &Tenant) -> Vec<Object<'_>> {
    stored(tenant, "frontLineServicePlans")
        .map(|plan| {
            let allotted = text(plan, "id").map_or(0, |id| allotted(tenant, id, None));
            let mut plan = plan.clone();
            plan.insert("allotmentLicensesCount".to_owned(), json!(allotted));
            Cow::Owned(plan)
        })
        .collect()
}

/// The licences of a plan that policies set aside, one policy left out.
pub fn allotted(tenant: &Tenant, plan: &str, without_policy: Option<&str>) -> i64 {
    stored(tenant, "provisioningPolicies")
        .filter(|policy| without_policy.is_none() || text(policy, "id") != without_policy)
        .flat_map(assignments)
        .filter_map(|assignment| assignment.get("target")?.as_object())
        .filter(|target| text(target, "servicePlanId").is_some_and(|id| id.eq_ignore_ascii_case(plan)))
        .filter_map(|target| target.get("allotmentLicensesCount")?.as_i64())
        .sum()
}
