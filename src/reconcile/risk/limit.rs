//! How many Cloud PCs changes may put at risk without an approval: a sum over the tenant in a rolling day, recorded before a change is sent.

use jiff::SignedDuration;
use kube::api::{ApiResource, DynamicObject, ListParams, Patch, PatchParams};
use kube::{Api, ResourceExt};
use serde_json::json;

use crate::api::{Cloud, EntraTenant, FIELD_MANAGER, RiskTaken};
use crate::cluster::managed::Managed;
use crate::reconcile::context::Context;
use crate::reconcile::pass::Pass;
use crate::report::failure::is_conflict;
use crate::report::status::now;
use crate::report::stop::Stop;
use crate::tenant::shared::TenantKey;

/// How long a change counts.
const WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// An EntraTenant, as the API server has it now.
struct Live {
    name: String,
    version: Option<String>,
    limit: i64,
    /// What counts of its past; nothing when that cannot be read.
    taken: Option<Vec<RiskTaken>>,
}

/// Whether so many more Cloud PCs are within the limit now. A limit of 0 is known without a request.
pub(super) async fn allows(
    described: &EntraTenant,
    own: Option<i64>,
    key: &TenantKey,
    context: &Context,
    count: i64,
) -> Result<bool, Stop> {
    let cached = described.spec.safety.as_ref().and_then(|safety| safety.max_cloud_pcs_at_risk);
    if cached.unwrap_or_default().min(own.unwrap_or(i64::MAX)) < count {
        return Ok(false);
    }
    let all = live(key, context).await?;
    Ok(within(&all, own, count))
}

/// Whether so many more are within the limits of all EntraTenants of the tenant, and of the resource.
fn within(all: &[Live], own: Option<i64>, count: i64) -> bool {
    let limit = all
        .iter()
        .map(|tenant| tenant.limit)
        .min()
        .unwrap_or_default()
        .min(own.unwrap_or(i64::MAX));
    let taken = all.iter().try_fold(count, |sum, tenant| {
        let taken = tenant.taken.as_ref()?.iter().map(|taken| taken.count.max(0));
        Some(taken.fold(sum, i64::saturating_add))
    });
    taken.is_some_and(|taken| taken <= limit)
}

/// Records the change on its EntraTenant, once. False: others have used up the limit meanwhile.
pub(super) async fn record<K: Managed>(
    pass: &Pass<'_, K>,
    described: &EntraTenant,
    key: &TenantKey,
    plan_id: &str,
    count: i64,
    approved: bool,
) -> Result<bool, Stop> {
    let context = pass.context;
    // One at a time, so that parallel passes share the limit; another process is kept away by the version.
    let _turn = context.risk_turn.lock().await;
    let all = live(key, context).await?;
    if all
        .iter()
        .flat_map(|tenant| tenant.taken.iter().flatten())
        .any(|taken| taken.plan_id == plan_id)
    {
        return Ok(true);
    }
    if !approved && !within(&all, pass.object.common().max_at_risk, count) {
        return Ok(false);
    }
    let name = described.name_any();
    let Some(own) = all.into_iter().find(|tenant| tenant.name == name) else {
        return Ok(false);
    };
    let mut taken = own.taken.unwrap_or_default();
    taken.push(RiskTaken {
        at: now(),
        plan_id: plan_id.to_owned(),
        count,
        approved,
    });
    let body = json!({"metadata": {"resourceVersion": own.version}, "status": {"cloudPCsAtRisk": taken}});
    let params = PatchParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PatchParams::default()
    };
    let api: Api<DynamicObject> = Api::all_with(context.cluster.client.clone(), &ApiResource::erase::<EntraTenant>(&()));
    match api.patch_status(&name, &params, &Patch::Merge(&body)).await {
        Ok(_) => Ok(true),
        Err(error) if is_conflict(&error) => Err(Stop::soon()),
        Err(error) => Err(error.into()),
    }
}

/// The EntraTenants of a tenant, with what counts of their past. Not as their kind: one that cannot be decoded would hide the others.
async fn live(key: &TenantKey, context: &Context) -> Result<Vec<Live>, Stop> {
    let api: Api<DynamicObject> = Api::all_with(context.cluster.client.clone(), &ApiResource::erase::<EntraTenant>(&()));
    let list = api.list(&ListParams::default()).await?;
    let of_key = |object: &DynamicObject| {
        let spec = &object.data["spec"];
        let cloud: Option<Cloud> = serde_json::from_value(spec["cloud"].clone()).unwrap_or_default();
        spec["tenantId"]
            .as_str()
            .is_some_and(|id| TenantKey::new(cloud.unwrap_or_default(), id) == *key)
    };
    let recent = |taken: &RiskTaken| now().0.duration_since(taken.at.0) < WINDOW;
    let live = |object: DynamicObject| {
        let taken: Option<Option<Vec<RiskTaken>>> = serde_json::from_value(object.data["status"]["cloudPCsAtRisk"].clone()).ok();
        let counted = |taken: Option<Vec<RiskTaken>>| taken.unwrap_or_default().into_iter().filter(recent).collect();
        Live {
            name: object.name_any(),
            version: object.resource_version(),
            limit: object.data["spec"]["safety"]["maxCloudPCsAtRisk"].as_i64().unwrap_or_default(),
            taken: taken.map(counted),
        }
    };
    Ok(list.items.into_iter().filter(of_key).map(live).collect())
}
