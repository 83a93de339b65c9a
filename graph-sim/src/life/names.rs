//! The Windows names of Cloud PCs, made from a policy's naming template.

use crate::base::ids::stable_id;

/// The longest name that Windows takes.
const LONGEST: usize = 15;
/// The template of a policy that has none (assumed).
const PERSONAL: &str = "CPC-%USERNAME:5%-%RAND:5%";
/// The same for shared Cloud PCs (assumed).
const SHARED: &str = "CPC-%RAND:11%";

/// The Windows name of the Cloud PC with this id: the same for the same id, of at most 15 characters.
pub(crate) fn device_name(template: Option<&str>, user_principal_name: Option<&str>, id: &str) -> String {
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
mod tests;
