//! A client secret that is read anew for every token request. azure_identity's credential keeps the one that it was
//! made with, so one is made for each request, and the token is kept here.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions};
use azure_core::http::ClientOptions;
use azure_core::time::{Duration, OffsetDateTime};
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};
use secrecy::ExposeSecret;
use tokio::sync::Mutex;

use crate::graph::auth::material::Material;

/// A token is replaced this long before it ends, as azure_identity's own credentials do.
const MARGIN: Duration = Duration::minutes(5);

/// Takes one scope: whoever asks with another one would be answered with the first one's token.
pub(crate) struct FreshSecret {
    tenant_id: String,
    client_id: String,
    client_options: ClientOptions,
    secret: Arc<dyn Material>,
    /// Held during a request, so that passes that need a token at the same time cost one.
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
        // Ids that it refuses are refused now, not with the first request.
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
        if let Some(token) = kept.as_ref().filter(|token| token.expires_on > OffsetDateTime::now_utc() + MARGIN) {
            return Ok(token.clone());
        }
        let secret = self.secret.read().await?;
        let token = self.credential(secret.expose_secret())?.get_token(scopes, options).await?;
        *kept = Some(token.clone());
        Ok(token)
    }
}
