//! What the pipeline needs from a kind that represents one object in Graph. A few items; the rest is shared.

use std::fmt::Debug;

use kube::Resource;
use kube::core::NamespaceResourceScope;
use kube::core::object::HasStatus;
use serde_json::{Map, Value};

use crate::api::{AssignmentGroup, AssignmentOwnership, DeletionPolicy, ManagedStatus, Mode, Resolved, TargetKind};
use crate::cluster::caches::Cached;
use crate::graph::Collection;

/// The fields that every managed kind shares.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Common<'a> {
    /// The EntraTenant's name.
    pub tenant: &'a str,
    /// The object's name in Graph.
    pub display_name: &'a str,
    /// Enforce or Observe.
    pub mode: Option<Mode>,
    /// Do nothing at all.
    pub suspend: bool,
    /// What happens in Graph when the resource is deleted.
    pub deletion_policy: Option<DeletionPolicy>,
    /// What happens to groups that no Assignment declares.
    pub ownership: Option<AssignmentOwnership>,
    /// A limit of Cloud PCs at risk that is lower than the tenant's.
    pub max_at_risk: Option<i64>,
}

/// A reference in a spec by name to something that has an id in Graph.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reference<'a> {
    /// An image; of these a spec names one at most.
    Image(ImageReference),
    /// An Azure network connection, by its name.
    Connection(&'a str),
}

/// An image as a spec names it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ImageReference {
    /// Its id, when the spec has it.
    pub id: Option<String>,
    /// Its display name, when the spec has it.
    pub display_name: Option<String>,
    /// Its version, for a custom image that shares its name with others.
    pub version: Option<String>,
    /// A custom image: not in the gallery.
    pub custom: bool,
}

/// A kind that represents one object in Graph.
pub(crate) trait Managed:
    Cached + Resource<DynamicType = (), Scope = NamespaceResourceScope> + HasStatus<Status = ManagedStatus>
{
    /// Its kind, as objects carry it.
    const KIND: &'static str;
    /// Where its objects are in Graph.
    const COLLECTION: Collection;
    /// How an Assignment names it; none for a kind that is assigned to no group.
    const TARGET: Option<TargetKind> = None;

    /// The shared fields.
    fn common(&self) -> Common<'_>;
    /// What its spec names that has to be resolved first.
    fn references(&self) -> Vec<Reference<'_>> {
        Vec::new()
    }
    /// The managed properties under Graph's names; `resolved` holds what the references were resolved to. Pure.
    fn properties(&self, resolved: &Resolved) -> Map<String, Value>;
    /// The rule of Graph that an entry of an Assignment breaks, if the spec alone shows it. Pure.
    fn refuses(&self, _group: &AssignmentGroup) -> Option<String> {
        None
    }
}
