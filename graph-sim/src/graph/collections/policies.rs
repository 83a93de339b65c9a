//! The rules of provisioning policies: which properties go together, and which objects they must refer to.

use serde_json::{Map, Value, json};

use crate::base::answer::GraphRequest;
use crate::base::caller::Actor;
use crate::base::text::excerpt;
use crate::catalogue::regions;
use crate::graph::refusal::permission::forbidden;
use crate::graph::refusal::problem::Problem;
use crate::options::{Options, OptionsPatch};
use crate::world::{Tenant, World, stored_one, text};

const GRACE_PERIOD: &str = "gracePeriodInHours";

/// Changes options. Policies show the grace period, so those that have the option's former value follow it.
///
/// # Errors
/// A value that an option cannot have; nothing is changed then.
pub fn change_options(world: &mut World, patch: &OptionsPatch) -> Result<(), String> {
    let before = world.options.grace_period.in_hours();
    patch.apply(&mut world.options)?;
    let (after, now) = (world.options.grace_period.in_hours(), world.now());
    let tenants = world.tenants.values_mut().filter(|_| before != after);
    for policies in tenants.filter_map(|tenant| tenant.collections.get_mut("provisioningPolicies")) {
        let following = policies.iter().filter(|policy| policy.get(GRACE_PERIOD) == Some(&json!(before)));
        let ids: Vec<String> = following.filter_map(|policy| text(policy, "id").map(str::to_owned)).collect();
        for id in ids {
            policies.change(&id, now, now, |policy| policy.insert(GRACE_PERIOD.to_owned(), json!(after)));
        }
    }
    Ok(())
}

/// Sets what the service derives itself.
pub(crate) fn normalise(options: &Options, policy: &mut Map<String, Value>) {
    if policy.get(GRACE_PERIOD).is_none_or(Value::is_null) {
        policy.insert(GRACE_PERIOD.to_owned(), json!(options.grace_period.in_hours()));
    }
    if text(policy, "cloudPcNamingTemplate").is_none() {
        policy.insert("cloudPcNamingTemplate".to_owned(), Value::Null);
    }
    let joins = policy.get_mut("domainJoinConfigurations").and_then(Value::as_array_mut);
    for join in joins.into_iter().flatten().filter_map(Value::as_object_mut) {
        for optional in ["onPremisesConnectionId", "regionName"] {
            if text(join, optional).is_none() {
                join.insert(optional.to_owned(), Value::Null);
            }
        }
        let group = text(join, "regionName").and_then(regions::group_of);
        if let (Some(group), true) = (group, join.get("regionGroup").is_none_or(Value::is_null)) {
            join.insert("regionGroup".to_owned(), json!(group));
        }
    }
}

/// The directory roles of which one is needed for Windows Autopatch: the first is documented, the second has all rights.
const AUTOPATCH_ROLES: [&str; 2] = ["Intune Administrator", "Global Administrator"];

/// Refuses values that only some people may set.
pub(crate) fn authorise(request: &GraphRequest<'_>, given: &Map<String, Value>) -> Result<(), Problem> {
    let managed = given.get("microsoftManagedDesktop").and_then(Value::as_object);
    let is_managed = managed
        .and_then(|managed| text(managed, "managedType"))
        .is_some_and(|kind| kind != "notManaged");
    let patched = given.get("autopatch").and_then(Value::as_object);
    let has_group = patched.is_some_and(|patched| text(patched, "autopatchGroupId").is_some());
    if !is_managed && !has_group {
        return Ok(());
    }
    let caller = request.caller;
    match caller.actor {
        Actor::App { .. } => Err(forbidden(
            request,
            "Windows Autopatch can be set up by a signed-in administrator only",
        )),
        Actor::User { .. } if caller.directory_roles.iter().any(|role| AUTOPATCH_ROLES.contains(&role.as_str())) => Ok(()),
        Actor::User { .. } => Err(forbidden(
            request,
            &format!("Windows Autopatch takes one of the directory roles: {}", AUTOPATCH_ROLES.join(", ")),
        )),
    }
}

/// The rules across properties.
pub(crate) fn check(tenant: &Tenant, policy: &Map<String, Value>) -> Result<(), Problem> {
    for name in ["displayName", "imageId", "imageDisplayName"] {
        if text(policy, name).is_none_or(|text| text.trim().is_empty()) {
            return Err(Problem::invalid(format!("The property '{name}' must not be empty.")));
        }
    }
    check_image(tenant, policy)?;
    check_joins(tenant, policy)?;
    if let Some(template) = text(policy, "cloudPcNamingTemplate") {
        check_naming_template(template)?;
    }
    check_locale(policy)?;
    check_autopatch(policy)?;
    check_autopilot(policy)?;
    check_shared_only(policy)
}

fn check_image(tenant: &Tenant, policy: &Map<String, Value>) -> Result<(), Problem> {
    let id = text(policy, "imageId").unwrap_or_default();
    let (collection, what) = match text(policy, "imageType") {
        Some("gallery") => ("galleryImages", "gallery image"),
        _ => ("deviceImages", "custom image"),
    };
    if stored_one(tenant, collection, id).is_some() {
        return Ok(());
    }
    let id = excerpt(id);
    Err(Problem::invalid(format!("The imageId '{id}' is not the id of a {what}.")))
}

fn check_joins(tenant: &Tenant, policy: &Map<String, Value>) -> Result<(), Problem> {
    let joins = policy.get("domainJoinConfigurations").and_then(Value::as_array);
    let joins = joins
        .filter(|joins| !joins.is_empty())
        .ok_or_else(|| Problem::invalid("The property 'domainJoinConfigurations' needs at least one entry."))?;
    for (index, join) in joins.iter().filter_map(Value::as_object).enumerate() {
        let refuse = |why: &str| Problem::invalid(format!("domainJoinConfigurations[{index}]: {why}"));
        let connection = text(join, "onPremisesConnectionId");
        let region = text(join, "regionName");
        match (text(join, "domainJoinType"), connection, region) {
            (None, ..) => return Err(refuse("'domainJoinType' is required.")),
            (Some("hybridAzureADJoin"), None, _) => {
                return Err(refuse("hybridAzureADJoin needs an 'onPremisesConnectionId'."));
            }
            (Some("hybridAzureADJoin"), _, Some(_)) => {
                return Err(refuse("hybridAzureADJoin takes no 'regionName'."));
            }
            (Some("azureADJoin"), Some(_), Some(_)) | (Some("azureADJoin"), None, None) => {
                return Err(refuse(
                    "azureADJoin takes exactly one of 'onPremisesConnectionId' and 'regionName'.",
                ));
            }
            _ => {}
        }
        regions::check(region, text(join, "regionGroup")).map_err(|why| refuse(&why))?;
        if let Some(connection) = connection {
            check_connection(tenant, connection).map_err(|why| refuse(&why))?;
        }
    }
    Ok(())
}

/// A connection can be used once its first health check has passed.
fn check_connection(tenant: &Tenant, id: &str) -> Result<(), String> {
    let connection = stored_one(tenant, "onPremisesConnections", id)
        .ok_or_else(|| format!("no Azure network connection has the id '{}'.", excerpt(id)))?;
    match text(connection, "healthCheckStatus") {
        Some("pending" | "running" | "failed") => Err("the Azure network connection has not passed its health check.".to_owned()),
        _ => Ok(()),
    }
}

/// Letters, digits, hyphens and the tokens `%USERNAME:x%` and `%RAND:y%`; a name of 5 to 15 characters comes out.
fn check_naming_template(template: &str) -> Result<(), Problem> {
    let refuse = |why: String| Err(Problem::invalid(format!("cloudPcNamingTemplate: {why}")));
    let mut length: u32 = 0;
    let mut random: Option<u32> = None;
    // Between percent signs, every second part is a token.
    for (index, part) in template.split('%').enumerate() {
        if index % 2 == 0 {
            if !part.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-') {
                return refuse("only letters, digits and hyphens are allowed beside tokens.".to_owned());
            }
            length = length.saturating_add(u32::try_from(part.len()).unwrap_or(u32::MAX));
            continue;
        }
        let token = part.split_once(':').and_then(|(name, digits)| {
            let number = digits.parse::<u32>().ok().filter(|number| *number > 0)?;
            Some((name, number))
        });
        match token {
            Some(("RAND", number)) if random.is_none() => {
                random = Some(number);
                length = length.saturating_add(number);
            }
            Some(("USERNAME", number)) => length = length.saturating_add(number),
            _ => return refuse(format!("'%{}%' is not a token that it can have.", excerpt(part))),
        }
    }
    if template.matches('%').count() % 2 == 1 {
        return refuse("a token is not closed.".to_owned());
    }
    if random.is_none_or(|number| number < 5) {
        return refuse("it needs %RAND:y% with y of at least 5.".to_owned());
    }
    if !(5..=15).contains(&length) {
        return refuse(format!("the names would have {length} characters; 5 to 15 are allowed."));
    }
    Ok(())
}

/// A language tag, checked loosely: the service's list of languages grows.
fn check_locale(policy: &Map<String, Value>) -> Result<(), Problem> {
    let setting = policy.get("windowsSetting").and_then(Value::as_object);
    let Some(locale) = setting.and_then(|setting| text(setting, "locale")) else {
        return Ok(());
    };
    let mut parts = locale.split('-');
    let language = parts.next().unwrap_or_default();
    let is_tag = (2..=3).contains(&language.len())
        && language.bytes().all(|letter| letter.is_ascii_lowercase())
        && parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|letter| letter.is_ascii_alphanumeric()));
    if is_tag {
        return Ok(());
    }
    let locale = excerpt(locale);
    Err(Problem::invalid(format!(
        "windowsSetting: '{locale}' is not a language tag such as en-US."
    )))
}

fn check_autopatch(policy: &Map<String, Value>) -> Result<(), Problem> {
    let inner = |name: &str, property: &str| {
        policy
            .get(name)
            .and_then(Value::as_object)
            .and_then(|object| text(object, property))
            .map(str::to_owned)
    };
    let has_group = inner("autopatch", "autopatchGroupId").is_some();
    let managed = inner("microsoftManagedDesktop", "managedType");
    if has_group && managed.as_deref() != Some("starterManaged") {
        return Err(Problem::invalid(
            "autopatch goes with a microsoftManagedDesktop of managedType starterManaged only.",
        ));
    }
    Ok(())
}

fn check_autopilot(policy: &Map<String, Value>) -> Result<(), Problem> {
    let Some(autopilot) = policy.get("autopilotConfiguration").and_then(Value::as_object) else {
        return Ok(());
    };
    let minutes = autopilot.get("applicationTimeoutInMinutes").and_then(Value::as_i64);
    let whole = text(autopilot, "devicePreparationProfileId").is_some()
        && autopilot.get("onFailureDeviceAccessDenied").is_some_and(Value::is_boolean)
        && minutes.is_some_and(|minutes| (30..=360).contains(&minutes));
    if whole {
        return Ok(());
    }
    Err(Problem::invalid(
        "autopilotConfiguration needs a devicePreparationProfileId, an applicationTimeoutInMinutes from 30 to 360 and \
         onFailureDeviceAccessDenied.",
    ))
}

fn check_shared_only(policy: &Map<String, Value>) -> Result<(), Problem> {
    if text(policy, "provisioningType") == Some("sharedByEntraGroup") {
        return Ok(());
    }
    if policy.get("userSettingsPersistenceConfiguration").is_some_and(Value::is_object) {
        return Err(Problem::invalid(
            "userSettingsPersistenceConfiguration goes with provisioningType sharedByEntraGroup only.",
        ));
    }
    if text(policy, "userExperienceType") == Some("cloudApp") {
        return Err(Problem::invalid(
            "userExperienceType cloudApp goes with provisioningType sharedByEntraGroup only.",
        ));
    }
    Ok(())
}
