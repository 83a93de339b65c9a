use serde_json::json;

use super::*;

#[test]
fn the_option_is_shown_as_it_was_given_and_what_is_unknown_is_refused_by_name() {
    for given in [
        json!("off"),
        json!("published"),
        json!({"listPerMinute": 5, "writePer20s": 1}),
        json!({"directoryUnitsPer10s": 7, "countRefused": true}),
        json!({}),
    ] {
        let read: Throttling = serde_json::from_value(given.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), given);
    }
    for (wrong, named) in [
        (json!("on"), "on"),
        (json!({"listPerHour": 5}), "listPerHour"),
        (json!({"listPerMinute": 0}), "0"),
        (json!({"listPerMinute": -1}), "-1"),
        (json!(90), "90"),
    ] {
        let error = serde_json::from_value::<Throttling>(wrong).unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
    }
}
