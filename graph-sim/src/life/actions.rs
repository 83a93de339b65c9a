//! What requests make the service do to existing Cloud PCs. `graph` reads and checks the requests.

use serde_json::json;

use super::cloud_pc::{self, Stage};
use super::provisioner::{Provisioner, cloud_pc, policy};
use crate::world::{Tenant, World, same_id, set, stored, text};

/// The settings of a policy that can be applied to existing Cloud PCs (documented).
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

/// Applies a setting of a policy to all of its Cloud PCs (`apply`).
pub fn apply_policy(world: &mut World, tenant: &str, policy: &str, setting: PolicySetting) -> usize {
    let ids = world
        .tenants
        .get(tenant)
        .map(|tenant| of_policy(tenant, policy))
        .unwrap_or_default();
    apply_to(world, tenant, &ids, setting)
}

/// Applies a setting of its policy to each of these Cloud PCs (`applyConfig`). Returns how many are in use and have a policy;
/// the others stay as they are (assumed).
pub fn apply_to(world: &mut World, tenant: &str, ids: &[String], setting: PolicySetting) -> usize {
    let at = world.now();
    let Some(mut provisioner) = Provisioner::open(world, tenant, at) else {
        return 0;
    };
    let mut count = 0;
    for id in ids {
        let own = cloud_pc(provisioner.tenant, id).filter(|pc| Stage::of(pc) == Stage::Live);
        let own_policy = own.and_then(|pc| policy(provisioner.tenant, text(pc, "provisioningPolicyId")?));
        let Some(own_policy) = own_policy else { continue };
        let (name, value) = match setting {
            PolicySetting::Region => ("deviceRegionName", json!(cloud_pc::network(provisioner.tenant, own_policy).0)),
            PolicySetting::SingleSignOn => {
                let single = own_policy.get("enableSingleSignOn") == Some(&json!(true));
                ("connectionSetting", json!({"enableSingleSignOn": single}))
            }
        };
        count += 1;
        let before = cloud_pc(provisioner.tenant, id).and_then(|pc| pc.get(name));
        // A region that the policy leaves to the service stays what it is.
        if !value.is_null() && before != Some(&value) {
            provisioner.change(id, |pc| {
                set(pc, name, value);
                set(pc, "lastModifiedDateTime", cloud_pc::written(at));
            });
        }
    }
    count
}

/// Shows a policy's new name on all of its Cloud PCs, in any status (assumed: the name is the policy's present one, and
/// not one that a Cloud PC was provisioned with).
pub(crate) fn policy_renamed(world: &mut World, tenant: &str, id: &str) {
    let at = world.now();
    let Some(mut provisioner) = Provisioner::open(world, tenant, at) else {
        return;
    };
    let Some(renamed) = policy(provisioner.tenant, id) else { return };
    let name = text(renamed, "displayName").map(str::to_owned);
    for id in of_policy(provisioner.tenant, id) {
        provisioner.change(&id, |pc| cloud_pc::name_policy(pc, name.as_deref(), at));
    }
}

fn of_policy(tenant: &Tenant, policy: &str) -> Vec<String> {
    let own = stored(tenant, "cloudPCs").filter(|pc| same_id(text(pc, "provisioningPolicyId"), policy));
    own.filter_map(|pc| text(pc, "id").map(str::to_owned)).collect()
}
