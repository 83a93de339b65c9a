//! `specimens`, for tests only: objects that Graph neither changes nor deletes nor assigns to groups.

use crate::graph::types::equivalence::Equivalence;
use crate::graph::types::permission::WRITE_CLOUD_PC;
use crate::graph::types::table::{ApiVersion, GraphType, labels, scalar};

pub(crate) const TYPE: GraphType = GraphType {
    segment: "specimens",
    singular: "specimen",
    plural: "specimens",
    labels: labels!("Specimen", "Specimens"),
    read_version: ApiVersion::V1,
    assignable: false,
    updatable: false,
    deletable: false,
    has_cloud_pcs: false,
    write: WRITE_CLOUD_PC,
    properties: &[scalar("displayName", Equivalence::Exact)],
    unmanaged: &[],
};
