//! Paths: their segments in one spelling, and the tree in which the described path of a request is found.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;

/// The segments of a path in one spelling, the same for templates and for requests: a key in parentheses is a segment of its
/// own, a call without arguments is its name, and a call with arguments is its name with those of its arguments.
pub(super) fn segments(path: &str) -> Vec<String> {
    let mut segments = Vec::new();
    for raw in path.split('/').filter(|raw| !raw.is_empty()) {
        let decoded = percent_decode_str(raw).decode_utf8_lossy();
        let plain = decoded.strip_prefix("microsoft.graph.").unwrap_or(&decoded);
        match plain.strip_suffix(')').and_then(|call| call.split_once('(')) {
            None => segments.push(plain.to_owned()),
            Some((name, "")) => segments.push(name.to_owned()),
            Some((name, inner)) => match argument_names(inner) {
                Some(names) => segments.push(format!("{name}({})", names.join(","))),
                None => segments.extend([name.to_owned(), key(inner)]),
            },
        }
    }
    segments
}

/// The sorted names of a call's arguments; nothing for a key, which has no names.
fn argument_names(inner: &str) -> Option<Vec<&str>> {
    let mut quoted = false;
    let arguments = inner.split(|one: char| {
        quoted ^= one == '\'';
        one == ',' && !quoted
    });
    let mut names = Vec::new();
    for argument in arguments {
        let (name, _) = argument.split_once('=').filter(|(name, _)| !name.contains('\''))?;
        names.push(name.trim());
    }
    names.sort_unstable();
    Some(names)
}

fn key(inner: &str) -> String {
    let quoted = inner.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    quoted.map_or_else(|| inner.to_owned(), |key| key.replace("''", "'"))
}

/// A tree of path templates; its leaves are the templates' numbers.
#[derive(Debug, Default)]
pub(super) struct Tree {
    fixed: HashMap<String, Tree>,
    any: Option<Box<Tree>>,
    leaf: Option<usize>,
}

impl Tree {
    /// Puts a template into the tree.
    pub(super) fn insert(&mut self, template: &str, number: usize) {
        let mut node = self;
        for segment in segments(template) {
            node = if segment.starts_with('{') {
                node.any.get_or_insert_default()
            } else {
                node.fixed.entry(segment).or_default()
            };
        }
        node.leaf = Some(number);
    }

    /// The template that segments fit; a fixed name goes before an id.
    pub(super) fn find(&self, segments: &[String]) -> Option<usize> {
        let Some((first, rest)) = segments.split_first() else {
            return self.leaf;
        };
        let fixed = self.fixed.get(first).and_then(|node| node.find(rest));
        fixed.or_else(|| self.any.as_ref()?.find(rest))
    }
}
