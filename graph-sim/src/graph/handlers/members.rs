//! Changes of a group's members, which are users and other groups.

use serde_json::Value;

use super::call::Call;
use crate::base::answer::Answer;
use crate::base::text::excerpt;
use crate::base::uri::segments;
use crate::graph::body::check;
use crate::graph::odata;
use crate::graph::refusal::problem::{Outcome, Problem};
use crate::life;
use crate::world::{Group, Tenant};

/// The property with the address of the new member.
const ADDRESS: &str = "@odata.id";

/// What is or becomes a member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Member {
    /// A user, by the sign-in name.
    User(String),
    /// A group, by the id.
    Group(String),
}

/// POST to `members/$ref`.
pub(crate) fn add(call: Call<'_, '_>) -> Outcome {
    odata::none(call.request)?;
    let given = check::parse(call.request.body)?;
    if let Some(other) = given.keys().find(|name| *name != ADDRESS) {
        return Err(refused(format!("The property '{}' cannot be given for a member.", excerpt(other))));
    }
    let url = given.get(ADDRESS).and_then(Value::as_str);
    let url = url.ok_or_else(|| refused(format!("The property '{ADDRESS}' must be the address of a user or a group.")))?;
    let place = place(&call)?;
    let member = Member::at(call.tenant()?, url).ok_or_else(|| nothing(&format!("no user or group is at '{}'", excerpt(url))))?;
    change(call, |groups| {
        let group = groups.get_mut(place).filter(|group| !member.is_in(group));
        let group = group.ok_or_else(|| refused("The object is a member of the group already.".to_owned()))?;
        member.add_to(group);
        Ok(())
    })
}

/// DELETE of `members/{id}/$ref`.
pub(crate) fn remove(call: Call<'_, '_>) -> Outcome {
    odata::none(call.request)?;
    let place = place(&call)?;
    let id = call.member.clone();
    let member = Member::with_id(call.tenant()?, &id);
    change(call, |groups| {
        let found = groups.get_mut(place).zip(member.as_ref());
        let found = found.filter(|(group, member)| member.is_in(group));
        let (group, member) = found.ok_or_else(|| nothing(&format!("no member of the group has the id '{}'", excerpt(&id))))?;
        member.remove_from(group);
        Ok(())
    })
}

impl Member {
    /// What has this address: `…/v1.0/users/{id}`, `…/groups/{id}` or `…/directoryObjects/{id}`.
    pub(super) fn at(tenant: &Tenant, url: &str) -> Option<Self> {
        let path = ["/v1.0/", "/beta/"].iter().find_map(|version| Some(url.split_once(version)?.1))?;
        let segments = segments(path)?;
        match segments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["users", id] => Self::user(tenant, id),
            ["groups", id] => Self::group(tenant, id),
            ["directoryObjects", id] => Self::user(tenant, id).or_else(|| Self::group(tenant, id)),
            _ => None,
        }
    }

    /// What has this id; a sign-in name is none.
    fn with_id(tenant: &Tenant, id: &str) -> Option<Self> {
        let user = tenant.users.iter().find(|user| user.id.eq_ignore_ascii_case(id));
        let user = user.map(|user| Self::User(user.user_principal_name.clone()));
        user.or_else(|| Self::group(tenant, id))
    }

    fn user(tenant: &Tenant, id: &str) -> Option<Self> {
        Some(Self::User(tenant.find_user(id)?.user_principal_name.clone()))
    }

    fn group(tenant: &Tenant, id: &str) -> Option<Self> {
        Some(Self::Group(tenant.group(id)?.id.clone()))
    }

    fn is_in(&self, group: &Group) -> bool {
        let (list, own) = match self {
            Self::User(name) => (&group.members, name),
            Self::Group(id) => (&group.member_groups, id),
        };
        list.iter().any(|one| one.eq_ignore_ascii_case(own))
    }

    /// Makes it a member of a group; it is there once.
    pub(super) fn add_to(self, group: &mut Group) {
        if self.is_in(group) {
            return;
        }
        match self {
            Self::User(name) => group.members.push(name),
            Self::Group(id) => group.member_groups.push(id),
        }
    }

    pub(super) fn remove_from(&self, group: &mut Group) {
        let (list, own) = match self {
            Self::User(name) => (&mut group.members, name),
            Self::Group(id) => (&mut group.member_groups, id),
        };
        list.retain(|one| !one.eq_ignore_ascii_case(own));
    }
}

/// Where the group of the path is in the tenant.
fn place(call: &Call<'_, '_>) -> Result<usize, Problem> {
    call.resource.expect_id(&call.id)?;
    let mut groups = call.tenant()?.groups.iter();
    groups
        .position(|group| group.id.eq_ignore_ascii_case(&call.id))
        .ok_or_else(|| call.not_found())
}

/// Changes the groups of the request's tenant. The Cloud PC service learns of it later.
fn change(call: Call<'_, '_>, change: impl FnOnce(&mut Vec<Group>) -> Result<(), Problem>) -> Outcome {
    let tenant_id = &call.request.caller.tenant;
    let tenant = call.world.tenants.get_mut(tenant_id).ok_or_else(Problem::no_tenant)?;
    change(&mut tenant.groups)?;
    life::directory_changed(call.world, tenant_id, false);
    Ok(Answer::no_content())
}

/// A request that the directory does not understand or cannot carry out.
pub(super) fn refused(message: String) -> Problem {
    Problem::new(400, "Request_BadRequest", message)
}

fn nothing(what: &str) -> Problem {
    Problem::new(404, "Request_ResourceNotFound", format!("Resource not found: {what}."))
}
