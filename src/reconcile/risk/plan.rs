//! The plan of a change that puts Cloud PCs at risk: held, approved, or carried out; what the status says of it.

use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;

use crate::api::{APPROVE_ANNOTATION, APPROVED_BY_ANNOTATION, EntraTenant, PendingPlan, PlannedChange, Risk};
use crate::base::{random, wall};
use crate::cluster::approval_protection::{Protection, Unprotected, protected};
use crate::cluster::managed::Managed;
use crate::reconcile::drift::describe_assign;
use crate::reconcile::pass::Pass;
use crate::reconcile::risk::approval::{self, Given, VALID};
use crate::reconcile::risk::case::{Case, Judgement};
use crate::reconcile::risk::count::AtRisk;
use crate::reconcile::risk::identity::{Pinned, Subject};
use crate::reconcile::risk::limit;
use crate::report::failure::Failure;
use crate::report::reason::{Reason, event};
use crate::report::status::now;
use crate::report::stop::Stop;
use crate::report::wording;
use crate::tenant::change_windows::{Shut, may_put_at_risk};
use crate::tenant::fingerprint::fingerprint;
use crate::tenant::shared::{Tenant, TenantKey};

/// How many Cloud PCs a status names. Messages name none: they are in logs and events, too.
const NAMED: usize = 20;

/// What is known of a plan before anything is counted.
pub(super) struct Known {
    uid: String,
    tenant: TenantKey,
    graph_id: String,
    deletes: bool,
    /// The hash of what is taken away.
    loss: String,
    /// The plan in the status.
    old: Option<Risk>,
    /// The approval that the resource carries: the plan's id, and who approves.
    asked: Option<(String, String)>,
}

impl Known {
    pub(super) fn of<K: Managed>(pass: &Pass<'_, K>, tenant: &Tenant, case: &Case<'_>) -> Self {
        let annotation = |name: &str| pass.object.annotations().get(name).filter(|value| !value.is_empty()).cloned();
        let asked = annotation(APPROVE_ANNOTATION).map(|plan| (plan, annotation(APPROVED_BY_ANNOTATION).unwrap_or_default()));
        let written = pass.writer.written().and_then(|status| status.plan.as_ref());
        let mut known = Self {
            uid: String::from(pass.uid),
            tenant: tenant.key.clone(),
            graph_id: case.graph_id.to_owned(),
            deletes: case.deletes,
            loss: String::new(),
            old: written.and_then(|plan| plan.risk.clone()),
            asked,
        };
        known.loss = if case.deletes {
            // What a deletion takes away is everything, whatever is assigned in the course of it.
            known.subject().loss(&Default::default())
        } else {
            known.subject().loss(&case.loss)
        };
        known
    }

    fn subject(&self) -> Subject<'_> {
        Subject {
            uid: &self.uid,
            tenant: &self.tenant,
            graph_id: &self.graph_id,
            deletes: self.deletes,
        }
    }

    /// Lists from before this loss was wanted, or before this approval was seen, prove nothing.
    pub(super) fn list_key(&self) -> u64 {
        fingerprint(&(&self.loss, self.asked.as_ref().map(|(plan, _)| plan)))
    }

    /// The plan in the status, if it is this one: the same loss of the same resource, and no Cloud PC more.
    fn same(&self, pinned: &Pinned) -> Option<&Risk> {
        let old = self.old.as_ref()?;
        let known = Pinned::parse(&old.cloud_pc_digests);
        let genuine = self.subject().plan_id(&old.loss, &known, &old.nonce) == old.plan_id;
        (genuine && old.loss == self.loss && pinned.is_within(&known)).then_some(old)
    }

    /// Whether the plan in the status, of the same loss, has more Cloud PCs than these: a list from the past shows fewer, too.
    pub(super) fn had_more(&self, count: usize) -> bool {
        let old = self.old.as_ref().filter(|old| old.loss == self.loss && old.started_at.is_none());
        old.is_some_and(|old| Pinned::parse(&old.cloud_pc_digests).len() > count)
    }

    /// Whether the status has the plan already.
    fn is_written(&self, plan: &Risk) -> bool {
        self.old.as_ref().is_some_and(|old| old.plan_id == plan.plan_id)
    }

    fn new_plan(&self, pinned: &Pinned, epoch: &str) -> Risk {
        let nonce = random::uuid().simple().to_string();
        Risk {
            plan_id: self.subject().plan_id(&self.loss, pinned, &nonce),
            nonce,
            since: now(),
            cloud_pcs_at_risk: 0,
            cloud_pc_names: Vec::new(),
            cloud_pc_digests: pinned.text(),
            loss: self.loss.clone(),
            protection: epoch.to_owned(),
            started_at: None,
        }
    }
}

/// Why the plan may not be carried out now; nothing when it may.
pub(super) async fn decide<K: Managed>(
    pass: &mut Pass<'_, K>,
    described: &EntraTenant,
    tenant: &Tenant,
    case: &Case<'_>,
    risky: &[AtRisk],
    known: Known,
    left: Duration,
) -> Result<Option<Failure>, Stop> {
    let pinned = Pinned::of(risky);
    let count = i64::try_from(risky.len()).unwrap_or(i64::MAX);
    let protection = match protected(&pass.context.cluster.client).await {
        // The plan and its approval stay what they are.
        Err(Unprotected::Unknown(why)) => return Ok(Some(Failure::retry(Reason::ApprovalUnprotected, why))),
        known => known,
    };
    // An approval of a plan from before the policy was there, or while it was another one, may be anybody's.
    let epoch = protection.as_ref().map(Protection::epoch).unwrap_or_default();
    let young = |at: &Time| now().0.duration_since(at.0) < VALID;
    let old = known.same(&pinned);
    let old = old.filter(|old| match &old.started_at {
        Some(started) => young(started),
        None => old.protection == epoch && !approval::is_spent(described, &pass.draft.approvals, &old.plan_id),
    });
    let mut plan = old.cloned().unwrap_or_else(|| known.new_plan(&pinned, epoch));
    plan.cloud_pcs_at_risk = count;
    plan.cloud_pc_names = risky.iter().take(NAMED).map(|pc| format!("{}: {}", pc.who, pc.why)).collect();
    let shut = may_put_at_risk(&tenant.name, &described.spec, wall::now()).err();
    if plan.started_at.is_some() {
        // It is under way, perhaps by an earlier process.
        let what = note(pass, case, plan);
        return Ok(shut.map(|shut| outside(&what, &shut)));
    }
    let given = match protection {
        Ok(_) => approval::find(pass, &plan, known.asked.as_ref()),
        Err(unprotected) => Given::Unprotected(unprotected.to_string()),
    };
    let allowed = match given {
        Given::Counts => true,
        Given::Unprotected(_) => false,
        // Within the limit a plan needs no approval.
        Given::None | Given::Refused(_) => {
            limit::allows(described, pass.object.common().max_at_risk, &tenant.key, pass.context, count).await?
        }
    };
    let approved = matches!(given, Given::Counts);
    if let Some(shut) = shut.filter(|_| allowed) {
        let what = note(pass, case, plan);
        return Ok(Some(outside(&what, &shut)));
    }
    if allowed && !left.is_zero() {
        note(pass, case, plan);
        return Ok(None);
    }
    if allowed && !known.is_written(&plan) {
        // First its id: what is recorded for a plan that is lost would count against the limit.
        note(pass, case, plan.clone());
        pass.writer.write(&pass.draft).await?;
    }
    if !allowed || !limit::record(pass, described, &tenant.key, &plan.plan_id, count, approved).await? {
        return Ok(Some(hold(pass, case, plan, risky, &given)));
    }
    plan.started_at = Some(now());
    if approved {
        approval::used(pass, &plan.plan_id);
    }
    let text = format!("began a change that puts {} at risk, plan {}", cloud_pcs(risky.len()), plan.plan_id);
    pass.event(event::RISK_TAKEN, "Approve", text);
    note(pass, case, plan);
    // Before anything is sent: a plan is used once, also when this process ends now.
    pass.writer.write(&pass.draft).await?;
    Ok(None)
}

/// Takes the plan into the draft of the status.
fn note<K: Managed>(pass: &mut Pass<'_, K>, case: &Case<'_>, risk: Risk) -> String {
    let what = what(pass, case);
    let summary = format!(
        "{} at risk: {what}",
        cloud_pcs(usize::try_from(risk.cloud_pcs_at_risk).unwrap_or_default())
    );
    pass.draft.plan = Some(PendingPlan {
        summary: summary.clone(),
        changes: changes(pass, case),
        risk: Some(risk),
    });
    summary
}

/// Holds the plan, and says how a person approves it.
fn hold<K: Managed>(pass: &mut Pass<'_, K>, case: &Case<'_>, plan: Risk, risky: &[AtRisk], given: &Given) -> Failure {
    let in_grace = risky.iter().filter(|pc| pc.in_grace).count();
    let grace = match in_grace {
        0 => String::new(),
        number => format!(" ({number} of them are in their grace period already)"),
    };
    let way_out = match case.deletes {
        true => "To keep them, set spec.deletionPolicy to Orphan",
        false => "To keep them, undo the change",
    };
    let command = format!(
        "kubectl annotate --overwrite --field-manager=cloudpc-approver -n {} {}/{} {APPROVE_ANNOTATION}={} {APPROVED_BY_ANNOTATION}=\"$(kubectl auth whoami -o go-template='{{{{.status.userInfo.username}}}}')\"",
        pass.object.namespace().unwrap_or_default(),
        K::plural(&()),
        pass.object.name_any(),
        plan.plan_id,
    );
    let what = note(pass, case, plan);
    let (reason, why) = match given {
        Given::None => (Reason::ApprovalRequired, String::new()),
        Given::Refused(why) => (
            Reason::ApprovalRequired,
            format!(". The approval on the resource does not count: {why}"),
        ),
        Given::Unprotected(why) => (Reason::ApprovalUnprotected, format!(". No approval counts now: {why}")),
        Given::Counts => (
            Reason::ApprovalRequired,
            ". Its Cloud PCs could not be counted against the limit of the tenant".to_owned(),
        ),
    };
    Failure::stalled(
        reason,
        format!(
            "{what}{why}. To approve exactly this: {command}. They would enter their grace period, usually of 7 days, and then be deleted with their data{grace}; status.plan names them. {way_out}"
        ),
    )
}

/// A plan that may be carried out as soon as a change window opens.
fn outside(what: &str, shut: &Shut) -> Failure {
    let left = shut.opens.map(|opens| opens.duration_since(wall::now()));
    let after = left.and_then(|left| Duration::try_from(left).ok());
    Failure {
        after,
        ..Failure::waiting(
            Reason::OutsideChangeWindow,
            format!("{what}. It may be made, and waits: {}", shut.message),
        )
    }
}

/// A plan whose Cloud PCs cannot be counted is held, and has no id that a person could approve.
pub(super) fn uncounted<K: Managed>(pass: &mut Pass<'_, K>, case: &Case<'_>, known: &Known, failure: &Failure) -> Judgement {
    let what = what(pass, case);
    let another = |plan: &mut PendingPlan| plan.risk.as_ref().is_none_or(|risk| risk.loss != known.loss);
    _ = pass.draft.plan.take_if(another);
    // One that was counted before stays, and with it its approval.
    let changes = changes(pass, case);
    pass.draft.plan.get_or_insert_with(|| PendingPlan {
        summary: format!("not counted: {what}"),
        changes,
        risk: None,
    });
    let message = format!(
        "{what}: how many Cloud PCs that puts at risk cannot be counted, so it is held: {}",
        failure.message
    );
    Judgement::Held(Failure {
        after: failure.after,
        ..Failure::retry(Reason::NotCounted, message)
    })
}

fn what<K: Managed>(pass: &Pass<'_, K>, case: &Case<'_>) -> String {
    if case.deletes {
        return format!("deleting {} {}", K::COLLECTION.singular(), case.graph_id);
    }
    wording::planned(&case.fields, pass.draft.known_groups())
}

/// The changes as the status shows them.
fn changes<K: Managed>(pass: &Pass<'_, K>, case: &Case<'_>) -> Vec<PlannedChange> {
    if !case.deletes {
        return describe_assign(&case.fields);
    }
    vec![PlannedChange {
        op: "delete".to_owned(),
        path: None,
        from: Some(pass.object.common().display_name.to_owned()),
        to: None,
    }]
}

fn cloud_pcs(number: usize) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} Cloud PC{plural}")
}
