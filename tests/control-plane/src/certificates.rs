//! The keys of one control plane: an authority, what it signs, and the ServiceAccount key.
//!
//! Prohibition: the authority's private key never leaves memory.

use crate::layout::Layout;
use anyhow::{Context, Result, ensure};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256,
    RsaKeySize,
};
use std::path::Path;

/// By which names the servers are reached; those of a pod in a cluster are among them.
const SERVER_NAMES: [&str; 6] = [
    "127.0.0.1",
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
];

/// `organizationName` as a custom type: rcgen keeps one value of each type, and this is how a
/// second group gets into a certificate.
const ORGANIZATION_OID: [u64; 4] = [2, 5, 4, 10];

/// The control plane's own certificate authority.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// For clients that take it from memory.
    pub(crate) certificate_der: Vec<u8>,
}

impl Authority {
    /// Makes the authority and the ServiceAccount key and writes what the processes read.
    pub(crate) fn create(layout: &Layout) -> Result<Self> {
        let key = KeyPair::generate().context("generate the authority's key")?;
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, "control-plane");
        let certificate = params.self_signed(&key).context("sign the authority")?;
        write(&layout.ca_certificate(), &certificate.pem())?;
        let authority = Self {
            certificate_der: certificate.der().to_vec(),
            issuer: Issuer::new(params, key),
        };
        authority.server_certificate(layout)?;
        service_account_key(layout)?;
        Ok(authority)
    }

    fn server_certificate(&self, layout: &Layout) -> Result<()> {
        let mut params = CertificateParams::new(SERVER_NAMES.map(String::from).to_vec()).context("name the server")?;
        params.distinguished_name.push(DnType::CommonName, "control-plane-server");
        // etcd also presents its server certificate as a client, to itself.
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(layout, "server", params)
    }

    /// A certificate for `user` in `groups`, written under `file`.
    pub(crate) fn client_certificate(&self, layout: &Layout, file: &str, user: &str, groups: &[&str]) -> Result<()> {
        ensure!(
            groups.len() <= 2,
            "a client certificate can be made for at most two groups; {user} has {}",
            groups.len()
        );
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, user);
        let types = [DnType::OrganizationName, DnType::CustomDnType(ORGANIZATION_OID.to_vec())];
        for (kind, group) in types.into_iter().zip(groups) {
            params.distinguished_name.push(kind, *group);
        }
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(layout, file, params)
    }

    fn sign(&self, layout: &Layout, file: &str, mut params: CertificateParams) -> Result<()> {
        let key = KeyPair::generate().with_context(|| format!("generate the key of {file}"))?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        let certificate = params
            .signed_by(&key, &self.issuer)
            .with_context(|| format!("sign the certificate of {file}"))?;
        write(&layout.certificate(file), &certificate.pem())?;
        write(&layout.key(file), &key.serialize_pem())
    }
}

/// RSA, because Entra ID accepts only RS256 from a foreign issuer.
fn service_account_key(layout: &Layout) -> Result<()> {
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).context("generate the ServiceAccount key")?;
    write(&layout.key("service-account"), &key.serialize_pem())
}

fn write(path: &Path, pem: &str) -> Result<()> {
    std::fs::write(path, pem).with_context(|| format!("write {}", path.display()))
}
