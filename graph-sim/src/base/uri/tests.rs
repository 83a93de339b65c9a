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
        (
            "/microsoft.graph.user/microsoft.graph.users",
            vec![("microsoft.graph.user", Operation), ("users", Operation)],
        ),
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
    assert!(parse("/%ff").is_none());
}
