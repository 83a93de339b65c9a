//! Groups that are created and deleted through Graph: security groups with assigned members. Other groups are refused.
//!
//! A deleted group cannot be restored: there are no deleted items.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::members::{Member, refused};
use super::read::entity;
use crate::base::answer::Answer;
use crate::base::text::excerpt;
use crate::graph::body::check;
use crate::graph::collections::directory;
use crate::graph::odata::{self, Query};
use crate::graph::refusal::problem::{Outcome, Problem};
use crate::life;
use crate::world::{Deleted, Group, Tenant};

/// The properties of a create; the first four are required (documented).
const KNOWN: [&str; 6] = [
    "displayName",
    "mailNickname",
    "mailEnabled",
    "securityEnabled",
    "groupTypes",
    "members@odata.bind",
];
/// The most members of a create (documented).
const MOST_MEMBERS: usize = 20;

/// POST of a group.
pub(crate) fn create(call: Call<'_, '_>) -> Outcome {
    odata::none(call.request)?;
    let given = check::parse(call.request.body)?;
    let mut group = read(call.tenant()?, &given)?;
    group.created = Timestamp::from_second(call.world.now().as_second()).ok();
    group.id = loop {
        let id = call.world.new_id();
        let tenant = call.tenant()?;
        if tenant.group(&id).is_none() && tenant.deleted_group(&id).is_none() {
            break id;
        }
    };
    let body = entity(call.request, call.resource, &directory::group(&group), &Query::default());
    let tenant_id = &call.request.caller.tenant;
    let tenant = call.world.tenants.get_mut(tenant_id).ok_or_else(Problem::no_tenant)?;
    tenant.groups.push(group);
    life::directory_changed(call.world, tenant_id, false);
    Ok(Answer::created(body))
}

/// DELETE of a group. Assignments to it stay; to the Cloud PC service the group loses its members.
pub(crate) fn delete(call: Call<'_, '_>) -> Outcome {
    odata::none(call.request)?;
    call.resource.expect_id(&call.id)?;
    let groups = &call.tenant()?.groups;
    let place = groups.iter().position(|group| group.id.eq_ignore_ascii_case(&call.id));
    let place = place.ok_or_else(|| call.not_found())?;
    let at = call.world.instant();
    let tenant_id = &call.request.caller.tenant;
    let tenant = call.world.tenants.get_mut(tenant_id).ok_or_else(Problem::no_tenant)?;
    let group = tenant.groups.remove(place);
    for other in &mut tenant.groups {
        Member::Group(group.id.clone()).remove_from(other);
    }
    let mut object = directory::group(&group);
    object.insert("deletedDateTime".to_owned(), json!(at));
    let by = call.request.caller.actor.clone();
    tenant.deleted_groups.push(Deleted { object, at, by });
    life::directory_changed(call.world, tenant_id, false);
    Ok(Answer::no_content())
}

/// The group that a body describes, without an id.
fn read(tenant: &Tenant, given: &Map<String, Value>) -> Result<Group, Problem> {
    if let Some(other) = given.keys().find(|name| !KNOWN.contains(&name.as_str()) && !is_annotation(name)) {
        return Err(refused(format!(
            "The property '{}' cannot be given for a group here.",
            excerpt(other)
        )));
    }
    let text = |name: &str| match given.get(name).and_then(Value::as_str) {
        Some(text) if !text.trim().is_empty() => Ok(text.to_owned()),
        _ => Err(refused(format!("The property '{name}' must be a text that is not empty."))),
    };
    let (display_name, mail_nickname) = (text("displayName")?, text("mailNickname")?);
    let flag = |name: &str| match given.get(name) {
        Some(Value::Bool(flag)) => Ok(*flag),
        _ => Err(refused(format!("The property '{name}' must be true or false."))),
    };
    let assigned = given.get("groupTypes").is_none_or(|types| types == &json!([]));
    if flag("mailEnabled")? || !flag("securityEnabled")? || !assigned {
        return Err(Problem::not_simulated("groups other than security groups with assigned members"));
    }
    let mut group = Group {
        display_name,
        mail_nickname: Some(mail_nickname),
        ..Group::default()
    };
    members(tenant, given.get("members@odata.bind"), &mut group)?;
    Ok(group)
}

/// Annotations such as `@odata.type`; `members@odata.bind` is the only known binding.
fn is_annotation(name: &str) -> bool {
    name.starts_with("@odata.")
}

/// The members that are given by their addresses.
fn members(tenant: &Tenant, given: Option<&Value>, group: &mut Group) -> Result<(), Problem> {
    let Some(given) = given else {
        return Ok(());
    };
    let urls = given
        .as_array()
        .filter(|urls| urls.len() <= MOST_MEMBERS)
        .ok_or_else(|| refused(format!("'members@odata.bind' takes a list of at most {MOST_MEMBERS} addresses.")))?;
    for url in urls {
        let member = url.as_str().and_then(|url| Member::at(tenant, url));
        let nothing = || {
            refused(format!(
                "'members@odata.bind': no user or group is at {}.",
                excerpt(&url.to_string())
            ))
        };
        member.ok_or_else(nothing)?.add_to(group);
    }
    Ok(())
}
