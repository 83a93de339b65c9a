use serde_json::json;

use super::*;
use crate::schema::policy::PROVISIONING_POLICY;

#[test]
fn old_names_are_found_at_any_depth_and_present_ones_are_not() {
    let old = json!({
        "displayName": "a", "windowsSettings": {"language": "en-US"},
        "domainJoinConfigurations": [{"type": "azureADJoin"}, {"type": "azureADJoin"}],
    });
    let found = headers(&PROVISIONING_POLICY, ApiVersion::Beta, old.to_string().as_bytes());
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Deprecation", "Sunset", "Link"]);
    let link = &found[2].1;
    assert_eq!(link.matches("title=").count(), 2, "{link}");
    assert!(
        link.contains("title=\"windowsSettings\"") && link.contains("title=\"type\""),
        "{link}"
    );

    let new =
        json!({"displayName": "a", "windowsSetting": {"locale": "en-US"}, "domainJoinConfigurations": [{"domainJoinType": "azureADJoin"}]});
    for body in [new.to_string(), String::new(), "[1]".to_owned()] {
        assert!(headers(&PROVISIONING_POLICY, ApiVersion::Beta, body.as_bytes()).is_empty());
    }
}
