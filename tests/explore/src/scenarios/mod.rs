//! The scenarios: one file a kind, and one for each promise that needs scenarios of its own.

pub mod assignment;
pub mod claim;
pub mod groups;
pub mod late;
pub mod neighbour;
pub mod policy;
pub mod risk;
pub mod setting;
pub mod tenant;
