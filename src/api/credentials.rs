//! How the controller signs in to a tenant. A spec names Secrets and service accounts and never contains a secret; they are
//! looked up in the controller's own namespace, and no field can name another one.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::schema::not_nullable;

/// A name that Kubernetes gives objects: a DNS subdomain.
const NAME: &str = "self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')";
const NAME_MESSAGE: &str = "must be the name of an object: lower case letters, digits, hyphens and dots";

/// Ways to sign in; exactly one member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
#[x_kube(validation = Rule::new("[has(self.workloadIdentity), has(self.managedIdentity), has(self.certificate), has(self.clientSecret)].filter(given, given).size() == 1").message("exactly one kind of credentials must be given: workloadIdentity, managedIdentity, certificate or clientSecret"))]
pub struct Credentials {
    /// The token of a service account, exchanged for an Entra token (workload identity federation). Nothing secret is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload_identity: Option<WorkloadIdentity>,
    /// The managed identity of the machine that the controller runs on: user-assigned when `clientId` is given, system-assigned otherwise. Nothing secret is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed_identity: Option<ManagedIdentity>,
    /// The private key of a certificate that is registered with the application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certificate>,
    /// A client secret of the application. For development only: it can be copied, and it works from anywhere until it expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<ClientSecret>,
}

/// Workload identity federation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
pub struct WorkloadIdentity {
    /// Name of a service account in the controller's own namespace, for which a token is requested each time. Left out: the projected token file of the controller's pod, which every tenant without this field shares.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = Rule::new(NAME).message(NAME_MESSAGE))]
    pub service_account_name: Option<String>,
}

/// The managed identity of the machine. It has no settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct ManagedIdentity {}

/// A certificate and its private key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Certificate {
    /// A Secret of type `kubernetes.io/tls` in the controller's own namespace: `tls.crt`, the certificate, and `tls.key`, its RSA private key, both PEM. Read anew for each token request.
    pub secret_ref: SecretRef,
}

/// A client secret.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClientSecret {
    /// A Secret in the controller's own namespace whose key `clientSecret` contains the value (not the id) of the client secret. Read anew for each token request.
    pub secret_ref: SecretRef,
}

/// Names a Secret in the controller's own namespace; there is deliberately no namespace field.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretRef {
    /// Name of the Secret (`metadata.name`).
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = Rule::new(NAME).message(NAME_MESSAGE))]
    pub name: String,
}
