use super::*;
use serde_json::json;

#[test]
fn secret_properties_are_blanked_at_any_depth() {
    let sent = json!({"displayName": "weu", "nested": [{"adDomainPassword": "canary", "client_secret": {"a": "canary"}}]});
    let kept = redacted_body(sent.to_string().as_bytes()).unwrap();
    assert_eq!(kept["displayName"], "weu");
    assert!(!kept.to_string().contains("canary"), "{kept}");
    assert_eq!(redacted_body(b"client_secret=canary"), None);
}

#[test]
fn secrets_in_a_query_or_in_the_parts_of_a_batch_are_blanked() {
    for (sent, kept) in [
        ("$top=5&$skiptoken=ab%20c&%24select=id", "$top=5&$skiptoken=ab%20c&%24select=id"),
        ("access_token=canary&$top=5", "access_token=[removed]&$top=5"),
        ("Access%5FTo%6Ben=canary", "Access%5FTo%6Ben=[removed]"),
        ("a&&password=canary=canary", "a&&password=[removed]"),
    ] {
        assert_eq!(redacted_query(sent), kept);
    }
    let batch = json!({"requests": [{
        "id": "1", "url": "/groups?access_token=canary&$top=1",
        "headers": {"Authorization": "Bearer canary", "Set-Cookie": "canary", "Prefer": "a"},
    }]});
    let kept = redacted_body(batch.to_string().as_bytes()).unwrap();
    assert!(!kept.to_string().contains("canary"), "{kept}");
    assert_eq!(kept["requests"][0]["headers"]["Prefer"], "a");
    assert_eq!(kept["requests"][0]["url"], "/groups?access_token=[removed]&$top=1");
}
