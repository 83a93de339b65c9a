//! JSON from outside, no deeper than anything that Graph means. The parser's own bound is twice that, and cannot be set.

use serde_json::Value;

/// How deep arrays and objects may be nested (security.md S30).
const MAX_DEPTH: usize = 64;

/// Reads a body. The error quotes nothing of it.
pub(super) fn parse(body: &[u8]) -> Result<Value, String> {
    if is_deeper(body, MAX_DEPTH) {
        return Err(format!("it is nested deeper than {MAX_DEPTH} levels"));
    }
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

/// Whether brackets outside of texts are ever open more than `limit` deep. Of JSON only: what else comes is refused by the
/// parser.
fn is_deeper(body: &[u8], limit: usize) -> bool {
    let (mut depth, mut text, mut escaped) = (0_usize, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if text => escaped = true,
            b'"' => text = !text,
            b'[' | b'{' if !text => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            b']' | b'}' if !text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s30_nesting_is_bounded_and_brackets_in_texts_are_text() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(nested(MAX_DEPTH).as_bytes()).is_ok());
        for bomb in [nested(MAX_DEPTH + 1), "{\"a\":".repeat(65), "[".repeat(8_000_000)] {
            let error = parse(bomb.as_bytes()).unwrap_err();
            assert!(error.contains("deeper"), "{error}");
        }
        for text in ["[".repeat(500), "\\\"[".repeat(100), format!("\\\\\\\"{}", "{".repeat(100))] {
            assert!(parse(format!("[\"{text}\"]").as_bytes()).is_ok(), "{text}");
        }
        assert!(parse(b"[{}, {}, []]").is_ok());
        assert!(parse(b"]]]").is_err());
    }
}
