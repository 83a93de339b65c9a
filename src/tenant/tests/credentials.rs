//! Signing in with each kind of credentials, to the simulator under Microsoft's own names: what is proved, what is read
//! anew, what is never tried.

use std::io::Write;

use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::{Value, json};

use crate::graph::ErrorKind;
use crate::report::failure::Class;
use crate::report::reason::Reason;
use crate::tenant::tests::sign_in::{APP, CONTOSO, SECRET, Scene, client_secret, seed, signs_in, tenant};

const PUBLIC: &str = "https://login.microsoftonline.com";
const FABRIKAM: &str = "eeeeeeee-0000-4000-8000-000000000001";
const FABRIKAM_APP: &str = "eeeeeeee-0000-4000-8000-00000000000e";

fn certificate(name: &str) -> Value {
    json!({"credentials": {"certificate": {"secretRef": {"name": name}}}})
}

fn account(name: &str) -> Value {
    json!({"credentials": {"workloadIdentity": {"serviceAccountName": name}}})
}

/// A private key and its certificate.
fn pair() -> (String, String) {
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let certificate = CertificateParams::default().self_signed(&key).unwrap();
    (key.serialize_pem(), certificate.pem())
}

#[tokio::test]
async fn a_client_secret_is_read_from_its_secret_for_each_token_and_rotated_without_a_restart() {
    let scene = Scene::new(&seed(json!({"clientSecret": SECRET})), None);
    let contoso = scene.tenants.get(&tenant("contoso", client_secret("app"))).unwrap();
    scene.cluster.secret("app", &[("clientSecret", b"an old one")]);
    let error = signs_in(&contoso).await.unwrap_err();
    assert!(
        error.message.contains("AADSTS7000215") && error.message.contains("not its id"),
        "{error:?}"
    );
    assert!(!error.message.contains("an old one"), "{error:?}");
    assert!(contoso.clock.ahead().is_some(), "a refusal has a date as well");

    scene
        .cluster
        .secret("app", &[("clientSecret", format!("{SECRET}\n").as_bytes()), ("else", b"\xff")]);
    assert_eq!(signs_in(&contoso).await.unwrap(), "Contoso");
    // A token is kept; only a new one is worth reading the Secret.
    contoso.client.organization().await.unwrap();
    let asked = scene.cluster.asked();
    assert!(
        asked
            .iter()
            .all(|(request, _)| request == "GET /api/v1/namespaces/cloudpc-system/secrets/app"),
        "{asked:?}"
    );
    assert_eq!((asked.len(), scene.logins().len()), (2, 2));
}

#[tokio::test]
async fn a_certificate_signs_assertions_that_are_verified_and_is_replaced_without_a_restart() {
    let (key, certificate_pem) = pair();
    let scene = Scene::new(&seed(json!({"certificates": [certificate_pem.clone()]})), None);
    let contoso = scene.tenants.get(&tenant("contoso", certificate("app-tls"))).unwrap();
    let (other_key, other) = pair();
    scene
        .cluster
        .secret("app-tls", &[("tls.key", other_key.as_bytes()), ("tls.crt", other.as_bytes())]);
    let error = signs_in(&contoso).await.unwrap_err();
    assert!(
        error.message.contains("AADSTS700027") && error.message.contains("register the certificate"),
        "{error:?}"
    );
    assert!(!error.message.contains("eyJ"), "{error:?}");

    scene
        .cluster
        .secret("app-tls", &[("tls.key", key.as_bytes()), ("tls.crt", certificate_pem.as_bytes())]);
    assert_eq!(signs_in(&contoso).await.unwrap(), "Contoso");
    assert_eq!(signs_in(&contoso).await.unwrap(), "Contoso");
    let logins = scene.logins();
    assert_eq!(logins.len(), 3);
    assert_ne!(
        logins[1].form["client_assertion"], logins[2].form["client_assertion"],
        "one assertion was used twice"
    );
}

/// S2: the assertion is the service account's own token, asked for with the cloud's audience and for ten minutes.
#[tokio::test]
async fn s2_a_service_account_gives_a_new_token_for_each_exchange_with_the_audience_of_the_cloud() {
    for (cloud, login, audience) in [
        ("Public", PUBLIC, "api://AzureADTokenExchange"),
        (
            "USGovernment",
            "https://login.microsoftonline.us",
            "api://AzureADTokenExchangeUSGov",
        ),
    ] {
        let scene = Scene::new(&seed(json!({})), None);
        let mut fields = account("contoso-signer");
        fields["cloud"] = json!(cloud);
        let contoso = scene.tenants.get(&tenant("contoso", fields)).unwrap();
        for n in 1..=2 {
            scene.cluster.token("contoso-signer", &format!("token-{n}"));
            // What the simulator thinks of such a token does not matter here.
            signs_in(&contoso).await.unwrap_err();
        }
        let assertions: Vec<_> = scene.logins().iter().map(|login| login.form["client_assertion"].clone()).collect();
        assert_eq!(assertions, ["token-1", "token-2"]);
        assert!(scene.logins().iter().all(|sent| sent.root == login), "{cloud}");
        let (request, body) = &scene.cluster.asked()[0];
        assert_eq!(
            request,
            "POST /api/v1/namespaces/cloudpc-system/serviceaccounts/contoso-signer/token"
        );
        assert_eq!(body["spec"], json!({"audiences": [audience], "expirationSeconds": 600}));
    }
}

/// S3: whatever is missing or broken, Entra is asked nothing, and nothing else is used in its place.
#[tokio::test]
async fn s3_a_broken_credential_is_named_and_never_replaced_by_another() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"a token file that must not be used").unwrap();
    let scene = Scene::new(&seed(json!({"clientSecret": SECRET})), Some(file.path()));
    let (key, crt) = pair();
    let (_, other) = pair();
    let cluster = &scene.cluster;
    cluster.secret("empty", &[]);
    cluster.secret("blank", &[("clientSecret", b" \n"), ("tls.key", b""), ("tls.crt", crt.as_bytes())]);
    cluster.secret("binary", &[("clientSecret", b"\xff\xfe")]);
    cluster.secret("other-key", &[("client-secret", SECRET.as_bytes())]);
    cluster.secret("no-key", &[("tls.crt", crt.as_bytes())]);
    cluster.secret("no-crt", &[("tls.key", key.as_bytes())]);
    cluster.secret("noise", &[("tls.key", b"noise"), ("tls.crt", crt.as_bytes())]);
    cluster.secret("strangers", &[("tls.key", key.as_bytes()), ("tls.crt", other.as_bytes())]);
    cluster.token("silent", "");
    let refusal = |code: u16, reason: &str| json!({"apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Failure", "reason": reason, "message": "no", "code": code});
    cluster.account("forbidden", 403, refusal(403, "Forbidden"));
    cluster.account("busy", 500, refusal(500, "InternalError"));
    let (secret, tls, identity) = (
        "spec.credentials.clientSecret.secretRef",
        "spec.credentials.certificate",
        "spec.credentials.workloadIdentity.serviceAccountName",
    );
    let variants = [
        (client_secret("absent"), secret, "does not exist"),
        (client_secret("empty"), secret, "\"clientSecret\" does not exist"),
        (client_secret("blank"), secret, "is empty"),
        (client_secret("binary"), secret, "is not UTF-8 text"),
        (client_secret("other-key"), secret, "\"clientSecret\" does not exist"),
        (client_secret("../../default/secrets/x"), secret, "not the name of an object"),
        (certificate("blank"), tls, "\"tls.key\" is empty"),
        (certificate("no-key"), tls, "\"tls.key\" does not exist"),
        (certificate("no-crt"), tls, "\"tls.crt\" does not exist"),
        (certificate("noise"), tls, "no private key"),
        (certificate("strangers"), tls, "not the private key of the certificate"),
        (account("absent"), identity, "does not exist"),
        (account("silent"), identity, "an empty token"),
        (account("forbidden"), identity, "create serviceaccounts/token"),
        (account("busy"), identity, "answered 500"),
    ];
    for (fields, field, problem) in variants {
        let contoso = scene.tenants.get(&tenant("contoso", fields.clone())).unwrap();
        let error = contoso.client.organization().await.unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Token { aadsts: None, .. }), "{fields}: {error}");
        let text = error.to_string();
        assert!(text.contains(field) && text.contains(problem), "{fields}: {text}");
        assert!(!text.contains(SECRET) && !text.contains("BEGIN"), "{text}");
    }
    assert!(scene.sent().is_empty(), "{:?}", scene.sent());
}

/// S3 as well: an object from before a rule of admission is not guessed at either.
#[tokio::test]
async fn s3_credentials_that_say_nothing_or_two_things_are_refused_before_anything_is_asked() {
    let scene = Scene::new(&seed(json!({})), None);
    let both = json!({"credentials": {"clientSecret": {"secretRef": {"name": "x"}}, "managedIdentity": {}}});
    for (fields, reason, part) in [
        (json!({"credentials": {}}), Reason::InvalidSpec, "exactly one"),
        (both, Reason::InvalidSpec, "exactly one"),
        (
            json!({"clientId": null, "credentials": {"workloadIdentity": {}}}),
            Reason::InvalidSpec,
            "spec.clientId",
        ),
        (json!({}), Reason::AuthenticationFailed, "AZURE_FEDERATED_TOKEN_FILE"),
    ] {
        let failure = scene.tenants.get(&tenant("contoso", fields.clone())).err().expect("it is refused");
        assert_eq!((failure.class, failure.reason), (Class::Stalled, reason), "{fields}");
        assert!(failure.message.contains(part), "{}", failure.message);
    }
    assert!(scene.sent().is_empty() && scene.cluster.asked().is_empty());
}

/// S4: the same tenant and application twice is two sign-ins, and what ends one does not touch the other.
#[tokio::test]
async fn s4_two_objects_for_one_application_share_no_token() {
    let scene = Scene::new(&seed(json!({"clientSecret": SECRET})), None);
    scene.cluster.secret("one", &[("clientSecret", SECRET.as_bytes())]);
    scene.cluster.secret("two", &[("clientSecret", SECRET.as_bytes())]);
    scene.cluster.token("signer", "signer-token");
    let one = scene.tenants.get(&tenant("one", client_secret("one"))).unwrap();
    let two = scene.tenants.get(&tenant("two", client_secret("two"))).unwrap();
    assert_eq!(signs_in(&one).await.unwrap(), "Contoso");
    assert_eq!(signs_in(&two).await.unwrap(), "Contoso");
    assert_eq!(scene.logins().len(), 2);

    scene.cluster.secret("one", &[]);
    signs_in(&one).await.unwrap_err();
    assert_eq!(signs_in(&two).await.unwrap(), "Contoso");

    // A changed credential is another tenant, without the token of the one before.
    let changed = scene.tenants.get(&tenant("two", account("signer"))).unwrap();
    let before = scene.logins().len();
    changed.client.organization().await.unwrap_err();
    assert_eq!(scene.logins()[before].form["client_assertion"], "signer-token");
}

/// S1: a tenant that names another one's application gets no token without the credential of that application.
#[tokio::test]
async fn s1_naming_another_tenants_application_does_not_borrow_its_identity() {
    let mut seeds = seed(json!({"clientSecret": SECRET}));
    let theirs = json!({"appId": FABRIKAM_APP, "clientSecret": "theirs", "roles": ["CloudPC.ReadWrite.All"]});
    let fabrikam = json!({"id": FABRIKAM, "displayName": "Fabrikam", "apps": [theirs]});
    seeds["tenants"].as_array_mut().unwrap().push(fabrikam);
    let scene = Scene::new(&seeds, None);
    scene.cluster.secret("ours", &[("clientSecret", SECRET.as_bytes())]);
    scene.cluster.token("hostile", "hostile-token");
    let ours = scene.tenants.get(&tenant("contoso", client_secret("ours"))).unwrap();
    assert_eq!(signs_in(&ours).await.unwrap(), "Contoso");
    let before = scene.sent().len();

    let knows_the_ids = scene.tenants.get(&tenant("hostile", account("hostile"))).unwrap();
    signs_in(&knows_the_ids).await.unwrap_err();
    let elsewhere = json!({"tenantId": FABRIKAM, "clientId": FABRIKAM_APP, "credentials": client_secret("ours")["credentials"]});
    let wrong_secret = scene.tenants.get(&tenant("hostile-too", elsewhere)).unwrap();
    signs_in(&wrong_secret).await.unwrap_err();

    let sent = scene.sent().split_off(before);
    assert!(
        sent.iter().all(crate::tenant::tests::sign_in::Sent::is_login),
        "Graph was reached: {sent:?}"
    );
    assert_eq!(sent[0].form["client_assertion"], "hostile-token");
    assert!(
        sent[1].path.contains(FABRIKAM) && sent[1].form["client_id"] == FABRIKAM_APP,
        "{sent:?}"
    );
}

#[tokio::test]
async fn a_national_cloud_has_its_own_hosts_and_scope_whatever_the_public_clouds_are_set_to() {
    let (key, crt) = pair();
    let scene = Scene::new(&seed(json!({"certificates": [crt.clone()]})), None);
    scene
        .cluster
        .secret("app-tls", &[("tls.key", key.as_bytes()), ("tls.crt", crt.as_bytes())]);
    let mut fields = certificate("app-tls");
    fields["cloud"] = json!("USGovernment");
    let contoso = scene.tenants.get(&tenant("contoso", fields)).unwrap();
    assert_eq!(signs_in(&contoso).await.unwrap(), "Contoso");
    let sent = scene.sent();
    let roots: Vec<_> = sent.iter().map(|sent| sent.root.as_str()).collect();
    assert_eq!(roots, ["https://login.microsoftonline.us", "https://graph.microsoft.us"]);
    assert_eq!(sent[0].form["scope"], "https://graph.microsoft.us/.default");
    assert_eq!(sent[0].path, format!("/{CONTOSO}/oauth2/v2.0/token"));
    assert_eq!(sent[0].form["client_id"], APP);
}

#[tokio::test]
async fn a_cloud_without_cloud_pcs_is_said_before_anything_is_tried() {
    let scene = Scene::new(&seed(json!({"clientSecret": SECRET})), None);
    scene.cluster.secret("app", &[("clientSecret", SECRET.as_bytes())]);
    for cloud in ["USGovernmentDoD", "China"] {
        let mut fields = client_secret("app");
        fields["cloud"] = json!(cloud);
        let failure = scene.tenants.get(&tenant("contoso", fields)).err().expect("it is refused");
        assert_eq!(
            (failure.class, failure.reason),
            (Class::Stalled, Reason::CloudNotSupported),
            "{cloud}"
        );
        assert!(failure.message.contains("no Cloud PC API"), "{}", failure.message);
    }
    assert!(scene.sent().is_empty() && scene.cluster.asked().is_empty());
}

#[test]
fn no_debug_output_holds_a_secret() {
    let error = crate::graph::CredentialError::broken("field", "problem");
    let secret = secrecy::SecretString::from(SECRET);
    let shown = format!("{secret:?} {error:?}");
    assert!(shown.contains("REDACTED") && !shown.contains(SECRET), "{shown}");
}
