use super::*;

#[test]
fn stars_stand_for_segments() {
    for (glob, text, fits) in [
        ("/a/*", "/a/b", true),
        ("/a/*", "/a/b/c", false),
        ("**/c", "/a/b/c", true),
        ("**/c/**", "/a/c", true),
        ("**/c/*/d", "/c/c/x/d", true),
        ("**/c/*/d", "/c/x/y/d", false),
        ("**", "", true),
        ("", "", true),
        ("/a", "/a/b", false),
    ] {
        assert_eq!(matches(glob, text), fits, "{glob} {text}");
    }
    assert!(!matches("**/x/**/y", &"/x".repeat(100_000)));
}
