//! The property tables: what each Graph type consists of, per API version, and who may set it.
//!
//! Everything else reads these tables: the check of request bodies, the defaults of a create, the projection of an answer.
//! They are written by hand, because the simulator may not need any file at run time; a test compares them with the
//! OpenAPI description. Nothing here knows a request or the world.

pub mod audit;
pub mod catalogue;
pub mod cloud_pc;
pub mod cloud_pc_enums;
pub mod connection;
pub mod connection_enums;
pub(crate) mod defaults;
pub mod device_enums;
pub mod device_image;
pub mod directory;
mod enum_type;
pub mod enums;
pub mod managed_device;
pub mod policy;
pub mod setting;
mod shorthand;
mod types;

pub use enum_type::{EnumType, UNKNOWN_FUTURE_VALUE};
pub use shorthand::{flag, retired, text};
pub use types::{Access, Fallback, Kind, Property, Twin, Type};
