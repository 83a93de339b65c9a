use super::*;

#[test]
fn a_star_spans_segments_and_the_rest_is_literal() {
    assert!(glob_matches(
        "/beta/*/assign",
        "/beta/deviceManagement/virtualEndpoint/provisioningPolicies/1/assign"
    ));
    assert!(glob_matches("*", ""));
    assert!(glob_matches("/v1.0/*s*", "/v1.0/groups"));
    assert!(!glob_matches("/v1.0/groups", "/v1.0/groups/1"));
    assert!(!glob_matches("/v1x0/*", "/v1.0/groups"));
    assert!(!glob_matches("/a*a", "/a"));
}
