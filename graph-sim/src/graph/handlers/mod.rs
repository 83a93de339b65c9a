//! The operations of Graph, each from a request whose permission has been checked to its answer.

pub(crate) mod apply;
pub(crate) mod assign;
pub(crate) mod audit;
pub(crate) mod call;
pub(crate) mod groups;
pub(crate) mod members;
pub(crate) mod read;
pub(crate) mod users;
pub(crate) mod write;
