//! A tenant says when its change windows open; a zone that is not known is refused by the controller, and nothing else stops.

use crate::scene::{PATIENCE, apply, change, contoso, namespace, ready, setting, told, with};
use crate::support::lab;
use anyhow::{Result, ensure};
use jiff::Timestamp;
use serde_json::{Value, json};

const TENANT: &str = "EntraTenant";

fn window(start: &str, end: &str, zone: &str) -> Value {
    json!({"changeWindows": [{"start": start, "end": end, "timeZone": zone}]})
}

#[tokio::test]
async fn a_tenant_says_when_its_next_change_window_opens() -> Result<()> {
    let lab = lab().await;
    let hour = |after: i64| Timestamp::from_second((Timestamp::now().as_second() / 3600 + after) * 3600);
    let (opens, closes) = (hour(6)?, hour(7)?);
    let clock = |at: Timestamp| at.strftime("%H:%M").to_string();
    let closed = window(&clock(opens), &clock(closes), "Etc/UTC");
    apply(&lab, &[with(contoso(), closed), namespace("team", "contoso")]).await?;
    let object = ready(&lab, TENANT, "", "contoso").await?;
    let shown = &object["status"]["changeWindow"];
    ensure!(*shown == json!({"open": false, "opensAt": opens.to_string()}), "{shown}");
    let message = told(&lab, TENANT, "", "contoso", ("Ready", "True", "Synced")).await?;
    let said = opens.strftime("the next one opens %Y-%m-%dT%H:%M:%S+00:00").to_string();
    ensure!(message.contains(&said), "{message}");

    change(&lab, TENANT, "", "contoso", window("00:00", "24:00", "Europe/Berln")).await?;
    let message = told(&lab, TENANT, "", "contoso", ("Stalled", "True", "ChangeWindowInvalid")).await?;
    let named = message.contains("spec.changeWindows[0].timeZone: \"Europe/Berln\"") && message.contains("\"Europe/Berlin\"");
    ensure!(named, "{message}");
    // A change that puts no Cloud PC at risk is made all the same.
    apply(&lab, &[setting("team", "users", "Users")]).await?;
    ready(&lab, "UserSetting", "team", "users").await?;

    change(&lab, TENANT, "", "contoso", window("00:00", "24:00", "Europe/Berlin")).await?;
    let open = |object: &Value| object["status"]["changeWindow"] == json!({"open": true});
    lab.wait_object(TENANT, "", "contoso", "the window is open", PATIENCE, open).await?;
    told(&lab, TENANT, "", "contoso", ("Ready", "True", "Synced")).await.map(drop)
}
