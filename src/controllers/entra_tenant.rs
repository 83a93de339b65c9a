//! EntraTenant: signs in, reads the tenant, and reports which permissions are missing. Writes nothing to Graph.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::SignedDuration;
use k8s_controller::conditions;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{Api, Client, ResourceExt};

use crate::api::{ClockSkew, EntraTenant, EntraTenantStatus};
use crate::base::wall;
use crate::controllers::change_window;
use crate::controllers::permissions::{explain, missing, reads_organization};
use crate::controllers::tenant_conditions::details;
use crate::reconcile::context::Context;
use crate::reconcile::pass::{Kind, Pass};
use crate::reconcile::uninstall::why_released;
use crate::report::conditions::{Conditions, Verdict};
use crate::report::failure::{Class, Failure};
use crate::report::reason::Reason;
use crate::report::reason::event;
use crate::report::status::now;
use crate::report::stop::Stop;
use crate::tenant::credentials::kind;
use crate::tenant::gate::About;
use crate::tenant::shared::{Tenant, only_observes};

/// A difference of the clocks that matters: Entra takes assertions a few minutes around their time.
const LARGEST_SKEW: SignedDuration = SignedDuration::from_mins(5);

impl Kind for EntraTenant {
    const NAME: &'static str = "EntraTenant";
    const HAS_DELETION_POLICY: bool = false;

    fn tenant(&self) -> &str {
        self.metadata.name.as_deref().unwrap_or_default()
    }

    fn api(&self, client: Client) -> Api<Self> {
        Api::all(client)
    }

    async fn converge(pass: &mut Pass<'_, Self>) -> Result<Verdict, Stop> {
        let (object, context) = (pass.object, pass.context);
        let windows = change_window::note(pass);
        if object.spec.suspend == Some(true) {
            return Ok(Verdict::Suspended);
        }
        pass.draft.credentials = kind(&object.spec).map(str::to_owned);
        let tenant = context.tenant(object)?;
        let changed = pass.draft.observed_generation != object.metadata.generation;
        if pass.requested || changed {
            tenant.gate.reset();
        }
        let lacking = !pass.draft.missing_permissions.is_empty() || (pass.draft.read_only == Some(true) && !context.access.read_only);
        if pass.requested || changed || lacking {
            // A permission that was granted meanwhile is only in a new token.
            tenant.client.forget_token();
        }
        pass.draft.application_id.clone_from(&object.spec.client_id);
        if let Some(failure) = tenant
            .gate
            .closed()
            .filter(|failure| failure.reason == Reason::AuthenticationFailed)
        {
            tenant.gate.take_news();
            return Err(failure.into());
        }
        let looked = look(pass, &tenant).await;
        if looked.is_err() {
            tenant.gate.take_news();
        }
        // Even a refusal has a date, and a wrong clock may explain it.
        pass.draft.clock_skew = tenant.clock.ahead().and_then(skew);
        if let Some(ahead) = tenant.clock.ahead() {
            tenant.metrics.clock_skew(ahead);
        }
        change_window::judged(looked?, &windows, object)
    }

    async fn finalize(pass: &mut Pass<'_, Self>) -> Result<(), Stop> {
        const SHOWN: usize = 10;
        let (object, context) = (pass.object, pass.context);
        let name = object.name_any();
        // What still refers to it is changed until it is gone.
        change_window::note(pass);
        let users = context.cluster.tenant_users(object);
        if users.is_empty() {
            context.tenants.forget(&name);
            return Ok(());
        }
        if let Some(why) = why_released(pass, &object.spec.tenant_id).await {
            let text = format!("everything in tenant {} stays as it is in Graph: {why}", object.spec.tenant_id);
            pass.event(event::RELEASED, "Release", text);
            context.tenants.forget(&name);
            return Ok(());
        }
        let more = if users.len() > SHOWN {
            format!(" and {} more", users.len() - SHOWN)
        } else {
            String::new()
        };
        let message = format!(
            "in use by {}{more}, which have to be deleted first",
            users.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ")
        );
        // The last of them wakes it.
        Err(Stop::waiting(Reason::InUse, message))
    }

    fn report(old: &EntraTenantStatus, mut draft: EntraTenantStatus, verdict: &Verdict, generation: Option<i64>) -> EntraTenantStatus {
        let mut conditions = Conditions::new(&old.conditions, generation, now());
        conditions.ready(&decided(verdict));
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
        // Objects that waited for this tenant, or failed with it, get a new pass; a mere change of the message is no reason for one.
        let ready = |status: &EntraTenantStatus| {
            let ready = conditions::find(&status.conditions, "Ready");
            let read_only = status.read_only == Some(true);
            ready.map(|ready| (ready.status.clone(), ready.reason.clone(), ready.observed_generation, read_only))
        };
        if self.status.as_ref().and_then(ready) != ready(new) {
            context.cluster.wake_tenant_users(&self.name_any());
        }
    }
}

/// A tenant's Ready is about whether signing in works, so a refusal that a person has to correct is False and not Unknown.
fn decided(verdict: &Verdict) -> Verdict {
    if let Verdict::Failed(failure) = verdict
        && failure.permanent
        && failure.class == Class::Unreachable
    {
        let class = Class::Stalled;
        return Verdict::Failed(Failure { class, ..failure.clone() });
    }
    verdict.clone()
}

/// Signs in and reads the tenant.
async fn look(pass: &mut Pass<'_, EntraTenant>, tenant: &Tenant) -> Result<Verdict, Stop> {
    let (object, context) = (pass.object, pass.context);
    // Past the gate: this is the pass that finds out whether signing in works again. A token may come from the
    // client's memory, so it proves nothing about Graph and does not open the gate.
    let token = tenant.client.token().await.map_err(|error| {
        let failure = tenant.gate.failed_about(About::Tenant, error);
        // This pass is the one that tries again, as soon as the gate lets it.
        tenant.gate.closed().map_or(failure, Stop::Failed)
    })?;
    tenant.metrics.signed_in(wall::now(), token.expires_on);
    let read_only = token.reads_only();
    if let Some(application) = token.app_id {
        pass.draft.application_id = Some(application);
    }
    let granted: BTreeSet<String> = token.roles.into_iter().collect();
    let missing = missing(&granted, read_only || context.access.read_only || only_observes(object, None));
    let organization = reads_organization(&granted);
    pass.draft.read_only = (read_only || context.access.read_only).then_some(true);
    pass.draft.missing_permissions.clone_from(&missing);
    pass.draft.granted_permissions = granted.into_iter().collect();
    if organization {
        let (_, organization) = tenant.gate.read(About::Tenant, tenant.client.organization()).await?;
        pass.draft.organization = Some(organization.display_name);
        pass.draft.verified_domains = organization.verified_domains;
    }
    if missing.is_empty() {
        tenant.forget_failures();
        let message = format!(
            "signed in to {}",
            pass.draft.organization.as_deref().unwrap_or(&object.spec.tenant_id)
        );
        return Ok(Verdict::Ready { message });
    }
    let application = pass.draft.application_id.as_deref().unwrap_or("of the managed identity");
    let failure = Failure::retry(Reason::PermissionMissing, explain(&missing, application));
    Err(Stop::Failed(Failure {
        after: Some(Duration::from_secs(60)),
        ..failure
    }))
}

fn skew(ahead: SignedDuration) -> Option<ClockSkew> {
    if ahead > LARGEST_SKEW {
        Some(ClockSkew::Ahead)
    } else if ahead < -LARGEST_SKEW {
        Some(ClockSkew::Behind)
    } else {
        None
    }
}
