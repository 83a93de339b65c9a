//! Texts, cut between characters, and foreign ones made safe to log and to store: on one line, without control characters.

/// The longest prefix of `text` that is at most `max` bytes and does not split a character.
pub(crate) fn shortened(text: &str, max: usize) -> &str {
    if text.len() <= max {
        return text;
    }
    let end = (0..=max).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

/// The beginning of `text` with `…` behind it, together at most `max` bytes.
pub(crate) fn elided(text: &str, max: usize) -> String {
    format!("{}…", shortened(text, max.saturating_sub('…'.len_utf8())))
}

/// `text` within `max` bytes, with each control character replaced by a blank: a value quoted in an error must not
/// forge log lines or move a terminal's cursor.
pub(crate) fn one_line(text: &str, max: usize) -> String {
    // Shortened first, so that a huge text is not copied. A blank is never longer than what it replaces.
    shortened(text, max).chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The text before an id that identifies one try and nothing else.
const TRIES: [&str; 3] = ["request-id ", "trace id ", "correlation id "];

/// Whether two texts differ at most in what identifies one try: request, trace and correlation ids.
pub(crate) fn same_but_ids(a: &str, b: &str) -> bool {
    without_ids(a) == without_ids(b)
}

/// The text without the ids of tries; what is left is the same for each of them.
pub(crate) fn without_ids(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::with_capacity(text.len());
    while let Some(at) = TRIES.iter().filter_map(|name| rest.find(name).map(|at| at + name.len())).min() {
        kept.push_str(&rest[..at]);
        rest = rest[at..].trim_start_matches(|c: char| c.is_ascii_hexdigit() || c == '-');
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn shortened_is_the_longest_prefix_that_fits(text in "\\PC{0,40}", max in 0_usize..60) {
            let short = shortened(&text, max);
            prop_assert!(text.starts_with(short) && short.len() <= max);
            if let Some(next) = text[short.len()..].chars().next() {
                prop_assert!(short.len() + next.len_utf8() > max);
            }
        }
    }

    #[test]
    fn control_characters_become_blanks() {
        assert_eq!(one_line("a\r\nb\u{1b}[31mc", 100), "a  b [31mc");
        assert_eq!(one_line("aé\u{85}b", 5), "aé ");
    }
}
