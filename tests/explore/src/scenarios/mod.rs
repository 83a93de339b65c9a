//! The scenarios: one file a kind.

pub mod assignment;
pub mod policy;
pub mod setting;
pub mod tenant;
