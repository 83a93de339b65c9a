//! A large, plain set of resources, like that of a large platform team. For the scale test and the benchmark.

use crate::lab::Lab;
use anyhow::{Result, ensure};
use kube::api::ListParams;
use serde_json::Value;
use std::fmt::Write as _;

/// How many of each kind.
#[derive(Clone, Copy, Debug)]
pub struct Fleet {
    /// Provisioning policies, each with one Assignment and one group.
    pub policies: usize,
    /// User settings.
    pub settings: usize,
}

/// The namespace of the fleet.
pub const FLEET_NAMESPACE: &str = "fleet";

impl Fleet {
    /// The groups that the Assignments name, as a seed.
    #[must_use]
    pub fn seed(self, tenant: &str) -> String {
        let mut yaml = format!("tenants:\n- id: {tenant}\n  displayName: Contoso\n  groups:\n");
        for index in 0..self.policies {
            let _ = writeln!(yaml, "  - {{id: {}, displayName: Fleet group {index}}}", group_id(index));
        }
        yaml
    }

    /// The namespace and every object, as one YAML stream; `tenant` is the EntraTenant's name.
    #[must_use]
    pub fn objects(self, tenant: &str) -> String {
        let mut yaml =
            format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {FLEET_NAMESPACE}, labels: {{cloudpc.dev/tenant: {tenant}}}}}\n");
        for index in 0..self.policies {
            let _ = write!(yaml, "---\n{}---\n{}", policy(tenant, index), assignment(index));
        }
        for index in 0..self.settings {
            let _ = write!(yaml, "---\n{}", setting(tenant, index));
        }
        yaml
    }
}

impl Lab {
    /// Whether every object of the fleet is Ready.
    ///
    /// # Errors
    /// When not; the error says how many are.
    pub async fn fleet_ready(&self, fleet: Fleet) -> Result<()> {
        for (kind, expected) in [
            ("ProvisioningPolicy", fleet.policies),
            ("UserSetting", fleet.settings),
            ("Assignment", fleet.policies),
        ] {
            let objects = self.api(kind, FLEET_NAMESPACE).list(&ListParams::default()).await?;
            let ready = objects.iter().filter(|object| is_ready(&object.data)).count();
            ensure!(ready == expected, "{ready} of {expected} objects of kind {kind} are Ready");
        }
        Ok(())
    }
}

fn is_ready(object: &Value) -> bool {
    let conditions = object["status"]["conditions"].as_array();
    conditions
        .into_iter()
        .flatten()
        .any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}

fn group_id(index: usize) -> String {
    format!("77777777-0000-4000-8000-{index:012}")
}

/// One provisioning policy as YAML.
#[must_use]
pub fn policy(tenant: &str, index: usize) -> String {
    format!(
        "apiVersion: cloudpc.dev/v1alpha1
kind: ProvisioningPolicy
metadata: {{name: fleet-{index}, namespace: {FLEET_NAMESPACE}}}
spec:
  tenantRef: {{name: {tenant}}}
  displayName: Fleet {index}
  description: One of many
  imageDisplayName: Windows 11 Enterprise + Microsoft 365 Apps 25H2
  enableSingleSignOn: true
  windowsSetting: {{locale: en-US}}
  domainJoinConfigurations:
  - {{domainJoinType: azureADJoin, regionName: westeurope, regionGroup: europeUnion}}
"
    )
}

fn assignment(index: usize) -> String {
    format!(
        "apiVersion: cloudpc.dev/v1alpha1
kind: Assignment
metadata: {{name: fleet-{index}, namespace: {FLEET_NAMESPACE}}}
spec:
  targetRef: {{kind: ProvisioningPolicy, name: fleet-{index}}}
  groups:
  - displayName: Fleet group {index}
"
    )
}

fn setting(tenant: &str, index: usize) -> String {
    format!(
        "apiVersion: cloudpc.dev/v1alpha1
kind: UserSetting
metadata: {{name: fleet-{index}, namespace: {FLEET_NAMESPACE}}}
spec:
  tenantRef: {{name: {tenant}}}
  displayName: Fleet setting {index}
  localAdminEnabled: false
  resetEnabled: true
"
    )
}
