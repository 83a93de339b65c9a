//! Assignment: makes no Graph call of its own. Its target's pass puts the groups on the target; this reports what
//! became of them, from the target's status.

use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::runtime::reflector::ObjectRef;
use kube::{Api, Client, ResourceExt};

use crate::api::{AssignedGroup, Assignment, AssignmentStatus, ManagedStatus, TargetKind};
use crate::reconcile::conditions::{Conditions, Verdict};
use crate::reconcile::context::Context;
use crate::reconcile::create::now;
use crate::reconcile::driver::{Kind, Run};
use crate::reconcile::outcome::Failure;
use crate::reconcile::plan::Key;
use crate::reconcile::reasons;

impl Kind for Assignment {
    const NAME: &'static str = "Assignment";

    fn api(&self, client: Client) -> Api<Self> {
        Api::namespaced(client, &self.namespace().unwrap_or_default())
    }

    async fn converge(&self, run: &mut Run<Self>, context: &Context) -> Result<Verdict, Failure> {
        if self.spec.suspend == Some(true) {
            return Ok(Verdict::Suspended);
        }
        let target = target(self, context);
        let (groups, result) = assess(self, target.as_deref());
        run.draft.groups = groups;
        if result.is_err() && (run.requested || run.draft.observed_generation != self.metadata.generation) {
            wake_target(self, context);
        }
        result
    }

    async fn finalize(&self, _run: &mut Run<Self>, context: &Context) -> Result<(), Failure> {
        let name = self.name_any();
        let Some(target) = target(self, context) else { return Ok(()) };
        let held = target.assignments.iter().filter(|entry| entry.declared_by.contains(&name)).count();
        if held == 0 {
            return Ok(());
        }
        wake_target(self, context);
        if let Some(problem) = target.assignment_problems.iter().find(|problem| problem.assignment == name) {
            return Err(told(problem.reason.as_str(), &problem.message));
        }
        let message = format!("waiting until {} {} has let go of {held} groups", kind_name(self.spec.target_ref.kind), self.spec.target_ref.name);
        Err(Failure::waiting(reasons::DELETING, message))
    }

    fn report(old: &AssignmentStatus, mut draft: AssignmentStatus, verdict: &Verdict, generation: Option<i64>) -> AssignmentStatus {
        let mut conditions = Conditions::new(&old.conditions, generation, now());
        draft.conditions = conditions.ready(verdict).finish();
        draft.observed_generation = generation;
        draft
    }

    fn conditions(status: &AssignmentStatus) -> &[Condition] {
        &status.conditions
    }

    fn handled(status: &AssignmentStatus) -> Option<&String> {
        status.last_handled_reconcile_at.as_ref()
    }

    fn set_handled(status: &mut AssignmentStatus, at: Option<String>) {
        status.last_handled_reconcile_at = at;
    }

    fn changed(&self, _new: &AssignmentStatus, _context: &Context) {}
}

/// The state of each group and the verdict. Pure.
pub fn assess(assignment: &Assignment, target: Option<&ManagedStatus>) -> (Vec<AssignedGroup>, Result<Verdict, Failure>) {
    let reference = &assignment.spec.target_ref;
    let (kind, name) = (kind_name(reference.kind), assignment.name_any());
    let Some(target) = target else {
        let groups = assignment.spec.groups.iter().map(|group| AssignedGroup { reference: group.reference(), id: None, state: "Pending".to_owned() }).collect();
        let message = format!("waiting for {kind} {:?}: it does not exist in this namespace", reference.name);
        return (groups, Err(Failure::waiting(reasons::TARGET_NOT_FOUND, message)));
    };
    let groups: Vec<AssignedGroup> = assignment.spec.groups.iter().map(|group| state_of(group, &name, target)).collect();
    let missing = groups.iter().filter(|group| group.state != "Assigned").count();
    let result = match target.assignment_problems.iter().find(|problem| problem.assignment == name) {
        Some(problem) => Err(told(problem.reason.as_str(), &problem.message)),
        None if missing == 0 => Ok(Verdict::Ready { message: format!("{} is assigned to {kind} {}", counted(groups.len()), reference.name) }),
        None => Err(not_yet(kind, &reference.name, missing, target)),
    };
    (groups, result)
}

fn state_of(group: &crate::api::AssignmentGroup, assignment: &str, target: &ManagedStatus) -> AssignedGroup {
    let reference = group.reference();
    let id = target.resolved.iter().flat_map(|resolved| &resolved.groups).find(|resolved| resolved.reference == reference).map(|resolved| resolved.id.clone());
    let on_target = id.as_deref().is_some_and(|id| {
        let key = Key::new(id, group.service_plan_id.as_deref());
        target.assignments.iter().any(|entry| {
            entry.verified
                && Key::from(entry) == key
                && entry.declared_by.iter().any(|by| by == assignment)
                && group.allotment_licenses_count.map(i64::from) == entry.allotment_licenses_count
                && group.allotment_display_name == entry.allotment_display_name
        })
    });
    let state = if on_target { "Assigned" } else if id.is_some() { "Pending" } else { "Unresolved" };
    AssignedGroup { reference, id, state: state.to_owned() }
}

/// A problem that the target's pass had with this Assignment, under its own class.
fn told(reason: &str, message: &str) -> Failure {
    match reason {
        reasons::GROUP_NOT_FOUND => Failure::waiting(reasons::GROUP_NOT_FOUND, message),
        reasons::AMBIGUOUS_REFERENCE => Failure::stalled(reasons::AMBIGUOUS_REFERENCE, message),
        reasons::CONFLICT => Failure::stalled(reasons::CONFLICT, message),
        reasons::INVALID_SPEC => Failure::stalled(reasons::INVALID_SPEC, message),
        reasons::PERMISSION_DENIED => Failure::retry(reasons::PERMISSION_DENIED, message),
        _ => Failure::stalled(reasons::REFUSED, message),
    }
}

/// The target has not taken the groups in; what it says of itself is the best explanation there is.
fn not_yet(kind: &str, name: &str, missing: usize, target: &ManagedStatus) -> Failure {
    let holds = |kind: &str, status: &str| target.conditions.iter().find(|condition| condition.type_ == kind && condition.status == status);
    let ready = holds("Ready", "False").or_else(|| holds("Ready", "Unknown"));
    let why = ready.map(|ready| format!(": {} ({})", ready.message, ready.reason)).unwrap_or_default();
    let message = format!("{} not yet on {kind} {name}{why}", counted(missing));
    if holds("Stalled", "True").is_some() { Failure::stalled(reasons::TARGET_NOT_READY, message) } else { Failure::waiting(reasons::TARGET_NOT_READY, message) }
}

fn counted(groups: usize) -> String {
    if groups == 1 { "1 group".to_owned() } else { format!("{groups} groups") }
}

fn kind_name(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::ProvisioningPolicy => "ProvisioningPolicy",
        TargetKind::UserSetting => "UserSetting",
    }
}

fn target(assignment: &Assignment, context: &Context) -> Option<Arc<ManagedStatus>> {
    let (name, namespace) = (&assignment.spec.target_ref.name, assignment.namespace().unwrap_or_default());
    match assignment.spec.target_ref.kind {
        TargetKind::ProvisioningPolicy => Some(context.published.latest(&*context.stores.policies.get(&ObjectRef::new(name).within(&namespace))?)),
        TargetKind::UserSetting => Some(context.published.latest(&*context.stores.settings.get(&ObjectRef::new(name).within(&namespace))?)),
    }
}

fn wake_target(assignment: &Assignment, context: &Context) {
    let namespace = assignment.namespace().unwrap_or_default();
    let name = &assignment.spec.target_ref.name;
    match assignment.spec.target_ref.kind {
        TargetKind::ProvisioningPolicy => {
            if let Some(policy) = context.stores.policies.get(&ObjectRef::new(name).within(&namespace)) {
                context.wakes.policies.object(&policy);
            }
        }
        TargetKind::UserSetting => {
            if let Some(setting) = context.stores.settings.get(&ObjectRef::new(name).within(&namespace)) {
                context.wakes.settings.object(&setting);
            }
        }
    }
}
