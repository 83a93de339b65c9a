//! Change windows of a tenant: when changes that put Cloud PCs at risk may be made. Whether one is open now is decided in
//! `src/tenant/change_windows.rs`.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::schema::not_nullable;

const START: &str = "self.matches('^([01][0-9]|2[0-3]):[0-5][0-9]$')";
const START_MESSAGE: &str = "must be a time from 00:00 to 23:59, such as 22:00";
const END: &str = "self.matches('^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$')";
const END_MESSAGE: &str = "must be a time from 00:00 to 24:00, such as 04:00";
/// The form of the names only: which zones there are changes with each release of the database.
const ZONE: &str = "self.matches('^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$')";
const ZONE_MESSAGE: &str = "must be the name of a time zone in the IANA database, such as Europe/Berlin or UTC";

/// Hours of days, by the clock of a time zone. The window is open while a clock there shows a time in it: where the clock is put forward, a window that would open in the hour that is left out opens after it; where it is put back, the hour that comes twice counts both times.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
pub struct ChangeWindow {
    /// Days on which the window opens. Left out: every day. A window past midnight belongs to the day on which it opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 7))]
    pub days: Option<Vec<DayOfWeek>>,
    /// When the window opens, as hh:mm from 00:00 to 23:59.
    #[schemars(length(max = 5))]
    #[x_kube(validation = Rule::new(START).message(START_MESSAGE))]
    pub start: String,
    /// When the window closes, as hh:mm from 00:00 to 24:00. At or before `start`: on the next day.
    #[schemars(length(max = 5))]
    #[x_kube(validation = Rule::new(END).message(END_MESSAGE))]
    pub end: String,
    /// Time zone of `start` and `end`, by its name in the IANA database, such as `Europe/Berlin`. While the controller does not know the zone of one of the windows, none counts as open, and the tenant is not Ready.
    #[schemars(length(max = 64))]
    #[x_kube(validation = Rule::new(ZONE).message(ZONE_MESSAGE))]
    pub time_zone: String,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it")]
pub enum DayOfWeek {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// Whether a change window is open, and when that changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
pub struct ChangeWindowStatus {
    /// True: changes that put Cloud PCs at risk may be made now.
    pub open: bool,
    /// When the next change window opens; absent while one is open, and while none counts as open because one of them cannot be understood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opens_at: Option<Time>,
    /// When no change window is open any more; absent while none is open, and when that does not happen within 400 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closes_at: Option<Time>,
}
