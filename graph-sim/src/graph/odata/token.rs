//! The tokens of a `$filter`: names, literals and punctuation with their places.

use super::filter::Flaw;

/// One piece of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `(`
    Open,
    /// `)`
    Close,
    /// `,`
    Comma,
    /// A name, a path, an operator or a literal without quotes.
    Word(&'a str),
    /// A string literal, its doubled quotes made single.
    Text(String),
}

/// A piece and where it starts.
#[derive(Clone, Debug)]
pub(super) struct Placed<'a> {
    /// The piece.
    pub token: Token<'a>,
    /// The number of characters before it.
    pub at: usize,
}

/// Cuts a filter into pieces.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed<'_>>, Flaw> {
    let mut tokens: Vec<Placed<'_>> = Vec::new();
    let (mut rest, mut at) = (text, 0);
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            _ if first.is_whitespace() => {
                at += 1;
                rest = &rest[first.len_utf8()..];
                continue;
            }
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            ',' => (Token::Comma, 1),
            '\'' => quoted(rest, at)?,
            _ => {
                let length = rest
                    .find(|one: char| one.is_whitespace() || "(),'".contains(one))
                    .unwrap_or(rest.len());
                // The typed literals of OData, `duration'P1D'`, are not known.
                if rest[length..].starts_with('\'') {
                    return Err(Flaw::syntax(
                        at + rest[..length].chars().count(),
                        "a quote stands directly after a word",
                    ));
                }
                (Token::Word(&rest[..length]), length)
            }
        };
        tokens.push(Placed { token, at });
        at += rest[..length].chars().count();
        rest = &rest[length..];
    }
    Ok(tokens)
}

/// The string literal at the beginning of a text, and its length there.
fn quoted(text: &str, at: usize) -> Result<(Token<'_>, usize), Flaw> {
    let mut value = String::new();
    let mut start = 1;
    while let Some(length) = text[start..].find('\'') {
        value.push_str(&text[start..start + length]);
        start += length + 1;
        if !text[start..].starts_with('\'') {
            return Ok((Token::Text(value), start));
        }
        value.push('\'');
        start += 1;
    }
    Err(Flaw::syntax(at, "a string literal has no end"))
}
