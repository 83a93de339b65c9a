//! Specimen ↔ `specimens`, for tests only: all that the pipeline asks of a kind.

use serde_json::{Map, Value};

use crate::api::{Resolved, Specimen, SpecimenSpec};
use crate::cluster::managed::{Common, Managed};
use crate::controllers::properties::put;
use crate::graph::Collection;

impl Managed for Specimen {
    const KIND: &'static str = "Specimen";
    const COLLECTION: Collection = Collection::Specimens;

    fn common(&self) -> Common<'_> {
        Common {
            tenant: &self.spec.tenant_ref.name,
            display_name: &self.spec.display_name,
            mode: None,
            suspend: false,
            deletion_policy: None,
            ownership: None,
            max_at_risk: None,
        }
    }

    fn properties(&self, _resolved: &Resolved) -> Map<String, Value> {
        let SpecimenSpec {
            tenant_ref: _,
            display_name,
        } = &self.spec;
        let mut properties = Map::new();
        put(&mut properties, "displayName", Some(display_name));
        properties
    }
}
