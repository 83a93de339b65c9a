//! Users, groups and the organization, built from the tenant.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::licences::sku_id;
use crate::graph::odata::page::Listed;
use crate::world::{Group, Nesting, Seen, Tenant, User, into_map};

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

/// A member of a group. A group can have many thousands, of which a page shows some: each is made into an object when it is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part<'a> {
    /// A user in a list of users alone, which does not name their type.
    Plain(&'a User),
    /// A user in a list of users and groups.
    User(&'a User),
    /// A group in such a list.
    Group(&'a Group),
}

impl<'a> Part<'a> {
    pub(crate) fn made(&self) -> Seen<'a> {
        let (mut object, ty) = match self {
            Self::Plain(one) => return Cow::Owned(user(one)),
            Self::User(one) => (user(one), "#microsoft.graph.user"),
            Self::Group(one) => (group(one), "#microsoft.graph.group"),
        };
        object.insert("@odata.type".to_owned(), json!(ty));
        Cow::Owned(object)
    }
}

impl Listed for Part<'_> {
    fn id(&self) -> &str {
        match self {
            Self::Plain(one) | Self::User(one) => &one.id,
            Self::Group(one) => &one.id,
        }
    }

    fn object(&self) -> Seen<'_> {
        self.made()
    }
}

/// The members of one group: users, then groups.
pub(crate) fn members<'a>(tenant: &'a Tenant, id: &str) -> Option<Vec<Part<'a>>> {
    let own = tenant.group(id)?;
    let nesting = Nesting::of(&tenant.groups);
    let users = users_of(tenant, &[own]).into_iter().map(Part::User);
    Some(users.chain(nesting.direct(own).map(Part::Group)).collect())
}

/// The users that are members of one group.
pub(crate) fn member_users<'a>(tenant: &'a Tenant, id: &str) -> Option<Vec<Part<'a>>> {
    let users = users_of(tenant, &[tenant.group(id)?]);
    Some(users.into_iter().map(Part::Plain).collect())
}

/// The members of one group and of the groups that are members of it, each once: users, then groups.
pub(crate) fn transitive_members<'a>(tenant: &'a Tenant, id: &str) -> Option<Vec<Part<'a>>> {
    let all = with_nested(tenant, id)?;
    let users = users_of(tenant, &all).into_iter().map(Part::User);
    Some(users.chain(all.into_iter().skip(1).map(Part::Group)).collect())
}

/// The users that are members of one group or of one that is a member of it, each once.
pub(crate) fn transitive_member_users<'a>(tenant: &'a Tenant, id: &str) -> Option<Vec<Part<'a>>> {
    let users = users_of(tenant, &with_nested(tenant, id)?);
    Some(users.into_iter().map(Part::Plain).collect())
}

/// A group, and the groups that are members of it through any number of others.
fn with_nested<'a>(tenant: &'a Tenant, id: &str) -> Option<Vec<&'a Group>> {
    let own = tenant.group(id)?;
    let nested = Nesting::of(&tenant.groups).below(own);
    Some([own].into_iter().chain(nested).collect())
}

/// The users that are members of one of these groups themselves, each once. A member that is no user of the tenant is left out:
/// the directory could not have it.
fn users_of<'a>(tenant: &'a Tenant, groups: &[&Group]) -> Vec<&'a User> {
    // There can be many thousands, so each is not looked for one by one.
    let known: HashMap<String, &User> = tenant
        .users
        .iter()
        .map(|one| (one.user_principal_name.to_lowercase(), one))
        .collect();
    let mut seen = HashSet::new();
    let names = groups.iter().flat_map(|group| &group.members).map(|name| name.to_lowercase());
    let users = names.filter_map(|name| known.get(&name).copied());
    users.filter(|user| seen.insert(user.id.as_str())).collect()
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

/// A user as Graph JSON.
pub(crate) fn user(user: &User) -> Map<String, Value> {
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
