//! What a pass says of its object: failures and their reasons, conditions, the status. Pure.

pub mod conditions;
pub mod failure;
pub mod reason;
pub mod status;
pub mod suggestions;

#[cfg(test)]
pub(crate) mod tests;
