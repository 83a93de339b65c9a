//! Foreign text made safe to show: bounded, one line, without control characters and without
//! anything that looks like a token.
//!
//! Graph and whatever stands in front of it choose these bytes. They end up in logs, events and
//! conditions.

/// The longest foreign text that is shown, in bytes.
pub(super) const LIMIT: usize = 512;

/// How much of a foreign text is looked at. More than [`LIMIT`] because escaping and redaction
/// change lengths.
const SCANNED: usize = 8 * LIMIT;

/// `text` within [`LIMIT`] bytes, control characters escaped, tokens removed.
pub(super) fn bounded(text: &str) -> String {
    bounded_to(text, LIMIT)
}

/// [`bounded`], with another limit in bytes.
pub(super) fn bounded_to(text: &str, limit: usize) -> String {
    let escaped = escape(&redact(head(text.trim(), SCANNED)));
    if escaped.len() <= limit {
        return escaped;
    }
    format!("{}…", head(&escaped, limit.saturating_sub('…'.len_utf8())))
}

/// A name within quotes, short enough for a sentence.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", bounded_to(name, 128).replace('"', "\\\""))
}

/// At most `limit` bytes from the start, cut between characters.
fn head(text: &str, limit: usize) -> &str {
    let end = (0..=limit.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or_default()]
}

/// Control characters, and the invisible ones that reorder or break lines, in their `\u{…}` form.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        let invisible = matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        if character.is_control() || invisible {
            escaped.extend(character.escape_default());
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// JSON Web Tokens and bearer headers that a peer echoed, replaced. The pieces between are kept as
/// they are.
fn redact(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut after_bearer = false;
    for piece in text.split_inclusive(|c: char| !(c.is_ascii_alphanumeric() || "-_.~+/=".contains(c))) {
        let word = piece.trim_end_matches(|c: char| !(c.is_ascii_alphanumeric() || "-_.~+/=".contains(c)));
        let secret = word.contains("eyJ") && word.len() >= 20 || after_bearer && word.len() >= 8;
        if secret {
            kept.push_str("[redacted]");
            kept.push_str(&piece[word.len()..]);
        } else {
            kept.push_str(piece);
        }
        after_bearer = word.eq_ignore_ascii_case("bearer") || word.is_empty() && after_bearer;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s17_hostile_text_stays_one_bounded_line() {
        let bomb = format!("\u{1b}[31mred\r\nforged: line\u{202e}{}", "x".repeat(10_000_000));
        let shown = bounded(&bomb);
        assert!(shown.len() <= LIMIT, "{}", shown.len());
        assert!(shown.starts_with(r"\u{1b}[31mred\r\nforged: line\u{202e}xxx"), "{shown}");
        assert!(shown.ends_with('…'));
    }

    #[test]
    fn cuts_between_characters() {
        let shown = bounded_to(&"é".repeat(100), 10);
        assert_eq!(shown, "ééé…");
    }

    #[test]
    fn tokens_are_redacted_and_their_surroundings_kept() {
        for (text, shown) in [
            (
                "assertion eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln is bad",
                "assertion [redacted] is bad",
            ),
            ("Authorization: Bearer 0123456789abcdef, x", "Authorization: Bearer [redacted], x"),
            ("'client_assertion=eyJhbGciOiJSUzI1NiJ9.e30.s'", "'[redacted]'"),
            ("the bearer of news", "the bearer of news"),
            (
                "subject 'system:serviceaccount:ns:name' not found",
                "subject 'system:serviceaccount:ns:name' not found",
            ),
        ] {
            assert_eq!(bounded(text), shown);
        }
    }
}
