//! The seed: YAML that says what exists at the start. Unknown keys are refused by name, with their path.
//!
//! `form` is what the YAML looks like; `apply` puts it into a world, `directory` the users and groups.

mod apply;
mod directory;
mod form;

pub(crate) use form::Seed;
