//! The table of properties held against Microsoft's OpenAPI descriptions, where these are at hand: nothing is missing,
//! nothing is invented, and each property is in the API version that the table says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::fields::{Row, rows};
use crate::support::package;

/// Microsoft's description of an API version, when it is at hand.
fn description(version: &str) -> Option<Value> {
    let folder = std::env::var_os("GRAPH_OPENAPI_DIR").map_or_else(|| package("../shared/graph"), PathBuf::from);
    let text = fs::read_to_string(folder.join(format!("openapi-{version}-cloudpc.yaml"))).ok()?;
    Some(serde_saphyr::from_str(&text).expect("the description is YAML"))
}

/// What is said of a property.
struct Said {
    deprecated: bool,
    nullable: bool,
}

/// The properties of a type and what is said of each; its base types' as well.
fn described(description: &Value, of: &str) -> BTreeMap<String, Said> {
    let name = of
        .trim_start_matches("#/components/schemas/")
        .trim_start_matches("microsoft.graph.");
    let schema = &description["components"]["schemas"][format!("microsoft.graph.{name}")];
    let mut found = BTreeMap::new();
    let parts = schema["allOf"].as_array().cloned().unwrap_or_else(|| vec![schema.clone()]);
    for part in parts {
        if let Some(base) = part["$ref"].as_str() {
            found.extend(described(description, base));
        }
        for (name, property) in part["properties"].as_object().into_iter().flatten() {
            if !name.contains("@odata.") {
                let (deprecated, nullable) = (property["deprecated"] == true, property["nullable"] == true);
                found.insert(name.clone(), Said { deprecated, nullable });
            }
        }
    }
    found
}

#[test]
fn no_property_of_graphs_types_is_missing_or_misplaced() {
    let (Some(v1), Some(beta)) = (description("v1.0"), description("beta")) else {
        eprintln!("skipped: no OpenAPI descriptions in GRAPH_OPENAPI_DIR (default ../shared/graph)");
        return;
    };
    let rows = rows();
    let types: BTreeSet<&str> = rows.iter().map(|row| row.of.as_str()).collect();
    for of in types {
        let (in_v1, in_beta) = (described(&v1, of), described(&beta, of));
        assert!(!in_beta.is_empty(), "{of} is no type of Graph");
        let listed: Vec<&Row> = rows.iter().filter(|row| row.of == of).collect();
        for (name, said) in &in_beta {
            let row = listed.iter().find(|row| row.name == name);
            let row = row.unwrap_or_else(|| panic!("{of}.{name} is neither managed nor listed in src/graph/types"));
            if said.deprecated {
                assert_eq!(row.standing, "deprecated", "{of}.{name}");
            }
            if let Some(since) = row.since {
                let expected = if in_v1.contains_key(name) { "v1.0" } else { "beta" };
                assert_eq!(since, expected, "{of}.{name}");
            }
        }
        for row in listed {
            assert!(in_beta.contains_key(row.name), "{of}.{} is no property of Graph", row.name);
        }
    }
}

/// Without these an object would say nothing; a null there is a mistake.
const NEEDED: [&str; 5] = [
    "cloudPcProvisioningPolicyAssignment.target",
    "cloudPcUserSettingAssignment.target",
    "cloudPcUserSetting.displayName",
    "cloudPcDomainJoinConfiguration.domainJoinType",
    "cloudPcManagementGroupAssignmentTarget.groupId",
];

/// An answer of Graph has null for what is not set, and so do exports.
#[test]
fn what_graph_answers_as_null_may_be_null_in_a_spec_and_nothing_else() {
    let Some(beta) = description("beta") else {
        eprintln!("skipped: no OpenAPI descriptions in GRAPH_OPENAPI_DIR (default ../shared/graph)");
        return;
    };
    let mut nullable = 0;
    for row in rows() {
        let Some(here) = row.nullable() else { continue };
        let place = format!("{}.{}", row.of, row.name);
        let there = described(&beta, &row.of)[row.name].nullable && !NEEDED.contains(&place.as_str());
        assert_eq!(here, there, "{place}");
        nullable += usize::from(here);
    }
    assert!(nullable > 20, "{nullable} properties were found");
}
