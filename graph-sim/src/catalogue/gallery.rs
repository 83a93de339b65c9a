//! What a new tenant has although its seed does not name it: gallery images and organization settings.

use serde_json::{Value, json};

use crate::base::ids::stable_id;

/// The gallery images of a tenant whose seed names none, as Graph JSON. The case of the ids is the service's own.
#[must_use]
pub fn default_gallery() -> Vec<Value> {
    // Releases with the dates of their release and of the end of support (documented for Windows); builds, and
    // that there were images from the same day on, are assumed.
    let releases = [
        ("25h2", "25H2", "10.0.26200.6584", ["2025-09-30", "2028-10-10", "2029-04-10"]),
        ("24H2", "24H2", "10.0.26100.6584", ["2024-10-01", "2027-10-12", "2028-04-12"]),
        ("23h2", "23H2", "10.0.22631.5909", ["2023-10-31", "2026-11-10", "2027-05-10"]),
    ];
    let mut gallery = Vec::new();
    for (sku, release, version, [start, end, expiration]) in releases {
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
                "startDate": start,
                "endDate": end,
                // Six months later, as usual (documented).
                "expirationDate": expiration,
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
