//! The assertion that an application signs itself, with the private key of a certificate that is registered with it: PS256,
//! the certificate named by its SHA-256 thumbprint, valid for a few minutes, used once. See
//! <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>.

use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PSS_SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use crate::base::{random, wall};
use crate::graph::auth::application::Application;
use crate::graph::auth::material::{CredentialError, Material};
use crate::graph::errors::error::{ErrorKind, GraphError};

/// An assertion is valid from so many seconds before now, because clocks differ.
const BEFORE: i64 = 60;
/// And for so many seconds after now; with [`BEFORE`] no more than ten minutes.
const AFTER: i64 = 300;

/// The field of the spec, for messages.
const PLACE: &str = "spec.credentials.certificate:";

/// Makes an assertion for each token request.
#[derive(Debug)]
pub(crate) struct CertificateAssertion {
    pem: Arc<dyn Material>,
    endpoint: String,
    client_id: String,
}

#[derive(Serialize)]
struct Header {
    alg: &'static str,
    typ: &'static str,
    #[serde(rename = "x5t#S256")]
    thumbprint: String,
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: &'a str,
    sub: &'a str,
    jti: String,
    nbf: i64,
    exp: i64,
}

impl CertificateAssertion {
    /// Assertions of this application for its tenant's token endpoint, with the key and the certificate in `pem`.
    pub(crate) fn new(application: &Application, pem: Arc<dyn Material>) -> Result<Self, GraphError> {
        let endpoint = application.authority.join(&format!("/{}/oauth2/v2.0/token", application.tenant_id));
        let endpoint =
            endpoint.map_err(|error| GraphError::new("configure the credential", ErrorKind::BadRequest, format!("authority: {error}")))?;
        Ok(Self {
            pem,
            endpoint: endpoint.into(),
            client_id: application.client_id.clone(),
        })
    }

    fn sign(&self, pem: &[u8], now: Timestamp) -> Result<SecretString, CredentialError> {
        // The key comes first in the text, and a parser stops at the first broken block.
        let key = key(pem)?;
        let certificate = certificate(pem)?;
        if !belongs(key.public_key().as_ref(), &certificate) {
            return Err(broken("tls.key is not the private key of the certificate in tls.crt"));
        }
        let now = now.as_second();
        let header = Header {
            alg: "PS256",
            typ: "JWT",
            thumbprint: URL_SAFE_NO_PAD.encode(digest(&SHA256, &certificate)),
        };
        let claims = Claims {
            aud: &self.endpoint,
            iss: &self.client_id,
            sub: &self.client_id,
            jti: random::uuid().to_string(),
            nbf: now - BEFORE,
            exp: now + AFTER,
        };
        signed(&key, &header, &claims).ok_or_else(|| broken("the assertion cannot be signed with the key in tls.key"))
    }
}

#[async_trait]
impl Material for CertificateAssertion {
    async fn read(&self) -> Result<SecretString, CredentialError> {
        let pem = self.pem.read().await?;
        self.sign(pem.expose_secret().as_bytes(), wall::now())
    }
}

fn broken(problem: &str) -> CredentialError {
    CredentialError::broken(PLACE, problem)
}

/// The first certificate: the application's own, before those that issued it.
fn certificate(pem: &[u8]) -> Result<CertificateDer<'static>, CredentialError> {
    CertificateDer::from_pem_slice(pem).map_err(|_| broken("tls.crt holds no certificate in PEM form"))
}

/// The private key. The parsers' errors are left out, because they could quote the key.
fn key(pem: &[u8]) -> Result<KeyPair, CredentialError> {
    const NO_RSA: &str = "tls.key holds no RSA key of 2048 to 8192 bits; Entra accepts no other kind";
    let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| broken("tls.key holds no private key in PEM form, without a passphrase"))?;
    #[expect(clippy::wildcard_enum_match_arm, reason = "rustls-pki-types adds forms of keys")]
    let pair = match &key {
        PrivateKeyDer::Pkcs1(der) => KeyPair::from_der(der.secret_pkcs1_der()),
        PrivateKeyDer::Pkcs8(der) => KeyPair::from_pkcs8(der.secret_pkcs8_der()),
        _ => return Err(broken(NO_RSA)),
    };
    pair.map_err(|_| broken(NO_RSA))
}

/// The compact form of a JWS (RFC 7515, section 7.1) with PS256 (RFC 7518, section 3.5).
fn signed(key: &KeyPair, header: &Header, claims: &Claims<'_>) -> Option<SecretString> {
    let part = |json: Vec<u8>| URL_SAFE_NO_PAD.encode(json);
    let input = format!(
        "{}.{}",
        part(serde_json::to_vec(header).ok()?),
        part(serde_json::to_vec(claims).ok()?)
    );
    let mut signature = vec![0; key.public_modulus_len()];
    let random = SystemRandom::new();
    key.sign(&RSA_PSS_SHA256, &random, input.as_bytes(), &mut signature).ok()?;
    Some(SecretString::from(format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))))
}

/// Whether a certificate is for a public key. DER has one encoding for a key, and the certificate contains it as it is.
fn belongs(public_key: &[u8], certificate: &CertificateDer<'_>) -> bool {
    certificate.windows(public_key.len()).any(|part| part == public_key)
}

#[cfg(test)]
mod tests;
