//! Microsoft Graph: the one place that builds a Graph URL, sends a request or reads an answer.
//!
//! The stack is retry → budget → token → transport → wire, with typed operations of a few lines above it. It knows
//! neither Kubernetes nor the custom resource types; whoever wants to change something at Graph
//! hands in property maps and gets entities or a [`GraphError`] back. Reads may be repeated; a
//! write is sent once, and an error says whether it may have been committed.

mod audit;
pub mod auth;
mod budget;
mod catalogue;
mod client;
mod clock_skew;
mod cloud;
mod directory;
mod errors;
mod http;
mod observer;
mod request;
mod scrub;
mod text;
pub mod types;

#[cfg(test)]
mod tests;

pub use audit::{Actor, AuditEvent, AuditResource};
pub use auth::credential::Application;
pub use auth::managed_identity::managed_identity;
pub use auth::material::{CredentialError, Material, TokenFile};
pub use auth::token::Token;
pub use budget::{Caller, Limit, Limits, Permit, Place, Priority, RequestClass, SharedBudget, Waited};
pub use catalogue::{Connection, DeviceImage, GalleryImage, Named};
pub use client::{Client, ClientConfig};
pub use clock_skew::Clock;
pub use cloud::Cloud;
pub use directory::{Group, Organization};
pub use errors::error::{ErrorKind, GraphError};
pub use http::fence::Fence;
pub use http::transport::{BodyStream, SendError, Transport};
pub use observer::{Attempt, Observer};
pub use text::shown;
pub use types::assignment::{AssignmentTarget, RemoteAssignment};
pub use types::collection::{ApiVersion, Collection};
pub use types::differences::{Difference, differences, patch_body};
pub use types::entity::Entity;
pub use types::enum_values::{UnknownMember, unknown_members, write_version};
pub use types::equivalence::Equivalence;
pub use types::literals::Literals;
pub use types::properties::{Part, Property, Shape, properties, property};
pub use types::unmanaged::{Standing, UNMANAGED, Unmanaged};
