//! What can be asked of Graph: each operation with its label in metrics and the permission that it needs, in one table.

use crate::graph::types::collection::Collection;
use crate::graph::types::permission::{Permission, READ_CLOUD_PC, READ_GROUPS, READ_ORGANIZATION};

/// What is asked of Graph, without the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OperationKind {
    List(Collection),
    Get(Collection),
    Create(Collection),
    Update(Collection),
    Assign(Collection),
    Delete(Collection),
    ListAuditEvents,
    ListGalleryImages,
    ListDeviceImages,
    ListOnPremisesConnections,
    ListFrontLineServicePlans,
    ListCloudPcs,
    ListMembers,
    GetGroup,
    FindGroups,
    GetOrganization,
}

impl OperationKind {
    /// The table: the label in metrics, and the permission.
    const fn row(self) -> (&'static str, &'static Permission) {
        match self {
            Self::List(collection) => (collection.labels().list, READ_CLOUD_PC),
            Self::Get(collection) => (collection.labels().get, READ_CLOUD_PC),
            Self::Create(collection) => (collection.labels().create, collection.write_permission()),
            Self::Update(collection) => (collection.labels().update, collection.write_permission()),
            Self::Assign(collection) => (collection.labels().assign, collection.write_permission()),
            Self::Delete(collection) => (collection.labels().delete, collection.write_permission()),
            Self::ListAuditEvents => ("listAuditEvents", READ_CLOUD_PC),
            Self::ListGalleryImages => ("listGalleryImages", READ_CLOUD_PC),
            Self::ListDeviceImages => ("listDeviceImages", READ_CLOUD_PC),
            Self::ListOnPremisesConnections => ("listOnPremisesConnections", READ_CLOUD_PC),
            Self::ListFrontLineServicePlans => ("listFrontLineServicePlans", READ_CLOUD_PC),
            Self::ListCloudPcs => ("listCloudPCs", READ_CLOUD_PC),
            Self::ListMembers => ("listMembers", READ_GROUPS),
            Self::GetGroup => ("getGroup", READ_GROUPS),
            Self::FindGroups => ("findGroups", READ_GROUPS),
            Self::GetOrganization => ("getOrganization", READ_ORGANIZATION),
        }
    }

    /// The label in metrics: one of a fixed set.
    pub(crate) const fn label(self) -> &'static str {
        self.row().0
    }

    pub(crate) const fn permission(self) -> &'static Permission {
        self.row().1
    }

    /// Whether it reads the directory, which has limits of its own, and not the Cloud PC service.
    pub(crate) const fn is_of_directory(self) -> bool {
        matches!(self, Self::ListMembers | Self::GetGroup | Self::FindGroups | Self::GetOrganization)
    }

    /// Whether it writes properties of an object.
    pub(crate) const fn writes_properties(self) -> bool {
        matches!(self, Self::Create(_) | Self::Update(_))
    }
}

/// One use of an operation: the kind for machines, the text for people.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub kind: OperationKind,
    pub text: String,
}

impl Operation {
    pub(crate) fn new(kind: OperationKind, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { kind, text }
    }
}
