//! The rules of user settings.

use serde_json::{Map, Value, json};

use super::problem::Problem;
use super::resource::text;
use crate::options::Options;
use crate::world::Tenant;

/// The service keeps the frequency `default` as the one that it stands for.
pub fn settle(_: &Options, setting: &mut Map<String, Value>) {
    let restore = setting.get_mut("restorePointSetting").and_then(Value::as_object_mut);
    if let Some(restore) = restore
        && text(restore, "frequencyType") == Some("default")
    {
        restore.insert("frequencyType".to_owned(), json!("twelveHours"));
    }
}

/// The rules across properties.
pub fn check(_: &Tenant, setting: &Map<String, Value>) -> Result<(), Problem> {
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
    Ok(())
}
