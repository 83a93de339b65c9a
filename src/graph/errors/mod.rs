//! What goes wrong with a request, and what a person can do about it.

pub mod advice;
pub mod body;
pub mod error;
pub mod permissions;
