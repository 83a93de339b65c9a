//! What a credential is made of: a token, a secret or a key, read anew for every token request.
//!
//! A rotation needs no restart. Missing or broken material is an error that names its place; there is no fallback to another
//! credential.

use std::fmt;
use std::path::PathBuf;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use tokio::io::AsyncReadExt;

/// Far above the size of a projected token: a larger file is a wrong path.
const MAX_TOKEN: u64 = 64 * 1024;

/// The source of a part of a credential. It is read at each token request and caches nothing.
#[async_trait]
pub(crate) trait Material: fmt::Debug + Send + Sync {
    /// The present text; never empty.
    async fn read(&self) -> Result<SecretString, CredentialError>;
}

/// The credential cannot be used. No request was sent to Entra, and the text holds no secret.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{place} {problem}")]
pub(crate) struct CredentialError {
    place: String,
    problem: String,
    transient: bool,
}

impl CredentialError {
    /// A person has to correct it. `place` is the field or file, `problem` continues the sentence.
    pub(crate) fn broken(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            problem: problem.into(),
            transient: false,
        }
    }

    /// It cannot be read at the moment.
    pub(crate) fn unavailable(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            transient: true,
            ..Self::broken(place, problem)
        }
    }

    pub(crate) const fn is_transient(&self) -> bool {
        self.transient
    }
}

impl From<CredentialError> for azure_core::Error {
    fn from(error: CredentialError) -> Self {
        Self::new(azure_core::error::ErrorKind::Credential, error)
    }
}

/// The projected service account token of the controller's pod, as the kubelet last wrote it.
#[derive(Debug, Clone)]
pub(crate) struct TokenFile(PathBuf);

impl TokenFile {
    /// The token in this file.
    pub(crate) fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    fn broken(&self, problem: impl Into<String>) -> CredentialError {
        CredentialError::broken(format!("the token file {}", self.0.display()), problem)
    }
}

#[async_trait]
impl Material for TokenFile {
    async fn read(&self) -> Result<SecretString, CredentialError> {
        let file = tokio::fs::File::open(&self.0)
            .await
            .map_err(|error| self.broken(format!("cannot be opened: {error}")))?;
        let mut content = String::new();
        let read = file.take(MAX_TOKEN + 1).read_to_string(&mut content).await;
        let content = SecretString::from(content);
        read.map_err(|error| self.broken(format!("cannot be read: {error}")))?;
        let token = content.expose_secret().trim();
        if token.is_empty() {
            return Err(self.broken("is empty"));
        }
        if content.expose_secret().len() as u64 > MAX_TOKEN {
            return Err(self.broken(format!("is larger than {MAX_TOKEN} bytes")));
        }
        Ok(SecretString::from(token))
    }
}
