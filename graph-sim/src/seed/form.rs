//! The form of a seed's YAML.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::base::json::strictly;
use crate::options::OptionsPatch;

/// A seed with a valid form. Its objects are checked when it is applied.
#[derive(Clone, Debug)]
pub(crate) struct Seed {
    pub(super) content: SeedContent,
    /// The base of relative paths.
    pub(super) folder: Option<PathBuf>,
}

/// The most values in one seed.
const MOST_NODES: usize = 10_000_000;

impl Seed {
    /// Reads the YAML of a seed. Relative paths in it count from `folder`, or from the working directory.
    ///
    /// # Errors
    /// What is wrong and where: the line of broken YAML, or the path of an unknown key or a wrong value.
    pub(crate) fn parse(yaml: &str, folder: Option<&Path>) -> Result<Self, String> {
        // The lines around a mistake may hold a secret.
        let options = serde_saphyr::options! {
            with_snippet: false,
            // Tens of thousands of Cloud PCs are more than the library's own limits allow.
            budget: serde_saphyr::budget! { max_nodes: MOST_NODES, max_events: 2 * MOST_NODES },
        };
        let value: Value = serde_saphyr::from_str_with_options(yaml, options).map_err(|error| format!("not YAML: {error}"))?;
        let content = if value.is_null() {
            SeedContent::default()
        } else {
            strictly(value)?
        };
        Ok(Self {
            content,
            folder: folder.map(Path::to_path_buf),
        })
    }
}

/// Reads a text without showing it: the usual message of a wrong type quotes the value.
fn secret<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(Some(text)),
        Value::Null => Ok(None),
        _ => Err(serde::de::Error::custom("must be a string; a number needs quotes")),
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SeedContent {
    pub(super) now: Option<Timestamp>,
    #[serde(default)]
    pub(super) options: OptionsPatch,
    #[serde(default)]
    pub(super) trust: Vec<String>,
    #[serde(default)]
    pub(super) tenants: Vec<TenantSeed>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TenantSeed {
    pub(super) id: String,
    pub(super) display_name: Option<String>,
    #[serde(default)]
    pub(super) verified_domains: Vec<String>,
    #[serde(default)]
    pub(super) apps: Vec<AppSeed>,
    #[serde(default)]
    pub(super) users: Vec<UserSeed>,
    #[serde(default)]
    pub(super) groups: Vec<GroupSeed>,
    /// Left out, a new tenant has the default gallery.
    pub(super) gallery_images: Option<Vec<Value>>,
    #[serde(default)]
    pub(super) front_line_service_plans: Vec<Value>,
    #[serde(default)]
    pub(super) on_premises_connections: Vec<Value>,
    #[serde(default)]
    pub(super) device_images: Vec<Value>,
    #[serde(default)]
    pub(super) provisioning_policies: Vec<Value>,
    #[serde(default)]
    pub(super) user_settings: Vec<Value>,
    pub(super) organization_settings: Option<Value>,
    #[serde(default)]
    pub(super) audit_events: Vec<Value>,
    #[serde(default, rename = "cloudPCs")]
    pub(super) cloud_pcs: Vec<Value>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AppSeed {
    pub(super) app_id: String,
    pub(super) display_name: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) client_secret: Option<String>,
    #[serde(default)]
    pub(super) certificates: Vec<String>,
    #[serde(default)]
    pub(super) federated_credentials: Vec<FederatedCredentialSeed>,
    #[serde(default)]
    pub(super) roles: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct FederatedCredentialSeed {
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) audiences: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UserSeed {
    pub(super) id: Option<String>,
    pub(super) user_principal_name: String,
    pub(super) display_name: Option<String>,
    #[serde(default)]
    pub(super) roles: Vec<String>,
    #[serde(default)]
    pub(super) licences: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct GroupSeed {
    pub(super) id: Option<String>,
    pub(super) display_name: String,
    pub(super) mail_nickname: Option<String>,
    #[serde(default)]
    pub(super) members: Vec<String>,
    #[serde(default)]
    pub(super) member_groups: Vec<String>,
}
