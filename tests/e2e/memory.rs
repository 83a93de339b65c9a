//! S47: the memory that a namespace makes the process use stays below the limit of the manifests.

use crate::scene::{assignment, contoso, namespace, policy, setting, with};
use crate::support::options;
use anyhow::{Context, Result, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use kube::api::{DynamicObject, PostParams};
use lab::{Lab, eventually, seconds};
use serde_json::{Value, json};

const OBJECTS: usize = 700;
const ASSIGNMENTS: usize = 50;
/// What the API server allows for the annotations of an object.
const ANNOTATIONS: usize = 256 * 1024;

/// The memory limit of the container as it is shipped, in KiB.
fn shipped_limit() -> Result<u64> {
    let manifest = std::fs::read_to_string(lab::repository().join("manifests/deployment.yaml"))?;
    let limits = manifest.split("limits:").nth(1).context("no limits")?;
    let memory = limits
        .lines()
        .find_map(|line| line.trim().strip_prefix("memory: "))
        .context("no limit")?;
    let mebibytes: u64 = memory.strip_suffix("Mi").context("not in Mi")?.parse()?;
    Ok(mebibytes * 1024)
}

/// Creates objects, several at a time.
async fn create(lab: &Lab, kind: &str, objects: impl Iterator<Item = Value>) -> Result<()> {
    let api = lab.api(kind, "hog");
    let creates = stream::iter(objects).map(async |object| {
        let object: DynamicObject = serde_json::from_value(object)?;
        let created = api.create(&PostParams::default(), &object).await;
        created.map(drop).context("create")
    });
    creates.buffer_unordered(8).try_collect::<()>().await
}

#[tokio::test]
async fn s47_large_annotations_and_long_lists_of_long_names_stay_below_the_shipped_limit() -> Result<()> {
    let lab = Lab::start(options().without_operator()).await?;
    // Nothing is written to Graph, so that every object has its pass at once.
    let tenant = with(contoso(), json!({"mode": "Observe"}));
    crate::scene::apply(&lab, &[tenant, namespace("hog", "contoso")]).await?;
    let annotations = json!({"example.org/junk": "j".repeat(ANNOTATIONS - 100), "cloudpc.dev/x": "y"});
    create(
        &lab,
        "UserSetting",
        (0..OBJECTS).map(|index| {
            let mut object = setting("hog", &format!("large-{index}"), &format!("Large {index}"));
            object["metadata"]["annotations"] = annotations.clone();
            object
        }),
    )
    .await?;
    create(
        &lab,
        "Assignment",
        (0..ASSIGNMENTS).map(|index| {
            let group = |number: usize| json!({"displayName": format!("{index}-{number}-{}", "n".repeat(240))});
            let groups = (0..500).map(group).collect();
            assignment("hog", &format!("long-{index}"), "UserSetting", &format!("large-{index}"), groups)
        }),
    )
    .await?;

    let lab = lab.with_operator().await?;
    eventually(seconds(240), "every object has had a pass", async || {
        // By the operator's metrics: these objects are too large to be listed again and again.
        let passes = lab.operator().metric("cloudpc_reconciles_total", &["kind=\"UserSetting\""]).await?;
        ensure!(passes >= OBJECTS as f64, "{passes} passes for {OBJECTS} objects");
        Ok(())
    })
    .await?;
    let (limit, peak) = (shipped_limit()?, lab.operator().peak_rss_kib()?);
    println!("at most {peak} KiB of {limit} KiB");
    ensure!(peak < limit, "it took {peak} KiB, and the container has {limit} KiB");

    // Every annotation is still there: annotations that the cache drops are not removed in the cluster.
    let object = lab.get("UserSetting", "hog", "large-0").await?.context("it is there")?;
    ensure!(object["metadata"]["annotations"] == annotations, "annotations were lost");
    ensure!(
        object["metadata"]["finalizers"] == json!(["cloudpc.dev/finalizer"]),
        "{}",
        object["metadata"]["finalizers"]
    );
    Ok(())
}

#[tokio::test]
async fn s47_the_quota_of_the_examples_bounds_the_number_of_objects() -> Result<()> {
    let lab = Lab::start(options().without_operator()).await?;
    lab.kubectl(&["apply", "-f", "examples/team/namespace.yaml"]).await?;
    lab.kubectl(&["apply", "-f", "examples/platform/team-quota.yaml"]).await?;
    // This cluster has no controller that counts quotas; admission uses the status that such a controller would have written.
    let api: kube::Api<k8s_openapi::api::core::v1::ResourceQuota> = kube::Api::namespaced(lab.client(), "team-finance");
    let quota = api.get("windows365").await?;
    let hard = quota.spec.and_then(|spec| spec.hard).context("numbers")?;
    let used = hard
        .iter()
        .map(|(name, limit)| (name.clone(), json!((limit.0.parse::<u32>().unwrap_or(0) - 1).to_string())));
    let used: serde_json::Map<String, Value> = used.collect();
    let patch = kube::api::Patch::Merge(json!({"status": {"hard": hard, "used": used}}));
    api.patch_status("windows365", &kube::api::PatchParams::default(), &patch).await?;
    for number in 0..2 {
        let objects = [
            policy("team-finance", &format!("p-{number}"), "P"),
            setting("team-finance", &format!("s-{number}"), "S"),
            assignment(
                "team-finance",
                &format!("a-{number}"),
                "UserSetting",
                "s-0",
                json!([{"displayName": "G"}]),
            ),
        ];
        for object in objects {
            let object: DynamicObject = serde_json::from_value(object)?;
            let kind = object.types.as_ref().context("a kind")?.kind.clone();
            let created = lab.api(&kind, "team-finance").create(&PostParams::default(), &object).await;
            match created {
                Ok(_) => ensure!(number == 0, "one {kind} too many"),
                Err(error) => ensure!(number == 1 && error.to_string().contains("exceeded quota"), "{kind}: {error}"),
            }
        }
    }
    Ok(())
}
