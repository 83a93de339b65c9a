//! Microsoft Graph: the one place that builds a Graph URL, sends a request or reads an answer.
//!
//! It depends neither on Kubernetes nor on the custom resource types: callers pass property maps and get entities or a
//! `GraphError`. From the bottom up: `text`, `types`, `errors`, `http`, `budget`, `auth`, `request`, and the typed
//! operations (`client`, `audit`, `catalogue`, `cloud_pcs`, `directory`). A file imports from the defining file, never from this one.
//!
//! Who repeats what:
//!
//! | Repeats | What | When |
//! |---|---|---|
//! | `http::wire` | a connection from the pool that was closed | before a byte of the request was sent |
//! | `http::retry` | a read, three times at most; a token request, twice | 5xx or no answer; `Retry-After` up to 30 s |
//! | `request::exchange` | any request, once | 401, with a new token: Graph has committed nothing |
//! | `budget` | nothing; all requests of the tenant wait | after a 429, for its `Retry-After` |
//! | the caller | everything else | `GraphError::is_transient`; a write first asks `GraphError::outcome_unknown` |

mod audit;
mod auth;
mod budget;
mod catalogue;
mod client;
mod cloud;
mod cloud_pcs;
mod directory;
mod errors;
mod http;
mod request;
mod text;
mod types;

#[cfg(test)]
mod tests;

pub use types::collection::{Collection, properties, unmanaged};
pub use types::equivalence::Equivalence;
pub use types::table::{ApiVersion, Exclusion, Part, Property, Shape};

pub(crate) use audit::AuditEvent;
#[cfg(test)]
pub(crate) use audit::{Actor, AuditResource};
pub(crate) use auth::application::Application;
pub(crate) use auth::managed_identity::managed_identity;
pub(crate) use auth::material::{CredentialError, Material, TokenFile};
pub(crate) use budget::admission::{SharedBudget, Waited};
pub(crate) use budget::caller::Caller;
pub(crate) use budget::limits::Limits;
pub(crate) use budget::permit::Permit;
pub(crate) use budget::place::Place;
pub(crate) use budget::priority::Priority;
pub(crate) use catalogue::{Connection, DeviceImage, GalleryImage, Named};
pub(crate) use client::Client;
pub(crate) use cloud::Cloud;
pub(crate) use cloud_pcs::{CloudPc, Member};
pub(crate) use directory::Group;
pub(crate) use errors::advice::{advice, without_advice};
pub(crate) use errors::error::{ErrorKind, GraphError};
pub(crate) use http::clock_skew::ClockSkew;
pub(crate) use http::fence::Fence;
pub(crate) use http::observer::{Attempt, Observer};
#[cfg(test)]
pub(crate) use http::transport::SendError;
pub(crate) use http::transport::Transport;
pub(crate) use request::session::ClientConfig;
pub(crate) use text::printable;
pub(crate) use types::assignment::{AssignmentTarget, RemoteAssignment};
pub(crate) use types::collection::property;
pub(crate) use types::differences::{Difference, differences, patch_body};
pub(crate) use types::entity::Entity;
pub(crate) use types::enum_values::unknown_members;
pub(crate) use types::permission;
