//! The table of every property of Graph's types in the reference: made from the schemas and the property table.

use std::collections::BTreeSet;

use cloudpc_operator::api::{ProvisioningPolicy, UserSetting};
use cloudpc_operator::graph::{ApiVersion, Collection, Equivalence, Exclusion, Part, Shape, properties, unmanaged};
use serde_json::{Value, json};

use crate::generate::Generated;
use crate::kinds::{kind, kinds};
use crate::support::typed;

/// The Graph types of object-shaped properties; the network of a recovery is one of two.
const TYPES: [(&str, &[&str]); 9] = [
    ("domainJoinConfigurations", &["cloudPcDomainJoinConfiguration"]),
    ("windowsSetting", &["cloudPcWindowsSetting"]),
    ("microsoftManagedDesktop", &["microsoftManagedDesktop"]),
    ("autopatch", &["cloudPcProvisioningPolicyAutopatch"]),
    ("autopilotConfiguration", &["cloudPcAutopilotConfiguration"]),
    (
        "userSettingsPersistenceConfiguration",
        &["cloudPcUserSettingsPersistenceConfiguration"],
    ),
    ("restorePointSetting", &["cloudPcRestorePointSetting"]),
    ("crossRegionDisasterRecoverySetting", &["cloudPcCrossRegionDisasterRecoverySetting"]),
    (
        "disasterRecoveryNetworkSetting",
        &[
            "cloudPcDisasterRecoveryAzureConnectionSetting",
            "cloudPcDisasterRecoveryMicrosoftHostedNetworkSetting",
        ],
    ),
];

/// The Graph type of what an assignment is to.
const TARGET: &str = "cloudPcManagementGroupAssignmentTarget";

/// What is written with `assign`, from Assignments: property, field, version.
const ASSIGNED: [(&str, &str, &str); 4] = [
    ("groupId", "spec.groups[].id, or found by `displayName` or `mailNickname`", "v1.0"),
    (
        "servicePlanId",
        "spec.groups[].servicePlanId, or found by `servicePlanName`",
        "v1.0",
    ),
    ("allotmentLicensesCount", "spec.groups[].allotmentLicensesCount", "beta"),
    ("allotmentDisplayName", "spec.groups[].allotmentDisplayName", "beta"),
];

/// Fields of a spec that are the controller's own.
const OURS: [&str; 9] = [
    "safety",
    "tenantRef",
    "mode",
    "suspend",
    "deletionPolicy",
    "assignmentOwnership",
    "imageVersion",
    "domainJoinConfigurations.onPremisesConnectionName",
    "crossRegionDisasterRecoverySetting.disasterRecoveryNetworkSetting.onPremisesConnectionName",
];

/// What Graph can clear: an explicit null means "nothing there", where it is "not set" for any other field.
pub const CLEARABLE: [&str; 5] = [
    "cloudPcNamingTemplate",
    "autopatch",
    "autopilotConfiguration",
    "userSettingsPersistenceConfiguration",
    "crossRegionDisasterRecoverySetting.disasterRecoveryNetworkSetting",
];

/// A property of a Graph type, as the table shows it.
pub struct Row {
    kind: String,
    /// The Graph type.
    pub of: String,
    /// The property.
    pub name: &'static str,
    /// `managed`, or why not.
    pub standing: &'static str,
    /// The API version of one that is managed.
    pub since: Option<&'static str>,
    /// The path in the spec, of one that is managed.
    field: String,
    note: String,
}

/// The schema of a kind's spec.
fn spec_of(name: &str) -> &'static Value {
    &kind(name).expect("a kind").spec
}

/// The schema of a field, through lists.
fn field<'a>(schema: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(schema, |schema, name| {
        let object = schema.get("items").unwrap_or(schema);
        object
            .pointer(&format!("/properties/{name}"))
            .unwrap_or_else(|| panic!("{path} is in the property table and not in the spec"))
    })
}

impl Row {
    /// The path in the spec, through lists, of one that is managed.
    fn path(&self) -> Option<String> {
        Some(self.field.strip_prefix("spec.")?.replace("[]", ""))
    }

    /// Whether its field may be null, of one that is managed.
    pub fn nullable(&self) -> Option<bool> {
        let path = self.path()?;
        Some(field(spec_of(&self.kind), &path)["nullable"] == true)
    }
}

/// The fields that stand for properties of Graph, such as `UserSetting.spec.resetEnabled`.
pub fn managed_fields() -> impl Iterator<Item = String> {
    let rows = rows().into_iter();
    rows.filter_map(|row| Some(format!("{}.spec.{}", row.kind, row.path()?)))
}

/// Every property, type by type.
pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for kind in kinds() {
        let Some((collection, of)) = kind.graph() else {
            continue;
        };
        let spec = spec_of(kind.name());
        for property in properties(collection) {
            let since = version(property.since);
            let fixed = if property.immutable { "fixed at creation; " } else { "" };
            let start = rows.len();
            describe(
                spec,
                kind.name(),
                &[of.as_str()],
                property.name,
                property.shape,
                since,
                property.name,
                &mut rows,
            );
            rows[start].note.insert_str(0, fixed);
        }
    }
    rows.extend(assigned());
    for line in Collection::ALL.iter().copied().flat_map(unmanaged) {
        rows.push(Row {
            kind: String::new(),
            of: line.of.to_owned(),
            name: line.name,
            standing: match line.exclusion {
                Exclusion::ReadOnly => "read-only",
                Exclusion::Deprecated => "deprecated",
                Exclusion::Refused => "refused",
            },
            since: None,
            field: String::new(),
            note: line.reason.to_owned(),
        });
    }
    rows
}

/// What is written with `assign`: an assignment of each kind that has some, and what it is to.
fn assigned() -> Vec<Row> {
    let types = kinds().filter(|kind| kind.declares("assignmentOwnership"));
    let types = types.filter_map(|kind| Some(format!("{}Assignment", kind.graph()?.1)));
    let assignments = types.map(|of| (of, ("target", "spec.groups[]", "v1.0")));
    let targets = ASSIGNED.into_iter().map(|property| (TARGET.to_owned(), property));
    let row = |(of, (name, path, since)): (String, (&'static str, &str, &'static str))| {
        let (path, note) = path.split_once(", ").unwrap_or((path, ""));
        Row {
            kind: "Assignment".to_owned(),
            of,
            name,
            standing: "managed",
            since: Some(since),
            field: path.to_owned(),
            note: note.to_owned(),
        }
    };
    assignments.chain(targets).map(row).collect()
}

#[allow(clippy::too_many_arguments, reason = "one call, recursive, in a test")]
fn describe(spec: &Value, kind: &str, of: &[&str], name: &'static str, shape: Shape, since: &'static str, path: &str, rows: &mut Vec<Row>) {
    field(spec, path);
    let cleared = if CLEARABLE.contains(&path) { "null clears it; " } else { "" };
    let known = |of: &&&str| of.len() == 1 || part_of(of, name);
    for of in of.iter().filter(|of| known(of)) {
        rows.push(Row {
            kind: kind.to_owned(),
            of: (*of).to_owned(),
            name,
            standing: "managed",
            since: Some(since),
            field: format!("spec.{path}"),
            note: format!("{cleared}{}", meaning(shape)),
        });
    }
    let parts: &[Part] = match shape {
        Shape::Object(parts) | Shape::ObjectList(parts) => parts,
        Shape::Scalar(_) | Shape::Enum(_) => &[],
    };
    for part in parts {
        let (_, types) = TYPES.iter().find(|(property, _)| *property == name).expect("the type is listed");
        describe(
            spec,
            kind,
            types,
            part.name,
            part.shape,
            since,
            &format!("{path}.{}", part.name),
            rows,
        );
    }
}

fn version(version: ApiVersion) -> &'static str {
    version.as_str()
}

fn meaning(shape: Shape) -> String {
    match shape {
        Shape::Scalar(equivalence) => equal(equivalence).to_owned(),
        Shape::Enum(open) => {
            let members: Vec<_> = open.v1.iter().chain(open.beta).collect();
            let known = match members.len() {
                0..=6 => members.iter().map(|member| format!("`{member}`")).collect::<Vec<_>>().join(", "),
                many => format!("{many} known values"),
            };
            let equal = equal(open.equivalence);
            format!("{known}, others are passed on; {equal}")
        }
        Shape::Object(_) => "part by part".to_owned(),
        Shape::ObjectList(_) => "in order, replaced as a whole".to_owned(),
    }
}

fn equal(equivalence: Equivalence) -> String {
    match equivalence {
        Equivalence::Exact => String::new(),
        Equivalence::Text => "null is \"\"".to_owned(),
        Equivalence::CaseInsensitive => "null is \"\", case does not count".to_owned(),
        Equivalence::Flag => "null is false".to_owned(),
        Equivalence::Default(default) => format!("null is `{default}`"),
        Equivalence::FrequencyType => "null and `default` are `twelveHours`".to_owned(),
        Equivalence::ProvisioningType => "null is `dedicated`, `shared` is `sharedByUser`".to_owned(),
        Equivalence::TextSet => "null is none, order does not count".to_owned(),
    }
}

/// The table, type by type in the order of first use.
fn table() -> String {
    let rows = rows();
    let mut order: Vec<&str> = Vec::new();
    for row in &rows {
        if !order.contains(&row.of.as_str()) {
            order.push(&row.of);
        }
    }
    let mut text = String::new();
    for of in order {
        text += &format!("\n**`{of}`**\n\n| Property | Here | API | Field, or why not |\n|---|---|---|---|\n");
        let mut lines: Vec<String> = Vec::new();
        for row in rows.iter().filter(|row| row.of == of) {
            let field = match row.field.as_str() {
                "" => String::new(),
                field => format!("{} `{field}`", row.kind),
            };
            let parts = [field.as_str(), row.note.trim_end_matches("; ").trim_end_matches(", ")];
            let said = parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(": ");
            lines.push(format!(
                "| `{}` | {} | {} | {said} |\n",
                row.name,
                row.standing,
                row.since.unwrap_or_default()
            ));
        }
        // A type that both kinds use has the same property twice.
        lines.dedup();
        text.extend(lines);
    }
    text
}

/// The table in the reference.
pub fn generated() -> Generated {
    Generated::part("docs/reference.md", "src/graph and src/api", format!("{}\n", table()))
}

/// A spec in which the field of that path is null, and nothing beside it.
fn with_null(kind: &str, path: &str) -> Value {
    let nested = path.rsplit('.').fold(Value::Null, |inner, name| json!({name: inner}));
    let join = json!({"domainJoinType": "azureADJoin"});
    let base = match kind {
        "ProvisioningPolicy" => json!({"tenantRef": {"name": "t"}, "displayName": "p", "domainJoinConfigurations": [join]}),
        _ => json!({"tenantRef": {"name": "t"}, "displayName": "s"}),
    };
    let mut spec = base;
    match path.strip_prefix("domainJoinConfigurations.") {
        Some(name) => spec["domainJoinConfigurations"][0][name] = Value::Null,
        None => spec
            .as_object_mut()
            .expect("an object")
            .extend(nested.as_object().expect("an object").clone()),
    }
    json!({"apiVersion": "cloudpc.dev/v1alpha1", "kind": kind, "metadata": {"name": "x", "namespace": "team"}, "spec": spec})
}

#[test]
fn null_is_read_as_a_value_where_it_clears_and_nowhere_else() {
    let mut seen = 0;
    for row in rows().iter().filter(|row| row.kind != "Assignment" && row.nullable() == Some(true)) {
        let path = row.path().expect("it is managed");
        let object = with_null(&row.kind, &path);
        let read = match row.kind.as_str() {
            "ProvisioningPolicy" => json!(typed::<ProvisioningPolicy>(&object)),
            _ => json!(typed::<UserSetting>(&object)),
        };
        let pointer = format!(
            "/spec/{}",
            path.replace('.', "/")
                .replace("domainJoinConfigurations/", "domainJoinConfigurations/0/")
        );
        assert_eq!(read.pointer(&pointer).is_some(), CLEARABLE.contains(&path.as_str()), "{path}");
        seen += 1;
    }
    assert!(seen > 20, "{seen} fields were found");
}

#[test]
fn every_field_of_a_spec_is_a_property_of_graph_or_ours() {
    for kind in kinds().filter(|kind| kind.is_in_graph()) {
        let kind = kind.name();
        let mut found = BTreeSet::new();
        leaves(spec_of(kind), "", &mut found);
        let listed: BTreeSet<String> = rows().into_iter().filter(|row| row.kind == kind).map(|row| row.field).collect();
        for path in found {
            let ours = OURS.iter().any(|ours| path == *ours || path.starts_with(&format!("{ours}.")));
            assert!(
                ours || listed.contains(&format!("spec.{path}")),
                "{kind}: spec.{path} would be neither compared nor written"
            );
        }
    }
}

fn leaves(schema: &Value, path: &str, found: &mut BTreeSet<String>) {
    let object = schema.get("items").unwrap_or(schema);
    match object.get("properties").and_then(Value::as_object) {
        Some(properties) => {
            for (name, schema) in properties {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                leaves(schema, &path, found);
            }
        }
        None => {
            found.insert(path.to_owned());
        }
    }
}

/// Which of the two networks of a recovery has a property.
fn part_of(of: &str, name: &str) -> bool {
    (of == "cloudPcDisasterRecoveryAzureConnectionSetting") == (name == "onPremisesConnectionId")
        || !of.starts_with("cloudPcDisasterRecovery")
}
