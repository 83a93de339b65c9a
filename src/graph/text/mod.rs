//! Foreign text made safe to print: bounded, one line, without control characters and without what looks like a credential
//! ([`scrub`]).
//!
//! Graph, or a proxy in front of it, chooses these bytes, and they get into logs, events, conditions and status. Every text that
//! leaves `graph` passes through here, unless it is compared or sent back.

mod scrub;

use crate::base::text::{elided, shortened};
use crate::graph::text::scrub::{judgeable, scrubbed};

/// The longest foreign text that is printed, in bytes.
pub(crate) const LIMIT: usize = 512;

/// How much of a foreign text is read. More than [`LIMIT`], because escaping and redaction change lengths.
const SCANNED: usize = 8 * LIMIT;

/// The longest name or value that is printed, in bytes: 256 characters of any script.
const NAME: usize = 1024;

/// The longest id.
const ID: usize = 256;

/// `text` within [`LIMIT`] bytes, control characters escaped, credentials removed.
pub(crate) fn bounded(text: &str) -> String {
    bounded_to(text, LIMIT)
}

/// [`bounded`], with another limit in bytes.
pub(crate) fn bounded_to(text: &str, limit: usize) -> String {
    cleaned(text.trim(), limit)
}

fn cleaned(text: &str, limit: usize) -> String {
    let mut looked_at = shortened(text, SCANNED);
    if looked_at.len() < text.len() {
        // The beginning of a credential does not look like one.
        looked_at = judgeable(looked_at);
    }
    let mut escaped = escape(&scrubbed(looked_at));
    if escaped.len() > limit || looked_at.len() < text.len() {
        escaped = elided(&escaped, limit);
    }
    escaped
}

/// A name or a value of a property, made safe to print. A safe one is not changed, blanks at its ends included.
pub(crate) fn printable(text: &str) -> String {
    cleaned(text, NAME)
}

/// Whether a text can be an id: short, on one line, not like a credential.
pub(crate) fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= ID && bounded_to(text, ID) == text
}

/// A name within quotes, short enough for a sentence.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", bounded_to(name, 128).replace('"', "\\\""))
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
    fn s50_what_is_cut_shows_no_part_of_a_token() {
        let token = format!("eyJ{}", "hbGciOiJSUzI1NiJ9".repeat(400));
        for before in [0, LIMIT - 5, LIMIT, SCANNED - 25, SCANNED - 5] {
            let shown = bounded(&format!("{} {token}", "x ".repeat(before / 2)));
            assert!(
                shown.len() <= LIMIT && !shown.contains("eyJ") && !shown.contains("hbGci"),
                "{before}: {shown}"
            );
        }
        assert_eq!(printable(&format!("name {token}")), "name [redacted]…");
    }

    #[test]
    fn an_id_is_short_and_plain() {
        for id in [
            "u1",
            "11111111-0000-4000-8000-000000000001",
            "microsoftwindowsdesktop_windows-ent-cpc_win11-24H2-ent-cpc",
        ] {
            assert!(is_id(id), "{id}");
        }
        for id in [
            "",
            " u1",
            "u\n1",
            &"i".repeat(257),
            "eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
            "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        ] {
            assert!(!is_id(id), "{id}");
        }
    }
}
