//! How far the wall clock is from Microsoft's by the `Date` header of answers. A clock that is wrong makes assertions count as
//! expired or not yet valid (AADSTS700024), and nothing else says so.

use std::sync::atomic::{AtomicI64, Ordering};

use http::HeaderMap;
use http::header::DATE;
use jiff::{SignedDuration, Timestamp};

use crate::base::wall;

/// No answer with a date has arrived yet.
const SILENT: i64 = i64::MIN;

/// A date of a header, in any of the three forms that HTTP allows.
pub(crate) fn http_date(text: &str) -> Option<Timestamp> {
    httpdate::parse_http_date(text).ok()?.try_into().ok()
}

/// The difference that was seen last.
#[derive(Debug)]
pub(crate) struct ClockSkew(AtomicI64);

impl Default for ClockSkew {
    fn default() -> Self {
        Self(AtomicI64::new(SILENT))
    }
}

impl ClockSkew {
    /// How far this machine's clock is ahead; negative when it is behind, `None` before the first answer.
    pub(crate) fn ahead(&self) -> Option<SignedDuration> {
        let seconds = self.0.load(Ordering::Relaxed);
        (seconds != SILENT).then(|| SignedDuration::from_secs(seconds))
    }

    /// Microsoft's time, to the second; this machine's before the first answer.
    pub(crate) fn now(&self) -> Timestamp {
        let now = wall::now() - self.ahead().unwrap_or_default();
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }

    /// Compares with the date of an answer that has just arrived. An answer without one changes nothing.
    pub(crate) fn observe(&self, headers: &HeaderMap) {
        self.compare(headers, wall::now());
    }

    fn compare(&self, headers: &HeaderMap, now: Timestamp) {
        if let Some(theirs) = headers.get(DATE).and_then(|date| http_date(date.to_str().ok()?)) {
            self.0.store(now.duration_since(theirs).as_secs(), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_an_answer_tells_how_far_the_clock_is_off() {
        let clock = ClockSkew::default();
        let now: Timestamp = "2026-01-05T08:00:00Z".parse().unwrap();
        let mut headers = HeaderMap::new();
        for nothing in ["", "yesterday"] {
            headers.insert(DATE, nothing.parse().unwrap());
            clock.compare(&headers, now);
            assert_eq!(clock.ahead(), None, "{nothing:?}");
        }
        headers.insert(DATE, "Mon, 05 Jan 2026 07:53:20 GMT".parse().unwrap());
        clock.compare(&headers, now);
        clock.compare(&HeaderMap::new(), now);
        assert_eq!(clock.ahead(), Some(SignedDuration::from_secs(400)));
    }
}
