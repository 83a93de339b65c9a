//! Promises about the shape of every schema: bounded, described, nullable only where Graph is, without a way out of the namespace.

use std::collections::BTreeSet;

use cloudpc_operator::api::all_crds;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool};

use crate::fields::managed_fields;

/// Calls `check` with every property below a schema and its path.
fn walk(schema: &JSONSchemaProps, path: &str, check: &mut dyn FnMut(&str, &JSONSchemaProps)) {
    for (name, property) in schema.properties.iter().flatten() {
        let path = format!("{path}.{name}");
        check(&path, property);
        walk(property, &path, check);
    }
    if let Some(JSONSchemaPropsOrArray::Schema(items)) = &schema.items {
        let path = format!("{path}[]");
        check(&path, items);
        walk(items, &path, check);
    }
}

/// Calls `check` with every property of the part (`spec` or `status`) of every kind.
fn properties_of(part: &str, check: &mut dyn FnMut(&str, &JSONSchemaProps)) {
    for crd in all_crds() {
        let schema = crd.spec.versions[0].schema.as_ref().expect("has a schema");
        let root = schema.open_api_v3_schema.as_ref().expect("has a schema");
        let properties = root.properties.as_ref().expect("has properties");
        walk(&properties[part], &format!("{}.{part}", crd.spec.names.kind), check);
    }
}

#[test]
fn whatever_a_user_writes_has_a_bound() {
    properties_of("spec", &mut |path, property| {
        let bounded = match property.type_.as_deref() {
            Some("string") => is_bounded_text(property),
            Some("array") => property.max_items.is_some(),
            Some("integer") => property.minimum.is_some() && property.maximum.is_some(),
            Some("boolean") => true,
            Some("object") => match &property.additional_properties {
                None => true,
                Some(JSONSchemaPropsOrBool::Schema(any)) => property.max_properties.is_some() && is_bounded_text(any),
                Some(JSONSchemaPropsOrBool::Bool(_)) => false,
            },
            _ => false,
        };
        assert!(
            bounded,
            "{path} has no bound: its rules could exceed the cost budget of the API server"
        );
    });
}

fn is_bounded_text(property: &JSONSchemaProps) -> bool {
    property.type_.as_deref() == Some("string") && (property.max_length.is_some() || property.enum_.is_some())
}

/// Which properties of Graph may be null is held against Microsoft's descriptions in `openapi`.
#[test]
fn only_what_is_graphs_may_be_null_and_nothing_has_a_default() {
    let graphs: BTreeSet<String> = managed_fields().collect();
    properties_of("spec", &mut |path, property| {
        if property.nullable == Some(true) {
            let name = path.replace("[]", "");
            assert!(
                graphs.contains(&name),
                "{path} is no property of Graph, so no export has it as null"
            );
        }
        assert!(property.default.is_none(), "{path}: what is left out must stay unmanaged");
    });
}

#[test]
fn every_property_is_described() {
    for part in ["spec", "status"] {
        properties_of(part, &mut |path, property| {
            let described = property.description.as_ref().is_some_and(|text| text.len() > 10);
            assert!(described || path.ends_with("[]"), "{path} has no description for kubectl explain");
        });
    }
}

#[test]
fn a_namespaced_kind_cannot_name_a_namespace_a_secret_or_a_host() {
    properties_of("spec", &mut |path, _| {
        let field = path.rsplit('.').next().unwrap_or(path).to_lowercase();
        let forbidden = ["namespace", "secret", "host", "url", "clientid", "tenantid"];
        assert!(
            path.starts_with("EntraTenant.") || !forbidden.iter().any(|word| field.contains(word)),
            "{path} would let a team reach beyond its namespace"
        );
    });
}

/// S5: a rule about namespaces is the one place that names any; no reference does.
#[test]
fn s5_no_field_of_any_kind_says_which_namespace_something_is_in() {
    properties_of("spec", &mut |path, _| {
        let names_one = path.to_lowercase().contains("namespace") && !path.starts_with("EntraTenant.spec.allowedNamespaces");
        assert!(!names_one, "{path}");
    });
}

#[test]
fn s20_no_field_of_any_kind_names_a_proxy() {
    let mut seen = 0;
    properties_of("spec", &mut |path, _| {
        seen += 1;
        assert!(
            !path.to_lowercase().contains("proxy"),
            "{path}: a proxy is the process's own matter"
        );
    });
    assert!(seen > 50, "the fields were not found");
}

/// The columns of a kind that are shown always, or with `--output wide` only.
fn columns(kind: &str, wide: bool) -> Vec<String> {
    let crd = all_crds().into_iter().find(|crd| crd.spec.names.kind == kind).expect("a kind");
    let columns = crd.spec.versions[0].additional_printer_columns.iter().flatten();
    let shown = columns.filter(|column| (column.priority.unwrap_or(0) > 0) == wide);
    shown.map(|column| column.name.clone()).collect()
}

#[test]
fn the_wide_output_says_why_and_what() {
    for (kind, always, wide) in [
        ("EntraTenant", "Ready Status Organization Age", "Id Message"),
        (
            "ProvisioningPolicy",
            "Ready Status AtRisk Drift Age",
            "Tenant Image Type Groups Id Message",
        ),
        ("UserSetting", "Ready Status Drift Age", "Tenant Groups Id Message"),
        ("Assignment", "Ready Status Kind Target Age", "Message"),
    ] {
        assert_eq!(columns(kind, false).join(" "), always, "{kind}");
        assert_eq!(columns(kind, true).join(" "), wide, "{kind}");
    }
}

#[test]
fn every_kind_shows_whether_it_is_ready() {
    for crd in all_crds() {
        let kind = &crd.spec.names.kind;
        let version = &crd.spec.versions[0];
        let columns: Vec<_> = version.additional_printer_columns.iter().flatten().collect();
        let named = |name: &str| columns.iter().any(|column| column.name == name);
        assert!(named("Ready") && named("Status") && named("Age"), "{kind}");
        assert!(version.subresources.as_ref().is_some_and(|some| some.status.is_some()), "{kind}");
        assert_eq!(crd.spec.names.categories.as_deref(), Some(&["windows365".to_owned()][..]), "{kind}");
    }
}
