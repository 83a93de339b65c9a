//! S10: the rights of `manifests/` are exactly those that a run uses, by the API server's audit log.

use std::collections::BTreeSet;

use crate::scene::{ANALYSTS, FINANCE, apply, assignment, change, contoso, delete, graph, namespace, policy, ready, setting, two_polls};
use crate::sign_in::{account, secret, seed, signed_in_with};
use crate::support::options;
use anyhow::{Context, Result, ensure};
use lab::{Lab, NAMESPACE, SERVICE_ACCOUNT, eventually, seconds};
use serde_json::{Value, json};

const KINDS: [(&str, &str, &str); 2] = [
    ("ProvisioningPolicy", "provisioningPolicies", "desk"),
    ("UserSetting", "userSettings", "users"),
];

/// What a role grants: `Role name: verb group/resource`.
fn granted(role: &Value) -> BTreeSet<String> {
    let texts = |value: &Value| -> Vec<String> {
        let all = value.as_array().into_iter().flatten();
        all.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let name = format!(
        "{} {}",
        role["kind"].as_str().unwrap_or_default(),
        role["metadata"]["name"].as_str().unwrap_or_default()
    );
    let mut rights = BTreeSet::new();
    for rule in role["rules"].as_array().into_iter().flatten() {
        for group in texts(&rule["apiGroups"]) {
            for resource in texts(&rule["resources"]) {
                for verb in texts(&rule["verbs"]) {
                    rights.insert(format!("{name}: {verb} {group}/{resource}"));
                }
            }
        }
    }
    rights
}

/// What the roles of the installation grant the controller.
async fn shipped(lab: &Lab) -> Result<BTreeSet<String>> {
    let mut rights = BTreeSet::new();
    for arguments in [
        &["get", "clusterroles", "--selector=app.kubernetes.io/name=cloudpc-operator"][..],
        &["get", "roles", "--namespace", NAMESPACE][..],
    ] {
        let listed = lab.kubectl(&[arguments, &["--output=json"]].concat()).await?;
        let listed: Value = serde_json::from_str(&listed)?;
        let ours = |role: &&Value| {
            role["metadata"]["name"]
                .as_str()
                .is_some_and(|name| name.starts_with(SERVICE_ACCOUNT))
        };
        rights.extend(listed["items"].as_array().into_iter().flatten().filter(ours).flat_map(granted));
    }
    Ok(rights)
}

/// What the controller requested so far, by the role that allowed it; a request that no role of ours allowed is an error.
fn used(lab: &Lab) -> Result<BTreeSet<String>> {
    let user = format!("system:serviceaccount:{NAMESPACE}:{SERVICE_ACCOUNT}");
    let log = std::fs::read_to_string(lab.plane.audit_log_path()).context("the audit log")?;
    // The last line may be half written.
    let events = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut rights = BTreeSet::new();
    for event in events.filter(|event| event["user"]["username"] == user.as_str()) {
        let annotation = |name: &str| {
            event["annotations"][format!("authorization.k8s.io/{name}")]
                .as_str()
                .unwrap_or_default()
        };
        ensure!(
            annotation("decision") == "allow",
            "the controller asked for what it may not: {event}"
        );
        ensure!(event["impersonatedUser"].is_null(), "{event}");
        // RBAC: allowed by RoleBinding "…" of Role "…" to ServiceAccount "…"
        let role = annotation("reason").split(" of ").nth(1).and_then(|rest| rest.split(" to ").next());
        let role = role.with_context(|| format!("no role let it: {event}"))?.replace('"', "");
        let text = |field: &str| event["objectRef"][field].as_str().unwrap_or_default();
        let subresource = match text("subresource") {
            "" => String::new(),
            name => format!("/{name}"),
        };
        let verb = event["verb"].as_str().unwrap_or_default();
        rights.insert(format!("{role}: {verb} {}/{}{subresource}", text("apiGroup"), text("resource")));
    }
    Ok(rights)
}

/// Another writer changes each resource between the intent to create and the record of its id, so that the
/// controller has to read it again.
async fn create_in_a_conflict(lab: &Lab) -> Result<()> {
    lab.sim
        .fault(json!({"match": {"method": "POST", "path": "*/virtualEndpoint/*"}, "times": 2, "fault": {"latencyMs": 3000}}))
        .await?;
    apply(
        lab,
        &[
            contoso(),
            namespace("team", "contoso"),
            policy("team", "desk", "Desk"),
            setting("team", "users", "Users"),
        ],
    )
    .await?;
    for (kind, _, name) in KINDS {
        lab.wait_object(kind, "team", name, "its create is announced", seconds(60), |object| {
            object["status"]["pendingCreate"].is_object()
        })
        .await?;
        lab.patch(kind, "team", name, &json!({"metadata": {"labels": {"changed": "meanwhile"}}}))
            .await?;
    }
    for (kind, _, name) in KINDS {
        ready(lab, kind, "team", name).await?;
    }
    Ok(())
}

/// The same change by hand twice, which is one event that is counted.
async fn drift_twice(lab: &Lab) -> Result<()> {
    let users = graph(lab, "userSettings", "Users").await?;
    let path = format!(
        "/beta/deviceManagement/virtualEndpoint/userSettings/{}",
        users["id"].as_str().context("an id")?
    );
    for _ in 0..2 {
        lab.sim.portal("PATCH", &path, Some(json!({"localAdminEnabled": true}))).await?;
        eventually(seconds(60), "the change is undone", async || {
            ensure!(graph(lab, "userSettings", "Users").await?["localAdminEnabled"] == false);
            Ok(())
        })
        .await?;
        ready(lab, "UserSetting", "team", "users").await?;
        two_polls(lab, "userSettings").await?;
    }
    Ok(())
}

/// Groups are added and removed, and so are the objects.
async fn assign_and_delete(lab: &Lab) -> Result<()> {
    let both = json!([{"id": FINANCE}, {"id": ANALYSTS}]);
    let desktops = assignment("team", "desktops", "ProvisioningPolicy", "desk", json!([{"id": FINANCE}]));
    apply(lab, &[assignment("team", "groups", "UserSetting", "users", both), desktops]).await?;
    for name in ["groups", "desktops"] {
        ready(lab, "Assignment", "team", name).await?;
    }
    change(lab, "Assignment", "team", "groups", json!({"groups": [{"id": FINANCE}]})).await?;
    ready(lab, "Assignment", "team", "groups").await?;
    for (kind, name) in [
        ("Assignment", "groups"),
        ("Assignment", "desktops"),
        ("UserSetting", "users"),
        ("ProvisioningPolicy", "desk"),
    ] {
        delete(lab, kind, "team", name).await?;
        lab.wait_gone(kind, "team", name, seconds(60)).await?;
    }
    Ok(())
}

/// A tenant for each kind of credentials that Kubernetes holds.
async fn sign_in(lab: &Lab) -> Result<()> {
    let subject = format!("system:serviceaccount:{NAMESPACE}:signer");
    let trusted = json!([{"issuer": lab.plane.issuer(), "subject": subject, "audiences": [lab::AUDIENCE]}]);
    lab.sim.seed(&seed(2, &json!({"federatedCredentials": trusted}))).await?;
    apply(
        lab,
        &[
            secret("app-secret", json!({"clientSecret": "s3cr3t"})),
            account("signer"),
            signed_in_with("secret", 1, json!({"clientSecret": {"secretRef": {"name": "app-secret"}}})),
            signed_in_with("account", 2, json!({"workloadIdentity": {"serviceAccountName": "signer"}})),
        ],
    )
    .await?;
    for name in ["secret", "account"] {
        ready(lab, "EntraTenant", "", name).await?;
    }
    Ok(())
}

#[tokio::test]
async fn s10_a_run_uses_every_right_of_the_manifests_and_no_other() -> Result<()> {
    let lab = Lab::start(options().audited().seed(seed(1, &json!({"clientSecret": "s3cr3t"})))).await?;
    sign_in(&lab).await.context("sign in")?;
    create_in_a_conflict(&lab).await.context("create")?;
    drift_twice(&lab).await.context("drift")?;
    assign_and_delete(&lab).await.context("assign and delete")?;
    delete(&lab, "EntraTenant", "", "contoso").await?;
    lab.wait_gone("EntraTenant", "", "contoso", seconds(60)).await?;

    let shipped = shipped(&lab).await?;
    ensure!(shipped.len() > 20, "the roles were not found: {shipped:?}");
    // Events and the lease are written independently of the passes.
    eventually(seconds(60), "every right has been used", async || {
        let unused: Vec<_> = shipped.difference(&used(&lab)?).cloned().collect();
        ensure!(unused.is_empty(), "granted and never used: {unused:#?}");
        Ok(())
    })
    .await?;
    let surplus: Vec<_> = used(&lab)?.difference(&shipped).cloned().collect();
    ensure!(surplus.is_empty(), "used by another role than ours: {surplus:#?}");
    Ok(())
}
