//! Puts the users and groups of a seed into a tenant. Existing ones are replaced as a whole.
//!
//! Case does not matter in ids and sign-in names.

use std::collections::HashMap;

use jiff::Timestamp;

use super::form::{GroupSeed, UserSeed};
use crate::base::ids::{guid, stable_id};
use crate::world::{Group, Tenant, User, has_id};

/// A user is known by its id, or by its sign-in name, which is unique: no user may get another user's name.
pub(super) fn put_users(tenant: &mut Tenant, seeds: &[UserSeed]) -> Result<(), String> {
    let names: Vec<String> = tenant.users.iter().map(|user| user.user_principal_name.to_lowercase()).collect();
    let mut by_name: HashMap<String, usize> = names.iter().cloned().zip(0..).collect();
    let mut by_id: HashMap<String, usize> = tenant.users.iter().map(|user| user.id.to_lowercase()).zip(0..).collect();
    for (index, seed) in seeds.iter().enumerate() {
        let name = seed.user_principal_name.to_lowercase();
        let same_name = by_name.get(&name).copied();
        let own_id = || same_name.and_then(|place| tenant.users.get(place)).map(|user| user.id.clone());
        let id = seed.id.as_deref().map(object_id).or_else(own_id);
        let id = id.unwrap_or_else(|| id_of_user(tenant, &name));
        let known = by_id.get(&id.to_lowercase()).copied();
        if known.is_some() && same_name.is_some() && known != same_name {
            return Err(format!("users[{index}].userPrincipalName: another user has this name"));
        }
        let place = known.or(same_name).unwrap_or(tenant.users.len());
        if let Some(before) = tenant.users.get(place) {
            by_id.remove(&before.id.to_lowercase());
            by_name.remove(&before.user_principal_name.to_lowercase());
        }
        by_id.insert(id.to_lowercase(), place);
        by_name.insert(name, place);
        put(&mut tenant.users, place, new_user(id, seed));
    }
    keep_members(tenant, &names);
    Ok(())
}

/// A group is known by its id: names are not unique. An existing one keeps its creation time. Groups that are members may come
/// later in the list.
pub(super) fn put_groups(tenant: &mut Tenant, seeds: &[GroupSeed], now: Timestamp) -> Result<(), String> {
    let mut places: HashMap<String, usize> = tenant.groups.iter().map(|group| group.id.to_lowercase()).zip(0..).collect();
    let mut put_at = Vec::new();
    for seed in seeds {
        let id = seed.id.as_deref().map(object_id);
        let id = id.unwrap_or_else(|| id_of_name(tenant, &seed.display_name));
        let place = *places.entry(id.to_lowercase()).or_insert(tenant.groups.len());
        let before = tenant.groups.get(place).and_then(|group| group.created);
        let created = before.or_else(|| Timestamp::from_second(now.as_second()).ok());
        put(&mut tenant.groups, place, new_group(id, seed, created));
        put_at.push(place);
    }
    for (index, (seed, place)) in seeds.iter().zip(put_at).enumerate() {
        let members = seed.member_groups.iter().enumerate();
        let ids =
            members.map(|(at, one)| group_named(tenant, one).map_err(|reason| format!("groups[{index}].memberGroups[{at}]: {reason}")));
        let ids: Vec<String> = ids.collect::<Result<_, _>>()?;
        if let Some(group) = tenant.groups.get_mut(place) {
            group.member_groups = ids;
        }
    }
    Ok(())
}

/// The id of the group that has this id, or else this name.
fn group_named(tenant: &Tenant, id_or_name: &str) -> Result<String, String> {
    if let Some(group) = tenant.group(&object_id(id_or_name)) {
        return Ok(group.id.clone());
    }
    let mut named = tenant.groups.iter().filter(|group| group.display_name == id_or_name);
    match (named.next(), named.next()) {
        (Some(group), None) => Ok(group.id.clone()),
        (None, _) => Err(format!("there is no group '{id_or_name}'")),
        (Some(_), Some(_)) => Err(format!("several groups have the name '{id_or_name}'; the id is needed")),
    }
}

/// The id of a user that a seed gives none: the same in every run, and another one after a user of that name was deleted.
fn id_of_user(tenant: &Tenant, name: &str) -> String {
    let mut id = stable_id(&[&tenant.id, "user", name]);
    while tenant.deleted_users.iter().any(|user| has_id(&user.object, &id)) {
        id = stable_id(&[&tenant.id, "user", name, &id]);
    }
    id
}

/// The id of a group that a seed gives none: the same in every run, and another one after a group of that name was deleted.
fn id_of_name(tenant: &Tenant, name: &str) -> String {
    let mut id = stable_id(&[&tenant.id, "group", name]);
    let is_gone = |id: &str| tenant.deleted_group(id).is_some() && tenant.group(id).is_none();
    while is_gone(&id) {
        id = stable_id(&[&tenant.id, "group", name, &id]);
    }
    id
}

fn put<T>(list: &mut Vec<T>, place: usize, one: T) {
    match list.get_mut(place) {
        Some(before) => *before = one,
        None => list.push(one),
    }
}

/// Renamed users stay members of their groups: members are kept by name here, but a membership is
/// the user's.
fn keep_members(tenant: &mut Tenant, names: &[String]) {
    let users = names.iter().zip(&tenant.users);
    let renamed: HashMap<&str, &str> = users
        .map(|(before, user)| (before.as_str(), user.user_principal_name.as_str()))
        .filter(|(before, now)| *before != now.to_lowercase())
        .collect();
    if renamed.is_empty() {
        return;
    }
    for member in tenant.groups.iter_mut().flat_map(|group| &mut group.members) {
        if let Some(now) = renamed.get(member.to_lowercase().as_str()) {
            (*now).clone_into(member);
        }
    }
}

/// An id as the directory writes it.
fn object_id(text: &str) -> String {
    guid(text).unwrap_or_else(|_| text.to_owned())
}

fn new_user(id: String, seed: &UserSeed) -> User {
    let name = &seed.user_principal_name;
    User {
        id,
        user_principal_name: name.clone(),
        display_name: seed.display_name.clone().unwrap_or_else(|| name.clone()),
        roles: seed.roles.clone(),
        licences: seed.licences.clone(),
    }
}

fn new_group(id: String, seed: &GroupSeed, created: Option<Timestamp>) -> Group {
    Group {
        id,
        display_name: seed.display_name.clone(),
        mail_nickname: seed.mail_nickname.clone(),
        members: seed.members.clone(),
        member_groups: Vec::new(),
        created,
    }
}

#[cfg(test)]
mod tests;
