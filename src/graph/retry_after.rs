//! The `Retry-After` header, in every form Graph has been seen to send it.

use std::time::Duration;

use http::HeaderMap;
use http::header::RETRY_AFTER;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

/// A zero, or a date that has passed, still means "not at once".
const FLOOR: Duration = Duration::from_secs(1);

/// Nobody means days: past this the header is noise.
const CEILING: Duration = Duration::from_secs(300);

/// The pause the service asks for; `None` when it asks for none or in words that make no sense.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    parse(headers.get(RETRY_AFTER)?.to_str().ok()?, now)
}

/// [`retry_after`] of the header's text.
pub(super) fn parse(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    let seconds = match text.parse::<f64>() {
        // Rounded up: 2.128 seconds are not over after two.
        Ok(seconds) => seconds.ceil(),
        Err(_) => {
            let until = DateTimeParser::new().parse_timestamp(text).ok()?;
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
        ] {
            assert_eq!(parse(text, now), seconds.map(Duration::from_secs), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_a_bounded_pause_or_none(text in any::<String>()) {
            let pause = parse(&text, Timestamp::UNIX_EPOCH);
            prop_assert!(pause.is_none_or(|pause| (FLOOR..=CEILING).contains(&pause)));
        }
    }
}
