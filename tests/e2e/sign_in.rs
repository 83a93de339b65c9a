//! Every kind of credentials that the simulator can check, with the rights of `manifests/`: each works, is rotated while
//! the operator runs, and stops only its own tenant when it is removed.

use crate::scene::{apply, change, graph, namespace, policy, ready, reconcile, request, setting, tenant, told, two_polls_of, with};
use crate::support::options;
use anyhow::{Context, Result, ensure};
use lab::{Lab, NAMESPACE, seconds};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::{Value, json};

const ROLES: [&str; 3] = ["CloudPC.ReadWrite.All", "Group.Read.All", "Organization.Read.All"];
const ID: &str = "aaaaaaaa-0000-4000-8000-00000000000";
const CANARY: &str = "cl13nt-s3cr3t-canary";

/// One tenant of its own for each kind: name, id, application.
pub fn directory(number: u8) -> (String, String) {
    (format!("{ID}{number}"), format!("{ID}{number}").replace("aaaaaaaa", "bbbbbbbb"))
}

/// A seed of one tenant whose application has these fields and trusts no other identity.
pub fn seed(number: u8, fields: &Value) -> String {
    let (id, app) = directory(number);
    let mut app = json!({"appId": app, "roles": ROLES, "federatedCredentials": []});
    for (name, value) in fields.as_object().into_iter().flatten() {
        app[name] = value.clone();
    }
    json!({"tenants": [{"id": id, "displayName": format!("Tenant {number}"), "apps": [app]}]}).to_string()
}

pub fn signed_in_with(name: &str, number: u8, credentials: Value) -> Value {
    let (id, app) = directory(number);
    with(tenant(name, &id, &app), json!({"credentials": credentials}))
}

pub fn secret(name: &str, data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": NAMESPACE}, "stringData": data})
}

pub fn account(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": NAMESPACE}})
}

fn pair() -> Result<(String, String)> {
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
    let certificate = CertificateParams::default().self_signed(&key)?;
    Ok((key.serialize_pem(), certificate.pem()))
}

fn tls((key, certificate): &(String, String)) -> Value {
    secret("app-tls", json!({"tls.key": key, "tls.crt": certificate}))
}

/// Tenant 1 has a client secret, 2 a certificate, 3 and 4 a service account each.
async fn lab(certificate: &str) -> Result<Lab> {
    let lab = Lab::start(
        options()
            .seed(seed(1, &json!({"clientSecret": CANARY})))
            .seed(seed(2, &json!({"certificates": [certificate]}))),
    );
    let lab = lab.await?;
    for (number, name) in [(3, "signer-a"), (4, "signer-b")] {
        let subject = format!("system:serviceaccount:{NAMESPACE}:{name}");
        let trusted = json!([{"issuer": lab.plane.issuer(), "subject": subject, "audiences": [lab::AUDIENCE]}]);
        lab.sim.seed(&seed(number, &json!({"federatedCredentials": trusted}))).await?;
    }
    Ok(lab)
}

fn tenants() -> [Value; 4] {
    let account = |name: &str| json!({"workloadIdentity": {"serviceAccountName": name}});
    [
        signed_in_with("secret", 1, json!({"clientSecret": {"secretRef": {"name": "app-secret"}}})),
        signed_in_with("certificate", 2, json!({"certificate": {"secretRef": {"name": "app-tls"}}})),
        signed_in_with("account-a", 3, account("signer-a")),
        signed_in_with("account-b", 4, account("signer-b")),
    ]
}

const FAILED: (&str, &str, &str) = ("Authenticated", "False", "AuthenticationFailed");

#[tokio::test]
async fn every_kind_of_credentials_waits_for_what_it_names_and_is_rotated_without_a_restart() -> Result<()> {
    let first = pair()?;
    let lab = lab(&first.1).await?;
    apply(&lab, &tenants()).await?;
    for (name, field) in [
        ("secret", "spec.credentials.clientSecret.secretRef"),
        ("certificate", "spec.credentials.certificate.secretRef"),
        ("account-a", "spec.credentials.workloadIdentity.serviceAccountName"),
    ] {
        let message = told(&lab, "EntraTenant", "", name, FAILED).await?;
        ensure!(message.contains(field) && message.contains("does not exist"), "{name}: {message}");
    }
    apply(
        &lab,
        &[
            secret("app-secret", json!({"clientSecret": CANARY})),
            tls(&first),
            account("signer-a"),
            account("signer-b"),
        ],
    )
    .await?;
    // Without help: a broken credential is read again within about a minute.
    for name in ["secret", "certificate", "account-a", "account-b"] {
        lab.wait_condition("EntraTenant", "", name, "Ready", "True", seconds(180)).await?;
    }
    let message = told(&lab, "EntraTenant", "", "secret", ("Authenticated", "True", "SignedIn")).await?;
    ensure!(message.contains("for development only"), "{message}");

    rotate(&lab).await.context("rotation")?;
    lab.kubectl(&["delete", "serviceaccount", "signer-a", "--namespace", NAMESPACE])
        .await?;
    request(&lab, "EntraTenant", "", "account-a", "gone").await?;
    told(&lab, "EntraTenant", "", "account-a", FAILED).await?;
    reconcile(&lab, "EntraTenant", "", "account-b", "still there").await?;
    ready(&lab, "EntraTenant", "", "account-b").await?;

    let log = lab.operator().logs()?;
    for canary in [CANARY, "PRIVATE KEY", "eyJ"] {
        ensure!(!log.contains(canary), "{canary} is in the log");
    }
    Ok(())
}

/// Entra takes only the new secret and the new certificate from now on.
async fn rotate(lab: &Lab) -> Result<()> {
    let (second, renewed) = (pair()?, format!("{CANARY}-2"));
    lab.sim.seed(&seed(1, &json!({"clientSecret": renewed}))).await?;
    lab.sim.seed(&seed(2, &json!({"certificates": [second.1]}))).await?;
    for (name, code) in [("secret", "AADSTS7000215"), ("certificate", "AADSTS700027")] {
        request(lab, "EntraTenant", "", name, "revoked").await?;
        let message = told(lab, "EntraTenant", "", name, FAILED).await?;
        ensure!(message.contains(code), "{name}: {message}");
    }
    apply(lab, &[secret("app-secret", json!({"clientSecret": renewed})), tls(&second)]).await?;
    for name in ["secret", "certificate"] {
        request(lab, "EntraTenant", "", name, "rotated").await?;
        ready(lab, "EntraTenant", "", name).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_cloud_without_cloud_pcs_is_said_and_nothing_is_sent() -> Result<()> {
    let lab = Lab::start(options()).await?;
    let mark = lab.sim.mark().await?;
    for cloud in ["USGovernmentDoD", "China"] {
        let name = cloud.to_lowercase();
        let (id, app) = directory(5);
        let described = with(tenant(&name, &id, &app), json!({"cloud": cloud}));
        let users = with(setting(&name, "users", "Users"), json!({"tenantRef": {"name": name}}));
        apply(&lab, &[described, namespace(&name, &name), users]).await?;
        for (kind, namespace, object) in [("EntraTenant", "", name.as_str()), ("UserSetting", name.as_str(), "users")] {
            let message = told(&lab, kind, namespace, object, ("Stalled", "True", "CloudNotSupported")).await?;
            ensure!(message.contains("no Cloud PC API"), "{message}");
        }
        // A resource that has no object in Graph is deleted as well.
        lab.kubectl(&["delete", "namespace", &name, "--timeout=60s"]).await?;
        lab.kubectl(&["delete", "entratenant", &name, "--timeout=60s"]).await?;
    }
    let sent = lab.sim.ledger(mark).await?;
    ensure!(sent.is_empty(), "{sent:?}");
    Ok(())
}

#[tokio::test]
async fn a_grant_that_only_reads_means_observe_until_more_is_granted() -> Result<()> {
    let trusted = |roles: Value| {
        let (id, app) = directory(6);
        json!({"tenants": [{"id": id, "displayName": "Six", "apps": [{"appId": app, "roles": roles}]}]}).to_string()
    };
    let lab = Lab::start(options().seed(trusted(json!(["CloudPC.Read.All", "Group.Read.All", "Organization.Read.All"])))).await?;
    let (id, app) = directory(6);
    let desk = with(policy("six", "desk", "Desk"), json!({"tenantRef": {"name": "six"}}));
    apply(&lab, &[tenant("six", &id, &app), namespace("six", "six"), desk]).await?;
    told(&lab, "EntraTenant", "", "six", ("PermissionsSufficient", "True", "ReadOnly")).await?;
    let described = ready(&lab, "EntraTenant", "", "six").await?;
    assert_eq!(described["status"]["readOnly"], true);
    // The spec asks for Enforce, which is not possible.
    told(&lab, "ProvisioningPolicy", "six", "desk", ("Stalled", "True", "PermissionMissing")).await?;
    two_polls_of(&lab, &id, "provisioningPolicies").await?;
    assert_eq!(lab.sim.writes(0).await?.len(), 0);

    lab.sim.seed(&trusted(json!(ROLES))).await?;
    let described = reconcile(&lab, "EntraTenant", "", "six", "granted").await?;
    ensure!(described["status"]["readOnly"].is_null(), "{described}");
    ready(&lab, "ProvisioningPolicy", "six", "desk").await?;
    assert_eq!(lab.sim.objects_of(&id, "provisioningPolicies").await?.len(), 1);
    Ok(())
}

/// S7: a tenant without `allowedNamespaces` allows no namespace.
#[tokio::test]
async fn s7_a_tenant_that_names_no_namespace_lets_nobody_in() -> Result<()> {
    let lab = Lab::start(options()).await?;
    let closed = with(crate::scene::contoso(), json!({"allowedNamespaces": null}));
    apply(&lab, &[closed, namespace("team", "contoso"), setting("team", "users", "Users")]).await?;
    let refused = ("Stalled", "True", "NamespaceNotAllowed");
    told(&lab, "UserSetting", "team", "users", refused).await?;
    change(&lab, "EntraTenant", "", "contoso", json!({"allowedNamespaces": {}})).await?;
    reconcile(&lab, "UserSetting", "team", "users", "empty").await?;
    told(&lab, "UserSetting", "team", "users", refused).await?;
    assert_eq!(lab.sim.writes(0).await?.len(), 0);
    change(
        &lab,
        "EntraTenant",
        "",
        "contoso",
        json!({"allowedNamespaces": {"names": ["team"]}}),
    )
    .await?;
    ready(&lab, "UserSetting", "team", "users").await?;
    graph(&lab, "userSettings", "Users").await.map(drop)
}
