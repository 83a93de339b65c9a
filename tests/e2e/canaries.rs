//! S50: Graph and Entra put credentials of others into every field of their answers, and an organization has a name of three
//! megabytes. Nothing of it reaches status, events, logs, metrics; and the tenant works.

use crate::scene::{FINANCE, PATIENCE, apply, assignment, contoso, graph, namespace, path, policy, ready, request, setting, told, with};
use crate::seeing::{canaries, said};
use crate::support::options;
use anyhow::{Context, Result, ensure};
use lab::{Lab, OperatorOptions, TENANT};
use serde_json::{Value, json};

/// Opaque tokens as Entra, Azure and a script might have them.
const TOKENS: [&str; 3] = [
    "cnr8Q~oW3kLr9TbVn2MpZc7DfGhJs5Qe1RuYwXaK",
    "0.AXoAcnrj5cvGGr0GRqy180BHbRz-2k7VdX_9LmQpRsTuVwXyZ3aBcDeFgHiJkLmNoPqRs8T",
    "eyJhbGciOiJSUzI1NiJ9.eyJjYW5hcnkiOiJ4In0.Y2FuYXJ5c2ln",
];

/// A sentence with all of them, in more than one way.
fn sentence() -> String {
    use base64::Engine;
    let encoded = base64::engine::general_purpose::STANDARD.encode(TOKENS[1]);
    format!(
        "refused {} and client_secret={} and Bearer {} and {encoded}",
        TOKENS[0], TOKENS[1], TOKENS[2]
    )
}

fn error() -> Value {
    let text = sentence();
    json!({"error": {"code": text, "message": text, "innerError": {"code": text, "message": text, "request-id": text}}})
}

/// What Entra and Graph answer from the start.
async fn poison(lab: &Lab) -> Result<()> {
    let text = sentence();
    let login = json!({"error": "invalid_client", "error_description": format!("AADSTS7000215: {text}"), "error_codes": [7_000_215],
        "trace_id": text, "correlation_id": text, "timestamp": "2026-01-01 00:00:00Z"});
    let domains = vec![json!({"name": text}); 200];
    let organization =
        json!({"value": [{"id": TENANT, "displayName": format!("{text}{}", "x".repeat(3 << 20)), "verifiedDomains": domains}]});
    let group = json!({"id": FINANCE, "displayName": text, "mailNickname": text});
    let image = json!({"id": "publisher_offer_sku", "displayName": format!("Windows 11 Enterprise {text}"), "status": text});
    let answer =
        |path: &str, times: i64, body: &Value| json!({"match": {"path": path}, "times": times, "fault": {"status": 200, "body": body}});
    let refuse = |method: &str, path: &str, status: u16| {
        let fault = json!({"status": status, "body": error(), "headers": {"request-id": text.replace(' ', "_")}});
        json!({"match": {"method": method, "path": path}, "times": -1, "fault": fault})
    };
    let faults = json!([
        {"match": {"path": "*/token"}, "times": 1, "fault": {"status": 401, "body": login}},
        answer("*/organization", -1, &organization),
        answer("*/groups/*", -1, &group),
        answer("*/galleryImages", -1, &json!({"value": [image]})),
        refuse("POST", "*/provisioningPolicies", 400),
        {"match": {"method": "GET", "path": "*/userSettings"}, "times": 1, "fault": {"status": 403, "body": error()}},
    ]);
    lab.sim.fault(faults).await
}

#[tokio::test]
async fn s50_credentials_in_answers_reach_no_sink_and_a_name_of_three_megabytes_stops_nothing() -> Result<()> {
    let lab = Lab::start(options().without_operator()).await?;
    poison(&lab).await?;
    let operator = lab
        .start_operator_with(OperatorOptions {
            environment: vec![("RUST_LOG".to_owned(), "debug".to_owned())],
            ..OperatorOptions::default()
        })
        .await?;
    operator.wait_leading().await?;
    apply(&lab, &[contoso(), namespace("team", "contoso")]).await?;
    let message = told(
        &lab,
        "EntraTenant",
        "",
        "contoso",
        ("Authenticated", "False", "AuthenticationFailed"),
    )
    .await?;
    ensure!(message.contains("AADSTS7000215: refused [redacted] and"), "{message}");
    request(&lab, "EntraTenant", "", "contoso", "mended").await?;
    let tenant = ready(&lab, "EntraTenant", "", "contoso").await?;
    let status = &tenant["status"];
    ensure!(
        status["organization"]
            .as_str()
            .is_some_and(|name| name.starts_with("refused [redacted]") && name.len() <= 1024)
    );
    ensure!(status["verifiedDomains"].as_array().is_some_and(|domains| domains.len() == 100));

    let wrong = policy("team", "wrong", "Wrong");
    let by_id = with(
        policy("team", "refused", "Refused"),
        json!({"imageDisplayName": null, "imageId": "publisher_offer_sku"}),
    );
    let bound = assignment("team", "users", "UserSetting", "users", json!([{"id": FINANCE}]));
    apply(&lab, &[wrong, by_id, setting("team", "users", "Users"), bound]).await?;
    let message = told(&lab, "ProvisioningPolicy", "team", "refused", ("Stalled", "True", "Refused")).await?;
    ensure!(message.contains("refused [redacted]"), "{message}");
    ready(&lab, "Assignment", "team", "users").await?;
    // A user pastes a secret into a name.
    let object = graph(&lab, "userSettings", "Users").await?;
    let id = object["id"].as_str().context("an id")?;
    let pasted = json!({"displayName": format!("Users {}", TOKENS[0])});
    lab.sim.portal("PATCH", &path("userSettings", id), Some(pasted)).await?;
    lab.wait_event("UserSetting", "users", "DriftCorrected", PATIENCE).await?;

    let mut wanted = canaries(&TOKENS);
    wanted.push("client_secret=0".to_owned());
    for (sink, text) in said(&lab, &operator).await? {
        for canary in &wanted {
            ensure!(!text.contains(canary), "{canary} is in {sink}");
        }
    }
    Ok(())
}
