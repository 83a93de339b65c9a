//! What Graph's types look like on the wire: names, properties, enum values, which values count as equal, and what is not
//! managed.

pub mod assignment;
pub mod collection;
pub mod differences;
pub mod entity;
pub mod enum_values;
pub mod equivalence;
pub mod literals;
pub mod properties;
pub mod unmanaged;
