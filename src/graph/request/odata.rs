//! OData and URL building: the only file that writes a filter or decides which links may be followed.
//!
//! Names stay data: a literal's quotes are doubled, queries are percent-encoded, and an id that is not plainly one path segment is
//! refused before there is a request.

use std::fmt;

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

/// A string literal of an OData filter.
pub(crate) struct Literal(String);

impl Literal {
    /// Any text is a valid literal once its quotes are doubled.
    pub(crate) fn new(text: &str) -> Self {
        Self(format!("'{}'", text.replace('\'', "''")))
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `property eq 'literal'`
pub(crate) fn equals(property: &'static str, literal: &Literal) -> String {
    format!("{property} eq {literal}")
}

/// `property ge instant`, to the second.
pub(crate) fn not_before(property: &'static str, instant: Timestamp) -> String {
    format!("{property} ge {}", instant.strftime("%Y-%m-%dT%H:%M:%SZ"))
}

/// Everything but unreserved characters, and `$`, `,` and `'`, which have no meaning in a URL's query.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'$')
    .remove(b',')
    .remove(b'\'');

/// Sets the query. Spaces become `%20`: not every OData parser reads `+` as a space.
pub(crate) fn set_query(url: &mut Url, parameters: &[(&str, &str)]) {
    let encoded = |text| utf8_percent_encode(text, QUERY);
    let pairs: Vec<_> = parameters
        .iter()
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    url.set_query(Some(&pairs.join("&")));
}

/// Whether `id` is plainly one path segment: letters, digits, `-`, `_`, `.`, and not a dot segment. Every id that Graph documents
/// for Cloud PC and groups is of that form; `$count`, `..` and `%2f` are not.
pub(crate) fn is_id(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=256).contains(&id.len()) && id.chars().all(plain) && !id.starts_with('.')
}

/// Whether a bearer token may be sent to `link`: same scheme, host and port as `root`, no user info, and a path below one of its
/// API versions.
pub(crate) fn is_api_of(root: &Url, link: &Url) -> bool {
    let below = link.path().strip_prefix(root.path().trim_end_matches('/'));
    link.origin() == root.origin()
        && link.username().is_empty()
        && link.password().is_none()
        && below.is_some_and(|path| path.starts_with("/v1.0/") || path.starts_with("/beta/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn s12_links_are_followed_on_the_configured_host_only() {
        let root = Url::parse("https://graph.example/base").unwrap();
        for (link, within) in [
            ("https://graph.example/base/beta/x?$skiptoken=1", true),
            ("https://graph.example:443/base/beta/x", true),
            ("https://GRAPH.example/base/beta/x", true),
            ("http://graph.example/base/beta/x", false),
            ("https://graph.example:444/base/beta/x", false),
            ("https://evil.example/base/beta/x", false),
            ("https://graph.example@evil.example/base/beta/x", false),
            ("https://graph@graph.example/base/beta/x", false),
            ("https://graph.example.evil.example/base/beta/x", false),
            ("https://graph.example/base/betaX/x", false),
            ("https://graph.example/base/v1.0/x", true),
            ("https://graph.example/beta/x", false),
            ("https://graph.example/based/beta/x", false),
            ("https://graph.example/base/beta/../../other", false),
            ("https://graph.example/base/beta/%2e%2e/%2e%2e/other", false),
            ("https://xn--graph-5ta.example/base/beta/x", false),
            ("https://127.0.0.1/base/beta/x", false),
        ] {
            assert_eq!(is_api_of(&root, &Url::parse(link).unwrap()), within, "{link}");
        }
    }

    #[test]
    fn s13_ids_that_are_not_one_segment_are_refused() {
        for id in [
            "",
            ".",
            "..",
            "a/b",
            "a?b",
            "a#b",
            "%2f",
            "$batch",
            "$count",
            "a b",
            "é",
            "a\\b",
            "a(1)",
            &"a".repeat(257),
        ] {
            assert!(!is_id(id), "{id}");
        }
        for id in [
            "11111111-0000-4000-8000-000000000001",
            "A00009UV000_x",
            "microsoftwindowsdesktop_windows-ent-cpc_win11-24H2-ent-cpc",
        ] {
            assert!(is_id(id), "{id}");
        }
    }

    proptest! {
        #[test]
        fn s13_a_filter_value_comes_back_as_it_went_in(name in any::<String>()) {
            let mut url = Url::parse("https://graph.example/v1.0/groups").unwrap();
            set_query(&mut url, &[("$filter", &equals("displayName", &Literal::new(&name))), ("$select", "id")]);
            let pairs: Vec<_> = url.query_pairs().into_owned().collect();
            prop_assert_eq!(pairs.len(), 2);
            let literal = pairs[0].1.strip_prefix("displayName eq '").and_then(|rest| rest.strip_suffix('\'')).unwrap();
            // Every quote is doubled, so nothing can end the literal early.
            prop_assert!(!literal.replace("''", "").contains('\''));
            prop_assert_eq!(literal.replace("''", "'"), name);
            prop_assert!(url.fragment().is_none());
        }

        #[test]
        fn s13_an_accepted_id_is_exactly_one_segment(id in "[ -~]{0,12}") {
            let mut url = Url::parse("https://graph.example/v1.0/groups").unwrap();
            url.path_segments_mut().unwrap().push(&id);
            if is_id(&id) {
                prop_assert_eq!(url.as_str(), format!("https://graph.example/v1.0/groups/{id}"));
                let parsed = Url::parse(&format!("https://graph.example/v1.0/groups/{id}")).unwrap();
                prop_assert_eq!(&parsed, &url);
            }
        }
    }
}
