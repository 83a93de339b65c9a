//! What policies can choose from: service plans, regions and network connections, with what is allotted
//! or in use of them.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::catalogue::{plans, regions};
use crate::schema::catalogue::{SERVICE_PLAN, SUPPORTED_REGION};
use crate::schema::{Type, defaults};
use crate::world::{Seen, Tenant, assignments, stored, text};

/// Frontline service plans; what is allotted and used is counted from the present policies. An assignment without a number
/// uses all licences of its plan, as it does in the life of Cloud PCs (assumed).
pub(crate) fn front_line_plans(tenant: &Tenant) -> Vec<Seen<'_>> {
    stored(tenant, "frontLineServicePlans")
        .map(|plan| {
            let id = text(plan, "id").unwrap_or_default();
            let total = plan.get("totalCount").and_then(Value::as_i64).unwrap_or(0);
            let used: i64 = allotments(tenant, id, None).map(|licences| licences.unwrap_or(total)).sum();
            let mut plan = plan.clone();
            plan.insert("usedCount".to_owned(), json!(used.min(total)));
            plan.insert("allotmentLicensesCount".to_owned(), json!(allotted(tenant, id, None)));
            Cow::Owned(plan)
        })
        .collect()
}

/// The licences of a plan that policies allot, one policy left out.
pub(crate) fn allotted(tenant: &Tenant, plan: &str, without_policy: Option<&str>) -> i64 {
    allotments(tenant, plan, without_policy).flatten().sum()
}

/// The licences that each assignment allots of a plan, where it says how many.
fn allotments(tenant: &Tenant, plan: &str, without_policy: Option<&str>) -> impl Iterator<Item = Option<i64>> {
    stored(tenant, "provisioningPolicies")
        .filter(move |policy| without_policy.is_none() || text(policy, "id") != without_policy)
        .flat_map(assignments)
        .filter_map(|assignment| assignment.get("target")?.as_object())
        .filter(move |target| text(target, "servicePlanId").is_some_and(|id| id.eq_ignore_ascii_case(plan)))
        .map(|target| target.get("allotmentLicensesCount").and_then(Value::as_i64))
}

/// The Enterprise service plans; they are the same in every tenant.
pub(crate) fn enterprise_plans(_: &Tenant) -> Vec<Seen<'_>> {
    fixed(plans::service_plans(), &SERVICE_PLAN)
}

/// The regions that Cloud PCs can be in; they are the same in every tenant.
pub(crate) fn regions(_: &Tenant) -> Vec<Seen<'_>> {
    fixed(regions::supported_regions(), &SUPPORTED_REGION)
}

/// Azure network connections. Whether one is in use follows from the present policies.
pub(crate) fn connections(tenant: &Tenant) -> Vec<Seen<'_>> {
    let used: Vec<&str> = stored(tenant, "provisioningPolicies")
        .filter_map(|policy| policy.get("domainJoinConfigurations")?.as_array())
        .flatten()
        .filter_map(|join| join.get("onPremisesConnectionId")?.as_str())
        .collect();
    stored(tenant, "onPremisesConnections")
        .map(|connection| {
            let id = text(connection, "id").unwrap_or_default();
            let in_use = used.iter().any(|used| used.eq_ignore_ascii_case(id));
            let mut connection = connection.clone();
            if in_use {
                connection.insert("inUse".to_owned(), json!(true));
            }
            Cow::Owned(connection)
        })
        .collect()
}

/// Graph JSON of a catalogue as whole objects.
fn fixed<'a>(entries: Vec<Value>, ty: &'static Type) -> Vec<Seen<'a>> {
    let objects = entries.into_iter().filter_map(|entry| match entry {
        Value::Object(object) => Some(defaults::complete(ty, object)),
        _ => None,
    });
    objects.map(Cow::Owned).collect()
}

#[cfg(test)]
mod tests;
