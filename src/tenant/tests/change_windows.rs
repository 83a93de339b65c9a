//! Change windows in zones that put their clocks forward and back: tables, and what holds for any windows at any time.

use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::json;

use crate::api::{ChangeWindow, EntraTenantSpec};
use crate::tenant::change_windows::{Shut, State, at, may_put_at_risk};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// A window such as `Monday Friday 22:00-04:00 Europe/Berlin`; without a day, of every day.
fn window(text: &str) -> ChangeWindow {
    let words: Vec<&str> = text.split(' ').collect();
    let [days @ .., hours, zone] = words.as_slice() else {
        panic!("{text}")
    };
    let (start, end) = hours.split_once('-').expect("hours");
    let days = (!days.is_empty()).then_some(days);
    let mut window = json!({"start": start, "end": end, "timeZone": zone});
    if let Some(days) = days {
        window["days"] = json!(days);
    }
    serde_json::from_value(window).expect("a window")
}

fn windows(texts: &[&str]) -> Vec<ChangeWindow> {
    texts.iter().copied().map(window).collect()
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn said(state: &State) -> String {
    let shown = |at: &jiff::Zoned| at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    match state {
        State::Open { until: None } => "open".to_owned(),
        State::Open { until: Some(until) } => format!("open until {}", shown(until)),
        State::Closed { opens } => format!("closed until {}", shown(opens)),
        State::Invalid(why) => format!("invalid: {why}"),
    }
}

fn states(cases: &[(&[&str], &str, &str)]) {
    for (texts, now, expected) in cases {
        let state = at(Some(&windows(texts)), time(now));
        assert_eq!(said(&state), *expected, "{texts:?} at {now}");
    }
}

#[test]
fn a_window_past_midnight_belongs_to_the_day_on_which_it_opens() {
    let monday: &[&str] = &["Monday 22:00-04:00 Europe/Berlin"];
    states(&[
        (monday, "2026-11-30T20:59:59.999Z", "closed until 2026-11-30T22:00:00+01:00"),
        (monday, "2026-11-30T21:00:00Z", "open until 2026-12-01T04:00:00+01:00"),
        (monday, "2026-12-01T02:59:59.999Z", "open until 2026-12-01T04:00:00+01:00"),
        (monday, "2026-12-01T03:00:00Z", "closed until 2026-12-07T22:00:00+01:00"),
        // Sunday's window and the new week.
        (
            &["Sunday 23:30-00:30 Asia/Kathmandu"],
            "2026-12-06T18:30:00Z",
            "open until 2026-12-07T00:30:00+05:45",
        ),
        (
            &["22:15-23:00 Asia/Kathmandu"],
            "2026-12-06T16:29:00Z",
            "closed until 2026-12-06T22:15:00+05:45",
        ),
    ]);
}

#[test]
fn where_clocks_are_put_forward_a_window_opens_after_the_gap() {
    states(&[
        // In Berlin, 02:00 to 03:00 is left out.
        (
            &["02:30-04:00 Europe/Berlin"],
            "2026-03-29T00:00:00Z",
            "closed until 2026-03-29T03:00:00+02:00",
        ),
        (
            &["02:30-04:00 Europe/Berlin"],
            "2026-03-29T01:00:00Z",
            "open until 2026-03-29T04:00:00+02:00",
        ),
        (
            &["01:00-02:30 Europe/Berlin"],
            "2026-03-29T00:30:00Z",
            "open until 2026-03-29T03:00:00+02:00",
        ),
        (
            &["02:15-02:45 Europe/Berlin"],
            "2026-03-28T12:00:00Z",
            "closed until 2026-03-30T02:15:00+02:00",
        ),
        (
            &["Sunday 02:15-02:45 Europe/Berlin"],
            "2026-03-22T02:00:00Z",
            "closed until 2026-04-05T02:15:00+02:00",
        ),
        (
            &["01:30-02:30 America/New_York"],
            "2026-03-08T06:30:00Z",
            "open until 2026-03-08T03:00:00-04:00",
        ),
        // On Lord Howe Island half an hour is, from 02:00.
        (
            &["02:00-02:30 Australia/Lord_Howe"],
            "2026-10-03T12:00:00Z",
            "closed until 2026-10-05T02:00:00+11:00",
        ),
        (
            &["02:00-03:00 Australia/Lord_Howe"],
            "2026-10-03T12:00:00Z",
            "closed until 2026-10-04T02:30:00+11:00",
        ),
        // In Samoa a whole Friday was.
        (
            &["Friday 00:00-24:00 Pacific/Apia"],
            "2011-12-29T12:00:00Z",
            "closed until 2012-01-06T00:00:00+14:00",
        ),
    ]);
}

#[test]
fn where_clocks_are_put_back_a_time_counts_as_often_as_the_clock_shows_it() {
    states(&[
        // In Berlin, 02:00 to 03:00 comes twice.
        (
            &["02:00-03:00 Europe/Berlin"],
            "2026-10-25T00:00:00Z",
            "open until 2026-10-25T03:00:00+01:00",
        ),
        (
            &["02:30-04:00 Europe/Berlin"],
            "2026-10-25T00:30:00Z",
            "open until 2026-10-25T02:00:00+01:00",
        ),
        (
            &["02:30-04:00 Europe/Berlin"],
            "2026-10-25T01:00:00Z",
            "closed until 2026-10-25T02:30:00+01:00",
        ),
        (
            &["01:30-02:30 America/New_York"],
            "2026-11-01T05:30:00Z",
            "open until 2026-11-01T01:00:00-05:00",
        ),
        (
            &["01:30-02:30 America/New_York"],
            "2026-11-01T06:00:00Z",
            "closed until 2026-11-01T01:30:00-05:00",
        ),
        (
            &["01:30-02:00 Australia/Lord_Howe"],
            "2026-04-04T14:30:00Z",
            "open until 2026-04-05T02:00:00+10:30",
        ),
        // Moscow has not put its clocks forward since.
        (
            &["01:00-02:00 Europe/Moscow"],
            "2014-10-25T21:00:00Z",
            "open until 2014-10-26T02:00:00+03:00",
        ),
        (
            &["02:30-03:30 Europe/Moscow"],
            "2026-03-28T23:00:00Z",
            "closed until 2026-03-29T02:30:00+03:00",
        ),
    ]);
}

#[test]
fn a_whole_day_is_one_of_23_or_25_hours_too() {
    let sunday: &[&str] = &["Sunday 00:00-24:00 Europe/Berlin"];
    states(&[
        (sunday, "2026-03-28T23:00:00Z", "open until 2026-03-30T00:00:00+02:00"),
        (sunday, "2026-10-24T22:00:00Z", "open until 2026-10-26T00:00:00+01:00"),
        (
            &["Sunday 00:00-00:00 Europe/Berlin"],
            "2026-10-24T22:00:00Z",
            "open until 2026-10-26T00:00:00+01:00",
        ),
        (
            &["Saturday 12:00-12:00 Europe/Berlin"],
            "2026-03-28T11:00:00Z",
            "open until 2026-03-29T12:00:00+02:00",
        ),
    ]);
}

#[test]
fn windows_that_adjoin_or_overlap_are_one() {
    states(&[
        (
            &["22:00-24:00 Europe/Berlin", "00:00-04:00 Europe/Berlin"],
            "2026-12-01T22:30:00Z",
            "open until 2026-12-02T04:00:00+01:00",
        ),
        // The window that ends, and the one that opens, say whose clock shows the time.
        (
            &["08:00-12:00 Europe/Berlin", "05:00-09:00 America/New_York"],
            "2026-12-01T08:00:00Z",
            "open until 2026-12-01T09:00:00-05:00",
        ),
        (
            &["08:00-12:00 Europe/Berlin", "05:00-09:00 America/New_York"],
            "2026-12-01T15:00:00Z",
            "closed until 2026-12-02T08:00:00+01:00",
        ),
        (&["00:00-24:00 Europe/Berlin"], "2026-12-01T08:00:00Z", "open"),
        // An hour is missing only in the weeks in which New York has changed its clocks and Berlin has not.
        (
            &["22:00-08:00 Europe/Berlin", "02:00-16:00 America/New_York"],
            "2026-12-01T08:00:00Z",
            "open until 2027-03-14T16:00:00-04:00",
        ),
    ]);
}

#[test]
fn without_change_windows_it_is_always_open() {
    assert_eq!(at(None, time("2026-12-01T08:00:00Z")), State::Open { until: None });
}

#[test]
fn what_cannot_be_understood_keeps_every_window_shut_and_is_named() {
    let now = time("2026-12-01T08:00:00Z");
    let invalid = |windows: &[ChangeWindow]| match at(Some(windows), now) {
        State::Invalid(why) => why,
        other => panic!("{other:?}"),
    };
    assert!(invalid(&[]).starts_with("spec.changeWindows is empty"));
    for (wrong, said) in [
        (
            "00:00-24:00 Europe/Berln",
            "spec.changeWindows[1].timeZone: \"Europe/Berln\" is not in this controller's database of time zones (IANA); the nearest is \"Europe/Berlin\"",
        ),
        ("00:00-24:00 Local", "spec.changeWindows[1].timeZone: \"Local\""),
        ("00:00-24:00 Factory", "spec.changeWindows[1].timeZone: \"Factory\""),
        ("00:00-24:00 Etc/unknown", "spec.changeWindows[1].timeZone: \"Etc/unknown\""),
        ("24:00-01:00 UTC", "spec.changeWindows[1].start: \"24:00\""),
        ("1:00-02:00 UTC", "spec.changeWindows[1].start: \"1:00\""),
        ("01:60-02:00 UTC", "spec.changeWindows[1].start: \"01:60\""),
        ("01:00-24:01 UTC", "spec.changeWindows[1].end: \"24:01\""),
        ("01:00-+2:00 UTC", "spec.changeWindows[1].end: \"+2:00\""),
    ] {
        let why = invalid(&windows(&["00:00-24:00 Europe/Berlin", wrong]));
        assert!(why.starts_with(said), "{why}");
    }
    let no_day = ChangeWindow {
        days: Some(Vec::new()),
        ..window("00:00-24:00 UTC")
    };
    assert!(invalid(&[no_day]).starts_with("spec.changeWindows[0].days is empty"));
}

#[test]
fn a_change_that_puts_cloud_pcs_at_risk_is_told_when_it_may_be_made() {
    let asked = |texts: Option<&[&str]>, now: &str| {
        let mut spec = json!({"tenantId": "11111111-1111-1111-1111-111111111111"});
        if let Some(texts) = texts {
            spec["changeWindows"] = json!(windows(texts));
        }
        let spec: EntraTenantSpec = serde_json::from_value(spec).expect("a spec");
        may_put_at_risk("contoso", &spec, time(now))
    };
    let nights: &[&str] = &["Tuesday 22:00-04:00 Europe/Berlin"];
    let message = "outside the change windows of EntraTenant contoso; the next one opens 2026-12-01T22:00:00+01:00 (Europe/Berlin)";
    let shut = Shut {
        message: message.to_owned(),
        opens: Some(time("2026-12-01T21:00:00Z")),
    };
    assert_eq!(asked(Some(nights), "2026-12-01T20:59:00Z"), Err(shut));
    assert_eq!(asked(Some(nights), "2026-12-01T21:00:00Z"), Ok(()));
    assert_eq!(asked(None, "2026-12-01T12:00:00Z"), Ok(()));
    let shut = asked(Some(&["00:00-24:00 Moon/Base"]), "2026-12-01T12:00:00Z").expect_err("it fails closed");
    assert!(
        shut.opens.is_none() && shut.message.contains("spec.changeWindows[0].timeZone: \"Moon/Base\""),
        "{shut:?}"
    );
}

/// Zones whose clocks do something around these times.
const ZONES: [(&str, &str); 9] = [
    ("Europe/Berlin", "2026-03-29T01:00:00Z"),
    ("Europe/Berlin", "2026-10-25T01:00:00Z"),
    ("America/New_York", "2026-11-01T06:00:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
    ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
    ("Asia/Kathmandu", "2026-12-01T00:00:00Z"),
    ("Europe/Moscow", "2014-10-25T22:00:00Z"),
    ("Pacific/Apia", "2011-12-30T10:00:00Z"),
    ("America/Havana", "2026-11-01T05:00:00Z"),
];

/// The minutes of a week, by the clock of a zone, that a window has; counted one by one instead of calculated.
struct Naive(Vec<(TimeZone, Vec<bool>)>);

impl Naive {
    fn new(windows: &[ChangeWindow]) -> Self {
        Self(windows.iter().map(Self::minutes).collect())
    }

    fn minutes(window: &ChangeWindow) -> (TimeZone, Vec<bool>) {
        let minute = |text: &str| text[..2].parse::<usize>().unwrap() * 60 + text[3..].parse::<usize>().unwrap();
        let days: Vec<String> = match &window.days {
            Some(days) => days.iter().map(|day| format!("{day:?}")).collect(),
            None => DAYS.map(str::to_owned).to_vec(),
        };
        let mut week = vec![false; 7 * 1440];
        for day in days {
            let mut at = DAYS.iter().position(|name| *name == day).unwrap() * 1440 + minute(&window.start);
            loop {
                week[at % (7 * 1440)] = true;
                at += 1;
                if at % 1440 == minute(&window.end) % 1440 {
                    break;
                }
            }
        }
        (TimeZoneDatabase::bundled().get(&window.time_zone).unwrap(), week)
    }

    fn is_open(&self, at: Timestamp) -> bool {
        self.0.iter().any(|(zone, week)| week[minute_of_week(zone, at)])
    }
}

fn minute_of_week(zone: &TimeZone, at: Timestamp) -> usize {
    let shown = zone.to_datetime(at);
    let (day, hour) = (i32::from(shown.weekday().to_monday_zero_offset()), i32::from(shown.hour()));
    usize::try_from(day * 1440 + hour * 60 + i32::from(shown.minute())).unwrap()
}

/// The state at `now` is what counting minutes shows, and so is the moment of the next change.
fn agrees(windows: &[ChangeWindow], now: Timestamp) -> Result<(), TestCaseError> {
    const LONGEST: i32 = 16 * 1440;
    let naive = Naive::new(windows);
    let state = at(Some(windows), now);
    let open = naive.is_open(now);
    prop_assert_eq!(matches!(state, State::Open { .. }), open, "{:?} at {}: {:?}", windows, now, state);
    let minute = Timestamp::from_second(now.as_second().div_euclid(60) * 60).unwrap();
    let change = (1..=LONGEST)
        .map(|after| minute + MINUTE * after)
        .find(|at| naive.is_open(*at) != open);
    match (change, state.next_change()) {
        (Some(change), next) => prop_assert_eq!(Some(change), next, "{:?} at {}", windows, now),
        (None, next) => prop_assert!(
            open && next.is_none_or(|next| next > minute + MINUTE * LONGEST),
            "{:?} at {}: {:?}",
            windows,
            now,
            next
        ),
    }
    Ok(())
}

fn any_window() -> impl Strategy<Value = ChangeWindow> {
    let days = prop::option::of(prop::sample::subsequence(DAYS.to_vec(), 1..=3));
    let quarter = |last: u32| (0..=last).prop_map(|quarter| format!("{:02}:{:02}", quarter / 4, quarter % 4 * 15));
    (days, quarter(95), quarter(96), prop::sample::select(ZONES.to_vec())).prop_map(|(days, start, end, (zone, _))| {
        let mut window = json!({"start": start, "end": end, "timeZone": zone});
        if let Some(days) = days {
            window["days"] = json!(days);
        }
        serde_json::from_value(window).expect("a window")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn any_windows_at_any_time_are_as_counting_minutes_shows(
        windows in prop::collection::vec(any_window(), 1..4),
        (_, change) in prop::sample::select(ZONES.to_vec()),
        seconds in -4 * 86_400_i64..4 * 86_400,
    ) {
        agrees(&windows, time(change) + SignedDuration::from_secs(seconds))?;
    }
}

/// From each change to the next, through the days around each change of a clock.
#[test]
fn no_minute_around_a_change_of_a_clock_is_in_another_state() {
    const HOURS: [&str; 8] = [
        "00:00-24:00",
        "02:00-03:00",
        "01:30-02:30",
        "02:15-02:45",
        "02:30-04:00",
        "22:00-04:00",
        "12:00-12:00",
        "23:30-00:30",
    ];
    for (zone, change) in ZONES {
        let begin = time(change) - MINUTE * 4 * 1440;
        let minutes: Vec<Timestamp> = (0..8 * 1440).map(|after| begin + MINUTE * after).collect();
        let known = TimeZoneDatabase::bundled().get(zone).unwrap();
        let shown: Vec<usize> = minutes.iter().map(|at| minute_of_week(&known, *at)).collect();
        for text in HOURS
            .iter()
            .flat_map(|hours| ["", "Sunday ", "Friday Saturday ", "Thursday Sunday "].map(|days| format!("{days}{hours} {zone}")))
        {
            let windows = windows(&[&text]);
            let (_, week) = Naive::minutes(&windows[0]);
            let mut state = at(Some(&windows), begin);
            for (minute, shown) in minutes.iter().zip(&shown) {
                if state.next_change().is_some_and(|change| change <= *minute) {
                    assert_eq!(state.next_change(), Some(*minute), "{text}");
                    state = at(Some(&windows), *minute);
                }
                assert_eq!(matches!(state, State::Open { .. }), week[*shown], "{text} at {minute}");
            }
        }
    }
}
