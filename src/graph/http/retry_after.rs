//! The `Retry-After` header, in every form that HTTP allows (RFC 9110, 10.2.3 and 5.6.7) and in those that Graph was observed to
//! send.

use std::time::Duration;

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};
use jiff::Timestamp;

use crate::graph::http::clock_skew::http_date;

/// A zero, or a date that has passed, still means "not at once".
const FLOOR: Duration = Duration::from_secs(1);

/// A longer pause is not meant: beyond this the header is wrong.
const CEILING: Duration = Duration::from_secs(300);

/// The pause that the service asks for; `None` when it asks for none, or in a form that is not known.
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    // A date is measured by the service's clock, which may be far from this machine's.
    let theirs = headers.get(DATE).and_then(|date| http_date(date.to_str().ok()?));
    parse(headers.get(RETRY_AFTER)?.to_str().ok()?, theirs.unwrap_or(now))
}

/// [`retry_after`] of the header's text.
pub(crate) fn parse(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    let seconds = match text.parse::<f64>() {
        // Rounded up: 2.128 seconds are not over after two.
        Ok(seconds) => seconds.ceil(),
        Err(_) => {
            let until = http_date(text)?;
            until.duration_since(now).as_secs_f64().ceil().max(0.0)
        }
    };
    if !seconds.is_finite() || seconds.is_sign_negative() {
        return None;
    }
    Some(Duration::from_secs_f64(seconds.min(CEILING.as_secs_f64())).max(FLOOR))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    #[test]
    fn every_form() {
        let now: Timestamp = "2026-01-05T08:00:00Z".parse().unwrap();
        for (text, seconds) in [
            ("7", Some(7)),
            (" 17 ", Some(17)),
            ("2.128", Some(3)),
            ("0.9", Some(1)),
            ("0", Some(1)),
            ("0.0", Some(1)),
            ("-1", None),
            ("-0", None),
            ("99999999", Some(300)),
            ("1e300", Some(300)),
            ("inf", None),
            ("NaN", None),
            ("", None),
            ("soon", None),
            ("Mon, 05 Jan 2026 08:00:20 GMT", Some(20)),
            ("Mon, 05 Jan 2026 07:00:00 GMT", Some(1)),
            ("Tue, 05 Jan 2027 08:00:00 GMT", Some(300)),
            ("Monday, 05-Jan-26 08:00:20 GMT", Some(20)),
            ("Mon Jan  5 08:00:20 2026", Some(20)),
            ("Mon, 32 Jan 2026 08:00:20 GMT", None),
        ] {
            assert_eq!(parse(text, now), seconds.map(Duration::from_secs), "{text:?}");
        }
    }

    #[test]
    fn a_date_is_measured_by_the_clock_that_made_it() {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, "Mon, 05 Jan 2026 08:00:20 GMT".parse().unwrap());
        let ours: Timestamp = "2026-01-05T08:10:00Z".parse().unwrap();
        assert_eq!(retry_after(&headers, ours), Some(FLOOR));
        headers.insert(DATE, "Mon, 05 Jan 2026 08:00:00 GMT".parse().unwrap());
        assert_eq!(retry_after(&headers, ours), Some(Duration::from_secs(20)));
    }

    proptest! {
        #[test]
        fn no_number_of_seconds_is_cut_short(seconds in 0.0_f64..300.0, digits in 0_usize..6) {
            let text = format!("{seconds:.digits$}");
            let asked: f64 = text.parse().unwrap();
            let pause = parse(&text, Timestamp::UNIX_EPOCH).unwrap();
            prop_assert!(pause.as_secs_f64() >= asked && pause.as_secs_f64() < asked.max(FLOOR.as_secs_f64()) + 1.0, "{text}");
        }

        #[test]
        fn what_is_below_zero_asks_for_nothing(seconds in 0.0_f64..1e9) {
            prop_assert_eq!(parse(&format!("-{seconds}"), Timestamp::UNIX_EPOCH), None);
        }

        #[test]
        fn no_date_is_left_before_its_time(ahead in -100_000_i64..100_000, form in 0_usize..3) {
            let now: Timestamp = "2026-01-05T08:00:00Z".parse().unwrap();
            let until = (now + jiff::SignedDuration::from_secs(ahead)).to_zoned(TimeZone::UTC);
            let format = ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"][form];
            let pause = parse(&until.strftime(format).to_string(), now);
            let asked = u64::try_from(ahead).unwrap_or(0);
            prop_assert_eq!(pause, Some(Duration::from_secs(asked.clamp(1, 300))));
        }

        #[test]
        fn any_text_gives_a_bounded_pause_or_none(text in any::<String>()) {
            let pause = parse(&text, Timestamp::UNIX_EPOCH);
            prop_assert!(pause.is_none_or(|pause| (FLOOR..=CEILING).contains(&pause)));
        }
    }
}
