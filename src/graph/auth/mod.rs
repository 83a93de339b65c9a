//! Signing in: the material of a credential, the token endpoint, and the token that all requests of a tenant share.

pub mod certificate;
pub mod client_secret;
pub mod credential;
pub mod managed_identity;
pub mod material;
pub mod renewable;
pub mod token;
pub mod token_error;
pub mod token_http;
