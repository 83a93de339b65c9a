//! Text in messages.

/// What a message repeats of a caller's text: enough to recognise it, never a whole document.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 120;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(LONGEST).collect();
    short.push('…');
    short
}
