//! The rules as evaluated by tests without a server and by the API server: the same result for the same specs.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow, bail, ensure};
use cloudpc_operator::api::all_crds;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Api;
use kube::api::{ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams, PostParams};
use lab::{Lab, Options};
use serde_json::{Value, json};

use crate::specs;
use crate::support::options;
use crate::verdict::objections;

const COUNT: usize = 500;
/// One field manager for everything, so that a field that is no longer applied is removed.
const MANAGER: &str = "parity";

/// Whether the server accepts the object; `dry_run` stores nothing.
pub async fn takes(lab: &Lab, object: &Value, dry_run: bool) -> Result<Result<Value, String>> {
    let mut params = PatchParams::apply(MANAGER).force();
    params.dry_run = dry_run;
    let name = object["metadata"]["name"].as_str().context("a name")?;
    verdict(api(lab, object)?.patch(name, &params, &Patch::Apply(object)).await, object)
}

/// Whether the server would accept an object: as a new one, or as a change of an existing one.
///
/// Sent as a whole instead of applied: an apply that removes the last field of an object leaves null for the object, and the
/// rules would see that instead of what was sent.
async fn would_take(lab: &Lab, object: &Value, before: Option<&Value>) -> Result<Result<Value, String>> {
    let api = api(lab, object)?;
    let mut sent: DynamicObject = serde_json::from_value(object.clone())?;
    let params = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    let Some(before) = before else {
        return verdict(api.create(&params, &sent).await, object);
    };
    let text = |pointer| before.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    sent.metadata.resource_version = text("/metadata/resourceVersion");
    let name = text("/metadata/name").context("a name")?;
    verdict(api.replace(&name, &params, &sent).await, object)
}

fn api(lab: &Lab, object: &Value) -> Result<Api<DynamicObject>> {
    let kind = object["kind"].as_str().context("a kind")?;
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("cloudpc.dev", "v1alpha1", kind));
    Ok(match object["metadata"]["namespace"].as_str() {
        Some(namespace) => Api::namespaced_with(lab.client(), namespace, &resource),
        None => Api::all_with(lab.client(), &resource),
    })
}

fn verdict(answer: kube::Result<DynamicObject>, object: &Value) -> Result<Result<Value, String>> {
    match answer {
        Ok(taken) => Ok(Ok(serde_json::to_value(taken)?)),
        Err(kube::Error::Api(status)) if status.code == 422 => Ok(Err(status.message)),
        Err(error) => Err(error).with_context(|| object.to_string()),
    }
}

fn definitions() -> BTreeMap<String, CustomResourceDefinition> {
    all_crds().into_iter().map(|crd| (crd.spec.names.kind.clone(), crd)).collect()
}

/// A lab without the operator: only the API server evaluates the rules.
async fn server() -> Result<Lab> {
    let options: Options = options().without_operator();
    Lab::start(options).await
}

#[tokio::test]
async fn s32_server_and_client_judge_alike() -> Result<()> {
    let lab = server().await?;
    let definitions = definitions();
    let mut known: BTreeMap<String, Value> = BTreeMap::new();
    let mut taken = 0;
    for (index, object) in specs::objects(COUNT).into_iter().enumerate() {
        let kind = object["kind"].as_str().context("a kind")?.to_owned();
        // Every third one is sent as a change of the first that was accepted, for the rules about changes.
        let mut object = object;
        let before = known.get(&kind).filter(|_| index % 3 == 0);
        if before.is_none() {
            object["metadata"]["name"] = json!("new");
        }
        let expected = objections(&definitions[&kind], &object, before);
        let verdict = would_take(&lab, &object, before).await?;
        match (&verdict, expected.is_empty()) {
            (Ok(_), true) | (Err(_), false) => {}
            (Ok(_), false) => bail!("the server takes what the rules refuse here: {expected:?}\n{object:#}"),
            (Err(message), true) => bail!("the server refuses what the rules let pass here: {message}\n{object:#}"),
        }
        taken += usize::from(verdict.is_ok());
        if verdict.is_ok() && !known.contains_key(&kind) {
            object["metadata"]["name"] = json!("generated");
            let kept = takes(&lab, &object, false)
                .await?
                .map_err(|message| anyhow!("a dry run said otherwise: {message}\n{object:#}"))?;
            known.insert(kind, kept);
        }
    }
    ensure!((COUNT / 10..COUNT * 9 / 10).contains(&taken), "{taken} of {COUNT} were taken");
    Ok(())
}

/// The object with some fields of its spec replaced, a null among them included.
fn with(mut object: Value, fields: &Value) -> Value {
    let (spec, fields) = (object["spec"].as_object_mut(), fields.as_object());
    spec.expect("a spec").extend(fields.expect("fields").clone());
    object
}

/// Characters at the ends of every range that is forbidden in names, and beside them.
const EDGES: &[u32] = &[
    0x0, 0x8, 0x9, 0xa, 0xb, 0xd, 0x1b, 0x1f, 0x20, 0x7e, 0x7f, 0x80, 0x85, 0x9f, 0xa0, 0xa1, 0xad, 0xae, 0x34e, 0x34f, 0x350, 0x61b,
    0x61c, 0x61d, 0x115e, 0x115f, 0x1160, 0x1161, 0x1680, 0x17b3, 0x17b4, 0x17b5, 0x17b6, 0x180d, 0x180e, 0x180f, 0x1fff, 0x2000, 0x200a,
    0x200b, 0x200f, 0x2010, 0x2027, 0x2028, 0x2029, 0x202a, 0x202e, 0x202f, 0x205f, 0x2060, 0x2065, 0x206f, 0x2070, 0x3000, 0x3001, 0x3163,
    0x3164, 0x3165, 0xfe0f, 0xfefe, 0xfeff, 0xff00, 0xff9f, 0xffa0, 0xffa1, 0xffef, 0xfff0, 0xfffb, 0xfffc, 0xfffd, 0x1bc9f, 0x1bca0,
    0x1bca3, 0x1bca4, 0x1d172, 0x1d173, 0x1d17a, 0x1d17b, 0x1f600, 0xdffff, 0xe0000, 0xe00ff, 0xe0100, 0xe01ef, 0xe01f0, 0xe0fff, 0xe1000,
];

#[tokio::test]
async fn s32_server_and_client_see_the_same_characters() -> Result<()> {
    let lab = server().await?;
    let definition = &definitions()["ProvisioningPolicy"];
    let mut refused = 0;
    for character in EDGES.iter().filter_map(|code| char::from_u32(*code)) {
        let texts = [
            format!("Fin{character}ance"),
            format!("{character}Finance"),
            format!("Finance{character}"),
        ];
        for text in texts {
            for field in ["displayName", "description"] {
                let object = with(crate::scene::policy("default", "new", "X"), &json!({field: text}));
                let expected = objections(definition, &object, None);
                let verdict = would_take(&lab, &object, None).await?;
                ensure!(
                    verdict.is_ok() == expected.is_empty(),
                    "{text:?}: {verdict:?}, and here {expected:?}"
                );
                if let Err(message) = verdict {
                    ensure!(message.contains(&format!("spec.{field}")), "{message}");
                    refused += 1;
                }
            }
        }
    }
    ensure!(refused > 200, "{refused} were refused");
    Ok(())
}

#[tokio::test]
async fn an_explicit_null_is_taken_where_graph_has_one_kept_where_it_clears_and_refused_elsewhere() -> Result<()> {
    let lab = server().await?;
    let policy = |fields: &Value| with(crate::scene::policy("default", "cleared", "Cleared"), fields);
    let cleared = json!({"cloudPcNamingTemplate": null, "autopatch": null, "autopilotConfiguration": null,
        "userSettingsPersistenceConfiguration": null});
    let kept = takes(&lab, &policy(&cleared), false).await?.map_err(anyhow::Error::msg)?;
    for (field, value) in cleared.as_object().context("fields")? {
        ensure!(kept["spec"].get(field) == Some(value), "{field} is lost: {kept:#}");
    }
    // A change by another writer does not remove it either.
    let changed = lab
        .patch(
            "ProvisioningPolicy",
            "default",
            "cleared",
            &json!({"spec": {"displayName": "Other"}}),
        )
        .await?;
    ensure!(changed["spec"].get("autopatch") == Some(&Value::Null), "{changed:#}");
    let join = json!({"domainJoinType": "azureADJoin", "regionName": "westeurope", "regionGroup": null, "onPremisesConnectionId": null});
    for nothing in [
        json!({"description": null, "provisioningType": null, "userExperienceType": null, "windowsSetting": null, "enableSingleSignOn": null,
            "localAdminEnabled": null, "microsoftManagedDesktop": null}),
        json!({"windowsSetting": {"locale": null}, "microsoftManagedDesktop": {"managedType": null, "profile": null}}),
        json!({"autopatch": {"autopatchGroupId": null}, "domainJoinConfigurations": [join]}),
        json!({"userSettingsPersistenceConfiguration": {"userSettingsPersistenceEnabled": false,
            "userSettingsPersistenceStorageSizeCategory": null}}),
    ] {
        let sent = policy(&nothing);
        takes(&lab, &sent, true).await?.map_err(anyhow::Error::msg)?;
        let mut new = sent;
        new["metadata"]["name"] = json!("new");
        would_take(&lab, &new, None).await?.map_err(anyhow::Error::msg)?;
    }
    for field in ["mode", "suspend", "deletionPolicy", "imageDisplayName", "scopeIds"] {
        let refused = takes(&lab, &policy(&json!({field: null})), true).await?;
        let message = refused.err().with_context(|| format!("{field}: null is taken"))?;
        ensure!(message.contains(field), "{message}");
    }
    Ok(())
}
