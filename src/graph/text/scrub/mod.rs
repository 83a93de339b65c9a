//! Takes out of foreign text what looks like a credential.
//!
//! A peer may echo what it was sent, or mention secrets of its own. A secret is guessed by the name in front of it, by the form
//! of a JSON Web Token, by characters that no word has, and by its content when it is decoded. A harmless word is taken out now
//! and then; ids in the form of GUIDs, paths of Azure and names with dashes stay.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const REDACTED: &str = "[redacted]";

/// Names whose value is a secret in any form, without dashes and underscores. Names that end like this count, too.
const SECRETS: [&str; 12] = [
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "clientsecret",
    "clientassertion",
    "assertion",
    "password",
    "devicecode",
    "apikey",
    "accountkey",
    "accesskey",
    "connectionstring",
];

/// Names that often mean something else. They count only where a value is assigned to them.
const PERHAPS: [&str; 9] = ["token", "secret", "sig", "signature", "code", "key", "pwd", "sas", "authorization"];

/// Schemes of the Authorization header, and what may follow such a word in a sentence.
const SCHEMES: [&str; 2] = ["bearer", "basic"];
const OF_SCHEMES: [&str; 6] = [
    "authentication",
    "authorization",
    "challenge",
    "credential",
    "credentials",
    "redacted",
];

/// How long a word must be to be taken for a secret by its looks alone.
const LONG: usize = 40;
/// The same for one that has capitals, small letters and digits.
const LONG_AND_MIXED: usize = 32;

/// Text in which a word was encoded.
const SHORTEST_CODE: usize = 16;

/// The text without what looks like a credential.
pub(crate) fn scrubbed(text: &str) -> String {
    words(&named(text), true)
}

/// Takes out what is assigned to the name of a secret: `name=value`, `"name":"value"`, `name: value`, percent-encoded or not.
fn named(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphanumeric()) {
        let end = rest[start..]
            .find(|c: char| !is_of_name(c))
            .map_or(rest.len(), |length| start + length);
        kept.push_str(&rest[..end]);
        let name = &rest[start..end];
        rest = &rest[end..];
        let Some((separator, value)) = assigned(name, rest) else { continue };
        kept.push_str(&rest[..separator]);
        kept.push_str(REDACTED);
        rest = &rest[separator + value..];
    }
    kept.push_str(rest);
    kept
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// The length of what is between the name of a secret and its value, and the length of the value.
fn assigned(name: &str, after: &str) -> Option<(usize, usize)> {
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_lowercase();
    let surely = SECRETS.iter().any(|secret| plain.ends_with(secret));
    if !surely && !PERHAPS.contains(&plain.as_str()) {
        return None;
    }
    let quotes = |c: char| matches!(c, '"' | '\'' | '\\' | ' ');
    let unquoted = after.trim_start_matches(quotes);
    let quoted = after.starts_with(['"', '\'', '\\']);
    let (assigns, separated) = ["=", "%3D", "%3d"]
        .iter()
        .find_map(|sign| Some((true, unquoted.strip_prefix(sign)?)))
        .or_else(|| {
            ["%3A", "%3a", ":"]
                .iter()
                .find_map(|sign| Some((quoted, unquoted.strip_prefix(sign)?)))
        })?;
    let value = separated.trim_start_matches(quotes);
    let length = value
        .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\' | ',' | ';' | '&' | '<' | '>' | ')' | '}' | ']'))
        .unwrap_or(value.len());
    let value = &value[..length];
    // A colon in a sentence is followed by words.
    let said = assigns || surely && !value.chars().all(char::is_alphabetic);
    (said && !value.is_empty() && !REDACTED.starts_with(value))
        .then_some((after.len() - separated.trim_start_matches(quotes).len(), length))
}

/// Whether a character can be of a secret that has no delimiter in it.
fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.~+/=%".contains(c)
}

/// The beginning of a longer text, without a last word that is too short to be judged.
pub(crate) fn judgeable(text: &str) -> &str {
    let whole = text.trim_end_matches(is_of_word);
    if text.len() - whole.len() < 2 * LONG { whole } else { text }
}

/// Takes out words that look like a secret; with `decode`, also words that contain an encoded secret. The text between words
/// stays as it is.
fn words(text: &str, decode: bool) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut after_scheme = false;
    for piece in text.split_inclusive(|c: char| !is_of_word(c)) {
        let word = piece.trim_end_matches(|c: char| !is_of_word(c));
        let follows = after_scheme && word.len() >= 8 && !OF_SCHEMES.contains(&word.to_ascii_lowercase().as_str());
        if follows || word.contains("eyJ") && word.len() >= 20 || is_opaque(word) || decode && hides(word) {
            kept.push_str(REDACTED);
            kept.push_str(&piece[word.len()..]);
        } else {
            kept.push_str(piece);
        }
        let scheme = SCHEMES.iter().any(|scheme| word.eq_ignore_ascii_case(scheme));
        after_scheme = scheme || word.is_empty() && after_scheme;
    }
    kept
}

/// Whether a word is long and unlike written text, without the GUIDs in it.
fn is_opaque(word: &str) -> bool {
    if word.len() < LONG_AND_MIXED {
        return false;
    }
    let word = without_guids(word);
    let parts = word.split(['/', '.', '%', '=']).chain([word.as_str()]);
    let mixed = |part: &str| {
        let looks = Looks::of(part);
        part.len() >= LONG_AND_MIXED && looks.is_mixed() || part.len() >= LONG && looks.is_sprinkled()
    };
    let run = |part: &str| part.len() >= LONG && Looks::of(part).is_no_word();
    parts.into_iter().any(mixed) || word.split(|c: char| !c.is_ascii_alphanumeric()).any(run)
}

/// What is left of a word when every GUID in it is a mere dash.
fn without_guids(word: &str) -> String {
    const GUID: usize = 36;
    let mut kept = String::with_capacity(word.len());
    let mut rest = word;
    while !rest.is_empty() {
        // Words are ASCII.
        if rest
            .get(..GUID)
            .is_some_and(|guid| guid.as_bytes()[8] == b'-' && uuid::Uuid::try_parse(guid).is_ok())
        {
            kept.push('-');
            rest = &rest[GUID..];
        } else {
            kept.push_str(&rest[..1]);
            rest = &rest[1..];
        }
    }
    kept
}

/// What a word is made of.
struct Looks {
    small: usize,
    capital: usize,
    digits: usize,
    /// How often a letter or digit is followed by one of another kind, and by any.
    changes: usize,
    pairs: usize,
}

impl Looks {
    fn of(word: &str) -> Self {
        let kind = |c: u8| match c {
            b'a'..=b'z' => Some(0),
            b'A'..=b'Z' => Some(1),
            b'0'..=b'9' => Some(2),
            _ => None,
        };
        let kinds: Vec<Option<u8>> = word.bytes().map(kind).collect();
        let count = |wanted: u8| kinds.iter().filter(|kind| **kind == Some(wanted)).count();
        let pairs = || kinds.windows(2).filter(|pair| pair[0].is_some() && pair[1].is_some());
        Self {
            small: count(0),
            capital: count(1),
            digits: count(2),
            changes: pairs().filter(|pair| pair[0] != pair[1]).count(),
            pairs: pairs().count(),
        }
    }

    /// Whether at least this part of all pairs is a change, in hundredths. In random letters and digits 62 are, in names that
    /// are put together of words 30.
    fn change(&self, hundredths: usize) -> bool {
        self.changes * 100 >= self.pairs * hundredths
    }

    fn is_mixed(&self) -> bool {
        self.small > 0 && self.capital > 0 && self.digits > 0 && self.change(42)
    }

    /// With digits all over, more than in names that end in numbers. Not of capitals and small letters: those change in names, too.
    fn is_sprinkled(&self) -> bool {
        (self.small > 0) != (self.capital > 0) && self.digits > 0 && self.change(30)
    }

    /// Of letters and digits without anything between.
    fn is_no_word(&self) -> bool {
        let letters = self.small + self.capital;
        let of_both = letters > 0 && self.digits > 0 && (self.digits * 5 >= letters || self.change(42));
        of_both || self.small > 0 && self.capital > 0 && self.change(42)
    }
}

/// Whether a word is the base64 of a text that holds a secret.
fn hides(word: &str) -> bool {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
    const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
    let code = word.trim_end_matches('=');
    if code.len() < SHORTEST_CODE {
        return false;
    }
    let decoded = [STANDARD, URL_SAFE].into_iter().find_map(|engine| engine.decode(code).ok());
    let text = decoded.and_then(|decoded| String::from_utf8(decoded).ok());
    text.is_some_and(|text| words(&named(&text), false) != text)
}

#[cfg(test)]
mod tests;
