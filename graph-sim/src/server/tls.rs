//! The simulator's certificates: a CA made at start, and a server certificate for every name that clients may use.
//!
//! Private keys never leave the process; only the CA certificate is written to a file.

use std::net::IpAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use jiff::{Timestamp, ToSpan, Zoned, tz::TimeZone};
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;

use crate::wire::hosts::{LOCAL_HOSTS, MICROSOFT_HOSTS};

/// What the listener needs, and what its clients need.
pub(crate) struct Certificates {
    /// The CA's certificate as PEM.
    pub ca_pem: String,
    /// TLS for the listener, HTTP/2 and HTTP/1.1.
    pub server: Arc<ServerConfig>,
}

/// Makes a CA and a server certificate for all known names and for the address that is listened on.
pub(crate) fn make_certificates(listen: IpAddr) -> Result<Certificates> {
    let ca_key = KeyPair::generate()?;
    let mut ca = CertificateParams::new(Vec::new())?;
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    ca.distinguished_name.push(DnType::CommonName, "graph-sim CA");
    valid_for_a_year(&mut ca)?;
    let ca_pem = ca.self_signed(&ca_key)?.pem();
    let issuer = Issuer::new(ca, ca_key);

    let mut names: Vec<String> = LOCAL_HOSTS.into_iter().chain(MICROSOFT_HOSTS).map(str::to_owned).collect();
    if !listen.is_unspecified() && !names.contains(&listen.to_string()) {
        names.push(listen.to_string());
    }
    let key = KeyPair::generate()?;
    let mut leaf = CertificateParams::new(names)?;
    leaf.distinguished_name.push(DnType::CommonName, "graph-sim");
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    valid_for_a_year(&mut leaf)?;
    let certificate = leaf.signed_by(&key, &issuer)?;

    // Named explicitly: a process-wide default may be missing, or belong to another library in the same process.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )
        .context("server certificate")?;
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Certificates {
        ca_pem,
        server: Arc::new(server),
    })
}

/// Some clients refuse server certificates that live for many years. Real time, because clients check it.
fn valid_for_a_year(params: &mut CertificateParams) -> Result<()> {
    let today = Timestamp::now().to_zoned(TimeZone::UTC);
    let day = |when: Zoned| -> Result<_> {
        Ok(rcgen::date_time_ymd(
            i32::from(when.year()),
            u8::try_from(when.month())?,
            u8::try_from(when.day())?,
        ))
    };
    params.not_before = day(today.checked_sub(1.day())?)?;
    params.not_after = day(today.checked_add(365.days())?)?;
    Ok(())
}
