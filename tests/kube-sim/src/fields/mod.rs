//! Who owns which field of an object: `metadata.managedFields`, as in sigs.k8s.io/structured-merge-diff.

pub(crate) mod compare;
pub(crate) mod manage;
pub(crate) mod merge;
pub(crate) mod set;
pub(crate) mod shape;

#[cfg(test)]
mod tests;
