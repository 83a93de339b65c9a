//! Users, groups and the organization, built from the tenant.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::licences::sku_id;
use crate::world::{Group, Seen, Tenant, User, into_map};

/// The tenant's groups. They are assigned security groups.
pub(crate) fn groups(tenant: &Tenant) -> Vec<Seen<'_>> {
    tenant.groups.iter().map(|one| Cow::Owned(group(one))).collect()
}

pub(crate) fn one_group<'a>(tenant: &'a Tenant, id: &str) -> Option<Seen<'a>> {
    tenant.group(id).map(|one| Cow::Owned(group(one)))
}

/// One user, by the id or by the sign-in name (documented).
pub(crate) fn one_user<'a>(tenant: &'a Tenant, id: &str) -> Option<Seen<'a>> {
    tenant.find_user(id).map(|one| Cow::Owned(user(one)))
}

pub(crate) fn users(tenant: &Tenant) -> Vec<Seen<'_>> {
    tenant.users.iter().map(|one| Cow::Owned(user(one))).collect()
}

/// The members of one group. A member that is no user of the tenant is left out: the directory could not have it.
pub(crate) fn members<'a>(tenant: &'a Tenant, group: &str) -> Option<Vec<Seen<'a>>> {
    let group = tenant.group(group)?;
    // A group can have many thousands, so each is not looked for one by one.
    let known: HashMap<String, &User> = tenant
        .users
        .iter()
        .map(|one| (one.user_principal_name.to_lowercase(), one))
        .collect();
    let users = group.members.iter().filter_map(|name| known.get(&name.to_lowercase()));
    let typed = users.map(|one| {
        let mut member = user(one);
        member.insert("@odata.type".to_owned(), json!("#microsoft.graph.user"));
        Cow::Owned(member)
    });
    Some(typed.collect())
}

/// The one organization of a tenant.
pub(crate) fn organizations(tenant: &Tenant) -> Vec<Seen<'_>> {
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

/// A group as Graph JSON.
pub(crate) fn group(group: &Group) -> Map<String, Value> {
    into_map(json!({
        "id": group.id,
        "createdDateTime": group.created,
        "displayName": group.display_name,
        "mailNickname": group.mail_nickname,
        "groupTypes": [],
        "mailEnabled": false,
        "securityEnabled": true,
        "resourceProvisioningOptions": [],
        "assignedLicenses": [],
    }))
}

fn user(user: &User) -> Map<String, Value> {
    let licences = user
        .licences
        .iter()
        .map(|part_number| json!({"disabledPlans": [], "skuId": sku_id(part_number)}));
    into_map(json!({
        "id": user.id,
        "displayName": user.display_name,
        "userPrincipalName": user.user_principal_name,
        "mail": null,
        "accountEnabled": true,
        "userType": "Member",
        "assignedLicenses": licences.collect::<Vec<_>>(),
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
