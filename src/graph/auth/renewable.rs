//! A credential that can forget its cached token. azure_identity's cache cannot, so the credential with the refused token is
//! replaced by a new one.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions};
use parking_lot::Mutex;

/// In a token request's context: the token that Graph refused. The same token is no answer to that request.
#[derive(Debug)]
pub(crate) struct Refused(pub Secret);

/// The credential in use, and how to make its successor.
pub(crate) struct Renewable<F> {
    build: F,
    current: Mutex<Arc<dyn TokenCredential>>,
}

impl<F> fmt::Debug for Renewable<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewable").finish_non_exhaustive()
    }
}

impl<F: Fn() -> azure_core::Result<Arc<dyn TokenCredential>>> Renewable<F> {
    pub(crate) fn new(build: F) -> azure_core::Result<Self> {
        let current = Mutex::new(build()?);
        Ok(Self { build, current })
    }

    fn current(&self) -> Arc<dyn TokenCredential> {
        Arc::clone(&self.current.lock())
    }

    /// The successor of `spent`: the credential that another request has put in its place meanwhile, or a new one.
    fn successor(&self, spent: &Arc<dyn TokenCredential>) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let mut current = self.current.lock();
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use azure_core::http::{ClientMethodOptions, Context};
    use azure_core::time::OffsetDateTime;

    use super::*;

    /// Always the same token, and not at once: other requests run in between.
    #[derive(Debug)]
    struct Fixed(String);

    #[async_trait]
    impl TokenCredential for Fixed {
        async fn get_token(&self, _scopes: &[&str], _options: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
            tokio::task::yield_now().await;
            Ok(AccessToken::new(self.0.clone(), OffsetDateTime::UNIX_EPOCH))
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
