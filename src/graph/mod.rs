//! Microsoft Graph: the one place that builds a Graph URL, sends a request or reads an answer.
//!
//! The stack is retry → budget → token → transport, with typed operations of a few lines above it. It knows
//! neither Kubernetes nor the custom resource types; whoever wants to change something at Graph
//! hands in property maps and gets entities or a [`GraphError`] back. Reads may be repeated; a
//! write is sent once, and an error says whether it may have been committed.

mod advice;
mod assignment;
mod budget;
mod catalogue;
mod certificate;
mod client;
mod client_secret;
mod clock;
mod cloud;
mod collection;
mod credential;
mod differences;
mod directory;
mod entity;
mod equivalence;
mod error;
mod error_body;
mod exchange;
mod forbidden;
mod json;
mod literals;
mod managed_identity;
mod material;
mod members;
mod observer;
mod odata;
mod pages;
mod properties;
mod renewable;
mod retry;
mod retry_after;
mod text;
mod token;
mod token_error;
mod token_http;
mod transport;
mod unmanaged;

#[cfg(test)]
mod tests;

pub use assignment::{AssignmentTarget, RemoteAssignment};
pub use budget::{Caller, Limit, Limits, Permit, Place, Priority, RequestClass, Waited};
pub use catalogue::{Connection, DeviceImage, GalleryImage, Named};
pub use client::{Client, ClientConfig};
pub use clock::Clock;
pub use cloud::Cloud;
pub use collection::{ApiVersion, Collection};
pub use credential::Application;
pub use differences::{Difference, differences, patch_body};
pub use directory::{Group, Organization};
pub use entity::Entity;
pub use equivalence::Equivalence;
pub use error::{ErrorKind, GraphError};
pub use literals::Literals;
pub use managed_identity::managed_identity;
pub use material::{CredentialError, Material, TokenFile};
pub use members::{UnknownMember, unknown_members, write_version};
pub use observer::{Attempt, Observer};
pub use properties::{Part, Property, Shape, properties, property};
pub use token::Token;
pub use transport::{BodyStream, SendError, Transport};
pub use unmanaged::{Standing, UNMANAGED, Unmanaged};
