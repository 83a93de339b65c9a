//! From `spec.credentials` to a credential. The objects that it names are in the controller's own namespace and are read anew
//! for each token request; there is no default for a missing object, and no fallback when a sign-in fails.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::TokenCredential;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::api;
use crate::api::{Credentials, EntraTenantSpec};
use crate::graph::managed_identity;
use crate::graph::{Application, ClockSkew, Cloud, CredentialError, Material, TokenFile};
use crate::report::failure::Failure;
use crate::report::reason::Reason;
use crate::runtime::own_namespace::{OwnNamespace, Unreadable};
use crate::tenant::endpoints::Endpoints;

const NO_TOKEN_FILE: &str = "workload identity needs the pod's projected token: set AZURE_FEDERATED_TOKEN_FILE or --federated-token-file on the controller, or name a service account in spec.credentials.workloadIdentity.serviceAccountName";
const NO_CLIENT_ID: &str = "spec.clientId is missing; only a managed identity works without it";
const NOT_ONE: &str = "spec.credentials must have exactly one member: workloadIdentity, managedIdentity, certificate or clientSecret";

/// The one member that is given.
enum Given<'a> {
    TokenFile,
    ServiceAccount(&'a str),
    ManagedIdentity,
    Certificate(&'a str),
    ClientSecret(&'a str),
}

impl<'a> Given<'a> {
    /// A missing field means workload identity; several members, or an empty object, are an error.
    fn of(credentials: Option<&'a Credentials>) -> Result<Self, Failure> {
        let Some(credentials) = credentials else {
            return Ok(Self::TokenFile);
        };
        let mut given = Vec::new();
        if let Some(identity) = &credentials.workload_identity {
            let account = identity.service_account_name.as_deref();
            given.push(account.map_or(Self::TokenFile, Self::ServiceAccount));
        }
        if credentials.managed_identity.is_some() {
            given.push(Self::ManagedIdentity);
        }
        if let Some(certificate) = &credentials.certificate {
            given.push(Self::Certificate(&certificate.secret_ref.name));
        }
        if let Some(secret) = &credentials.client_secret {
            given.push(Self::ClientSecret(&secret.secret_ref.name));
        }
        match (given.pop(), given.is_empty()) {
            (Some(only), true) => Ok(only),
            _ => Err(Failure::stalled(Reason::InvalidSpec, NOT_ONE)),
        }
    }
}

/// The kind of credentials that a spec asks for, as its field is called.
pub(crate) fn kind(spec: &EntraTenantSpec) -> Option<&'static str> {
    Given::of(spec.credentials.as_ref()).ok().map(|given| match given {
        Given::TokenFile | Given::ServiceAccount(_) => "workloadIdentity",
        Given::ManagedIdentity => "managedIdentity",
        Given::Certificate(_) => "certificate",
        Given::ClientSecret(_) => CLIENT_SECRET,
    })
}

/// The kind that is for development only.
pub(crate) const CLIENT_SECRET: &str = "clientSecret";

/// Graph's name for the cloud of a spec.
pub(crate) fn cloud(spec: &EntraTenantSpec) -> Cloud {
    match spec.cloud.unwrap_or_default() {
        api::Cloud::Public => Cloud::Public,
        api::Cloud::USGovernment => Cloud::UsGovernment,
        api::Cloud::USGovernmentDoD => Cloud::UsGovernmentDod,
        api::Cloud::China => Cloud::China,
    }
}

/// The credential that a spec describes. Builds it without a request.
pub(crate) fn credential(
    spec: &EntraTenantSpec,
    authority: Url,
    endpoints: &Endpoints,
    clock: &Arc<ClockSkew>,
) -> Result<Arc<dyn TokenCredential>, Failure> {
    let given = Given::of(spec.credentials.as_ref())?;
    if matches!(given, Given::ManagedIdentity) {
        let transport = (endpoints.connect.metadata)()?;
        return Ok(managed_identity(
            transport,
            &spec.tenant_id,
            spec.client_id.as_deref(),
            Arc::clone(clock),
        )?);
    }
    let application = Application {
        transport: (endpoints.connect.https)()?,
        authority,
        tenant_id: spec.tenant_id.clone(),
        client_id: spec
            .client_id
            .clone()
            .ok_or_else(|| Failure::stalled(Reason::InvalidSpec, NO_CLIENT_ID))?,
        clock: Arc::clone(clock),
    };
    let secret = |field, name: &str, keys| {
        Arc::new(FromSecret {
            own: endpoints.own.clone(),
            field,
            name: name.to_owned(),
            keys,
        })
    };
    let credential = match given {
        Given::ServiceAccount(name) => application.federated(Arc::new(FromServiceAccount {
            own: endpoints.own.clone(),
            name: name.to_owned(),
            audience: cloud(spec).exchange_audience(),
        })),
        Given::Certificate(name) => {
            application.certificate(secret("spec.credentials.certificate.secretRef", name, &["tls.key", "tls.crt"]))
        }
        Given::ClientSecret(name) => application.client_secret(secret("spec.credentials.clientSecret.secretRef", name, &["clientSecret"])),
        Given::TokenFile | Given::ManagedIdentity => {
            let file = endpoints.token_file.clone();
            let file = file.ok_or_else(|| Failure::stalled(Reason::AuthenticationFailed, NO_TOKEN_FILE))?;
            application.federated(Arc::new(TokenFile::new(file)))
        }
    };
    Ok(credential?)
}

fn unreadable(field: &str, error: Unreadable) -> CredentialError {
    if error.transient {
        CredentialError::unavailable(field, error.problem)
    } else {
        CredentialError::broken(field, error.problem)
    }
}

/// Keys of a Secret, one after the other.
#[derive(Debug)]
struct FromSecret {
    own: OwnNamespace,
    field: &'static str,
    name: String,
    keys: &'static [&'static str],
}

#[async_trait]
impl Material for FromSecret {
    async fn read(&self) -> Result<SecretString, CredentialError> {
        let texts = self.own.secret(&self.name, self.keys).await;
        let texts = texts.map_err(|error| unreadable(self.field, error))?;
        let parts: Vec<&str> = texts.iter().map(ExposeSecret::expose_secret).collect();
        Ok(SecretString::from(parts.join("\n")))
    }
}

/// A token that the API server issues for a service account.
#[derive(Debug)]
struct FromServiceAccount {
    own: OwnNamespace,
    name: String,
    audience: &'static str,
}

#[async_trait]
impl Material for FromServiceAccount {
    async fn read(&self) -> Result<SecretString, CredentialError> {
        let token = self.own.service_account_token(&self.name, self.audience).await;
        token.map_err(|error| unreadable("spec.credentials.workloadIdentity.serviceAccountName", error))
    }
}
