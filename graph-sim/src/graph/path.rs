//! A path in its segments: names, ids and calls of functions, as they are told apart by their spelling.

use percent_encoding::percent_decode_str;

use super::problem::Problem;

/// One segment of a path.
#[derive(Debug, PartialEq, Eq)]
pub struct Segment {
    /// What it says, without the namespace of an action and the empty parentheses of a function.
    pub text: String,
    /// How it was spelt.
    pub spelling: Spelling,
}

/// How a segment was spelt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// A name or an id.
    Plain,
    /// An id in parentheses behind a name, `policies('…')`.
    Key,
    /// An action or a function with its namespace, or a function with its parentheses.
    Operation,
}

/// The decoded segments of a path. An id in parentheses is a segment of its own.
pub fn parse(path: &str) -> Result<Vec<Segment>, Problem> {
    let mut segments = Vec::new();
    let mut add = |text: &str, spelling| {
        let text = text.to_owned();
        segments.push(Segment { text, spelling });
    };
    for raw in path.split('/').filter(|raw| !raw.is_empty()) {
        let segment = percent_decode_str(raw)
            .decode_utf8()
            .map_err(|_| Problem::bad_request("The path is not UTF-8."))?;
        if let Some((name, id)) = segment.strip_suffix("')").and_then(|rest| rest.split_once("('")) {
            add(name, Spelling::Plain);
            add(&id.replace("''", "'"), Spelling::Key);
            continue;
        }
        // An action may be qualified with its namespace.
        let plain = segment.strip_prefix("microsoft.graph.").unwrap_or(&segment);
        // A function is called with its parentheses (metadata) or without them (documentation).
        let plain = plain.strip_suffix("()").unwrap_or(plain);
        let is_operation = plain.len() < segment.len() || (plain.contains('(') && plain.ends_with(')'));
        add(plain, if is_operation { Spelling::Operation } else { Spelling::Plain });
    }
    Ok(segments)
}

/// What the segments say.
pub fn texts(path: &[Segment]) -> Vec<String> {
    path.iter().map(|segment| segment.text.clone()).collect()
}

/// The decoded segments of a path, whatever their spelling.
pub(crate) fn segments(path: &str) -> Result<Vec<String>, Problem> {
    Ok(texts(&parse(path)?))
}

#[cfg(test)]
mod tests {
    use super::Spelling::{Key, Operation, Plain};
    use super::*;

    #[test]
    fn segments_are_told_apart_by_their_spelling() {
        for (path, expected) in [
            ("/groups", vec![("groups", Plain)]),
            (
                "/groups('a''b')//members",
                vec![("groups", Plain), ("a'b", Key), ("members", Plain)],
            ),
            ("/groups/microsoft.graph.delta", vec![("groups", Plain), ("delta", Operation)]),
            ("/groups/delta()", vec![("groups", Plain), ("delta", Operation)]),
            ("/groups/microsoft.graph.delta()", vec![("groups", Plain), ("delta", Operation)]),
            (
                "/pcs/get(groupId='1',planId='2')",
                vec![("pcs", Plain), ("get(groupId='1',planId='2')", Operation)],
            ),
            ("/groups/%24count", vec![("groups", Plain), ("$count", Plain)]),
        ] {
            let found = parse(path).unwrap();
            let found: Vec<_> = found.iter().map(|one| (one.text.as_str(), one.spelling)).collect();
            assert_eq!(found, expected, "{path}");
        }
        assert!(parse("/%ff").is_err());
    }
}
