//! The kinds and what their definitions say of them. Manifests, examples and documents are generated from it, so that nothing
//! outside of `src` lists the kinds by hand.

use std::sync::LazyLock;

use cloudpc_operator::api::all_crds;
use cloudpc_operator::graph::Collection;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{CustomResourceDefinition, JSONSchemaProps};
use serde_json::Value;

use crate::generate::Generated;

/// A kind, as its definition has it.
pub struct Kind {
    /// The definition.
    pub crd: CustomResourceDefinition,
    /// The schema of its spec, as it is written in the definition.
    pub spec: Value,
}

/// Made once: it takes long enough to be felt.
static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| all_crds().into_iter().map(Kind::of).collect());

/// Every kind, in the order in which the definitions are installed.
pub fn kinds() -> impl Iterator<Item = &'static Kind> {
    KINDS.iter()
}

/// The kind of that name.
pub fn kind(name: &str) -> Option<&'static Kind> {
    kinds().find(|kind| kind.name() == name)
}

impl Kind {
    fn of(crd: CustomResourceDefinition) -> Self {
        let mut kind = Self { crd, spec: Value::Null };
        kind.spec = serde_json::to_value(kind.part("spec")).expect("a schema serialises");
        kind
    }

    /// Such as `UserSetting`.
    pub fn name(&self) -> &str {
        &self.crd.spec.names.kind
    }

    /// The resource, such as `usersettings`.
    pub fn plural(&self) -> &str {
        &self.crd.spec.names.plural
    }

    /// The name of the definition, such as `usersettings.cloudpc.dev`.
    pub fn definition(&self) -> &str {
        self.crd.metadata.name.as_deref().expect("a definition has a name")
    }

    /// Whether teams have it in their namespaces. The others are for the administrators of the cluster.
    pub fn is_namespaced(&self) -> bool {
        self.crd.spec.scope == "Namespaced"
    }

    /// Whether it represents an object in Graph: its status then has the id of that.
    pub fn is_in_graph(&self) -> bool {
        self.part("status")
            .properties
            .as_ref()
            .is_some_and(|fields| fields.contains_key("id"))
    }

    /// Whether its spec has a field of that name.
    pub fn declares(&self, field: &str) -> bool {
        self.part("spec")
            .properties
            .as_ref()
            .is_some_and(|fields| fields.contains_key(field))
    }

    /// The collection in Graph and the type of its objects, if it represents one: both are called like the kind.
    pub fn graph(&self) -> Option<(Collection, String)> {
        let ours = |collection: &Collection| collection.as_str().eq_ignore_ascii_case(self.plural());
        let collection = Collection::ALL.iter().copied().find(ours)?;
        Some((collection, format!("cloudPc{}", self.name())))
    }

    /// The schema of `spec` or `status`.
    fn part(&self, part: &str) -> &JSONSchemaProps {
        &self.schema().properties.as_ref().expect("has properties")[part]
    }

    fn schema(&self) -> &JSONSchemaProps {
        let schema = self.crd.spec.versions[0].schema.as_ref().expect("has a schema");
        schema.open_api_v3_schema.as_ref().expect("has a schema")
    }

    /// What the definition says that it is, in its first sentence.
    fn summary(&self) -> &str {
        let text = self.schema().description.as_deref().unwrap_or_default();
        text.split(". ").next().unwrap_or_default().trim_end_matches('.')
    }

    fn row(&self) -> String {
        let names = self.crd.spec.names.short_names.iter().flatten();
        let short: Vec<String> = names.map(|name| format!("`{name}`")).collect();
        let scope = if self.is_namespaced() { "namespace" } else { "cluster" };
        let object = self.graph().map_or("none".to_owned(), |(_, of)| format!("`{of}`"));
        let (name, short, summary) = (self.name(), short.join(", "), self.summary());
        format!("| `{name}` | {short} | {scope} | {summary} | {object} |\n")
    }
}

/// The table of kinds in the reference.
pub fn generated() -> Generated {
    let rows: String = kinds().map(Kind::row).collect();
    let head = "\n| Kind | Short name | Scope | What it is | Its object in Graph |\n|---|---|---|---|---|\n";
    Generated::part("docs/reference.md", "the definitions of the kinds", format!("{head}{rows}\n"))
}

/// That the facts agree for every kind is what the rights and the table of properties stand on.
#[test]
fn each_collection_of_graph_is_that_of_one_kind_and_its_objects_belong_to_a_tenant() {
    let found: Vec<Collection> = kinds().filter_map(|kind| Some(kind.graph()?.0)).collect();
    assert_eq!(found, Collection::ALL, "kinds, and the collections that are called like them");
    for kind in kinds() {
        let (id, name) = (kind.is_in_graph(), kind.name());
        assert_eq!(
            id,
            kind.graph().is_some(),
            "{name}: status.id, and a collection that is called like it"
        );
        assert_eq!(
            id,
            kind.declares("tenantRef"),
            "{name}: status.id, and a tenant that its object is in"
        );
    }
}
