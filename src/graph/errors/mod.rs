//! What goes wrong with a request, and what a person can do about it.

pub(crate) mod advice;
pub(crate) mod error;
mod permissions;
