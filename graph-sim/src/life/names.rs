//! The Windows names of Cloud PCs, made from a policy's naming template.

use crate::world::stable_id;

/// The longest name that Windows takes.
const LONGEST: usize = 15;
/// What a policy without a template names them (assumed).
const PERSONAL: &str = "CPC-%USERNAME:5%-%RAND:5%";
/// The same for Cloud PCs that are nobody's own (assumed).
const SHARED: &str = "CPC-%RAND:11%";

/// The Windows name of the Cloud PC with this id: the same for the same id, of at most 15 characters.
pub fn device_name(template: Option<&str>, user_principal_name: Option<&str>, id: &str) -> String {
    let template = template.unwrap_or(if user_principal_name.is_some() { PERSONAL } else { SHARED });
    let user = user_principal_name.and_then(|name| name.split('@').next()).unwrap_or_default();
    let mut name = String::new();
    // Between percent signs, every second part is a token.
    for (index, part) in template.split('%').enumerate() {
        if index % 2 == 0 {
            name.push_str(part);
            continue;
        }
        let (token, length) = part.split_once(':').unwrap_or((part, ""));
        let length = length.parse().unwrap_or(0).min(LONGEST);
        match token {
            "USERNAME" => name.extend(user.chars().filter(char::is_ascii_alphanumeric).take(length)),
            "RAND" => name.extend(letters(id).take(length)),
            _ => {}
        }
    }
    name.chars().take(LONGEST).collect()
}

/// Capital letters and digits that look random and depend on the id only.
fn letters(id: &str) -> impl Iterator<Item = char> {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let source = stable_id(&["managedDeviceName", id]);
    let word = source.bytes().filter(u8::is_ascii_hexdigit).collect::<Vec<_>>();
    let pairs = word.chunks(2).map(|pair| {
        let digit = |at: usize| pair.get(at).map_or(0, |byte| char::from(*byte).to_digit(16).unwrap_or(0));
        (digit(0) * 16 + digit(1)) as usize
    });
    let letters: Vec<char> = pairs.map(|number| char::from(ALPHABET[number % ALPHABET.len()])).collect();
    letters.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_template_and_fit_windows() {
        let id = "44444444-0000-4000-8000-000000000001";
        let named = |template, user| device_name(template, user, id);
        let cases = [
            (
                named(Some("FIN-%USERNAME:4%-%RAND:5%"), Some("grace.hopper@contoso.com")),
                "FIN-grac-",
                14,
            ),
            (named(Some("FIN-%USERNAME:4%-%RAND:5%"), Some("a.b@contoso.com")), "FIN-ab-", 12),
            (named(Some("%RAND:9%"), None), "", 9),
            (named(None, Some("ada@contoso.com")), "CPC-ada-", 13),
            (named(None, None), "CPC-", 15),
            (named(Some("LONGER-THAN-IT-MAY-BE%RAND:99999999999%%"), None), "LONGER-THAN-IT-", 15),
        ];
        for (name, start, length) in cases {
            assert!(name.starts_with(start), "{name}");
            assert_eq!(name.len(), length, "{name}");
        }
        assert_eq!(named(None, None), named(None, None));
        assert_ne!(named(None, None), device_name(None, None, "44444444-0000-4000-8000-000000000002"));
    }
}
