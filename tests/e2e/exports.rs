//! What Graph answers, used as the spec of another object, with its nulls and empty texts. It creates an equal object, and
//! nothing in it counts as a difference afterwards.

use crate::scene::{apply, contoso, find, graph, namespace, path, ready, two_polls};
use crate::support::lab;
use anyhow::{Context, Result, ensure};
use cloudpc_operator::graph::{Collection, Part, Shape, properties};
use lab::Lab;
use serde_json::{Map, Value, json};

/// Its name, its collection, and the segment of the path.
type Kind = (&'static str, Collection, &'static str);
const POLICY: Kind = ("ProvisioningPolicy", Collection::ProvisioningPolicies, "provisioningPolicies");
const SETTING: Kind = ("UserSetting", Collection::UserSettings, "userSettings");
const IMAGE_ID: &str = "microsoftwindowsdesktop_windows-ent-cpc_win11-25h2-ent-cpc-m365";

/// What an administrator makes in the portal.
fn by_hand() -> Vec<(Kind, Value)> {
    let policy = |name: &str, join: Value, more: Value| {
        let mut body = json!({"displayName": name, "imageId": IMAGE_ID, "imageDisplayName": crate::scene::IMAGE, "imageType": "gallery",
            "domainJoinConfigurations": [join]});
        body.as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("an object").clone());
        (POLICY, body)
    };
    let region = json!({"domainJoinType": "azureADJoin", "regionName": "westeurope"});
    let connected = json!({"domainJoinType": "hybridAzureADJoin", "onPremisesConnectionId": "66666666-0000-4000-8000-000000000001"});
    let kept = json!({"userSettingsPersistenceEnabled": true, "userSettingsPersistenceStorageSizeCategory": "eightGB"});
    let recovery = json!({"disasterRecoveryType": "crossRegion", "disasterRecoveryNetworkSetting": {"regionName": "northeurope",
        "@odata.type": "#microsoft.graph.cloudPcDisasterRecoveryMicrosoftHostedNetworkSetting"}});
    vec![
        policy("Plain", region.clone(), json!({})),
        policy(
            "Hybrid",
            connected,
            json!({"cloudPcNamingTemplate": "CPC-%RAND:5%", "description": "two\nlines"}),
        ),
        policy(
            "Shared",
            region,
            json!({"provisioningType": "sharedByEntraGroup", "userSettingsPersistenceConfiguration": kept}),
        ),
        (SETTING, json!({"displayName": "Simple"})),
        (
            SETTING,
            json!({"displayName": "Recovered", "crossRegionDisasterRecoverySetting": recovery}),
        ),
    ]
}

/// What of an answer is a property that a spec has, under the same name.
fn known(collection: Collection, answer: &Value) -> Map<String, Value> {
    let managed = properties(collection).iter();
    let found = managed.filter_map(|property| Some((property.name.to_owned(), known_part(property.shape, answer.get(property.name)?))));
    found.collect()
}

fn known_part(shape: Shape, value: &Value) -> Value {
    let object = |parts: &[Part], value: &Value| {
        let found = parts
            .iter()
            .filter_map(|part| Some((part.name.to_owned(), known_part(part.shape, value.get(part.name)?))));
        Value::Object(found.collect())
    };
    match (shape, value) {
        (Shape::Object(parts), Value::Object(_)) => object(parts, value),
        (Shape::ObjectList(parts), Value::Array(items)) => items.iter().map(|item| object(parts, item)).collect(),
        _ => value.clone(),
    }
}

/// The same as the portal and other clients write it: empty texts for null, objects in which nothing is set.
fn respelled(mut spec: Map<String, Value>) -> Map<String, Value> {
    let texts = ["cloudPcNamingTemplate"];
    for name in texts
        .into_iter()
        .filter(|name| spec.get(*name) == Some(&Value::Null))
        .collect::<Vec<_>>()
    {
        spec.insert(name.to_owned(), json!(""));
    }
    for join in spec
        .get_mut("domainJoinConfigurations")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        for name in ["onPremisesConnectionId", "regionName"] {
            if join[name].is_null() {
                join[name] = json!("");
            }
        }
    }
    if let Some(autopatch) = spec.get_mut("autopatch") {
        *autopatch = json!({"autopatchGroupId": null});
    }
    if let Some(kept) = spec.get_mut("userSettingsPersistenceConfiguration").filter(|kept| kept.is_null()) {
        *kept = json!({"userSettingsPersistenceEnabled": false, "userSettingsPersistenceStorageSizeCategory": "sixteenGB"});
    }
    spec
}

/// Applies an object with the real kubectl in one of its two ways.
async fn applied(lab: &Lab, how: &[&str], object: &Value) -> Result<()> {
    let file = lab.plane.dir().join("export.json");
    std::fs::write(&file, object.to_string())?;
    let file = file.to_str().context("a path")?;
    lab.kubectl(&[&["apply", "-f", file], how].concat()).await.map(drop)
}

/// A resource whose spec is what Graph said of an object.
struct Copied {
    kind: Kind,
    resource: String,
    display_name: String,
    original: Map<String, Value>,
}

/// Makes an object in the portal, and a resource of each spelling of it in each way.
async fn copies(lab: &Lab, kind: Kind, body: Value) -> Result<Vec<Copied>> {
    let (of, collection, segment) = kind;
    let name = body["displayName"].as_str().context("a name")?.to_owned();
    lab.sim.portal("POST", &path(segment, ""), Some(body)).await?;
    let original = known(collection, &graph(lab, segment, &name).await?);
    ensure!(
        json!(original).to_string().contains(":null"),
        "{name} has no null to try: {original:?}"
    );
    let ways: [(&[&str], _); 4] = [
        (&[], original.clone()),
        (&["--server-side"], original.clone()),
        (&[], respelled(original.clone())),
        (&["--server-side"], respelled(original.clone())),
    ];
    let mut copies = Vec::new();
    for (number, (how, mut spec)) in ways.into_iter().enumerate() {
        let display_name = format!("{name} {number}");
        let resource = display_name.to_lowercase().replace(' ', "-");
        spec.insert("displayName".to_owned(), json!(display_name));
        spec.insert("tenantRef".to_owned(), json!({"name": "contoso"}));
        let metadata = json!({"name": resource, "namespace": "team"});
        let object = json!({"apiVersion": "cloudpc.dev/v1alpha1", "kind": of, "metadata": metadata, "spec": spec});
        applied(lab, how, &object).await.with_context(|| object.to_string())?;
        copies.push(Copied {
            kind,
            resource,
            display_name,
            original: original.clone(),
        });
    }
    Ok(copies)
}

#[tokio::test]
async fn an_answer_of_graph_is_a_spec_and_makes_the_same_object_again() -> Result<()> {
    let lab = lab().await;
    apply(&lab, &[contoso(), namespace("team", "contoso")]).await?;
    let mut made = Vec::new();
    for (kind, body) in by_hand() {
        made.extend(copies(&lab, kind, body).await?);
    }
    for copy in &made {
        let (kind, collection, segment) = copy.kind;
        ready(&lab, kind, "team", &copy.resource).await?;
        let mut found = known(collection, &graph(&lab, segment, &copy.display_name).await?);
        found.insert("displayName".to_owned(), copy.original["displayName"].clone());
        assert_eq!(found, copy.original, "{}", copy.display_name);
    }
    // Each was made by one create, and no update followed.
    two_polls(&lab, "provisioningPolicies").await?;
    let writes = lab.sim.writes(0).await?;
    ensure!(
        writes.len() == made.len() && writes.iter().all(|entry| entry.method == "POST"),
        "{writes:?}"
    );
    for copy in &made {
        let object = lab.get(copy.kind.0, "team", &copy.resource).await?.context("it is there")?;
        assert_eq!(
            find(&object, "Drifted").context("no Drifted")?["status"],
            "False",
            "{}",
            copy.resource
        );
    }
    // Empty values are not sent, above all where Graph would refuse them.
    let bodies: Vec<_> = writes.iter().filter_map(|entry| entry.body.as_ref()).collect();
    for body in bodies
        .iter()
        .filter(|body| body["displayName"].as_str().is_some_and(|name| name.starts_with("Plain")))
    {
        ensure!(
            body.get("userSettingsPersistenceConfiguration").is_none() && body.get("autopatch").is_none(),
            "{body}"
        );
    }
    Ok(())
}
