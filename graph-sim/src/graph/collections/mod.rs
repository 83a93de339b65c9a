//! The collections that are served: where their objects are, what they are made from, and the rules of their writes.

mod devices;
pub(crate) mod directory;
mod licences;
pub(crate) mod offers;
pub(crate) mod policies;
pub(crate) mod resource;
mod settings;
pub(crate) mod table;
