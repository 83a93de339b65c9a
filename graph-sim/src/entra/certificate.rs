//! Assertions that an application signed itself, with the private key of one of its registered certificates.
//!
//! The signature is verified. The certificate's lifetime and issuer are not. The same `jti` may
//! be used again: no document says that Entra stores it (assumed). The order of the checks is assumed as well.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Header};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::assertion::{Assertion, invalid_signature};
use super::cloud::Cloud;
use super::failure::Failure;
use crate::world::{App, Tenant};

/// Padding or none; see [`Thumbprint::named_in`].
const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Whether the assertion proves that its bearer is the application. `roots` are the addresses of this login
/// service, `now` is the real time.
pub(crate) fn verify(assertion: &Assertion<'_>, roots: [&str; 2], tenant: &Tenant, app: &App, now: Timestamp) -> Result<(), Failure> {
    if !matches!(assertion.header.alg, Algorithm::PS256 | Algorithm::RS256) {
        return Err(invalid_signature("only PS256 and RS256 are accepted of an application"));
    }
    let thumbprint = Thumbprint::named_in(&assertion.header)?;
    let certificate = registered(app)
        .find(|certificate| thumbprint.is_of(certificate))
        .ok_or_else(|| invalid_signature("no certificate with the thumbprint that it names is registered"))?;
    let key = public_key(&certificate).ok_or_else(|| invalid_signature("the registered certificate has no RSA key"))?;
    if !assertion.is_signed_by(&key) {
        return Err(invalid_signature("the signature is wrong"));
    }
    let claims = &assertion.claims;
    if claims.jti.as_deref().is_none_or(str::is_empty) {
        return Err(Failure::request(50_027, "The assertion has no jti."));
    }
    if !claims.iss.eq_ignore_ascii_case(&claims.sub) {
        return Err(Failure::client(50_048, "The assertion's sub differs from its iss."));
    }
    if !claims.iss.eq_ignore_ascii_case(&app.app_id) {
        return Err(Failure::client(700_021, "The assertion is of another application than client_id."));
    }
    if !claims.aud.as_slice().iter().any(|audience| is_endpoint(audience, roots, tenant)) {
        let text = "The assertion's aud is not this tenant's token endpoint.";
        return Err(Failure::client(700_023, text));
    }
    assertion.in_time(now)
}

enum Thumbprint {
    Sha1(Vec<u8>),
    Sha256(Vec<u8>),
}

impl Thumbprint {
    /// Microsoft's own libraries disagree with the standard and with each other on alphabet and padding: MSAL for Go and Azure
    /// Identity for Rust use the plain alphabet with padding, MSAL for Python the URL one with padding. Entra accepts them all.
    fn named_in(header: &Header) -> Result<Self, Failure> {
        let decode = |text: &str| FORGIVING.decode(text.replace('+', "-").replace('/', "_")).unwrap_or_default();
        if let Some(text) = &header.x5t_s256 {
            return Ok(Self::Sha256(decode(text)));
        }
        if let Some(text) = &header.x5t {
            return Ok(Self::Sha1(decode(text)));
        }
        if header.kid.is_some() {
            return Err(invalid_signature("no key with the id that it names is registered"));
        }
        let text = "The assertion's header has neither x5t#S256 nor x5t to name a certificate by.";
        Err(Failure::request(50_027, text))
    }

    fn is_of(&self, certificate: &CertificateDer<'_>) -> bool {
        match self {
            Self::Sha1(expected) => digest(&SHA1_FOR_LEGACY_USE_ONLY, certificate).as_ref() == expected,
            Self::Sha256(expected) => digest(&SHA256, certificate).as_ref() == expected,
        }
    }
}

fn registered(app: &App) -> impl Iterator<Item = CertificateDer<'static>> {
    let texts = app.certificates.iter();
    texts.flat_map(|pem| CertificateDer::pem_slice_iter(pem.as_bytes()).filter_map(Result::ok))
}

/// The certificate's key. From this certificate's own PEM: what is registered may be a file with more in it.
fn public_key(certificate: &CertificateDer<'_>) -> Option<DecodingKey> {
    let body = STANDARD.encode(certificate);
    let pem = format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n");
    DecodingKey::from_rsa_pem(pem.as_bytes()).ok()
}

/// Whether an audience is this tenant's token endpoint or its v2.0 issuer (documented), at one of our addresses or at one of the
/// names of the cloud that was called.
fn is_endpoint(audience: &str, roots: [&str; 2], tenant: &Tenant) -> bool {
    let cloud = Cloud::of_root(roots[0]);
    let names = cloud.login.iter().map(|host| format!("https://{host}"));
    let mut known = names.chain(roots.map(str::to_owned));
    known.any(|root| {
        let place = audience.strip_prefix(&root).and_then(|rest| rest.strip_prefix('/'));
        place
            .and_then(|place| place.split_once('/'))
            .is_some_and(|(name, rest)| is_name_of(tenant, name) && matches!(rest, "oauth2/v2.0/token" | "v2.0"))
    })
}

fn is_name_of(tenant: &Tenant, name: &str) -> bool {
    let mut names = tenant.verified_domains.iter().chain([&tenant.id]);
    names.any(|own| own.eq_ignore_ascii_case(name))
}
