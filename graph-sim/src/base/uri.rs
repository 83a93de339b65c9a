//! The parts of a request's address: the API that the path belongs to, its segments, and the options of the query.

use percent_encoding::percent_decode_str;

use super::answer::ApiVersion;

/// One segment of a path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    /// Its decoded name, without the namespace of an action and the empty parentheses of a function.
    pub text: String,
    /// How it was spelt.
    pub spelling: Spelling,
}

/// How a segment was spelt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// A name or an id.
    Plain,
    /// An id in parentheses behind a name, `policies('…')`.
    Key,
    /// An action or a function with its namespace, a function with its parentheses, or a cast.
    Operation,
}

/// The types to which a path can cast a list. Unlike an operation, a cast keeps its namespace.
const CASTS: [&str; 2] = ["microsoft.graph.user", "microsoft.graph.group"];

/// The decoded segments of a path. An id in parentheses is a segment of its own. `None` when they are not UTF-8.
pub(crate) fn parse(path: &str) -> Option<Vec<Segment>> {
    let mut segments = Vec::new();
    let mut add = |text: &str, spelling| {
        let text = text.to_owned();
        segments.push(Segment { text, spelling });
    };
    for raw in path.split('/').filter(|raw| !raw.is_empty()) {
        let segment = percent_decode_str(raw).decode_utf8().ok()?;
        if let Some((name, id)) = segment.strip_suffix("')").and_then(|rest| rest.split_once("('")) {
            add(name, Spelling::Plain);
            add(&id.replace("''", "'"), Spelling::Key);
            continue;
        }
        if CASTS.contains(&&*segment) {
            add(&segment, Spelling::Operation);
            continue;
        }
        // An action may be qualified with its namespace.
        let plain = segment.strip_prefix("microsoft.graph.").unwrap_or(&segment);
        // A function is called with its parentheses (metadata) or without them (documentation).
        let plain = plain.strip_suffix("()").unwrap_or(plain);
        let is_operation = plain.len() < segment.len() || (plain.contains('(') && plain.ends_with(')'));
        add(plain, if is_operation { Spelling::Operation } else { Spelling::Plain });
    }
    Some(segments)
}

/// The decoded names of the segments.
pub(crate) fn texts(path: &[Segment]) -> Vec<String> {
    path.iter().map(|segment| segment.text.clone()).collect()
}

/// The decoded segments of a path, whatever their spelling. `None` when they are not UTF-8.
pub(crate) fn segments(path: &str) -> Option<Vec<String>> {
    Some(texts(&parse(path)?))
}

/// The path after `/_sim`, for a request to the control API.
pub(crate) fn control_route(path: &str) -> Option<&str> {
    path.strip_prefix("/_sim").filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The version of Graph that a path names, and the path after it.
pub(crate) fn graph_route(path: &str) -> Option<(ApiVersion, &str)> {
    [ApiVersion::V1, ApiVersion::Beta].into_iter().find_map(|version| {
        let rest = path.strip_prefix('/')?.strip_prefix(version.as_str())?;
        (rest.is_empty() || rest.starts_with('/')).then_some((version, rest))
    })
}

/// Form or query fields, decoded, in their order.
pub(crate) fn decoded(encoded: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(encoded.as_bytes()).into_owned().collect()
}

#[cfg(test)]
mod tests;
