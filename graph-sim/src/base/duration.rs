//! Lengths of time as the options give them: ISO 8601, such as `PT40M` or `P7D`.

use std::str::FromStr;

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use serde::{Deserialize, Serialize};

/// A length of time that is not negative; a day has 24 hours. It is shown as it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IsoDuration {
    text: String,
    length: SignedDuration,
}

impl IsoDuration {
    /// The time that comes so much later; the last one of the calendar when there is none.
    #[must_use]
    pub fn after(&self, start: Timestamp) -> Timestamp {
        start.checked_add(self.length).unwrap_or(Timestamp::MAX)
    }

    /// The length in whole hours, as the service counts them in a policy. What has begun counts, so that a short one is not none.
    pub(crate) fn in_hours(&self) -> i32 {
        let (seconds, rest) = (self.length.as_secs(), self.length.subsec_nanos());
        let hours = seconds / 3600 + i64::from(seconds % 3600 > 0 || rest > 0);
        i32::try_from(hours).unwrap_or(i32::MAX)
    }

    /// The length itself.
    #[must_use]
    pub fn length(&self) -> SignedDuration {
        self.length
    }
}

impl FromStr for IsoDuration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = |reason: &str| format!("'{text}': {reason}");
        let span: Span = text.parse().map_err(|_| refuse("not an ISO 8601 duration such as PT24H"))?;
        let length = span
            .to_duration(SpanRelativeTo::days_are_24_hours())
            .map_err(|_| refuse("give days, hours, minutes and seconds; months and years have no fixed length"))?;
        if length.is_negative() {
            return Err(refuse("time does not go back"));
        }
        Ok(Self {
            text: text.to_owned(),
            length,
        })
    }
}

impl TryFrom<String> for IsoDuration {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<IsoDuration> for String {
    fn from(duration: IsoDuration) -> Self {
        duration.text
    }
}
