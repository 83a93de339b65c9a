//! The message when the tenant does not have what a spec names: which field, what to do, and the most similar names.
//! No requests.

use crate::report::reason::Reason;
use crate::report::stop::Stop;

const SHOWN: usize = 3;
/// How alike two names are that one is taken for the other's misspelling; 1 is equal.
const ALIKE: f64 = 0.6;

/// A wait for something that does not exist. `there` are the names that the tenant has, as far as they are known.
pub(crate) fn missing<'a>(reason: Reason, what: &str, field: &str, name: &str, there: impl Iterator<Item = &'a str>) -> Stop {
    let message =
        format!("waiting for {what}: the tenant has none; correct {field}, or create what it names, which is then found automatically");
    with_nearest(reason, message, name, there)
}

/// The same for a name that only Microsoft can add, such as that of a gallery image.
pub(crate) fn unlisted<'a>(reason: Reason, what: &str, field: &str, name: &str, there: impl Iterator<Item = &'a str>) -> Stop {
    with_nearest(reason, format!("there is no {what}; correct {field}"), name, there)
}

fn with_nearest<'a>(reason: Reason, mut message: String, name: &str, there: impl Iterator<Item = &'a str>) -> Stop {
    let near = nearest(name, there);
    if !near.is_empty() {
        message.push_str(". It has ");
        message.push_str(&near.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", "));
    }
    Stop::waiting(reason, message)
}

/// The names that are most like this one, nearest first; perhaps none.
pub(crate) fn nearest<'a>(name: &str, there: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = name.to_lowercase();
    let alike = |other: &'a str| (strsim::normalized_damerau_levenshtein(&wanted, &other.to_lowercase()), other);
    let mut alike: Vec<_> = there.map(alike).filter(|(score, _)| *score >= ALIKE).collect();
    alike.sort_by(|left, right| right.0.total_cmp(&left.0).then_with(|| left.1.cmp(right.1)));
    alike.dedup();
    alike.into_iter().take(SHOWN).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_the_name_is_shown_nearest_first() {
        let there = ["Windows 11 25H2", "Windows 11 24H2", "windows 11 25h2", "Ubuntu", "Windows 10 22H2"];
        for (name, near) in [
            ("Windows 11 25H", vec!["Windows 11 25H2", "windows 11 25h2", "Windows 11 24H2"]),
            ("WINDOWS 10 22H2", vec!["Windows 10 22H2", "Windows 11 24H2", "Windows 11 25H2"]),
            ("Ubunut", vec!["Ubuntu"]),
            ("Finance", vec![]),
        ] {
            assert_eq!(nearest(name, there.into_iter()), near, "{name}");
        }
    }

    #[test]
    fn the_field_and_the_remedy_are_named() {
        let failure = missing(
            Reason::ImageNotFound,
            "image \"a\"",
            "spec.imageDisplayName",
            "a",
            ["A"].into_iter(),
        );
        let said = "waiting for image \"a\": the tenant has none; correct spec.imageDisplayName, or create what it names, which is then \
        found automatically. It has \"A\"";
        assert_eq!(failure.reported().message, said);
    }
}
