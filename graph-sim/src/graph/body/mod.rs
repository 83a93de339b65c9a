//! Bodies of writes: checked against the property tables, translated to present spellings.

pub(crate) mod check;
pub(crate) mod deprecation;
#[cfg(test)]
mod tests;
pub(crate) mod twins;
