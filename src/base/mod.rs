//! What every other folder may use.

pub(crate) mod random;
pub mod simulation;
pub(crate) mod text;
pub(crate) mod wall;
