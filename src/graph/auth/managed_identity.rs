//! Managed identity: tokens from the machine that the controller runs on, by azure_identity's two protocols: the
//! instance metadata service (IMDS), and App Service's `IDENTITY_ENDPOINT` when the environment names one.
//!
//! Such a request names no tenant: the identity belongs to one. A token of another tenant than the expected one is refused
//! here, before Graph sees it.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId};

use crate::graph::auth::credential::{client_options, renewable};
use crate::graph::auth::material::CredentialError;
use crate::graph::auth::token;
use crate::graph::auth::token_http::Answers;
use crate::graph::errors::error::GraphError;
use crate::graph::http::clock_skew::ClockSkew;
use crate::graph::http::transport::Transport;

/// Tokens of the machine's identity: the user-assigned one of this client id, or the system-assigned one.
pub(crate) fn managed_identity(
    transport: Transport,
    tenant_id: &str,
    client_id: Option<&str>,
    clock: Arc<ClockSkew>,
) -> Result<Arc<dyn TokenCredential>, GraphError> {
    let client_options = client_options(transport, Answers::Metadata, clock);
    let client_id = client_id.map(str::to_owned);
    let build = move || -> azure_core::Result<Arc<dyn TokenCredential>> {
        let options = ManagedIdentityCredentialOptions {
            user_assigned_id: client_id.clone().map(UserAssignedId::ClientId),
            client_options: client_options.clone(),
        };
        Ok(ManagedIdentityCredential::new(Some(options))?)
    };
    Ok(Arc::new(OfTenant {
        tenant_id: tenant_id.to_owned(),
        credential: renewable(build)?,
    }))
}

#[derive(Debug)]
struct OfTenant {
    tenant_id: String,
    credential: Arc<dyn TokenCredential>,
}

#[async_trait]
impl TokenCredential for OfTenant {
    async fn get_token(&self, scopes: &[&str], options: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let token = self.credential.get_token(scopes, options).await?;
        match token::tenant_of(token.token.secret()) {
            Some(tenant) if !tenant.eq_ignore_ascii_case(&self.tenant_id) => {
                let problem = format!("is {}, but the managed identity belongs to tenant {tenant}", self.tenant_id);
                Err(CredentialError::broken("spec.tenantId", problem).into())
            }
            // Microsoft documents Graph's tokens as opaque; Graph decides about one without a tenant id.
            _ => Ok(token),
        }
    }
}
