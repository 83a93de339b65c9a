//! Graph's types: names, properties, enum members, which values mean the same, what is not managed; and the operations.
//! `collection` is the list of the types, `table` the form of a type's file.

pub(crate) mod assignment;
pub(crate) mod collection;
pub(crate) mod differences;
pub(crate) mod entity;
pub(crate) mod enum_values;
pub(crate) mod equivalence;
pub(crate) mod operation;
pub(crate) mod permission;
mod provisioning_policy;
mod region_group;
#[cfg(test)]
mod specimen;
pub(crate) mod table;
mod user_setting;
