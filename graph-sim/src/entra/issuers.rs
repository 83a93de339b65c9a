//! Keys of federated issuers: given, or fetched from their discovery documents, trusted only through the seed's CAs and cached for
//! a short time.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::Jwk;
use reqwest::{Certificate, Client, redirect};
use rustls::pki_types::CertificateDer;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::base::clock::RealTime;

/// Long enough that a burst of token requests fetches once, short enough that a rotated key is soon dropped. Real time.
const KEPT_FOR: SignedDuration = SignedDuration::from_secs(60);
const PATIENCE: Duration = Duration::from_secs(10);
/// More assertions than are in use at a time.
const MOST_PROVEN: usize = 256;

/// The keys of issuers, and the CAs that are trusted when they are fetched.
#[derive(Debug, Default)]
pub(crate) struct Issuers {
    trusted: Mutex<Vec<CertificateDer<'static>>>,
    known: Mutex<HashMap<String, Known>>,
    given: Mutex<HashMap<String, Vec<Jwk>>>,
    /// Assertions with a valid signature, each with the key. Copies share them: in many short runs, one assertion is presented again
    /// and again, and checking it is slow.
    proven: Arc<Mutex<HashSet<(String, Jwk)>>>,
    real: RealTime,
    /// Nothing is fetched: only given keys count.
    offline: bool,
}

#[derive(Debug)]
struct Known {
    fetched: Timestamp,
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Configuration {
    issuer: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

impl Issuers {
    /// Issuers whose keys are given and never fetched.
    pub(crate) fn offline(real: RealTime) -> Self {
        Self {
            real,
            offline: true,
            ..Self::default()
        }
    }

    /// Others with the same given keys that are never fetched, by another time.
    pub(crate) fn copy_offline(&self, real: RealTime) -> Self {
        Self {
            given: Mutex::new(lock(&self.given).clone()),
            proven: Arc::clone(&self.proven),
            ..Self::offline(real)
        }
    }

    /// The time that assertions are compared with.
    pub(crate) fn real_time(&self) -> Timestamp {
        self.real.now()
    }

    /// Whether this key was seen to have signed this assertion.
    pub(crate) fn is_proven(&self, assertion: &str, key: &Jwk) -> bool {
        lock(&self.proven).contains(&(assertion.to_owned(), key.clone()))
    }

    /// Notes that this key signed this assertion.
    pub(crate) fn note_proven(&self, assertion: &str, key: Jwk) {
        let mut proven = lock(&self.proven);
        if proven.len() >= MOST_PROVEN {
            proven.clear();
        }
        proven.insert((assertion.to_owned(), key));
    }

    /// Trusts an issuer by these keys; its documents are not asked for. Keys of kinds that are not known here are left out.
    pub(crate) fn give(&self, issuer: &str, keys: Vec<Value>) {
        lock(&self.given).insert(issuer.to_owned(), usable(keys));
    }

    /// Trusts these CAs as well, and drops all fetched keys.
    pub(crate) fn trust(&self, more: Vec<CertificateDer<'static>>) {
        lock(&self.trusted).extend(more);
        lock(&self.known).clear();
    }

    /// The issuer's key with this id, or nothing when it publishes no such key.
    pub(crate) async fn key(&self, issuer: &str, kid: &str) -> Result<Option<Jwk>, String> {
        if let Some(keys) = lock(&self.given).get(issuer) {
            return Ok(find(keys, kid));
        }
        if self.offline {
            return Err("its keys are not given, and nothing is fetched".to_owned());
        }
        let now = self.real.now();
        let cached = lock(&self.known).get(issuer).and_then(|known| known.find(kid, now));
        if cached.is_some() {
            return Ok(cached);
        }
        // Unknown keys are asked for again: the issuer may have begun to use one since.
        let keys = self.fetch(issuer).await?;
        let known = Known {
            fetched: self.real.now(),
            keys,
        };
        let found = find(&known.keys, kid);
        lock(&self.known).insert(issuer.to_owned(), known);
        Ok(found)
    }

    async fn fetch(&self, issuer: &str) -> Result<Vec<Jwk>, String> {
        let client = self.client()?;
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let configuration: Configuration = get(&client, &address).await?;
        if configuration.issuer != issuer {
            return Err(format!("{address} is the document of another issuer"));
        }
        let set: KeySet = get(&client, &configuration.jwks_uri).await?;
        Ok(usable(set.keys))
    }

    fn client(&self) -> Result<Client, String> {
        let roots: Result<Vec<_>, _> = lock(&self.trusted).iter().map(|ca| Certificate::from_der(ca)).collect();
        // Only the seed's CAs and no proxy: what is reachable must not depend on the machine.
        Client::builder()
            .tls_certs_only(roots.map_err(|error| described(&error))?)
            .https_only(true)
            .no_proxy()
            .redirect(redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .map_err(|error| described(&error))
    }
}

impl Known {
    fn find(&self, kid: &str, now: Timestamp) -> Option<Jwk> {
        let fresh = now.duration_since(self.fetched) < KEPT_FOR;
        find(&self.keys, kid).filter(|_| fresh)
    }
}

fn find(keys: &[Jwk], kid: &str) -> Option<Jwk> {
    keys.iter().find(|key| key.common.key_id.as_deref() == Some(kid)).cloned()
}

/// Keys of kinds that are not known here must not hide those that are.
fn usable(keys: Vec<Value>) -> Vec<Jwk> {
    keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect()
}

async fn get<T: DeserializeOwned>(client: &Client, address: &str) -> Result<T, String> {
    let response = client.get(address).send().await.and_then(reqwest::Response::error_for_status);
    let body = response
        .map_err(|error| described(&error))?
        .bytes()
        .await
        .map_err(|error| described(&error))?;
    serde_json::from_slice(&body).map_err(|error| format!("{address}: {error}"))
}

/// The error with its causes: the outermost one seldom names the problem with TLS.
fn described(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
