//! `apply` and `applyConfig`: apply the present settings of a policy to existing Cloud PCs. Beta only.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::audit::{self, AuditedWrite, Change, Verb};
use super::call::Call;
use super::write::{audit, current};
use crate::base::answer::{Answer, GraphRequest};
use crate::base::text::excerpt;
use crate::graph::body::check::{self, Mode};
use crate::graph::collections::table::CLOUD_PCS;
use crate::graph::odata;
use crate::graph::refusal::problem::{Outcome, Problem};
use crate::life::{self, PolicySetting};
use crate::schema::enums::POLICY_SETTING_TYPE;
use crate::schema::{Fallback, Kind, Property, Type};
use crate::world::{Object, World, stored_one, text};

/// The parameters of `apply`.
static APPLY: Type = Type::new(
    "apply",
    &[
        setting(),
        Property::new("reservePercentage", Kind::Int32).beta(),
        Property::new("isForceUserLogoffEnabled", Kind::Boolean)
            .beta()
            .or(Fallback::Flag(false)),
    ],
);

/// The parameters of `applyConfig`.
static APPLY_CONFIG: Type = Type::new(
    "applyConfig",
    &[setting(), Property::new("cloudPcIds", Kind::Text).list().beta().required()],
);

const fn setting() -> Property {
    Property::new("policySettings", Kind::Enum(&POLICY_SETTING_TYPE)).beta()
}

/// POST to a policy's `apply`: all of its Cloud PCs.
pub(crate) fn apply(call: Call<'_, '_>) -> Outcome {
    let parameters = parameters(call.request, &APPLY)?;
    let setting = setting_of(&parameters)?;
    let policy = current(&call)?.clone();
    check_reserve(&policy, &parameters)?;
    life::apply_policy(call.world, &call.request.caller.tenant, &call.id, setting);
    let change = Change::Updated(&policy, &policy);
    audit(call.world, call.request, call.resource, Verb::Apply, change)?;
    Ok(Answer::no_content())
}

/// POST to `applyConfig`: some Cloud PCs, each with the settings of its own policy.
pub(crate) fn apply_config(call: Call<'_, '_>) -> Outcome {
    let parameters = parameters(call.request, &APPLY_CONFIG)?;
    let setting = setting_of(&parameters)?;
    let asked = parameters.get("cloudPcIds").and_then(Value::as_array);
    let ids: Vec<String> = asked.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    if ids.is_empty() {
        return Err(Problem::bad_request("The parameter 'cloudPcIds' needs at least one id."));
    }
    let caller = &call.request.caller.tenant;
    let before = cloud_pcs(call.world, caller, &ids)?;
    life::apply_to(call.world, caller, &ids, setting);
    let after = cloud_pcs(call.world, caller, &ids)?;
    let changes: Vec<Change<'_>> = before
        .iter()
        .zip(&after)
        .map(|(before, after)| Change::Updated(before, after))
        .collect();
    let write = AuditedWrite {
        verb: Verb::Apply,
        resource: call.resource,
        of: &CLOUD_PCS,
        changes: &changes,
    };
    audit::record(call.world, call.request, &write)?;
    Ok(Answer::no_content())
}

/// The Cloud PCs with these ids, each once even if it is named several times.
fn cloud_pcs(world: &World, tenant: &str, ids: &[String]) -> Result<Vec<Object>, Problem> {
    let tenant = world.tenants.get(tenant).ok_or_else(Problem::no_tenant)?;
    let mut found: Vec<Object> = Vec::new();
    let mut seen = HashSet::new();
    for id in ids {
        let unknown = || Problem::invalid(format!("No Cloud PC has the id '{}'.", excerpt(id)));
        let pc = stored_one(tenant, CLOUD_PCS.name, id).ok_or_else(unknown)?;
        if seen.insert(id.to_ascii_lowercase()) {
            found.push(pc.clone());
        }
    }
    Ok(found)
}

fn parameters(request: &GraphRequest<'_>, ty: &'static Type) -> Result<Map<String, Value>, Problem> {
    odata::none(request)?;
    check::object(ty, request.version, Mode::Create, &check::parse(request.body)?)
}

/// Left out or null, it is the region (documented).
fn setting_of(parameters: &Map<String, Value>) -> Result<PolicySetting, Problem> {
    let chosen = text(parameters, "policySettings");
    PolicySetting::parse(chosen).ok_or_else(|| Problem::invalid("policySettings takes region or singleSignOn."))
}

/// The reserve is a share of Frontline shared Cloud PCs that stay available, from 0 to 99; users are logged off by force only
/// when it is 0 (documented).
fn check_reserve(policy: &Map<String, Value>, parameters: &Map<String, Value>) -> Result<(), Problem> {
    let reserve = parameters.get("reservePercentage").and_then(Value::as_i64);
    if reserve.is_some_and(|reserve| !(0..=99).contains(&reserve)) {
        return Err(Problem::invalid("reservePercentage takes 0 to 99."));
    }
    let forced = parameters.get("isForceUserLogoffEnabled") == Some(&Value::Bool(true));
    if forced && reserve != Some(0) {
        return Err(Problem::invalid(
            "isForceUserLogoffEnabled goes with a reservePercentage of 0 only.",
        ));
    }
    if reserve.is_some() && text(policy, "provisioningType") != Some("sharedByEntraGroup") {
        return Err(Problem::invalid(
            "reservePercentage goes with the provisioningType sharedByEntraGroup only.",
        ));
    }
    Ok(())
}
