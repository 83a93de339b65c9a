//! Our kinds in the cluster: the list of them, their caches and wakes, the writer of their status.

pub mod allowed_namespaces;
pub mod caches;
pub mod kinds;
pub mod malformed;
pub mod managed;
pub mod published;
pub mod status_writer;
pub mod view;
pub mod wakes;

pub use view::Cluster;
