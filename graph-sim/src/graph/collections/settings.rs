//! The rules of user settings.

use serde_json::{Map, Value, json};

use crate::catalogue::regions;
use crate::graph::refusal::problem::Problem;
use crate::options::Options;
use crate::world::{Tenant, text};

/// A new region of the recovery network without a group does not keep the old group.
pub(crate) fn drop_stale(stored: &Map<String, Value>, given: &mut Map<String, Value>) {
    let (recovery, network) = ("crossRegionDisasterRecoverySetting", "disasterRecoveryNetworkSetting");
    let before = stored.get(recovery).and_then(|recovery| recovery.get(network)?.get("regionGroup"));
    let group = before.and_then(Value::as_str);
    let network = given.get_mut(recovery).and_then(|recovery| recovery.get_mut(network));
    let Some(Value::Object(network)) = network else { return };
    let is_stale = regions::check(text(network, "regionName"), group).is_err();
    if is_stale && text(network, "regionName").is_some() && !network.contains_key("regionGroup") {
        network.insert("regionGroup".to_owned(), Value::Null);
    }
}

/// The service replaces the frequency `default` by the one that it means.
pub(crate) fn normalise(_: &Options, setting: &mut Map<String, Value>) {
    let restore = setting.get_mut("restorePointSetting").and_then(Value::as_object_mut);
    if let Some(restore) = restore
        && text(restore, "frequencyType") == Some("default")
    {
        restore.insert("frequencyType".to_owned(), json!("twelveHours"));
    }
}

/// The rules across properties.
pub(super) fn check(_: &Tenant, setting: &Map<String, Value>) -> Result<(), Problem> {
    if text(setting, "displayName").is_none_or(|name| name.trim().is_empty()) {
        return Err(Problem::invalid("The property 'displayName' must not be empty."));
    }
    let recovery = setting.get("crossRegionDisasterRecoverySetting").and_then(Value::as_object);
    let Some(recovery) = recovery else {
        return Ok(());
    };
    let by_user = recovery.get("userInitiatedDisasterRecoveryAllowed") == Some(&Value::Bool(true));
    if by_user && text(recovery, "disasterRecoveryType") != Some("premium") {
        return Err(Problem::invalid(
            "userInitiatedDisasterRecoveryAllowed goes with disasterRecoveryType premium only.",
        ));
    }
    let network = recovery.get("disasterRecoveryNetworkSetting").and_then(Value::as_object);
    let Some(network) = network else { return Ok(()) };
    let checked = regions::check(text(network, "regionName"), text(network, "regionGroup"));
    checked.map_err(|why| Problem::invalid(format!("disasterRecoveryNetworkSetting: {why}")))
}
