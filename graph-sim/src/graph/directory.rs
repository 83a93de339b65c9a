//! Groups and the organization, built from the tenant: the directory is seeded and not written through Graph.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::page::Object;
use crate::world::{Group, Tenant};

/// The tenant's groups. They are assigned security groups.
pub fn groups(tenant: &Tenant) -> Vec<Object<'_>> {
    tenant.groups.iter().map(|one| Cow::Owned(group(one))).collect()
}

/// The one organization of a tenant.
pub fn organizations(tenant: &Tenant) -> Vec<Object<'_>> {
    let domains: Vec<Value> = tenant.verified_domains.iter().enumerate().map(domain).collect();
    let organization = json!({
        "id": tenant.id,
        "displayName": tenant.display_name,
        "tenantType": "AAD",
        "assignedPlans": [],
        "verifiedDomains": domains,
    });
    vec![Cow::Owned(into_map(organization))]
}

fn group(group: &Group) -> Map<String, Value> {
    into_map(json!({
        "id": group.id,
        "displayName": group.display_name,
        "mailNickname": group.mail_nickname,
        "groupTypes": [],
        "mailEnabled": false,
        "securityEnabled": true,
        "resourceProvisioningOptions": [],
        "assignedLicenses": [],
    }))
}

fn domain((index, name): (usize, &String)) -> Value {
    json!({
        "name": name,
        "type": "Managed",
        "capabilities": "Email, OfficeCommunicationsOnline",
        "isDefault": index == 0,
        "isInitial": name.to_lowercase().ends_with(".onmicrosoft.com"),
    })
}

fn into_map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
