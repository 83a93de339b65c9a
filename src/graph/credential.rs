//! Workload identity: a Kubernetes token file exchanged for Graph tokens at Entra.
//!
//! Built on azure_identity's `ClientAssertionCredential` rather than its
//! `WorkloadIdentityCredential`: that one reads the file at most every ten minutes and sends a
//! trailing newline along, and a rotated or cached assertion fails with AADSTS700024. A missing
//! credential is an error that names the file; there is no fallback to another identity.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::cloud::CustomConfiguration;
use azure_core::credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions};
use azure_core::http::{ClientMethodOptions, ClientOptions, RetryOptions};
use azure_identity::{ClientAssertion, ClientAssertionCredential, ClientAssertionCredentialOptions};
use tokio::io::AsyncReadExt;
use url::Url;

use super::error::{ErrorKind, GraphError};
use super::token_error;
use super::token_http::TokenHttp;
use super::transport::Transport;

const TIMEOUT: Duration = Duration::from_secs(8);

/// No projected token comes near this; a wrong path might.
const MAX_ASSERTION: u64 = 64 * 1024;

/// Graph tokens for the application `client_id` of `tenant_id`, proved by the token in
/// `token_file`.
pub fn workload_identity(
    authority: &Url,
    tenant_id: &str,
    client_id: &str,
    token_file: &Path,
) -> Result<Arc<dyn TokenCredential>, GraphError> {
    workload_identity_over(Transport::https()?, authority, tenant_id, client_id, token_file)
}

/// [`workload_identity`] over another transport.
pub(super) fn workload_identity_over(
    transport: Transport,
    authority: &Url,
    tenant_id: &str,
    client_id: &str,
    token_file: &Path,
) -> Result<Arc<dyn TokenCredential>, GraphError> {
    let mut cloud = CustomConfiguration::default();
    authority.as_str().clone_into(&mut cloud.authority_host);
    let client_options = ClientOptions {
        cloud: Some(Arc::new(cloud.into())),
        // Its default repeats for over a minute. The client above repeats, and says why it waits.
        retry: RetryOptions::none(),
        transport: Some(azure_core::http::Transport::new(Arc::new(TokenHttp::new(transport, TIMEOUT)))),
        ..ClientOptions::default()
    };
    let (tenant_id, client_id, file) = (tenant_id.to_owned(), client_id.to_owned(), TokenFile(token_file.to_owned()));
    let build = move || -> azure_core::Result<Arc<dyn TokenCredential>> {
        let options = ClientAssertionCredentialOptions {
            client_options: client_options.clone(),
        };
        Ok(ClientAssertionCredential::new(
            tenant_id.clone(),
            client_id.clone(),
            file.clone(),
            Some(options),
        )?)
    };
    let renewable = Renewable::new(build).map_err(|error| token_error::classify("configure workload identity", &error))?;
    Ok(Arc::new(renewable))
}

/// In a token request's context: the token Graph refused. Answering with it again would be
/// pointless.
#[derive(Debug)]
pub(super) struct Refused(pub Secret);

/// A credential that can be made to forget its cached token. azure_identity's cache has no way to,
/// so the credential with the refused token is replaced by a new one.
struct Renewable<F> {
    build: F,
    current: Mutex<Arc<dyn TokenCredential>>,
}

impl<F> fmt::Debug for Renewable<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewable").finish_non_exhaustive()
    }
}

impl<F: Fn() -> azure_core::Result<Arc<dyn TokenCredential>>> Renewable<F> {
    fn new(build: F) -> azure_core::Result<Self> {
        let current = Mutex::new(build()?);
        Ok(Self { build, current })
    }

    fn current(&self) -> Arc<dyn TokenCredential> {
        Arc::clone(&self.current.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The successor of `spent`: the one that somebody else put in its place meanwhile, or a new
    /// one.
    fn successor(&self, spent: &Arc<dyn TokenCredential>) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&current, spent) {
            *current = (self.build)()?;
        }
        Ok(Arc::clone(&current))
    }
}

#[async_trait]
impl<F> TokenCredential for Renewable<F>
where
    F: Fn() -> azure_core::Result<Arc<dyn TokenCredential>> + Send + Sync,
{
    async fn get_token(&self, scopes: &[&str], options: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let refused = options
            .as_ref()
            .and_then(|options| options.method_options.context.value::<Refused>());
        let refused = refused.map(|Refused(secret)| secret.clone());
        let credential = self.current();
        let token = credential.get_token(scopes, options).await?;
        if refused.is_some_and(|refused| refused == token.token) {
            return self.successor(&credential)?.get_token(scopes, None).await;
        }
        Ok(token)
    }
}

/// The assertion source: the file's content at the moment of each token request.
#[derive(Debug, Clone)]
struct TokenFile(PathBuf);

/// The assertion cannot be read. The file's content is not in it.
#[derive(Debug, thiserror::Error)]
#[error("the token file {} {problem}", path.display())]
pub(super) struct AssertionError {
    path: PathBuf,
    problem: String,
}

impl TokenFile {
    async fn read(&self) -> Result<String, AssertionError> {
        let unreadable = |problem: String| AssertionError {
            path: self.0.clone(),
            problem,
        };
        let file = tokio::fs::File::open(&self.0)
            .await
            .map_err(|error| unreadable(format!("cannot be opened: {error}")))?;
        let mut content = String::new();
        let read = file.take(MAX_ASSERTION + 1).read_to_string(&mut content).await;
        read.map_err(|error| unreadable(format!("cannot be read: {error}")))?;
        let assertion = content.trim();
        if assertion.is_empty() {
            return Err(unreadable("is empty".to_owned()));
        }
        if content.len() as u64 > MAX_ASSERTION {
            return Err(unreadable(format!("is larger than {MAX_ASSERTION} bytes")));
        }
        Ok(assertion.to_owned())
    }
}

#[async_trait]
impl ClientAssertion for TokenFile {
    async fn secret(&self, _options: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        self.read()
            .await
            .map_err(|error| azure_core::Error::new(azure_core::error::ErrorKind::Credential, error))
    }
}

/// Nothing at Entra or Graph was reached, and nothing will be until somebody mends the file.
pub(super) const BROKEN_ASSERTION: ErrorKind = ErrorKind::Token {
    aadsts: None,
    transient: false,
};

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use azure_core::http::Context;
    use azure_core::time::OffsetDateTime;

    use super::*;

    /// Always the same token, and never at once: others get their turn in between.
    #[derive(Debug)]
    struct Fixed(String);

    #[async_trait]
    impl TokenCredential for Fixed {
        async fn get_token(&self, _scopes: &[&str], _options: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
            tokio::task::yield_now().await;
            Ok(AccessToken::new(self.0.clone(), OffsetDateTime::now_utc()))
        }
    }

    #[tokio::test]
    async fn many_refusals_of_one_token_build_one_successor() {
        let built = AtomicUsize::new(0);
        let build = || -> azure_core::Result<Arc<dyn TokenCredential>> {
            let number = built.fetch_add(1, Ordering::Relaxed);
            Ok(Arc::new(Fixed(format!("token-{number}"))))
        };
        let renewable = Renewable::new(build).unwrap();
        let ask = || {
            let context = Context::new().with_value(Refused(Secret::new("token-0")));
            let options = TokenRequestOptions {
                method_options: ClientMethodOptions { context },
            };
            renewable.get_token(&["scope"], Some(options))
        };
        let answers = futures::future::join_all((0..10).map(|_| ask())).await;
        assert!(answers.into_iter().all(|answer| answer.unwrap().token.secret() == "token-1"));
        assert_eq!(built.load(Ordering::Relaxed), 2);
    }
}
