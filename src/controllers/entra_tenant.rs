//! EntraTenant: signs in, looks at the tenant, and says which permissions are missing. Writes nothing to Graph.

use std::collections::BTreeSet;
use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{Api, Client, ResourceExt};

use crate::api::{EntraTenant, EntraTenantStatus};
use crate::reconcile::conditions::{Conditions, Truth, Verdict};
use crate::reconcile::context::Context;
use crate::reconcile::driver::{Kind, Run};
use crate::reconcile::outcome::{Class, Failure};
use crate::reconcile::reasons;
use crate::reconcile::status::now;
use crate::reconcile::tenant::only_looks;

/// How soon a tenant that is being deleted is looked at again while others use it.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// One thing that the controller does in a tenant and the application permissions that suffice for it; any one of
/// them does. Source: fact sheet section 10.
struct Need {
    what: &'static str,
    any_of: &'static [&'static str],
}

const WRITE: Need = Need {
    what: "write provisioning policies and user settings",
    any_of: &["CloudPC.ReadWrite.All"],
};
const READ: Need = Need {
    what: "read provisioning policies and user settings",
    any_of: &["CloudPC.Read.All", "CloudPC.ReadWrite.All"],
};
const GROUPS: Need = Need {
    what: "look up groups",
    any_of: &[
        "Group.Read.All",
        "GroupMember.Read.All",
        "Group.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
    ],
};
const ORGANIZATION: Need = Need {
    what: "read the organization's name and domains",
    any_of: &[
        "Organization.Read.All",
        "DeviceManagementServiceConfig.Read.All",
        "Organization.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
    ],
};

impl Kind for EntraTenant {
    const NAME: &'static str = "EntraTenant";

    fn api(&self, client: Client) -> Api<Self> {
        Api::all(client)
    }

    async fn converge(&self, run: &mut Run<Self>, context: &Context) -> Result<Verdict, Failure> {
        if self.spec.suspend == Some(true) {
            return Ok(Verdict::Suspended);
        }
        let tenant = context.tenants.get(self)?;
        let changed = run.draft.observed_generation != self.metadata.generation;
        if run.requested || changed {
            tenant.gate.reset();
        }
        if run.requested || changed || !run.draft.missing_permissions.is_empty() {
            // A permission that was granted meanwhile is only in a new token.
            tenant.client.forget_token();
        }
        run.draft.application_id = Some(self.spec.client_id.clone());
        if let Some(failure) = tenant
            .gate
            .closed()
            .filter(|failure| failure.reason == reasons::AUTHENTICATION_FAILED)
        {
            return Err(failure);
        }
        // Past the gate: this is the pass that finds out whether signing in works again. A token may come from the
        // client's memory, so it says nothing about Graph and does not open the gate.
        let token = tenant.client.token().await.map_err(|error| tenant.gate.failed(error))?;
        let granted: BTreeSet<String> = token.roles.into_iter().collect();
        let missing = missing(&granted, only_looks(self, None));
        run.draft.missing_permissions = missing.iter().map(|need| need.any_of[0].to_owned()).collect();
        run.draft.granted_permissions = granted.into_iter().collect();
        if !missing.iter().any(|need| need.what == ORGANIZATION.what) {
            let (_, organization) = tenant.read_request(tenant.client.organization()).await?;
            run.draft.organization = Some(organization.display_name);
            run.draft.verified_domains = organization.verified_domains;
        }
        match missing.as_slice() {
            [] => {
                tenant.forget_failures();
                Ok(Verdict::Ready {
                    message: format!("signed in to {}", run.draft.organization.as_deref().unwrap_or(&self.spec.tenant_id)),
                })
            }
            missing => Err(Failure {
                after: Some(Duration::from_secs(60)),
                ..Failure::retry(reasons::PERMISSION_MISSING, explain(missing, &self.spec.client_id))
            }),
        }
    }

    async fn finalize(&self, _run: &mut Run<Self>, context: &Context) -> Result<(), Failure> {
        const SHOWN: usize = 10;
        let name = self.name_any();
        let users = context.tenant_users(&name);
        if users.is_empty() {
            context.tenants.forget(&name);
            return Ok(());
        }
        let more = if users.len() > SHOWN {
            format!(" and {} more", users.len() - SHOWN)
        } else {
            String::new()
        };
        let message = format!(
            "in use by {}{more}; delete them first",
            users.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ")
        );
        Err(Failure::waiting_for(reasons::IN_USE, message, LOOK_AGAIN))
    }

    fn report(old: &EntraTenantStatus, mut draft: EntraTenantStatus, verdict: &Verdict, generation: Option<i64>) -> EntraTenantStatus {
        let mut conditions = Conditions::new(&old.conditions, generation, now());
        conditions.ready(verdict);
        details(&mut conditions, verdict, &draft);
        draft.conditions = conditions.finish();
        draft.observed_generation = generation;
        draft
    }

    fn conditions(status: &EntraTenantStatus) -> &[Condition] {
        &status.conditions
    }

    fn handled(status: &EntraTenantStatus) -> Option<&String> {
        status.last_handled_reconcile_at.as_ref()
    }

    fn set_handled(status: &mut EntraTenantStatus, at: Option<String>) {
        status.last_handled_reconcile_at = at;
    }

    fn changed(&self, new: &EntraTenantStatus, context: &Context) {
        // What waited for this tenant, or failed with it, has a reason to look again; a mere change of words is none.
        let ready = |status: &EntraTenantStatus| {
            let ready = status.conditions.iter().find(|condition| condition.type_ == "Ready");
            ready.map(|ready| (ready.status.clone(), ready.reason.clone(), ready.observed_generation))
        };
        if self.status.as_ref().and_then(ready) != ready(new) {
            context.wake_tenant_users(&self.name_any());
        }
    }
}

fn missing(granted: &BTreeSet<String>, only_look: bool) -> Vec<Need> {
    let needs = [if only_look { READ } else { WRITE }, GROUPS, ORGANIZATION];
    needs
        .into_iter()
        .filter(|need| !need.any_of.iter().any(|permission| granted.contains(*permission)))
        .collect()
}

fn explain(missing: &[Need], client_id: &str) -> String {
    let lines = missing
        .iter()
        .map(|need| format!("{} (to {})", need.any_of[0], need.what))
        .collect::<Vec<_>>()
        .join(", ");
    format!(
        "the application {client_id} lacks application permissions: {lines}. Add them in Entra under App registrations > API permissions > Microsoft Graph > Application permissions and grant admin consent; a new grant counts within a minute or two"
    )
}

/// Authenticated, Reachable, PermissionsSufficient: which of the steps got how far.
fn details(conditions: &mut Conditions<'_>, verdict: &Verdict, draft: &EntraTenantStatus) {
    let not_checked = "not looked at";
    match verdict {
        Verdict::Ready { .. } => {
            conditions.set("Authenticated", Truth::True, reasons::SIGNED_IN, "Entra issued a token");
            conditions.set("Reachable", Truth::True, reasons::SYNCED, "Graph answers");
            conditions.set(
                "PermissionsSufficient",
                Truth::True,
                reasons::GRANTED,
                format!("granted: {}", draft.granted_permissions.join(", ")),
            );
        }
        Verdict::Failed(failure) if failure.reason == reasons::AUTHENTICATION_FAILED => {
            conditions.set("Authenticated", Truth::False, failure.reason, &failure.message);
            conditions.set("Reachable", Truth::Unknown, reasons::NOT_CHECKED, not_checked);
            conditions.set("PermissionsSufficient", Truth::Unknown, reasons::NOT_CHECKED, not_checked);
        }
        Verdict::Failed(failure) if [reasons::PERMISSION_MISSING, reasons::PERMISSION_DENIED].contains(&failure.reason) => {
            conditions.set("Authenticated", Truth::True, reasons::SIGNED_IN, "Entra issued a token");
            conditions.set("Reachable", Truth::True, reasons::SYNCED, "Graph answers");
            conditions.set("PermissionsSufficient", Truth::False, failure.reason, &failure.message);
        }
        Verdict::Failed(failure) if failure.class == Class::Unreachable => {
            conditions.set("Authenticated", Truth::Unknown, reasons::NOT_CHECKED, not_checked);
            conditions.set(
                "Reachable",
                Truth::False,
                failure.reason,
                "Graph does not answer as it should; see Ready",
            );
            conditions.set("PermissionsSufficient", Truth::Unknown, reasons::NOT_CHECKED, not_checked);
        }
        Verdict::Failed(_) | Verdict::Working { .. } | Verdict::Held { .. } | Verdict::Suspended => {
            for kind in ["Authenticated", "Reachable", "PermissionsSufficient"] {
                conditions.set(kind, Truth::Unknown, reasons::NOT_CHECKED, not_checked);
            }
        }
    }
}
