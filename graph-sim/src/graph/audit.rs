//! Audit events: what every write leaves behind.

use super::resource::Resource;
use crate::answer::GraphRequest;
use crate::world::{Object, World};

/// What a write does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// A new object.
    Create,
    /// A change of an object.
    Patch,
    /// The end of an object.
    Delete,
    /// A new set of assignments.
    Assign,
    /// The present settings are brought to the Cloud PCs that exist.
    Apply,
}

/// One write: the object before it and after it, as far as there is one.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// What is done.
    pub verb: Verb,
    /// The collection.
    pub resource: &'static Resource,
    /// The object as it was.
    pub before: Option<&'a Object>,
    /// The object as it is.
    pub after: Option<&'a Object>,
}

/// Makes the audit event of a write.
pub fn record(_world: &mut World, _request: &GraphRequest<'_>, _change: &Change<'_>) {}

/// GET of `getAuditActivityTypes`.
pub(super) fn activity_types(_call: super::routes::Call<'_, '_>) -> super::problem::Outcome {
    Err(super::problem::Problem::no_segment("getAuditActivityTypes"))
}
