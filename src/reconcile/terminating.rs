//! Whether the operator is being removed, by the API server: its definitions, its namespace and its service account.

use std::collections::HashMap;
use std::time::Duration;

use futures::future::try_join_all;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{Api, Client};
use parking_lot::Mutex;

use tokio::time::Instant;

use crate::report::failure::Failure;
use crate::report::reason::Reason;
use crate::runtime::own_namespace::OwnNamespace;

/// How old an early check may be: all deletions at the time share it, and the last check decides.
const RECENT: Duration = Duration::from_secs(2);

/// The client, and the last answers about definitions.
pub(crate) struct Uninstall {
    client: Client,
    own: OwnNamespace,
    service_account: Option<String>,
    seen: Mutex<HashMap<String, (Instant, bool)>>,
}

impl Uninstall {
    /// Of the controller that runs in this namespace as this service account, if it runs as one. The client should have short timeouts.
    pub(crate) fn new(client: Client, own: OwnNamespace, service_account: Option<String>) -> Self {
        Self {
            client,
            own,
            service_account,
            seen: Mutex::default(),
        }
    }

    /// The first of these definitions that is being deleted or gone; a moment ago is good enough. Without an answer
    /// of the API server a definition counts as staying: nothing is released by mistake, and the last check is stricter.
    pub(crate) async fn going(&self, definitions: &[String]) -> Option<String> {
        for name in definitions {
            let known = self
                .seen
                .lock()
                .get(name)
                .filter(|(at, _)| at.elapsed() < RECENT)
                .map(|(_, goes)| *goes);
            let goes = match known {
                Some(goes) => goes,
                None => self.ask(name).await.unwrap_or_default(),
            };
            if goes {
                return Some(name.clone());
            }
        }
        None
    }

    /// The last check before a request that removes something: refuses it unless the API server reports now that the definitions,
    /// the controller's namespace and its service account exist and are not being deleted.
    pub(crate) async fn refuse(&self, definitions: &[String], graph_id: &str) -> Result<(), Failure> {
        let asked = try_join_all(definitions.iter().map(|name| self.ask(name)));
        let (definitions_go, own) = tokio::join!(asked, self.own.departing(self.service_account.as_deref()));
        let verdict = judge(definitions, definitions_go, own);
        if let Err(failure) = &verdict {
            tracing::warn!(
                graph_id,
                reason = failure.reason.as_str(),
                why = failure.message,
                "nothing is removed in Graph"
            );
        }
        verdict
    }

    /// Whether a definition is being deleted or gone. Only an answer of the API server itself proves that it is gone:
    /// an answer of a proxy must not end the management of an object.
    async fn ask(&self, name: &str) -> Result<bool, kube::Error> {
        let api: Api<CustomResourceDefinition> = Api::all(self.client.clone());
        let goes = match api.get_metadata(name).await {
            Ok(found) => found.metadata.deletion_timestamp.is_some(),
            Err(kube::Error::Api(status)) if status.code == 404 && status.reason == "NotFound" => true,
            Err(error) => return Err(error),
        };
        self.seen.lock().insert(name.to_owned(), (Instant::now(), goes));
        Ok(goes)
    }
}

/// The decision from the answers. Pure.
pub(crate) fn judge(
    definitions: &[String],
    go: Result<Vec<bool>, kube::Error>,
    own: Result<Option<String>, kube::Error>,
) -> Result<(), Failure> {
    let go = go.map_err(unknown)?;
    if let Some((name, _)) = definitions.iter().zip(go).find(|(_, goes)| *goes) {
        let message = format!("the definition {name} is being deleted, so nothing is removed in Graph");
        return Err(Failure::waiting(Reason::RemovalHeld, message));
    }
    match own.map_err(unknown)? {
        None => Ok(()),
        Some(what) => {
            let message = format!(
                "the operator itself is being removed ({what}), so nothing is removed in Graph; it continues when the operator is installed again"
            );
            Err(Failure::waiting(Reason::RemovalHeld, message))
        }
    }
}

/// There was no answer. A refusal of the API server, as it comes once the roles or the service account are gone, has a message
/// of its own.
fn unknown(error: kube::Error) -> Failure {
    let kube::Error::Api(status) = &error else { return error.into() };
    if status.code != 401 && status.code != 403 {
        return error.into();
    }
    let message = format!(
        "the Kubernetes API refuses the controller ({}: {}), as it does while the operator is being removed, so nothing is removed in Graph; \
         if it stays installed, apply its manifests again",
        status.code, status.message
    );
    Failure::waiting(Reason::RemovalHeld, message)
}
