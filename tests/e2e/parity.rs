//! The rules as tests without a server judge them and as the API server does: the same verdict on the same specs.

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
/// One manager for everything, so that what an object no longer says is gone from it.
const MANAGER: &str = "parity";

/// Whether the server takes the object; `dry_run` leaves no trace.
pub async fn takes(lab: &Lab, object: &Value, dry_run: bool) -> Result<Result<Value, String>> {
    let mut params = PatchParams::apply(MANAGER).force();
    params.dry_run = dry_run;
    let name = object["metadata"]["name"].as_str().context("a name")?;
    verdict(api(lab, object)?.patch(name, &params, &Patch::Apply(object)).await, object)
}

/// Whether the server would take an object: as a new one, or in the place of one that it has.
///
/// Sent whole instead of applied: an apply that takes the last field out of an object leaves null for the object, and that is
/// judged instead of what was sent.
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

/// A lab without the operator: nobody but the API server judges.
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
        // Every third one is judged as a change of the first that was taken, for the rules about changes.
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

#[tokio::test]
async fn an_explicit_null_is_kept_where_graph_can_clear_and_refused_elsewhere() -> Result<()> {
    let lab = server().await?;
    let policy = |fields: Value| {
        let mut object = crate::scene::policy("default", "cleared", "Cleared");
        object["spec"]
            .as_object_mut()
            .expect("a spec")
            .extend(fields.as_object().expect("fields").clone());
        object
    };
    let cleared = json!({"cloudPcNamingTemplate": null, "autopatch": null, "autopilotConfiguration": null,
        "userSettingsPersistenceConfiguration": null});
    let kept = takes(&lab, &policy(cleared.clone()), false).await?.map_err(anyhow::Error::msg)?;
    for (field, value) in cleared.as_object().context("fields")? {
        ensure!(kept["spec"].get(field) == Some(value), "{field} is lost: {kept:#}");
    }
    // What somebody else changes does not lose it either.
    let changed = lab
        .patch(
            "ProvisioningPolicy",
            "default",
            "cleared",
            &json!({"spec": {"displayName": "Other"}}),
        )
        .await?;
    ensure!(changed["spec"].get("autopatch") == Some(&Value::Null), "{changed:#}");
    for field in [
        "description",
        "windowsSetting",
        "enableSingleSignOn",
        "scopeIds",
        "provisioningType",
    ] {
        let refused = takes(&lab, &policy(json!({field: null})), true).await?;
        let message = refused.err().with_context(|| format!("{field}: null is taken"))?;
        ensure!(message.contains(field), "{message}");
    }
    Ok(())
}
