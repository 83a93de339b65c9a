//! What proves an identity: access tokens and their keys, assertions and the issuers behind them, scopes, sign-ins of people.
//!
//! It knows no endpoint: those of the login service are in `endpoints::login`.

pub(crate) mod access;
pub(crate) mod assertion;
pub(crate) mod certificate;
pub(crate) mod claims;
pub(crate) mod cloud;
pub(crate) mod failure;
pub(crate) mod federation;
pub(crate) mod form;
pub(crate) mod issuers;
pub(crate) mod scope;
pub(crate) mod sign_ins;
