//! A tiny OpenID issuer over HTTPS with a CA of its own, in place of a cluster.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer as CaIssuer, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

pub const SUBJECT: &str = "system:serviceaccount:cloudpc-system:cloudpc-operator";
pub const AUDIENCE: &str = "api://AzureADTokenExchange";

pub struct Issuer {
    pub url: String,
    pub ca_pem: String,
    /// How often a document was fetched.
    pub fetched: Arc<AtomicUsize>,
    /// The issuer that the discovery document names.
    pub says: Arc<Mutex<String>>,
    keys: Arc<Mutex<Vec<Value>>>,
}

pub struct SigningKey {
    private: EncodingKey,
    pub kid: String,
}

impl SigningKey {
    pub fn new(kid: &str) -> Self {
        let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).expect("a key");
        let private = EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes()).expect("a key");
        Self {
            private,
            kid: kid.to_owned(),
        }
    }

    pub fn sign(&self, claims: &Value) -> String {
        let header = Header {
            kid: Some(self.kid.clone()),
            ..Header::new(Algorithm::RS256)
        };
        encode(&header, claims, &self.private).expect("a token")
    }

    pub fn published(&self) -> Value {
        let mut key = Jwk::from_encoding_key(&self.private, Algorithm::RS256).expect("a public key");
        key.common.key_id = Some(self.kid.clone());
        json!(key)
    }
}

impl Issuer {
    pub async fn start() -> Self {
        let (ca_pem, tls) = certificates();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("https://{}", listener.local_addr().expect("an address"));
        let issuer = Self {
            says: Arc::new(Mutex::new(url.clone())),
            url,
            ca_pem,
            fetched: Arc::default(),
            keys: Arc::default(),
        };
        let (root, fetched) = (issuer.url.clone(), Arc::clone(&issuer.fetched));
        let (says, keys) = (Arc::clone(&issuer.says), Arc::clone(&issuer.keys));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = tls.accept(stream).await else { continue };
                let mut request = vec![0; 4096];
                let length = stream.read(&mut request).await.unwrap_or(0);
                fetched.fetch_add(1, Ordering::SeqCst);
                let document = if request[..length].starts_with(b"GET /.well-known/openid-configuration ") {
                    json!({"issuer": *says.lock().unwrap(), "jwks_uri": format!("{root}/openid/v1/jwks")})
                } else {
                    json!({"keys": *keys.lock().unwrap()})
                };
                let body = document.to_string();
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        issuer
    }

    pub fn publish(&self, keys: &[&SigningKey]) {
        let mut published: Vec<Value> = keys.iter().map(|key| key.published()).collect();
        // Of an unknown kind; it must not hide the others.
        published.insert(0, json!({"kty": "future", "kid": "unknown-kind"}));
        *self.keys.lock().unwrap() = published;
    }

    /// Good claims of the operator's service account.
    pub fn claims(&self) -> Value {
        let now = now();
        json!({"iss": self.url, "sub": SUBJECT, "aud": [AUDIENCE], "iat": now, "nbf": now, "exp": now + 600})
    }
}

/// The real time.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

fn certificates() -> (String, TlsAcceptor) {
    let mut ca = CertificateParams::new(Vec::new()).expect("parameters");
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_key = KeyPair::generate().expect("a key");
    let ca_pem = ca.self_signed(&ca_key).expect("a CA").pem();
    let key = KeyPair::generate().expect("a key");
    let leaf = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("parameters");
    let leaf = leaf.signed_by(&key, &CaIssuer::new(ca, ca_key)).expect("a certificate");
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("protocols")
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
        .expect("a server");
    (ca_pem, TlsAcceptor::from(Arc::new(config)))
}
