//! Seeds for the simulator: the one that the examples need, completed with what only a running cluster knows.
//!
//! Prohibition: what a tenant holds is in `examples/simulator/seed.yaml` or in the test's own seed, not here.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::path::Path;

/// The tenant of `examples/simulator/seed.yaml`.
pub const TENANT: &str = "11111111-1111-1111-1111-111111111111";
/// The administrator who makes changes by hand there.
pub const ADMIN: &str = "admin@contoso.com";

/// The identity that the simulated Entra accepts without a secret.
#[derive(Clone, Debug)]
pub(crate) struct Federation {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) audience: &'static str,
}

impl Federation {
    /// A seed in which every app that names no federated credential trusts the operator's ServiceAccount.
    ///
    /// An app that is seeded again is replaced as a whole, so the credential goes into each seed instead of into one of its own.
    pub(crate) fn complete(&self, yaml: &str) -> Result<Value> {
        let mut seed: Value = serde_saphyr::from_str(yaml).context("a seed is not YAML")?;
        let credential = json!([{"issuer": self.issuer, "subject": self.subject, "audiences": [self.audience]}]);
        // `get_mut`, because indexing would put a null where there is nothing.
        for tenant in seed.get_mut("tenants").and_then(Value::as_array_mut).into_iter().flatten() {
            for app in tenant.get_mut("apps").and_then(Value::as_array_mut).into_iter().flatten() {
                let app = app.as_object_mut().context("an app of a seed is not a mapping")?;
                app.entry("federatedCredentials").or_insert_with(|| credential.clone());
            }
        }
        Ok(seed)
    }
}

/// Makes the simulator trust the certificates of a cluster's issuer.
pub(crate) fn trust(seed: &mut Value, ca: &Path) -> Result<()> {
    let pem = std::fs::read_to_string(ca).with_context(|| format!("read {}", ca.display()))?;
    seed["trust"] = json!([pem]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_without_credentials_gets_one_and_any_other_keeps_its_own() {
        let federation = Federation {
            issuer: "https://issuer".into(),
            subject: "someone".into(),
            audience: "audience",
        };
        let yaml = "tenants: [{id: t, apps: [{appId: a, roles: [R]}, {appId: b, federatedCredentials: []}]}, {id: u}]";
        let seed = federation.complete(yaml).unwrap();
        let apps = &seed["tenants"][0]["apps"];
        assert_eq!(apps[0]["roles"], json!(["R"]));
        assert_eq!(apps[0]["federatedCredentials"][0]["issuer"], "https://issuer");
        assert_eq!(apps[1]["federatedCredentials"], json!([]));
        assert_eq!(seed["tenants"][1], json!({"id": "u"}));
    }
}
