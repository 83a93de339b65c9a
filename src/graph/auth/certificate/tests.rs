//! Assertions that an application signs itself: their claims, and the errors when they cannot be made.

use std::sync::Arc;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::Value;
use url::Url;

use super::*;
use crate::graph::{Fence, Transport};

/// A key and its certificate, as PEM.
fn pair(algorithm: &'static rcgen::SignatureAlgorithm) -> (String, String) {
    let key = if algorithm == &PKCS_RSA_SHA256 {
        KeyPair::generate_rsa_for(algorithm, RsaKeySize::_2048)
    } else {
        KeyPair::generate_for(algorithm)
    };
    let key = key.unwrap();
    let certificate = CertificateParams::default().self_signed(&key).unwrap();
    (key.serialize_pem(), certificate.pem())
}

#[derive(Debug)]
struct Unread;

#[async_trait]
impl Material for Unread {
    async fn read(&self) -> Result<SecretString, CredentialError> {
        unreachable!("the tests hand the text in")
    }
}

fn assertion() -> CertificateAssertion {
    let application = Application {
        transport: Transport::https(&Fence::always_open()).unwrap(),
        authority: Url::parse("https://login.example").unwrap(),
        tenant_id: "contoso".to_owned(),
        client_id: "client-1".to_owned(),
        clock: Arc::default(),
    };
    CertificateAssertion::new(&application, Arc::new(Unread)).unwrap()
}

/// S2: exactly the claims that Entra compares, for at most ten minutes, and never the same twice.
#[test]
fn s2_an_assertion_says_who_for_whom_and_until_when() {
    let (key, certificate) = pair(&PKCS_RSA_SHA256);
    let pem = format!("{key}{certificate}");
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    let sign = || assertion().sign(pem.as_bytes(), now).unwrap();
    let (first, second) = (sign(), sign());

    let header = decode_header(first.expose_secret()).unwrap();
    let der = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    assert_eq!(header.alg, Algorithm::PS256);
    assert_eq!(header.x5t_s256, Some(URL_SAFE_NO_PAD.encode(digest(&SHA256, &der))));
    assert_eq!(header.kid, None);

    let verifier = DecodingKey::from_rsa_pem(certificate.as_bytes()).unwrap();
    let mut validation = Validation::new(Algorithm::PS256);
    validation.validate_exp = false;
    validation.set_audience(&["https://login.example/contoso/oauth2/v2.0/token"]);
    let claims = |token: &SecretString| decode::<Value>(token.expose_secret(), &verifier, &validation).unwrap().claims;
    let said = claims(&first);
    let names: Vec<_> = said.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names.len(), 6, "{names:?}");
    assert_eq!((&said["iss"], &said["sub"]), (&Value::from("client-1"), &Value::from("client-1")));
    let (start, end) = (said["nbf"].as_i64().unwrap(), said["exp"].as_i64().unwrap());
    assert!(
        start <= now.as_second() && end > now.as_second() && end - start <= 600,
        "{start} {end}"
    );
    assert_ne!(said["jti"], claims(&second)["jti"]);
}

#[test]
fn what_cannot_sign_is_named_and_never_quoted() {
    let (key, certificate) = pair(&PKCS_RSA_SHA256);
    let (_, other) = pair(&PKCS_RSA_SHA256);
    let (ec_key, ec_certificate) = pair(&PKCS_ECDSA_P256_SHA256);
    let cut = key.replace("MII", "");
    for (pem, expected) in [
        (String::new(), "tls.key holds no private key"),
        (key.clone(), "tls.crt holds no certificate"),
        (certificate.clone(), "tls.key holds no private key"),
        (format!("{key}{other}"), "tls.key is not the private key of the certificate"),
        (format!("{ec_key}{ec_certificate}"), "tls.key holds no RSA key"),
        (format!("{cut}{certificate}"), "tls.key holds no"),
    ] {
        let error = assertion().sign(pem.as_bytes(), wall::now()).unwrap_err().to_string();
        assert!(
            error.starts_with("spec.credentials.certificate: ") && error.contains(expected),
            "{expected}: {error}"
        );
        assert!(!error.contains("MI"), "{error}");
    }
}
