//! A client secret that is read anew for every token request. azure_identity's credential keeps the secret that it was made
//! with, so each request makes a new credential, and this file caches the token.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions};
use azure_core::http::ClientOptions;
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};
use secrecy::ExposeSecret;
use tokio::sync::Mutex;

use crate::base::wall;
use crate::graph::auth::material::Material;

/// So many seconds before its end a token is replaced, as azure_identity's own credentials do.
const MARGIN: i64 = 300;

/// For one scope only: the cached token is the answer for every scope.
pub(crate) struct FreshSecret {
    tenant_id: String,
    client_id: String,
    client_options: ClientOptions,
    secret: Arc<dyn Material>,
    /// Locked during a request, so that passes that need a token at the same time make one request.
    token: Mutex<Option<AccessToken>>,
}

impl fmt::Debug for FreshSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FreshSecret").finish_non_exhaustive()
    }
}

impl FreshSecret {
    pub(crate) fn new(
        tenant_id: &str,
        client_id: &str,
        client_options: ClientOptions,
        secret: Arc<dyn Material>,
    ) -> azure_core::Result<Self> {
        let fresh = Self {
            tenant_id: tenant_id.to_owned(),
            client_id: client_id.to_owned(),
            client_options,
            secret,
            token: Mutex::default(),
        };
        // Ids that azure_identity refuses are refused now, not with the first request.
        fresh.credential("not sent")?;
        Ok(fresh)
    }

    fn credential(&self, secret: &str) -> azure_core::Result<Arc<ClientSecretCredential>> {
        let options = ClientSecretCredentialOptions {
            client_options: self.client_options.clone(),
        };
        let secret = Secret::new(secret.to_owned());
        ClientSecretCredential::new(&self.tenant_id, self.client_id.clone(), secret, Some(options))
    }
}

#[async_trait]
impl TokenCredential for FreshSecret {
    async fn get_token(&self, scopes: &[&str], options: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let mut kept = self.token.lock().await;
        let stale = wall::now().as_second() + MARGIN;
        if let Some(token) = kept.as_ref().filter(|token| token.expires_on.unix_timestamp() > stale) {
            return Ok(token.clone());
        }
        let secret = self.secret.read().await?;
        let token = self.credential(secret.expose_secret())?.get_token(scopes, options).await?;
        *kept = Some(token.clone());
        Ok(token)
    }
}
