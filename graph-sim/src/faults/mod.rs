//! Faults: rules that make chosen requests fail the way networks and services do.
//!
//! `fault` has the faults; `rules` says which requests they apply to, `answer` makes their answers, `body` their bodies.

pub(crate) mod answer;
pub(crate) mod body;
mod fault;
mod rules;

pub(crate) use crate::faults::fault::RouteKind;
pub use crate::faults::fault::{Fault, Treatment};
pub(crate) use crate::faults::rules::{Faults, Rule};
