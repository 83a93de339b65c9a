//! Signing in: the material of a credential, the token endpoint, and the token that all requests of a tenant share.

pub(crate) mod application;
mod certificate;
mod client_secret;
pub(crate) mod credential;
pub(crate) mod managed_identity;
pub(crate) mod material;
pub(crate) mod renewable;
pub(crate) mod token;
mod token_error;
mod token_http;
