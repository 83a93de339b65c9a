//! How an application signs in at Entra: with a federated token, a certificate or a secret.
//!
//! Federated tokens and certificates are built on azure_identity's `ClientAssertionCredential` rather than on its
//! `WorkloadIdentityCredential`: that one reads the file at most every ten minutes and sends a trailing newline,
//! and a rotated or cached assertion fails with AADSTS700024. Its certificate credential needs OpenSSL. Every credential
//! reads its material anew for each token request; a missing or broken one is an error, and there is no fallback to
//! another identity.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::cloud::CustomConfiguration;
use azure_core::credentials::TokenCredential;
use azure_core::http::{ClientMethodOptions, ClientOptions, RetryOptions};
use azure_identity::{ClientAssertion, ClientAssertionCredential, ClientAssertionCredentialOptions};
use secrecy::ExposeSecret;

use crate::graph::auth::application::Application;
use crate::graph::auth::certificate::CertificateAssertion;
use crate::graph::auth::client_secret::FreshSecret;
use crate::graph::auth::material::Material;
use crate::graph::auth::renewable::Renewable;
use crate::graph::auth::token_error;
use crate::graph::auth::token_http::{Answers, TokenHttp};
use crate::graph::errors::error::GraphError;
use crate::graph::http::clock_skew::ClockSkew;
use crate::graph::http::transport::Transport;

pub(crate) const TIMEOUT: Duration = Duration::from_secs(8);

impl Application {
    /// Tokens in exchange for a token of another issuer: workload identity federation.
    pub(crate) fn federated(self, token: Arc<dyn Material>) -> Result<Arc<dyn TokenCredential>, GraphError> {
        let client_options = self.client_options();
        let (tenant_id, client_id, assertion) = (self.tenant_id, self.client_id, Assertion(token));
        let build = move || -> azure_core::Result<Arc<dyn TokenCredential>> {
            let options = ClientAssertionCredentialOptions {
                client_options: client_options.clone(),
            };
            Ok(ClientAssertionCredential::new(
                tenant_id.clone(),
                client_id.clone(),
                assertion.clone(),
                Some(options),
            )?)
        };
        renewable(build)
    }

    /// Tokens in exchange for an assertion that is signed with the private key of a registered certificate. `pem`
    /// holds the key and, behind it, the certificate.
    pub(crate) fn certificate(self, pem: Arc<dyn Material>) -> Result<Arc<dyn TokenCredential>, GraphError> {
        let assertion = CertificateAssertion::new(&self, pem)?;
        self.federated(Arc::new(assertion))
    }

    /// Tokens in exchange for a client secret.
    pub(crate) fn client_secret(self, secret: Arc<dyn Material>) -> Result<Arc<dyn TokenCredential>, GraphError> {
        let client_options = self.client_options();
        let build = move || -> azure_core::Result<Arc<dyn TokenCredential>> {
            let credential = FreshSecret::new(&self.tenant_id, &self.client_id, client_options.clone(), Arc::clone(&secret))?;
            Ok(Arc::new(credential))
        };
        renewable(build)
    }

    fn client_options(&self) -> ClientOptions {
        let mut cloud = CustomConfiguration::default();
        self.authority.as_str().clone_into(&mut cloud.authority_host);
        ClientOptions {
            cloud: Some(Arc::new(cloud.into())),
            ..client_options(self.transport.clone(), Answers::Entra, Arc::clone(&self.clock))
        }
    }
}

pub(crate) fn client_options(transport: Transport, answers: Answers, clock: Arc<ClockSkew>) -> ClientOptions {
    let http = TokenHttp::new(transport, TIMEOUT, answers, clock);
    ClientOptions {
        // azure_core's default repeats for over a minute. `http::retry` repeats instead.
        retry: RetryOptions::none(),
        transport: Some(azure_core::http::Transport::new(Arc::new(http))),
        ..ClientOptions::default()
    }
}

/// A credential that can forget its token. The first one is built here, to find out whether its parameters are valid.
pub(crate) fn renewable<F>(build: F) -> Result<Arc<dyn TokenCredential>, GraphError>
where
    F: Fn() -> azure_core::Result<Arc<dyn TokenCredential>> + Send + Sync + 'static,
{
    let renewable = Renewable::new(build).map_err(|error| token_error::classify("configure the credential", &error))?;
    Ok(Arc::new(renewable))
}

/// Material as an assertion of azure_identity.
#[derive(Debug, Clone)]
struct Assertion(Arc<dyn Material>);

#[async_trait]
impl ClientAssertion for Assertion {
    async fn secret(&self, _options: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        Ok(self.0.read().await?.expose_secret().to_owned())
    }
}
