//! The errors of requests, and what a person can do about them.

pub(crate) mod advice;
pub(crate) mod error;
mod permissions;
