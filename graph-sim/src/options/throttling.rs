//! Limits on requests, by the simulator's clock: their kinds, the published numbers, and the form of the option.
//!
//! `throttle` counts. The numbers are the published ones (documented); that the
//! limits of an object in the option count for the whole Cloud PC service is our choice, because most of its operations have
//! no published number.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which limits count.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub enum Throttling {
    /// None.
    #[default]
    Off,
    /// The published ones.
    Published,
    /// These.
    Limits(Limits),
}

/// Limits; one that is left out does not count. For a user's request, the user counts as the application.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Limits {
    /// Lists of the Cloud PC service by one application in one tenant, in 60 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_per_minute: Option<NonZeroU32>,
    /// Reads of single Cloud PC objects by one application in one tenant, in 60 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub get_per_minute: Option<NonZeroU32>,
    /// As `listPerMinute`, of all senders in a tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_list_per_minute: Option<NonZeroU32>,
    /// As `getPerMinute`, of all senders in a tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_get_per_minute: Option<NonZeroU32>,
    /// Requests other than GET of the Cloud PC service, by one application in one tenant, in 20 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write_per20s: Option<NonZeroU32>,
    /// As `writePer20s`, of all senders in a tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_write_per20s: Option<NonZeroU32>,
    /// Any request for `managedDevices` by one application in one tenant, in 20 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_per20s: Option<NonZeroU32>,
    /// As `devicePer20s`, of all senders in a tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_device_per20s: Option<NonZeroU32>,
    /// Writes to `managedDevices` by one application in one tenant, in 20 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_write_per20s: Option<NonZeroU32>,
    /// As `deviceWritePer20s`, of all senders in a tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_device_write_per20s: Option<NonZeroU32>,
    /// Resource units of the directory for one application in one tenant, in 10 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory_units_per10s: Option<NonZeroU32>,
    /// Writes to the directory by one application in one tenant, in 150 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory_write_per150s: Option<NonZeroU32>,
    /// Resource units of the directory for one application in all tenants, in 20 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory_app_units_per20s: Option<NonZeroU32>,
    /// Any Graph request of one application in all tenants, in 10 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per10s: Option<NonZeroU32>,
    /// Whether refused requests use up the limit too, so that a client that does not wait is always refused.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub count_refused: bool,
}

/// The published limits (documented). Resource units of the directory depend on the size of the tenant and are not in here.
pub(crate) static PUBLISHED: Limits = Limits {
    list_per_minute: NonZeroU32::new(90),
    get_per_minute: NonZeroU32::new(270),
    tenant_list_per_minute: NonZeroU32::new(180),
    tenant_get_per_minute: NonZeroU32::new(540),
    write_per20s: None,
    tenant_write_per20s: None,
    device_per20s: NonZeroU32::new(2000),
    tenant_device_per20s: NonZeroU32::new(4000),
    device_write_per20s: NonZeroU32::new(200),
    tenant_device_write_per20s: NonZeroU32::new(400),
    directory_units_per10s: None,
    directory_write_per150s: NonZeroU32::new(3000),
    directory_app_units_per20s: NonZeroU32::new(150_000),
    requests_per10s: NonZeroU32::new(130_000),
    // "All requests accrue against your usage limits" (documented).
    count_refused: true,
};

/// Resource units of the directory in 10 s, by the number of users (documented).
pub(crate) fn published_units(users: usize) -> u32 {
    match users {
        ..50 => 3500,
        50..=500 => 5000,
        _ => 8000,
    }
}

impl TryFrom<Value> for Throttling {
    type Error = String;

    fn try_from(given: Value) -> Result<Self, String> {
        match given.as_str() {
            Some("off") => Ok(Self::Off),
            Some("published") => Ok(Self::Published),
            Some(other) => Err(format!("throttling takes off, published or an object of limits, not '{other}'")),
            None => serde_json::from_value(given)
                .map(Self::Limits)
                .map_err(|error| format!("throttling: {error}")),
        }
    }
}

impl From<Throttling> for Value {
    fn from(throttling: Throttling) -> Self {
        match throttling {
            Throttling::Off => Self::from("off"),
            Throttling::Published => Self::from("published"),
            Throttling::Limits(limits) => serde_json::to_value(limits).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests;
