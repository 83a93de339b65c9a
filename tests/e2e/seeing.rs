//! What the operator shows: events, the log line of each pass, metrics; and what must not be shown.

use crate::scene::{
    FINANCE, PATIENCE, apply, assignment, change, contoso, delete, graph, namespace, path, policy, ready, request, setting, told, with,
};
use crate::support::{lab, options};
use anyhow::{Context, Result, ensure};
use lab::kstatus::{KStatus, agree};
use lab::{Lab, Operator, exposition};
use serde_json::{Value, json};

const SETTING: &str = "UserSetting";
const SETTINGS: &str = "userSettings";

/// The note of an event and its type.
async fn event(lab: &Lab, kind: &str, name: &str, reason: &str) -> Result<(String, String)> {
    let event = lab.wait_event(kind, name, reason, PATIENCE).await?;
    Ok((event.note.unwrap_or_default(), event.type_.unwrap_or_default()))
}

/// An event about a write has the request id, which Microsoft's support asks for.
async fn written(lab: &Lab, name: &str, reason: &str) -> Result<()> {
    let (note, kind) = event(lab, SETTING, name, reason).await?;
    let id = note.split_once("(request-id ").map(|(_, id)| id.trim_end_matches(')'));
    ensure!(kind == "Normal" && id.is_some_and(|id| id.len() == 36), "{reason}: {kind} {note}");
    Ok(())
}

async fn by_hand(lab: &Lab, display_name: &str, fields: Value) -> Result<()> {
    let object = graph(lab, SETTINGS, display_name).await?;
    let path = path(SETTINGS, object["id"].as_str().unwrap_or_default());
    lab.sim.portal("PATCH", &path, Some(fields)).await.map(drop)
}

#[tokio::test]
async fn a_life_is_told_in_events_lines_and_metrics() -> Result<()> {
    let lab = lab().await;
    let bound = |name: &str, groups: Value| assignment("team", name, SETTING, "users", groups);
    apply(&lab, &[contoso(), namespace("team", "contoso"), setting("team", "users", "Users")]).await?;
    ready(&lab, SETTING, "team", "users").await?;
    apply(&lab, &[bound("finance", json!([{"id": FINANCE}]))]).await?;
    ready(&lab, "Assignment", "team", "finance").await?;
    change(&lab, SETTING, "team", "users", json!({"localAdminEnabled": true})).await?;
    for reason in ["Created", "Assigned", "Updated"] {
        written(&lab, "users", reason).await?;
    }
    ready(&lab, SETTING, "team", "users").await?;
    by_hand(&lab, "Users", json!({"localAdminEnabled": false})).await?;
    let (note, kind) = event(&lab, SETTING, "users", "DriftDetected").await?;
    ensure!(kind == "Warning" && note.contains("/localAdminEnabled"), "{kind} {note}");
    written(&lab, "users", "DriftCorrected").await?;

    apply(&lab, &[bound("typo", json!([{"displayName": "Finanse"}]))]).await?;
    let (note, kind) = event(&lab, "Assignment", "typo", "GroupNotFound").await?;
    ensure!(
        kind == "Normal" && note.contains("Finanse") && note.contains("correct that entry of spec.groups"),
        "{kind} {note}"
    );
    delete(&lab, "Assignment", "team", "typo").await?;
    refused(&lab).await.context("a refused write")?;
    lines_and_metrics(&lab).await.context("what the operator says of itself")?;

    delete(&lab, SETTING, "team", "users").await?;
    lab.wait_gone(SETTING, "team", "users", PATIENCE).await?;
    written(&lab, "users", "Deleted").await
}

/// Graph refuses every policy from now on.
async fn refuse_policies(lab: &Lab) -> Result<()> {
    let body = json!({"error": {"code": "BadRequest", "message": "The region is full.", "innerError": {"code": "RegionFull"}}});
    let fault = json!({"status": 400, "body": body});
    let policies = json!({"method": "POST", "path": "*/provisioningPolicies"});
    lab.sim.fault(json!({"match": policies, "times": -1, "fault": fault})).await
}

async fn refused(lab: &Lab) -> Result<()> {
    refuse_policies(lab).await?;
    let wrong = policy("team", "wrong", "Wrong");
    apply(lab, &[wrong]).await?;
    let message = told(lab, "ProvisioningPolicy", "team", "wrong", ("Stalled", "True", "Refused")).await?;
    ensure!(message.contains("Change the field"), "{message}");
    let (note, kind) = event(lab, "ProvisioningPolicy", "wrong", "Refused").await?;
    ensure!(kind == "Warning" && note.contains("(request-id "), "{kind} {note}");
    let before = lab.events("ProvisioningPolicy", "wrong").await?.len();
    for at in ["once", "twice"] {
        request(lab, "ProvisioningPolicy", "team", "wrong", at).await?;
        let handled = |object: &Value| object["status"]["lastHandledReconcileAt"] == at;
        let object = lab
            .wait_object("ProvisioningPolicy", "team", "wrong", "it was tried again", PATIENCE, handled)
            .await?;
        ensure!(agree(&object)? == KStatus::Failed, "{object}");
    }
    // Another request id does not make it another event.
    let events = lab.events("ProvisioningPolicy", "wrong").await?;
    ensure!(events.len() == before, "{events:?}");
    Ok(())
}

async fn lines_and_metrics(lab: &Lab) -> Result<()> {
    let lines = lab.operator().log_lines()?;
    let passes: Vec<&Value> = lines.iter().filter(|line| line["message"] == "pass").collect();
    ensure!(passes.len() > 5, "{} lines", passes.len());
    for line in &passes {
        let complete = line["outcome"].is_string() && line["elapsed_ms"].is_u64() && line["calls"].is_u64();
        ensure!(complete, "{line}");
        ensure!(line["outcome"] != "changed" || line["calls"].as_u64() >= Some(2), "{line}");
    }
    ensure!(passes.iter().any(|line| line["outcome"] == "changed"), "nothing was changed");

    let text = lab.operator().metrics().await?;
    let families = exposition::parse(&text)?;
    for name in [
        "cloudpc_reconciles",
        "cloudpc_reconcile_queue_length",
        "cloudpc_graph_requests",
        "cloudpc_token_refreshes",
        "cloudpc_drifted_objects",
        "cloudpc_last_successful_poll_timestamp_seconds",
    ] {
        let found = families.iter().find(|family| family.name == name);
        ensure!(found.is_some_and(|family| !family.samples.is_empty()), "{name} is not in {text}");
    }
    ensure!(text.contains("# {client_request_id=\""), "no exemplar in {text}");
    ensure!(
        !text.contains("contoso") && !text.contains("tenant="),
        "a tenant is named in {text}"
    );
    ensure!(
        lab.operator().metric("cloudpc_reconcile_queue_length", &[]).await? <= 8.0,
        "the queue grows"
    );
    Ok(())
}

/// A client secret that is long enough to be recognised by its halves.
const SECRET: &str = "c4n4ry-cl13nt-s3cr3t-0123456789-abcdefghij";
const ID: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const APP: &str = "bbbbbbbb-0000-4000-8000-000000000001";

/// What must not be found anywhere: the texts, their base64 forms, and the halves of both.
pub fn canaries(secrets: &[&str]) -> Vec<String> {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    let mut found = Vec::new();
    for secret in secrets {
        for form in [(*secret).to_owned(), STANDARD.encode(secret), URL_SAFE_NO_PAD.encode(secret)] {
            let (first, second) = form.split_at(form.len() / 2);
            found.extend([first.to_owned(), second.trim_end_matches('=').to_owned()]);
        }
    }
    found
}

/// Everything that can be read of the cluster, the Secrets themselves aside.
async fn dump(lab: &Lab) -> Result<String> {
    let mut all = String::new();
    for kinds in [
        "windows365",
        "events.events.k8s.io,events,leases,configmaps,namespaces,serviceaccounts",
    ] {
        all += &lab.kubectl(&["get", kinds, "-A", "-o", "yaml", "--show-managed-fields"]).await?;
        all += &lab.kubectl(&["describe", kinds, "-A"]).await?;
        all += &lab.kubectl(&["get", kinds, "-A", "-o", "wide"]).await?;
    }
    Ok(all)
}

/// What the program prints for people, with secrets in its environment.
async fn printed(token: &str) -> Result<String> {
    let mut all = String::new();
    for arguments in [
        &["version"][..],
        &["crds"],
        &["run", "--help"],
        &["run", "--concurrency=0"],
        &["run", "--settle-window=x"],
    ] {
        let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_cloudpc-operator"))
            .args(arguments)
            .env("AZURE_CLIENT_SECRET", SECRET)
            .env("AZURE_FEDERATED_TOKEN_FILE", token)
            .output()
            .await?;
        all += &String::from_utf8_lossy(&output.stdout);
        all += &String::from_utf8_lossy(&output.stderr);
    }
    Ok(all)
}

/// Signing in works, fails, works again; objects are created, drift, are refused and are deleted; Graph fails in every way.
async fn live(lab: &Lab) -> Result<()> {
    let secret = |value: &str| {
        let metadata = json!({"name": "app", "namespace": lab::NAMESPACE});
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"clientSecret": value}})
    };
    let credentials = json!({"clientSecret": {"secretRef": {"name": "app"}}});
    let other = with(crate::scene::tenant("other", ID, APP), json!({"credentials": credentials}));
    let wrong = format!("{SECRET}-which-entra-does-not-know");
    apply(lab, &[secret(&wrong), other, contoso(), namespace("team", "contoso")]).await?;
    told(lab, "EntraTenant", "", "other", ("Authenticated", "False", "AuthenticationFailed")).await?;
    apply(lab, &[secret(SECRET)]).await?;
    request(lab, "EntraTenant", "", "other", "mended").await?;
    ready(lab, "EntraTenant", "", "other").await?;

    let refused = policy("team", "wrong", "Wrong");
    refuse_policies(lab).await?;
    let bound = assignment("team", "users", SETTING, "users", json!([{"id": FINANCE}]));
    let faults = json!([
        {"match": {"method": "GET", "path": "*/userSettings"}, "fault": {"status": 401}},
        {"match": {"method": "GET", "path": "*/userSettings", "skip": 1}, "fault": {"status": 503}},
    ]);
    lab.sim.fault(faults).await?;
    apply(lab, &[setting("team", "users", "Users"), bound, refused]).await?;
    ready(lab, "Assignment", "team", "users").await?;
    told(lab, "ProvisioningPolicy", "team", "wrong", ("Stalled", "True", "Refused")).await?;
    by_hand(lab, "Users", json!({"localAdminEnabled": true})).await?;
    lab.wait_event(SETTING, "users", "DriftCorrected", PATIENCE).await?;
    delete(lab, SETTING, "team", "users").await?;
    lab.wait_gone(SETTING, "team", "users", PATIENCE).await
}

pub async fn said(lab: &Lab, operator: &Operator) -> Result<Vec<(&'static str, String)>> {
    let token = operator.token().path().display().to_string();
    let mut probes = String::new();
    for path in ["/livez", "/readyz", "/nothing"] {
        probes += &operator.probe(path).await?.1;
    }
    Ok(vec![
        ("the log", operator.logs()?),
        ("the cluster", dump(lab).await?),
        ("the metrics", operator.metrics().await?),
        ("the probes", probes),
        ("the command line", printed(&token).await?),
    ])
}

#[tokio::test]
async fn s14_s15_canaries_reach_no_sink_at_any_level() -> Result<()> {
    const ROLES: [&str; 3] = ["CloudPC.ReadWrite.All", "Group.Read.All", "Organization.Read.All"];
    let app = json!({"appId": APP, "roles": ROLES, "clientSecret": SECRET, "federatedCredentials": []});
    let seed = json!({"tenants": [{"id": ID, "displayName": "Other", "apps": [app]}]});
    let lab = Lab::start(options().without_operator().seed(seed.to_string())).await?;
    let operator = lab
        .start_operator_with(lab::OperatorOptions {
            environment: vec![("RUST_LOG".to_owned(), "trace".to_owned())],
            ..lab::OperatorOptions::default()
        })
        .await?;
    operator.wait_leading().await?;
    live(&lab).await?;

    let assertion = std::fs::read_to_string(operator.token().path())?;
    let parts: Vec<&str> = assertion.trim().split('.').collect();
    ensure!(
        parts.len() == 3 && parts[0].starts_with("eyJ"),
        "the assertion has another form than is looked for"
    );
    let mut wanted = canaries(&[SECRET]);
    wanted.extend(canaries(&parts));
    // Every JWT begins so, the simulator's access tokens included; and so does the header that carries them.
    wanted.extend(["eyJ", "Bearer ey", "bearer ey", "client_assertion="].map(str::to_owned));
    for (sink, text) in said(&lab, &operator).await? {
        ensure!(!text.is_empty(), "{sink} says nothing, so nothing was proved");
        for canary in &wanted {
            ensure!(!text.contains(canary), "{canary} is in {sink}");
        }
    }
    let log = operator.logs()?;
    ensure!(
        log.contains("\"level\":\"TRACE\"") || log.contains("\"level\":\"DEBUG\""),
        "RUST_LOG was not heard"
    );
    Ok(())
}
