//! The `assign` action: the sent assignments replace all existing ones.

use serde_json::{Map, Value, json};

use super::audit::{Change, Verb};
use super::call::Call;
use super::read::entity;
use super::write::{audit, current, replace};
use crate::base::answer::{Answer, ApiVersion};
use crate::base::text::excerpt;
use crate::graph::body::check::{self, Mode, Reading};
use crate::graph::collections::offers::allotted;
use crate::graph::collections::resource::{Assignable, Resource};
use crate::graph::odata::{self, Query};
use crate::graph::refusal::problem::{Outcome, Problem};
use crate::life;
use crate::options::{AssignmentIdForm, DeletedGroupInAssign, ReadOnlyInBody, WriteAnswer};
use crate::schema::defaults;
use crate::schema::policy::GROUP_TARGET;
use crate::world::{Tenant, World, assignments, has_id, stored, stored_one, text};

/// POST to an entity's `assign`.
pub(crate) fn assign(call: Call<'_, '_>) -> Outcome {
    odata::none(call.request)?;
    let (resource, rules) = (call.resource, assignable(&call)?);
    let owner = current(&call)?.clone();
    let body = check::parse(call.request.body)?;
    let entries = entries(&body)?;
    let checked = AssignmentCheck {
        tenant: call.tenant()?,
        owner: &owner,
        rules,
        reading: call.reading(Mode::Create),
        deleted_groups: call.world.options.deleted_group_in_assign,
    }
    .check(entries)?;
    let fresh = complete(call.world, &owner, rules, checked);
    let mut object = owner.clone();
    object.insert("assignments".to_owned(), Value::Array(fresh));
    let body = entity(call.request, resource, &object, &Query::default());
    replace(call.world, call.request, resource, &call.id, object.clone())?;
    life::policies_changed(call.world, &call.request.caller.tenant);
    audit(call.world, call.request, resource, Verb::Assign, Change::Updated(&owner, &object))?;
    Ok(match call.world.options.assign_answer {
        WriteAnswer::NoContent => Answer::no_content(),
        WriteAnswer::Entity => Answer::ok(body).committed(true),
    })
}

/// The assignments of a seeded object, whose given ids are kept.
pub(crate) fn seed(
    world: &mut World,
    tenant_id: &str,
    resource: &Resource,
    owner: &Map<String, Value>,
    entries: &[Value],
) -> Result<Vec<Value>, Problem> {
    let Some(rules) = resource.assigned() else {
        return Ok(Vec::new());
    };
    let tenant = world.tenants.get(tenant_id).ok_or_else(Problem::no_tenant)?;
    let check = AssignmentCheck {
        tenant,
        owner,
        rules,
        reading: Reading {
            version: ApiVersion::Beta,
            mode: Mode::Seed,
            read_only: ReadOnlyInBody::Refuse,
        },
        deleted_groups: world.options.deleted_group_in_assign,
    };
    let checked = check.check(entries)?;
    Ok(complete(world, owner, rules, checked))
}

/// The rules of the resource's assignments; only assignable resources have routes to here.
fn assignable(call: &Call<'_, '_>) -> Result<&'static Assignable, Problem> {
    call.resource.assigned().ok_or_else(|| Problem::no_segment("assign"))
}

/// The list in the body; other parameters are refused.
fn entries(body: &Map<String, Value>) -> Result<&[Value], Problem> {
    let other = body.keys().find(|key| *key != "assignments" && !key.contains("@odata."));
    if let Some(other) = other {
        let other = excerpt(other);
        return Err(Problem::bad_request(format!("The action 'assign' has no parameter '{other}'.")));
    }
    match body.get("assignments") {
        Some(Value::Array(entries)) => Ok(entries),
        Some(_) => Err(Problem::bad_request("The parameter 'assignments' takes a list.")),
        None => Err(Problem::bad_request("The action 'assign' needs the parameter 'assignments'.")),
    }
}

/// What a new set of assignments is checked against.
struct AssignmentCheck<'a> {
    tenant: &'a Tenant,
    owner: &'a Map<String, Value>,
    rules: &'static Assignable,
    reading: Reading,
    deleted_groups: DeletedGroupInAssign,
}

impl AssignmentCheck<'_> {
    fn check(&self, entries: &[Value]) -> Result<Vec<Map<String, Value>>, Problem> {
        let mut checked: Vec<Map<String, Value>> = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let at = |problem: &str| Problem::invalid(format!("assignments[{index}]: {problem}"));
            let Value::Object(entry) = entry else {
                return Err(Problem::bad_request(format!("assignments[{index}] must be an object.")));
            };
            let entry = self.reading.object(self.rules.ty, &self.present(entry))?;
            let mut entry = defaults::complete(self.rules.ty, entry);
            let target = entry.get_mut("target").and_then(Value::as_object_mut);
            let Some(target) = target else {
                return Err(at("a target is needed."));
            };
            self.resolve_group(target).map_err(|why| at(&why))?;
            self.check_plan(target).map_err(|why| at(&why))?;
            self.expect_known_id(&entry, &checked)?;
            if checked.iter().any(|other| same_target(other, &entry)) {
                return Err(at("the group is there more than once."));
            }
            checked.push(entry);
        }
        self.expect_licences(&checked)?;
        Ok(checked)
    }

    /// The entry with the present name of its target's type.
    fn present(&self, entry: &Map<String, Value>) -> Map<String, Value> {
        let mut entry = entry.clone();
        let named = entry.get_mut("target").and_then(|target| target.get_mut("@odata.type"));
        if let Some(named) = named {
            let name = named
                .as_str()
                .and_then(|name| name.trim_start_matches('#').strip_prefix("microsoft.graph."));
            if name.is_some_and(|name| self.rules.group_aliases.contains(&name)) {
                *named = Value::String(GROUP_TARGET.odata_type());
            }
        }
        entry
    }

    /// The group must exist; its id is kept in the directory's spelling.
    fn resolve_group(&self, target: &mut Map<String, Value>) -> Result<(), String> {
        // Answers have had entries without a group (author), so a seed can have them.
        if self.reading.mode == Mode::Seed && text(target, "groupId").is_none() {
            return Ok(());
        }
        let id = text(target, "groupId").ok_or("a target needs a groupId.")?;
        let known = self
            .known_group(id)
            .ok_or_else(|| format!("no group has the id '{}'.", excerpt(id)))?;
        target.insert("groupId".to_owned(), json!(known));
        Ok(())
    }

    /// The id of a group that can be assigned. For a deleted group that is not established, so the option decides.
    fn known_group(&self, id: &str) -> Option<&str> {
        let there = self.tenant.group(id).map(|group| group.id.as_str());
        there.or_else(|| match self.deleted_groups {
            DeletedGroupInAssign::Refuse => None,
            DeletedGroupInAssign::Accept => text(&self.tenant.deleted_group(id)?.object, "id"),
        })
    }

    /// Shared types need a Frontline service plan; other types accept none. The portal sends "" for none.
    fn check_plan(&self, target: &mut Map<String, Value>) -> Result<(), String> {
        let kind = text(self.owner, "provisioningType").unwrap_or_default();
        let shared = self.rules.licensed && kind.starts_with("shared");
        let count = target.get("allotmentLicensesCount").and_then(Value::as_i64);
        let name = text(target, "allotmentDisplayName");
        let Some(id) = text(target, "servicePlanId") else {
            if shared {
                return Err(format!("provisioningType {kind} needs a servicePlanId."));
            }
            if count.is_some_and(|count| count != 0) || name.is_some() {
                return Err("an allotment goes with a servicePlanId only.".to_owned());
            }
            for none in ["servicePlanId", "allotmentDisplayName", "allotmentLicensesCount"] {
                target.insert(none.to_owned(), Value::Null);
            }
            return Ok(());
        };
        if !shared {
            return Err("a servicePlanId goes with a shared provisioningType only.".to_owned());
        }
        if stored_one(self.tenant, "frontLineServicePlans", id).is_none() {
            return Err(format!("no Frontline service plan has the id '{}'.", excerpt(id)));
        }
        match count {
            Some(count) if count < 0 => Err("allotmentLicensesCount must not be negative.".to_owned()),
            None if kind == "sharedByEntraGroup" => Err(format!("provisioningType {kind} needs an allotmentLicensesCount.")),
            _ => Ok(()),
        }
    }

    /// An entry with an id keeps an existing assignment of the same group.
    fn expect_known_id(&self, entry: &Map<String, Value>, checked: &[Map<String, Value>]) -> Result<(), Problem> {
        let Some(id) = text(entry, "id") else {
            return Ok(());
        };
        let repeated = checked.iter().any(|other| has_id(other, id));
        let known = self.reading.mode == Mode::Seed
            || assignments(self.owner)
                .iter()
                .filter_map(Value::as_object)
                .any(|there| has_id(there, id) && group_of(there) == group_of(entry));
        if repeated || !known {
            return Err(Problem::invalid("Invalid properties: Id"));
        }
        Ok(())
    }

    /// No plan may be allotted more often than it was bought, over all policies.
    fn expect_licences(&self, checked: &[Map<String, Value>]) -> Result<(), Problem> {
        for plan in stored(self.tenant, "frontLineServicePlans") {
            let id = text(plan, "id").unwrap_or_default();
            let wanted: i64 = checked
                .iter()
                .filter_map(|entry| entry.get("target")?.as_object())
                .filter(|target| text(target, "servicePlanId").is_some_and(|own| own.eq_ignore_ascii_case(id)))
                .filter_map(|target| target.get("allotmentLicensesCount")?.as_i64())
                .sum();
            if wanted <= 0 {
                continue;
            }
            let others = allotted(self.tenant, id, text(self.owner, "id"));
            let bought = plan.get("totalCount").and_then(Value::as_i64).unwrap_or(0);
            if wanted + others > bought {
                return Err(Problem::invalid(format!(
                    "The service plan '{id}' has {bought} licences; {others} are allotted elsewhere and {wanted} are asked for."
                )));
            }
        }
        Ok(())
    }
}

fn group_of(assignment: &Map<String, Value>) -> Option<&Value> {
    assignment.get("target")?.get("groupId")
}

fn same_target(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    let key = |entry: &Map<String, Value>| {
        let target = entry.get("target");
        let part = |name| target.and_then(|target| target.get(name)).cloned();
        (part("groupId"), part("servicePlanId"))
    };
    key(one) == key(other)
}

/// Sets the ids of new assignments: from owner and group where that is unique, a fresh one where a group can have several.
fn complete(world: &mut World, owner: &Map<String, Value>, rules: &Assignable, entries: Vec<Map<String, Value>>) -> Vec<Value> {
    let now = world.instant().to_string();
    let owner_id = text(owner, "id").unwrap_or_default();
    let mut fresh = Vec::with_capacity(entries.len());
    for mut entry in entries {
        let target = entry.get("target").and_then(Value::as_object);
        let licensed = target.is_some_and(|target| text(target, "servicePlanId").is_some());
        if text(&entry, "id").is_none() {
            let group = group_of(&entry).and_then(Value::as_str).unwrap_or_default();
            let id = match world.options.assignment_id_form {
                AssignmentIdForm::GroupId if !licensed => group.to_owned(),
                AssignmentIdForm::PolicyIdGroupId if !licensed => format!("{owner_id}_{group}"),
                _ => world.new_id(),
            };
            entry.insert("id".to_owned(), json!(id));
        }
        if rules.ty.property(ApiVersion::Beta, "createdDateTime").is_some() {
            let before = assignments(owner)
                .iter()
                .filter_map(Value::as_object)
                .find(|before| text(&entry, "id").is_some_and(|id| has_id(before, id)))
                .and_then(|before| before.get("createdDateTime"))
                .filter(|time| !time.is_null());
            let given = entry.get("createdDateTime").filter(|time| !time.is_null());
            let time = before.or(given).cloned().unwrap_or_else(|| json!(now));
            entry.insert("createdDateTime".to_owned(), time);
        }
        fresh.push(Value::Object(entry));
    }
    fresh
}
