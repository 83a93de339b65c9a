//! What requests make the service do to Cloud PCs that exist. The requests themselves are read and checked elsewhere.

use serde_json::json;

use super::cloud_pc::{self, Stage};
use super::provisioner::{Desk, cloud_pc, policy};
use crate::world::{Collection, Tenant, World, same_id, set, text};

/// What of a policy can be brought to Cloud PCs that exist (documented).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicySetting {
    /// `region`: the Cloud PC moves to the policy's region. That it is shut down meanwhile does not show (assumed).
    Region,
    /// `singleSignOn`: the policy's `enableSingleSignOn` counts.
    SingleSignOn,
}

impl PolicySetting {
    /// By the value of `policySettings`; `region` is the default for null (documented).
    #[must_use]
    pub fn parse(name: Option<&str>) -> Option<Self> {
        match name {
            None | Some("region") => Some(Self::Region),
            Some("singleSignOn") => Some(Self::SingleSignOn),
            Some(_) => None,
        }
    }
}

/// Brings a setting of a policy to all of its Cloud PCs (`apply`). Gives how many there are.
pub fn apply_policy(world: &mut World, tenant: &str, policy: &str, setting: PolicySetting) -> usize {
    let ids = world
        .tenants
        .get(tenant)
        .map(|tenant| of_policy(tenant, policy))
        .unwrap_or_default();
    apply_to(world, tenant, &ids, setting)
}

/// Brings a setting of each one's policy to these Cloud PCs (`applyConfig`). Gives how many of them are in use and have a policy;
/// the others are left alone (assumed).
pub fn apply_to(world: &mut World, tenant: &str, ids: &[String], setting: PolicySetting) -> usize {
    let at = world.now();
    let Some(mut desk) = Desk::open(world, tenant, at) else { return 0 };
    let mut count = 0;
    for id in ids {
        let own = cloud_pc(desk.tenant, id).filter(|pc| Stage::of(pc) == Stage::Live);
        let own_policy = own.and_then(|pc| policy(desk.tenant, text(pc, "provisioningPolicyId")?));
        let Some(own_policy) = own_policy else { continue };
        let (name, value) = match setting {
            PolicySetting::Region => ("deviceRegionName", json!(cloud_pc::network(desk.tenant, own_policy).0)),
            PolicySetting::SingleSignOn => {
                let single = own_policy.get("enableSingleSignOn") == Some(&json!(true));
                ("connectionSetting", json!({"enableSingleSignOn": single}))
            }
        };
        count += 1;
        let before = cloud_pc(desk.tenant, id).and_then(|pc| pc.get(name));
        // A region that the policy leaves to the service stays what it is.
        if !value.is_null() && before != Some(&value) {
            desk.change(id, |pc| {
                set(pc, name, value);
                set(pc, "lastModifiedDateTime", cloud_pc::written(at));
            });
        }
    }
    count
}

/// A policy has another name: all of its Cloud PCs show it, whatever becomes of them (assumed: the name is the policy's, and
/// not one that a Cloud PC was provisioned with).
pub fn policy_renamed(world: &mut World, tenant: &str, id: &str) {
    let at = world.now();
    let Some(mut desk) = Desk::open(world, tenant, at) else { return };
    let Some(renamed) = policy(desk.tenant, id) else { return };
    let name = text(renamed, "displayName").map(str::to_owned);
    for id in of_policy(desk.tenant, id) {
        desk.change(&id, |pc| cloud_pc::name_policy(pc, name.as_deref(), at));
    }
}

fn of_policy(tenant: &Tenant, policy: &str) -> Vec<String> {
    let found = tenant.collections.get("cloudPCs").into_iter().flat_map(Collection::iter);
    let own = found.filter(|pc| same_id(text(pc, "provisioningPolicyId"), policy));
    own.filter_map(|pc| text(pc, "id").map(str::to_owned)).collect()
}
