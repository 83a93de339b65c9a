use super::*;

#[test]
fn what_is_secret_is_in_no_event() {
    let object = |password: &str, name: &str| {
        let object = json!({
            "adDomainPassword": password, "ClientSecret": password, "displayName": name,
            "list": [{"password": password, "name": name}],
        });
        object.as_object().unwrap().clone()
    };
    let (before, after) = (object("canary-1", "one"), object("canary-2", "two"));
    for change in [Change::Created(&after), Change::Updated(&before, &after), Change::Deleted(&before)] {
        let event = resource("CloudPcProvisioningPolicy", change);
        assert!(!event.to_string().contains("canary"), "{event}");
        let names: Vec<&str> = event["modifiedProperties"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|entry| entry["displayName"].as_str())
            .collect();
        assert_eq!(names, ["displayName", "list"]);
    }
}
