//! A change that takes something away, and what may be done of it.

use crate::api::DriftedField;
use crate::graph::{AssignmentTarget, RemoteAssignment};
use crate::reconcile::risk::count::{Allowed, Loss};
use crate::report::failure::Failure;

/// A change that takes something away.
pub(crate) struct Case<'a> {
    /// The id of the object in Graph.
    pub graph_id: &'a str,
    /// The assignments as they are.
    pub before: &'a [RemoteAssignment],
    /// What is taken away.
    pub loss: Loss,
    /// The assignments as they would be; none when the object is deleted.
    pub after: &'a [AssignmentTarget],
    /// Whether the object is deleted.
    pub deletes: bool,
    /// The fields that lose something; none when the object is deleted.
    pub fields: Vec<DriftedField>,
}

/// What may be done.
#[derive(Debug)]
pub(crate) enum Judgement {
    /// It may be made, and takes no more away than this.
    Allowed(Allowed),
    /// It is held, and this is reported.
    Held(Failure),
}
