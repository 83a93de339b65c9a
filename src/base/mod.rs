//! What every other folder may use.

pub(crate) mod text;
pub(crate) mod wall;
