//! Applications, users and groups of a tenant.

use jiff::Timestamp;

/// A registered application and its credentials.
#[derive(Clone, Debug, Default)]
pub struct App {
    /// The application's (client) id.
    pub app_id: String,
    /// Its name.
    pub display_name: String,
    /// Its secret. Never logged, never in the ledger, never in the state.
    pub client_secret: Option<String>,
    /// Its registered certificates, as PEM.
    pub certificates: Vec<String>,
    /// External tokens that it may present.
    pub federated_credentials: Vec<FederatedCredential>,
    /// Granted application permissions of Microsoft Graph.
    pub roles: Vec<String>,
}

/// An external identity that may sign in as the application.
#[derive(Clone, Debug, Default)]
pub struct FederatedCredential {
    /// Must equal the token's `iss` exactly.
    pub issuer: String,
    /// Must equal the token's `sub` exactly.
    pub subject: String,
    /// One of them must be in the token's `aud`.
    pub audiences: Vec<String>,
}

/// A user.
#[derive(Clone, Debug, Default)]
pub struct User {
    /// The object's id.
    pub id: String,
    /// The sign-in name.
    pub user_principal_name: String,
    /// The name that is shown.
    pub display_name: String,
    /// Directory roles, such as `Windows 365 Administrator`.
    pub roles: Vec<String>,
    /// Licences by their part number.
    pub licences: Vec<String>,
}

/// A group.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// The object's id.
    pub id: String,
    /// The name that is shown; not unique.
    pub display_name: String,
    /// The mail alias.
    pub mail_nickname: Option<String>,
    /// Members by principal name.
    pub members: Vec<String>,
    /// Groups that are members, by id.
    pub member_groups: Vec<String>,
    /// When it was made, where that is known.
    pub created: Option<Timestamp>,
}
