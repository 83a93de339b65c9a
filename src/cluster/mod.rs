//! Our kinds in the cluster: the list of them, their caches and wakes, the writer of their status.

pub(crate) mod allowed_namespaces;
pub(crate) mod approval_protection;
pub(crate) mod caches;
pub(crate) mod kinds;
pub(crate) mod malformed;
pub(crate) mod managed;
pub(crate) mod published;
pub(crate) mod status_writer;
pub(crate) mod view;
pub(crate) mod wakes;

pub(crate) use view::Cluster;
