//! What the service offers to every tenant: plans, regions, images and default settings. Data only.

pub mod gallery;
pub(crate) mod plans;
pub(crate) mod regions;
