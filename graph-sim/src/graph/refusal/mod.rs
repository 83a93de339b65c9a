//! Why a request is refused, and which permissions open an operation.

pub mod permission;
pub(crate) mod problem;
