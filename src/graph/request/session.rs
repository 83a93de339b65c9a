//! What every request of a client needs, and the configuration that it is made of.

use std::sync::Arc;
use std::time::Duration;

use azure_core::credentials::TokenCredential;
use url::Url;
use uuid::Uuid;

use crate::base::random;
use crate::graph::auth::token::Tokens;
use crate::graph::budget::admission::SharedBudget;
use crate::graph::errors::error::{ErrorKind, GraphError};
use crate::graph::http::clock_skew::ClockSkew;
use crate::graph::http::observer::Observer;
use crate::graph::http::transport::Transport;
use crate::graph::request::odata;
use crate::graph::text;
use crate::graph::types::operation::Operation;
use crate::graph::types::table::ApiVersion;

/// What a client is made of.
pub(crate) struct ClientConfig {
    /// `https://graph.microsoft.com`, another cloud's root, or a simulator. Always https.
    pub root: Url,
    /// The scope of token requests: `{root}/.default`.
    pub scope: String,
    pub credential: Arc<dyn TokenCredential>,
    /// The deadline of one HTTP attempt, from the first byte out to the last byte in.
    pub request_timeout: Duration,
    pub observer: Arc<dyn Observer>,
    /// Learns from the date of every answer.
    pub clock: Arc<ClockSkew>,
    /// How many requests the tenant may be sent; clients of one application in one tenant share it.
    pub budget: SharedBudget,
    /// The first 8 hexadecimal digits of every write's `client-request-id`. They distinguish this cluster's writes from those of
    /// other clusters and programs that use the same application.
    pub mark: [u8; 4],
}

/// What every request of a client needs.
pub(crate) struct Session {
    pub config: ClientConfig,
    pub transport: Transport,
    pub tokens: Tokens,
}

impl Session {
    pub(crate) fn new(config: ClientConfig, transport: Transport) -> Result<Self, GraphError> {
        let root = &config.root;
        let plain = root.username().is_empty() && root.password().is_none() && root.query().is_none() && root.fragment().is_none();
        if root.scheme() != "https" || !plain {
            let problem = "the Graph root must be an https URL without user, query and fragment";
            return Err(GraphError::new("configure the Graph client", ErrorKind::BadRequest, problem));
        }
        let (credential, observer) = (Arc::clone(&config.credential), Arc::clone(&config.observer));
        Ok(Self {
            tokens: Tokens::new(credential, config.scope.clone(), config.request_timeout, observer),
            config,
            transport,
        })
    }

    /// A random id for a write, which begins with the mark.
    pub(crate) fn new_request_id(&self) -> Uuid {
        let mut bytes = random::uuid().into_bytes();
        bytes[..self.config.mark.len()].copy_from_slice(&self.config.mark);
        Uuid::from_bytes(bytes)
    }

    /// `{root}/{version}/{segments}`. A segment that is not a plain id is an error, so no request is sent for it.
    pub(crate) fn endpoint(&self, operation: &Operation, version: ApiVersion, segments: &[&str]) -> Result<Url, GraphError> {
        if let Some(odd) = segments.iter().find(|segment| !odata::is_id(segment)) {
            let problem = format!("{} is not an id", text::quoted(odd));
            return Err(GraphError::new(operation.text.clone(), ErrorKind::BadRequest, problem));
        }
        let root = self.config.root.as_str().trim_end_matches('/');
        let url = Url::parse(&format!("{root}/{}/{}", version.as_str(), segments.join("/")));
        url.map_err(|error| GraphError::new(operation.text.clone(), ErrorKind::BadRequest, error.to_string()))
    }
}
