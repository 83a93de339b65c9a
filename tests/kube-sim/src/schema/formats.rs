//! The formats of texts that the API server checks. Others are not checked, there and here.

/// Whether a text has the format; a format that is not known accepts every text.
pub(crate) fn is(format: &str, text: &str) -> bool {
    match format {
        "date-time" => text.parse::<jiff::Timestamp>().is_ok(),
        "byte" => {
            use base64::Engine as _;
            base64::engine::general_purpose::STANDARD.decode(text).is_ok()
        }
        _ => true,
    }
}
