//! Who sends a request, once the token has been verified.

use serde::Serialize;

/// An application or a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Actor {
    /// An application on its own behalf.
    #[serde(rename_all = "camelCase")]
    App {
        /// Its client id.
        app_id: String,
    },
    /// A user.
    #[serde(rename_all = "camelCase")]
    User {
        /// The sign-in name.
        user_principal_name: String,
    },
}

/// The verified sender of a request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The tenant of the token; the request sees nothing else.
    pub tenant: String,
    /// The application or user.
    pub actor: Actor,
    /// Application permissions (app-only tokens).
    pub application_roles: Vec<String>,
    /// Delegated permissions (users' tokens).
    pub scopes: Vec<String>,
    /// The user's directory roles.
    pub directory_roles: Vec<String>,
}
