//! The verbs, each with its rules.

pub(crate) mod apply;
pub(crate) mod create;
pub(crate) mod decode;
pub(crate) mod delete;
pub(crate) mod merge_patch;
pub(crate) mod put;
pub(crate) mod read;
pub(crate) mod rules;
pub(crate) mod update;
