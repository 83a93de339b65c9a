//! Whether a change window of a tenant is open, and when that changes. Pure.
//!
//! A window is open while a clock in its time zone shows a time in it, and for no other reason; what that means where clocks are
//! put forward or back follows from it. A tenant's windows are open while any of them is, so windows that overlap or adjoin are
//! one. While one of them cannot be understood, none counts as open.
//!
//! The time zones are those in this program, never those of the machine: every replica and every test has the same.

use std::iter::once;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};

use crate::api::{ChangeWindow, DayOfWeek, EntraTenantSpec};
use crate::base::text::one_line;
use crate::report::suggestions::nearest;

/// How far ahead the next change is looked for. Where windows are in zones that change their clocks on different days, it may be
/// half a year away; a year has every case.
const LOOK_AHEAD_DAYS: i32 = 400;
/// How many days of it are looked at together. The next change is within a day nearly always.
const STEP_DAYS: i32 = 4;
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// What the database calls the absence of a zone. It would count as UTC.
const NO_ZONES: [&str; 2] = ["Factory", "Etc/Unknown"];
const LONGEST_QUOTE: usize = 64;

/// Whether a change window is open.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum State {
    /// Changes that put Cloud PCs at risk may be made.
    Open {
        /// The first moment at which no window is open, in the zone of the window that ends then; none when there is no end within
        /// [`LOOK_AHEAD_DAYS`].
        until: Option<Zoned>,
    },
    /// They may not.
    Closed {
        /// The first moment at which a window is open, in the zone of that window.
        opens: Zoned,
    },
    /// They may not, because the windows cannot be understood; the text names the field and its value.
    Invalid(String),
}

impl State {
    /// When it changes, if that is known.
    pub(crate) fn next_change(&self) -> Option<Timestamp> {
        match self {
            Self::Open { until } => until.as_ref().map(Zoned::timestamp),
            Self::Closed { opens } => Some(opens.timestamp()),
            Self::Invalid(_) => None,
        }
    }

    /// The state in a sentence for a message of a status; it stays the same until the state changes.
    pub(crate) fn describe(&self, tenant: &str) -> String {
        match self {
            Self::Open { until: None } => format!("within the change windows of EntraTenant {tenant}"),
            Self::Open { until: Some(until) } => format!("within a change window of EntraTenant {tenant}, until {}", shown(until)),
            Self::Closed { opens } => format!(
                "outside the change windows of EntraTenant {tenant}; the next one opens {}",
                shown(opens)
            ),
            Self::Invalid(why) => format!("no change window of EntraTenant {tenant} counts as open: {why}"),
        }
    }
}

/// Why a change that puts Cloud PCs at risk has to wait.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shut {
    /// For the status of the resource that waits.
    pub message: String,
    /// When it need not wait any more; nothing when the spec of the tenant has to be corrected first.
    pub opens: Option<Timestamp>,
}

/// Whether a change that puts Cloud PCs at risk may be made now, as far as the change windows of the EntraTenant are concerned.
pub(crate) fn may_put_at_risk(tenant: &str, spec: &EntraTenantSpec, now: Timestamp) -> Result<(), Shut> {
    let state = at(spec.change_windows.as_deref(), now);
    match state {
        State::Open { .. } => Ok(()),
        State::Closed { .. } | State::Invalid(_) => Err(Shut {
            message: state.describe(tenant),
            opens: state.next_change(),
        }),
    }
}

/// The end of the window in which a change that was wanted at `from` can be made: of the one that is open then, or of the next. None
/// without change windows, and without an end in sight.
pub(crate) fn next_end(spec: &EntraTenantSpec, from: Timestamp) -> Option<Timestamp> {
    let windows = spec.change_windows.as_deref();
    match at(windows, from) {
        State::Open { until } => until.map(|until| until.timestamp()),
        State::Closed { opens } => at(windows, opens.timestamp()).next_change(),
        State::Invalid(_) => None,
    }
}

/// The state of a tenant with these change windows; without any, changes may be made at any time.
pub(crate) fn at(windows: Option<&[ChangeWindow]>, now: Timestamp) -> State {
    let Some(windows) = windows else {
        return State::Open { until: None };
    };
    let windows = match understood(windows) {
        Ok(windows) => windows,
        Err(why) => return State::Invalid(why),
    };
    let open_at = |at: Timestamp| windows.iter().find(|window| window.is_open(at));
    let is_open = open_at(now).is_some();
    let change = changes(&windows, now).find(|at| open_at(*at).is_some() != is_open);
    // Which window it is that opens then, or was open until then.
    let moment = |at: Timestamp| if is_open { at - SignedDuration::from_nanos(1) } else { at };
    let change = change.and_then(|at| Some(at.to_zoned(open_at(moment(at))?.zone.clone())));
    match (is_open, change) {
        (true, until) => State::Open { until },
        (false, Some(opens)) => State::Closed { opens },
        // Only at the end of the calendar: every window opens within two weeks.
        (false, None) => State::Invalid(format!("no window of spec.changeWindows opens within {LOOK_AHEAD_DAYS} days")),
    }
}

fn shown(at: &Zoned) -> String {
    let zone = at.time_zone().iana_name().unwrap_or("UTC");
    format!("{} ({zone})", at.strftime("%Y-%m-%dT%H:%M:%S%:z"))
}

/// A change window, read.
struct Window {
    /// None: every day.
    days: Option<Vec<Weekday>>,
    /// Minutes after the midnight with which the day begins on which the window opens. `closes` is more, by a day at most.
    opens: i64,
    closes: i64,
    zone: TimeZone,
}

impl Window {
    /// Whether the clock of the zone shows a time in the window.
    fn is_open(&self, at: Timestamp) -> bool {
        let shown = self.zone.to_datetime(at);
        let mut days = once(shown.date()).chain(shown.date().yesterday());
        days.any(|day| self.on(day).is_some_and(|(opens, closes)| opens <= shown && shown < closes))
    }

    /// What the clock shows when the window of that day opens and closes.
    fn on(&self, day: Date) -> Option<(DateTime, DateTime)> {
        if self.days.as_ref().is_some_and(|days| !days.contains(&day.weekday())) {
            return None;
        }
        let midnight = day.to_datetime(Time::midnight());
        let after = |minutes: i64| midnight.checked_add(minutes.minutes()).ok();
        Some((after(self.opens)?, after(self.closes)?))
    }

    /// The moments after `from`, up to `to`, at which the window may open or close: the clock shows such a time, or jumps.
    fn turns(&self, from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
        let jumps = self.zone.following(from).map(|jump| jump.timestamp());
        let jumps: Vec<Timestamp> = jumps.take_while(|at| *at <= to).collect();
        let stretches = once(from).chain(jumps.clone()).zip(jumps.iter().copied().chain(once(to)));
        let mut turns = jumps.clone();
        for (begin, end) in stretches {
            // Between two jumps the clock differs from UTC by the same time.
            let offset = self.zone.to_offset(begin);
            let (first, last) = (offset.to_datetime(begin).date(), offset.to_datetime(end).date());
            let first = first.yesterday().unwrap_or(first);
            let days = first.series(1.day()).take_while(|day| *day <= last);
            let shown = days.filter_map(|day| self.on(day)).flat_map(|(opens, closes)| [opens, closes]);
            let at = shown.filter_map(|shown| offset.to_timestamp(shown).ok());
            turns.extend(at.filter(|at| begin < *at && *at <= end));
        }
        turns
    }
}

/// The moments after `now` at which one of the windows may open or close, in order, as far as is looked ahead.
fn changes(windows: &[Window], now: Timestamp) -> impl Iterator<Item = Timestamp> {
    let day = move |number: i32| now.checked_add(DAY * number).unwrap_or(Timestamp::MAX);
    let steps = (0..LOOK_AHEAD_DAYS / STEP_DAYS).map(move |step| (day(step * STEP_DAYS), day((step + 1) * STEP_DAYS)));
    steps.flat_map(|(from, to)| {
        let mut turns: Vec<Timestamp> = windows.iter().flat_map(|window| window.turns(from, to)).collect();
        turns.sort_unstable();
        turns
    })
}

/// The windows of a spec, or which field of them cannot be understood. The API server has checked the form of all but the zone.
fn understood(windows: &[ChangeWindow]) -> Result<Vec<Window>, String> {
    if windows.is_empty() {
        return Err("spec.changeWindows is empty; name a window, or leave the field out to allow changes at any time".to_owned());
    }
    windows.iter().enumerate().map(|(index, window)| read(index, window)).collect()
}

fn read(index: usize, window: &ChangeWindow) -> Result<Window, String> {
    let ChangeWindow {
        days,
        start,
        end,
        time_zone,
    } = window;
    let wrong = |field: &str, value: &str, what: &str| {
        format!(
            "spec.changeWindows[{index}].{field}: {:?} is {what}",
            one_line(value, LONGEST_QUOTE)
        )
    };
    if days.as_ref().is_some_and(Vec::is_empty) {
        return Err(format!("spec.changeWindows[{index}].days is empty; leave it out for every day"));
    }
    let opens = minutes(start).filter(|minutes| *minutes < DAY.as_mins());
    let opens = opens.ok_or_else(|| wrong("start", start, "no time from 00:00 to 23:59"))?;
    let closes = minutes(end).ok_or_else(|| wrong("end", end, "no time from 00:00 to 24:00"))?;
    Ok(Window {
        days: days.as_ref().map(|days| days.iter().copied().map(weekday).collect()),
        opens,
        closes: if closes <= opens { closes + DAY.as_mins() } else { closes },
        zone: zone(time_zone).ok_or_else(|| wrong("timeZone", time_zone, &unknown_zone(time_zone)))?,
    })
}

/// A time of the form hh:mm up to 24:00, in minutes.
fn minutes(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |digits: &str| {
        let two = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        if two { digits.parse::<i64>().ok() } else { None }
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= DAY.as_mins()).then_some(total)
}

fn zone(name: &str) -> Option<TimeZone> {
    if NO_ZONES.iter().any(|none| none.eq_ignore_ascii_case(name)) {
        return None;
    }
    TimeZoneDatabase::bundled().get(name).ok()
}

fn unknown_zone(name: &str) -> String {
    let zones: Vec<String> = TimeZoneDatabase::bundled()
        .available()
        .map(|zone| zone.as_str().to_owned())
        .collect();
    let near = nearest(name, zones.iter().map(String::as_str));
    let near = near.first().map(|near| format!("; the nearest is {near:?}")).unwrap_or_default();
    format!("not in this controller's database of time zones (IANA){near}")
}

fn weekday(day: DayOfWeek) -> Weekday {
    match day {
        DayOfWeek::Monday => Weekday::Monday,
        DayOfWeek::Tuesday => Weekday::Tuesday,
        DayOfWeek::Wednesday => Weekday::Wednesday,
        DayOfWeek::Thursday => Weekday::Thursday,
        DayOfWeek::Friday => Weekday::Friday,
        DayOfWeek::Saturday => Weekday::Saturday,
        DayOfWeek::Sunday => Weekday::Sunday,
    }
}
