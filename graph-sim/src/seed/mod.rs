//! The seed: YAML that says what exists at the start. Unknown keys are refused by name, with their path.
//!
//! This file is the form of the YAML; `apply` puts it into a world, `directory` the users and groups.

mod apply;
mod directory;

pub use apply::TrustedCa;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::options::OptionsPatch;

/// A seed whose form is right; whether its objects are, shows when it is applied.
#[derive(Clone, Debug)]
pub struct Seed {
    content: SeedContent,
    /// What relative paths in it are relative to.
    folder: Option<PathBuf>,
}

/// Values in one seed.
const MOST_NODES: usize = 10_000_000;

impl Seed {
    /// Reads the YAML of a seed. Relative paths in it count from `folder`, or from the working directory.
    ///
    /// # Errors
    /// What is wrong and where: the line of broken YAML, or the path of an unknown key or a wrong value.
    pub fn parse(yaml: &str, folder: Option<&Path>) -> Result<Self, String> {
        // The lines around a mistake may hold a secret.
        let options = serde_saphyr::options! {
            with_snippet: false,
            // Tens of thousands of Cloud PCs are more than the library's own limits let through.
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

/// Reads a value whose unknown keys and wrong types are reported with their path.
pub fn strictly<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        if path == "." {
            error.inner().to_string()
        } else {
            format!("{path}: {}", error.inner())
        }
    })
}

/// Reads a text without ever showing it: the usual message of a wrong type quotes the value.
fn secret<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(Some(text)),
        Value::Null => Ok(None),
        _ => Err(serde::de::Error::custom("must be a string; a number needs quotes")),
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SeedContent {
    now: Option<Timestamp>,
    #[serde(default)]
    options: OptionsPatch,
    #[serde(default)]
    trust: Vec<String>,
    #[serde(default)]
    tenants: Vec<TenantSeed>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TenantSeed {
    id: String,
    display_name: Option<String>,
    #[serde(default)]
    verified_domains: Vec<String>,
    #[serde(default)]
    apps: Vec<AppSeed>,
    #[serde(default)]
    users: Vec<UserSeed>,
    #[serde(default)]
    groups: Vec<GroupSeed>,
    /// Left out, a new tenant has the default gallery.
    gallery_images: Option<Vec<Value>>,
    #[serde(default)]
    front_line_service_plans: Vec<Value>,
    #[serde(default)]
    on_premises_connections: Vec<Value>,
    #[serde(default)]
    device_images: Vec<Value>,
    #[serde(default)]
    provisioning_policies: Vec<Value>,
    #[serde(default)]
    user_settings: Vec<Value>,
    organization_settings: Option<Value>,
    #[serde(default)]
    audit_events: Vec<Value>,
    #[serde(default, rename = "cloudPCs")]
    cloud_pcs: Vec<Value>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AppSeed {
    app_id: String,
    display_name: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    client_secret: Option<String>,
    #[serde(default)]
    certificates: Vec<String>,
    #[serde(default)]
    federated_credentials: Vec<FederatedCredentialSeed>,
    #[serde(default)]
    roles: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FederatedCredentialSeed {
    issuer: String,
    subject: String,
    audiences: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct UserSeed {
    id: Option<String>,
    user_principal_name: String,
    display_name: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    licences: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GroupSeed {
    id: Option<String>,
    display_name: String,
    mail_nickname: Option<String>,
    #[serde(default)]
    members: Vec<String>,
}
