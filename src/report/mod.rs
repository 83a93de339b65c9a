//! The report of a pass: failures and their reasons, conditions, the status. Pure.

pub(crate) mod conditions;
pub(crate) mod failure;
pub mod reason;
pub(crate) mod status;
pub(crate) mod stop;
pub(crate) mod suggestions;
pub(crate) mod wording;

#[cfg(test)]
pub(crate) mod tests;
