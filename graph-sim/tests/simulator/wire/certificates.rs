//! Assertions that the application signed itself, with every way in which they can be wrong.

use aws_lc_rs::digest::{Algorithm as Hash, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::{Value, json};

use crate::wire::issuer::now;
use crate::wire::support::{APP, OTHER_TENANT, Sim, TENANT, assertion_form, seed};
use crate::wire::tokens::assert_failure;

const OTHER_APP: &str = "33333333-3333-3333-3333-333333333333";

/// A key pair with its certificate.
struct Credential {
    private: EncodingKey,
    der: Vec<u8>,
    pem: String,
}

impl Credential {
    fn new() -> Self {
        Self::of(&KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap())
    }

    fn of(pair: &KeyPair) -> Self {
        let certificate = CertificateParams::new(vec!["app.example".to_owned()])
            .unwrap()
            .self_signed(pair)
            .unwrap();
        Self {
            private: if pair.algorithm() == &PKCS_RSA_SHA256 {
                EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes()).unwrap()
            } else {
                EncodingKey::from_ec_der(&pair.serialize_der())
            },
            der: certificate.der().to_vec(),
            pem: certificate.pem(),
        }
    }

    fn thumbprint(&self, hash: &'static Hash) -> Vec<u8> {
        digest(hash, &self.der).as_ref().to_vec()
    }

    /// The header that the documentation asks for.
    fn ps256(&self) -> Header {
        Header {
            x5t_s256: Some(URL_SAFE_NO_PAD.encode(self.thumbprint(&SHA256))),
            ..Header::new(Algorithm::PS256)
        }
    }

    fn rs256(&self) -> Header {
        Header {
            x5t: Some(URL_SAFE_NO_PAD.encode(self.thumbprint(&SHA1_FOR_LEGACY_USE_ONLY))),
            ..Header::new(Algorithm::RS256)
        }
    }

    fn sign(&self, header: &Header, claims: &Value) -> String {
        encode(header, claims, &self.private).unwrap()
    }
}

/// A simulator where these PEM texts are registered for the first tenant's application.
fn simulator(registered: &[&str]) -> Sim {
    let mut seed = seed();
    seed["tenants"][0]["apps"][0]["certificates"] = json!(registered);
    Sim::start(&seed)
}

fn endpoint(sim: &Sim) -> String {
    sim.url(&format!("/{TENANT}/oauth2/v2.0/token"))
}

fn claims(sim: &Sim) -> Value {
    let now = now();
    json!({"aud": endpoint(sim), "iss": APP, "sub": APP, "jti": "canary-jti", "nbf": now, "exp": now + 600})
}

/// The claims with others in their place; null takes one away.
fn changed(claims: &Value, changes: &Value) -> Value {
    let mut claims = claims.clone();
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

async fn present(sim: &Sim, tenant: &str, assertion: &str) -> (u16, Value) {
    sim.token(tenant, &assertion_form(assertion)).await
}

/// (captured) The Azure SDK for Python pads the parts of its assertions, and signs them so.
#[tokio::test]
async fn an_assertion_may_be_padded() {
    let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let credential = Credential::of(&pair);
    let sim = simulator(&[&credential.pem]);
    let padded = |text: String| URL_SAFE.encode(text);
    let header = json!({"typ": "JWT", "alg": "PS256", "x5t#S256": URL_SAFE.encode(credential.thumbprint(&SHA256))});
    // Three lengths, of which two need padding.
    for id in ["a", "ab", "abc"] {
        let claims = changed(&claims(&sim), &json!({ "jti": id }));
        let message = format!("{}.{}", padded(header.to_string()), padded(claims.to_string()));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &credential.private, Algorithm::PS256).unwrap();
        let (status, answer) = present(&sim, TENANT, &format!("{message}.{signature}==")).await;
        assert_eq!(status, 200, "{answer}");
        // The signature is over the padded text.
        if message.contains('=') {
            let stripped = format!("{}.{signature}", message.replace('=', ""));
            assert_failure(id, &present(&sim, TENANT, &stripped).await, 401, "invalid_client", 700_027);
        }
    }
}

#[tokio::test]
async fn every_way_to_name_certificate_and_endpoint_that_clients_use_is_taken() {
    let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let (first, second) = (Credential::new(), Credential::of(&pair));
    // As files often are: the key in front of the certificate.
    let sim = simulator(&[&first.pem, &format!("{}{}", pair.serialize_pem(), second.pem)]);
    let good = claims(&sim);

    let sha1 = first.thumbprint(&SHA1_FOR_LEGACY_USE_ONLY);
    let sha256 = first.thumbprint(&SHA256);
    let rs256 = |x5t: String| Header {
        x5t: Some(x5t),
        ..Header::new(Algorithm::RS256)
    };
    let ps256 = |x5t: String| Header {
        x5t_s256: Some(x5t),
        ..Header::new(Algorithm::PS256)
    };
    let now = now();
    let python = json!({"nbf": null, "iat": now, "exp": now as f64 + 600.25});
    let cases = [
        ("PS256", first.sign(&first.ps256(), &good)),
        ("RS256", first.sign(&first.rs256(), &good)),
        ("padded", first.sign(&rs256(URL_SAFE.encode(&sha1)), &good)),
        ("plain alphabet", first.sign(&rs256(STANDARD.encode(&sha1)), &good)),
        ("plain alphabet, SHA-256", first.sign(&ps256(STANDARD.encode(&sha256)), &good)),
        ("MSAL for Python", first.sign(&first.ps256(), &changed(&good, &python))),
        // It rounds the time up.
        (
            "MSAL for Node.js",
            first.sign(&first.ps256(), &changed(&good, &json!({ "nbf": now + 2 }))),
        ),
        ("the second certificate", second.sign(&second.ps256(), &good)),
        ("again, with the same jti", second.sign(&second.ps256(), &good)),
    ];
    for (what, assertion) in cases {
        let (status, answer) = present(&sim, TENANT, &assertion).await;
        assert_eq!(status, 200, "{what}: {answer}");
        let token = answer["access_token"].as_str().unwrap();
        assert_eq!(sim.get("/v1.0/groups", token).await.0, 200, "{what}");
    }
    for audience in [
        json!(sim.url("/contoso.com/oauth2/v2.0/token")),
        json!(sim.url(&format!("/{TENANT}/v2.0"))),
        json!(format!("https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token")),
        json!(format!("https://login.microsoftonline.com/{TENANT}/v2.0")),
        json!(["elsewhere", endpoint(&sim)]),
    ] {
        let assertion = first.sign(&first.ps256(), &changed(&good, &json!({"aud": audience})));
        let (status, answer) = present(&sim, TENANT, &assertion).await;
        assert_eq!(status, 200, "{audience}: {answer}");
    }
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table")]
async fn each_wrong_assertion_has_its_code() {
    let (own, other) = (Credential::new(), Credential::new());
    let elliptic = Credential::of(&KeyPair::generate().unwrap());
    let sim = simulator(&[&own.pem, &elliptic.pem]);
    let good = claims(&sim);
    let with = |changes: Value| own.sign(&own.ps256(), &changed(&good, &changes));
    let headed = |header: Header| own.sign(&header, &good);
    let spliced = {
        let longer = with(json!({"exp": now() + 9999}));
        let (good, longer) = (headed(own.ps256()), longer.split('.').map(str::to_owned).collect::<Vec<_>>());
        let good: Vec<_> = good.split('.').collect();
        [good[0], &longer[1], good[2]].join(".")
    };
    let bare = |header: &str| {
        let body = headed(own.ps256()).split('.').nth(1).unwrap().to_owned();
        format!("{}.{body}.", URL_SAFE_NO_PAD.encode(header))
    };
    let es256 = Header {
        x5t_s256: elliptic.ps256().x5t_s256,
        ..Header::new(Algorithm::ES256)
    };
    let swapped = Header {
        x5t_s256: own.rs256().x5t,
        ..Header::new(Algorithm::PS256)
    };
    let kid = Header {
        kid: Some("canary".to_owned()),
        ..Header::new(Algorithm::PS256)
    };
    let elsewhere = |root: &str, tenant: &str| with(json!({"aud": format!("{root}/{tenant}/oauth2/v2.0/token")}));
    let root = sim.url("");
    let cases = [
        ("unknown thumbprint", other.sign(&other.ps256(), &good), 700_027),
        ("unknown SHA-1 thumbprint", other.sign(&other.rs256(), &good), 700_027),
        ("another key under a good name", other.sign(&own.ps256(), &good), 700_027),
        ("changed after signing", spliced, 700_027),
        ("SHA-1 as SHA-256", headed(swapped), 700_027),
        (
            "not base64",
            headed(Header {
                x5t: Some("ö!".to_owned()),
                ..Header::new(Algorithm::RS256)
            }),
            700_027,
        ),
        ("ES256", elliptic.sign(&es256, &good), 700_027),
        ("an elliptic certificate", own.sign(&elliptic.ps256(), &good), 700_027),
        ("named by kid", headed(kid), 700_027),
        ("names no certificate", headed(Header::new(Algorithm::PS256)), 50_027),
        ("no algorithm", bare(r#"{"alg":"none"}"#), 50_027),
        ("no jti", with(json!({"jti": null})), 50_027),
        ("no exp", with(json!({"exp": null})), 50_027),
        ("of another application", with(json!({"iss": OTHER_APP, "sub": OTHER_APP})), 700_021),
        ("iss of another", with(json!({"iss": OTHER_APP})), 50_048),
        ("sub of another", with(json!({"sub": OTHER_APP})), 50_048),
        ("another tenant's endpoint", elsewhere(&root, OTHER_TENANT), 700_023),
        ("common", elsewhere(&root, "common"), 700_023),
        (
            "another cloud's endpoint",
            elsewhere("https://login.microsoftonline.us", TENANT),
            700_023,
        ),
        ("another host", elsewhere("https://login.example", TENANT), 700_023),
        ("Graph", with(json!({"aud": "https://graph.microsoft.com"})), 700_023),
        ("expired", with(json!({"exp": now() - 1})), 700_024),
        ("not yet valid", with(json!({"nbf": now() + 300})), 700_024),
    ];
    for (what, assertion, code) in cases {
        let answer = present(&sim, TENANT, &assertion).await;
        let (status, error) = if code == 50_027 {
            (400, "invalid_request")
        } else {
            (401, "invalid_client")
        };
        assert_failure(what, &answer, status, error, code);
        let told = answer.1.to_string();
        assert!(!told.contains("canary") && !told.contains(&assertion), "{what} is echoed: {told}");
    }
    let there = elsewhere(&root, OTHER_TENANT);
    let answer = present(&sim, OTHER_TENANT, &there).await;
    assert_failure("registered in the other tenant only", &answer, 401, "invalid_client", 700_027);
    assert_eq!(present(&sim, TENANT, &headed(own.ps256())).await.0, 200);
}

#[tokio::test]
async fn nothing_of_an_assertion_is_kept() {
    let own = Credential::new();
    let sim = simulator(&[&own.pem]);
    let good = own.sign(&own.ps256(), &claims(&sim));
    let bad = own.sign(&own.ps256(), &changed(&claims(&sim), &json!({"jti": null, "secret": "canary"})));
    assert_eq!(present(&sim, TENANT, &good).await.0, 200);
    assert_eq!(present(&sim, TENANT, &bad).await.0, 400);
    let ledger = sim.peek("/ledger").await;
    let kept = format!("{ledger}{}", sim.peek("/state").await);
    for part in good.split('.').chain(bad.split('.')).chain(["canary", "CERTIFICATE"]) {
        assert!(!kept.contains(part), "{kept}");
    }
    assert_eq!((&ledger[0]["actor"], &ledger[1]["actor"]), (&json!({"appId": APP}), &Value::Null));
    assert_eq!(ledger[0]["body"]["proof"], "client_assertion");
}
