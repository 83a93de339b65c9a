//! The controller's own namespace: the one place where Secrets are read and service account tokens are requested, and
//! where the controller sees that it is being removed itself.
//!
//! Prohibition: no other namespace can be named here, nothing is listed or watched, and no error contains what was read.

use std::fmt;
use std::mem;

use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{Namespace, Secret, ServiceAccount};
use kube::api::PostParams;
use kube::core::PartialObjectMeta;
use kube::{Api, Client};
use secrecy::SecretString;
use secrecy::zeroize::Zeroize;

/// The shortest lifetime that the API server grants, and long enough for one exchange.
const TOKEN_SECONDS: i64 = 600;

/// A way into the namespace.
#[derive(Clone)]
pub(crate) struct OwnNamespace {
    client: Client,
    name: String,
}

impl fmt::Debug for OwnNamespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OwnNamespace").field(&self.name).finish()
    }
}

/// Why there is no result. Continues a sentence that begins with the name of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// What is wrong, and what to do about it.
    pub problem: String,
    /// Whether the API server, and not the named object, is the reason.
    pub transient: bool,
}

impl OwnNamespace {
    /// The namespace of this name. The client should have short timeouts: a late answer is of no use.
    pub(crate) fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }

    /// The texts under these keys of a Secret, none of them empty.
    ///
    /// # Errors
    ///
    /// When the Secret or one of the keys is not there, empty, or no text.
    pub(crate) async fn secret(&self, name: &str, keys: &[&str]) -> Result<Vec<SecretString>, Unreadable> {
        let what = format!("Secret {:?} in namespace {:?}", name, self.name);
        let api: Api<Secret> = Api::namespaced(self.client.clone(), &self.name);
        let got = api.get(checked(name)?).await;
        let mut data = got
            .map_err(|error| explained(&error, &what, "get secrets"))?
            .data
            .unwrap_or_default();
        let texts = keys.iter().map(|key| {
            let bytes = data.get_mut(*key).map(|bytes| mem::take(&mut bytes.0));
            text(bytes).map_err(|problem| broken(format!("names {what}, whose key {key:?} {problem}")))
        });
        let texts = texts.collect();
        data.values_mut().for_each(|bytes| bytes.0.zeroize());
        texts
    }

    /// A new token of a service account, for this audience.
    ///
    /// # Errors
    ///
    /// When there is no such service account, or the controller may not ask for its token.
    pub(crate) async fn service_account_token(&self, name: &str, audience: &str) -> Result<SecretString, Unreadable> {
        let what = format!("ServiceAccount {:?} in namespace {:?}", name, self.name);
        let api: Api<ServiceAccount> = Api::namespaced(self.client.clone(), &self.name);
        let request = TokenRequest {
            spec: Some(TokenRequestSpec {
                audiences: Some(vec![audience.to_owned()]),
                expiration_seconds: Some(TOKEN_SECONDS),
                bound_object_ref: None,
            }),
            ..TokenRequest::default()
        };
        let answer = api.create_token_request(checked(name)?, &PostParams::default(), &request).await;
        let answer = answer.map_err(|error| explained(&error, &what, "create serviceaccounts/token"))?;
        let token = answer.status.and_then(|status| status.token).unwrap_or_default();
        if token.is_empty() {
            return Err(broken(format!("names {what}, for which the API server issued an empty token")));
        }
        Ok(SecretString::from(token))
    }

    /// Which of the namespace and the controller's own service account in it is being deleted or gone, as a text; `None` when
    /// neither is. Asks the API server each time.
    ///
    /// # Errors
    ///
    /// When the API server refuses or does not answer: nothing is known then.
    pub(crate) async fn departing(&self, service_account: Option<&str>) -> Result<Option<String>, kube::Error> {
        let namespaces: Api<Namespace> = Api::all(self.client.clone());
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client.clone(), &self.name);
        let account = async {
            match service_account {
                Some(name) => going(
                    &format!("ServiceAccount {name:?} in namespace {:?}", self.name),
                    accounts.get_metadata(name).await,
                ),
                None => Ok(None),
            }
        };
        let (namespace, account) = tokio::join!(namespaces.get_metadata(&self.name), account);
        match going(&format!("namespace {:?}", self.name), namespace)? {
            None => account,
            going => Ok(going),
        }
    }
}

/// The text for an object that is being deleted or gone.
fn going<K>(what: &str, found: Result<PartialObjectMeta<K>, kube::Error>) -> Result<Option<String>, kube::Error> {
    match found {
        Ok(found) if found.metadata.deletion_timestamp.is_some() => Ok(Some(format!("{what} is being deleted"))),
        Ok(_) => Ok(None),
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(Some(format!("{what} does not exist"))),
        Err(error) => Err(error),
    }
}

/// A name that cannot lead to another path of the API. Admission checks it as well, but not for objects that are older
/// than the rule.
fn checked(name: &str) -> Result<&str, Unreadable> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if name.len() <= 253 && name.chars().all(plain) && ends(name.chars().next()) && ends(name.chars().last()) {
        return Ok(name);
    }
    Err(broken(format!("names {name:?}, which is not the name of an object")))
}

/// A value of a Secret as text.
fn text(bytes: Option<Vec<u8>>) -> Result<SecretString, &'static str> {
    let bytes = bytes.ok_or("does not exist")?;
    let text = String::from_utf8(bytes).map(SecretString::from).map_err(|error| {
        error.into_bytes().zeroize();
        "is not UTF-8 text"
    })?;
    let trimmed = secrecy::ExposeSecret::expose_secret(&text).trim();
    if trimmed.is_empty() {
        return Err("is empty");
    }
    Ok(SecretString::from(trimmed))
}

fn broken(problem: String) -> Unreadable {
    Unreadable { problem, transient: false }
}

/// kube's own text is left out unless the API server wrote it: what failed to decode could be quoted.
fn explained(error: &kube::Error, what: &str, right: &str) -> Unreadable {
    #[expect(clippy::wildcard_enum_match_arm, reason = "whatever else fails, there is no answer")]
    match error {
        kube::Error::Api(status) if status.code == 404 => broken(format!("names {what}, which does not exist")),
        kube::Error::Api(status) if status.code == 403 => broken(format!(
            "names {what}, which the controller may not use: its Role there lacks \"{right}\""
        )),
        kube::Error::Api(status) => Unreadable {
            problem: format!("names {what}; the Kubernetes API answered {} ({})", status.code, status.reason),
            transient: status.code == 429 || status.code >= 500,
        },
        kube::Error::SerdeError(_) => broken(format!("names {what}, for which the API server's answer cannot be decoded")),
        _ => Unreadable {
            problem: format!("names {what}; the Kubernetes API does not answer"),
            transient: true,
        },
    }
}
