//! Our kinds in the cluster: the list of them, their caches and wakes, the writer of their status.

pub mod managed;
