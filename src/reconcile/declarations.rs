//! The assignments that are declared for one target: every Assignment that points at it, its groups resolved.
//!
//! An Assignment that cannot be judged is *frozen*: what it put on the target stays. Nothing is ever unassigned
//! because a name could not be looked up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kube::ResourceExt;
use kube::runtime::reflector::ObjectRef;

use crate::api::{
    Assignment, AssignmentGroup, AssignmentOwnership, AssignmentProblem, DeletionPolicy, FINALIZER, ResolvedGroup, ResolvedName,
};
use crate::cluster::managed::Managed;
use crate::graph::Group;
use crate::reconcile::context::Context;
use crate::reconcile::memory::Notes;
use crate::reconcile::pass::Version;
use crate::reconcile::pins::{Pins, gone};
use crate::reconcile::plan::{Declared, Key};
use crate::reconcile::references::service_plan;
use crate::reconcile::uninstall::keeps_groups;
use crate::report::failure::Class;
use crate::report::reason::Reason;
use crate::report::stop::Stop;
use crate::report::suggestions::missing;
use crate::tenant::fingerprint::fingerprint;
use crate::tenant::shared::Tenant;

/// What the Assignments of a target come to.
#[derive(Debug, Default)]
pub(crate) struct Declarations {
    /// The entries, by group and service plan.
    pub entries: BTreeMap<Key, Declared>,
    /// Every Assignment that points at the target, as it was judged.
    pub judged: BTreeSet<Version>,
    /// Assignments that cannot be judged.
    pub frozen: BTreeSet<String>,
    /// The groups, in lower case, that these name, and their names.
    pub reserved: BTreeMap<String, BTreeSet<String>>,
    /// Not every group that these name is known.
    pub unsure: bool,
    /// Assignments that let go without removing.
    pub releasing: BTreeSet<String>,
    /// The groups in use and their ids.
    pub groups: Vec<ResolvedGroup>,
    /// The Frontline service plans that are named, and their ids.
    pub service_plans: Vec<ResolvedName>,
    /// What kept Assignments from being taken into account.
    pub problems: Vec<AssignmentProblem>,
    /// Assignments that are going to be taken into account by a later pass, without anybody's doing.
    pub pending: BTreeSet<String>,
    /// Groups, in lower case, that the directory does not have any more, as two looks agree.
    pub dead: BTreeSet<String>,
    /// References that were resolved anew: what is told of each.
    pub changed: Vec<String>,
    /// Why not every Assignment was looked at: nothing may be concluded then.
    pub stopped: Option<Stop>,
    lookups: usize,
    found: usize,
}

/// The Assignments that point at a target, oldest first, so that a conflict has the same winner every time.
pub(crate) fn pointing_at<K: Managed>(object: &K, context: &Context) -> Vec<Arc<Assignment>> {
    if K::TARGET.is_none() {
        return Vec::new();
    }
    let (namespace, name) = (&object.meta().namespace, object.name_any());
    let mut found = context.cluster.caches.assignments.state();
    // Every pass goes through all of them, so nothing is copied for a comparison.
    found.retain(|assignment| {
        let target = &assignment.spec.target_ref;
        target.name == name && Some(target.kind) == K::TARGET && assignment.metadata.namespace == *namespace
    });
    found.sort_by_key(|assignment| (assignment.creation_timestamp().map(|time| time.0), assignment.name_any()));
    found
}

/// The names of Assignments that cannot be read now. One that can be read again is in the cache.
pub(crate) fn unreadable(namespace: &str, context: &Context) -> BTreeSet<String> {
    let mut names = context.cluster.malformed.names("Assignment", namespace);
    names.retain(|name| {
        context
            .cluster
            .caches
            .assignments
            .get(&ObjectRef::new(name).within(namespace))
            .is_none()
    });
    names
}

/// Collects what the Assignments declare; looks up groups that are not pinned yet, and those whose pins have to be proved.
///
/// `only_look`: nothing is written to Graph, so an Assignment that is being deleted is let go of instead of waited for.
pub(crate) async fn collect<K: Managed>(
    object: &K,
    pins: &mut Pins<'_>,
    only_look: bool,
    tenant: &Tenant,
    context: &Context,
) -> Declarations {
    let assignments = pointing_at(object, context);
    let names = assignments.iter().map(|assignment| assignment.name_any()).collect();
    let uid = object.uid().unwrap_or_default();
    let mut notes = Notes::default();
    context.memory.update(&uid, |known| {
        known.collected = names;
        notes = known.clone();
    });
    let mut declarations = Declarations {
        judged: assignments.iter().map(|assignment| Version::of(&**assignment)).collect(),
        frozen: unreadable(&object.namespace().unwrap_or_default(), context),
        ..Declarations::default()
    };
    if !declarations.frozen.is_empty() {
        // Which groups an unreadable Assignment names is not known.
        declarations.groups.extend_from_slice(&pins.resolved.groups);
        declarations.service_plans.extend_from_slice(&pins.resolved.service_plans);
    }
    let kept = only_look || keeps_groups(&assignments, context).await;
    for assignment in assignments {
        match standing(&assignment, context) {
            Standing::Leaving if kept || assignment.spec.deletion_policy == Some(DeletionPolicy::Orphan) => {
                let exclusive = !only_look && object.common().ownership == Some(AssignmentOwnership::Exclusive);
                declarations.release(assignment.name_any(), exclusive);
            }
            Standing::Leaving => {}
            Standing::Suspended => declarations.freeze(&assignment, pins, tenant).await,
            Standing::New => {
                declarations.pending.insert(assignment.name_any());
                declarations.freeze(&assignment, pins, tenant).await;
            }
            Standing::Counts => declarations.take(object, &assignment, &notes, pins, tenant).await,
        }
    }
    declarations.groups.sort_by(|a, b| a.reference.cmp(&b.reference));
    declarations.groups.dedup_by(|a, b| a.reference == b.reference);
    declarations.service_plans.sort();
    declarations.service_plans.dedup_by(|a, b| a.name == b.name);
    declarations
}

/// What Graph would refuse of an Assignment is told from its spec where that is certain.
fn broken_rule<K: Managed>(object: &K, assignment: &Assignment) -> Option<String> {
    let broken = |group| object.refuses(group).map(|rule| format!("group {}: {rule}", group.reference()));
    assignment.spec.groups.iter().find_map(broken)
}

/// What an Assignment stands for now.
enum Standing {
    Counts,
    Leaving,
    Suspended,
    /// Our finalizer is not on it yet.
    New,
}

fn standing(assignment: &Assignment, context: &Context) -> Standing {
    let suspended = assignment.spec.suspend == Some(true);
    let orphan = assignment.spec.deletion_policy == Some(DeletionPolicy::Orphan);
    if assignment.metadata.deletion_timestamp.is_some() {
        // Suspended means that nothing happens, also not on deletion, unless nothing is to happen in Graph anyway.
        return if suspended && !orphan {
            Standing::Suspended
        } else {
            Standing::Leaving
        };
    }
    // Without our finalizer it could vanish at any moment, and what it put on the target would be nobody's.
    let uid = assignment.uid().unwrap_or_default();
    let held = assignment.finalizers().iter().any(|name| name == FINALIZER) || context.memory.get(&uid).held;
    match (suspended, held) {
        (true, _) => Standing::Suspended,
        (false, false) => Standing::New,
        (false, true) => Standing::Counts,
    }
}

/// A pass looks up at most so many groups, so that it ends; the next one goes on from the pins of this one.
const LOOKUPS: usize = 50;

/// One group of an Assignment, its service plan resolved.
struct Entry<'a> {
    assignment: &'a str,
    group: &'a AssignmentGroup,
    plan: Option<String>,
}

impl Declarations {
    /// An Assignment that cannot be judged keeps its groups and the ids that their names were resolved to.
    /// What it names stays on the target, whoever put it there: the group may have moved from another Assignment to it.
    async fn freeze(&mut self, assignment: &Assignment, pins: &Pins<'_>, tenant: &Tenant) {
        let groups = &assignment.spec.groups;
        let named = |pin: &&ResolvedGroup| groups.iter().any(|group| group.reference() == pin.reference);
        self.groups.extend(pins.resolved.groups.iter().filter(named).cloned());
        let planned = |pin: &&ResolvedName| groups.iter().any(|group| group.service_plan_name.as_ref() == Some(&pin.name));
        self.service_plans
            .extend(pins.resolved.service_plans.iter().filter(planned).cloned());
        self.frozen.insert(assignment.name_any());
        for group in groups {
            let reference = group.reference();
            let pin = pins.resolved.groups.iter().find(|pin| pin.reference == reference);
            let id = match (&group.id, pin) {
                (Some(id), _) => Some(id.clone()),
                (None, Some(pin)) => Some(pin.id.clone()),
                (None, None) => self.identify(group, tenant).await,
            };
            if let Some(id) = id {
                self.reserved.entry(id.to_lowercase()).or_default().insert(assignment.name_any());
            }
        }
    }

    /// The id of a group that a frozen Assignment names and that was never looked up.
    async fn identify(&mut self, group: &AssignmentGroup, tenant: &Tenant) -> Option<String> {
        if self.stopped.is_some() || self.lookups >= LOOKUPS {
            self.unsure = true;
            return None;
        }
        self.lookups += 1;
        match tenant.group(&group.reference(), look_up(group, tenant)).await {
            Ok(resolved) => {
                let id = resolved.id.clone();
                // Pinned, so that it is looked up once.
                self.groups.push(resolved);
                Some(id)
            }
            // A group that is not there is on no target.
            Err(stop) if stop.because(Reason::GroupNotFound) => None,
            Err(_) => {
                self.unsure = true;
                None
            }
        }
    }

    /// Whether every reference was reached: what is left to prove is named by nothing any more.
    pub(crate) fn is_complete(&self) -> bool {
        self.stopped.is_none() && self.lookups < LOOKUPS
    }

    /// Takes an Assignment into account, unless Graph refuses it: then what it put on the target stays, and nothing is added.
    async fn take<K: Managed>(&mut self, object: &K, assignment: &Assignment, notes: &Notes, pins: &mut Pins<'_>, tenant: &Tenant) {
        let name = assignment.name_any();
        if let Some(rule) = broken_rule(object, assignment) {
            self.freeze(assignment, pins, tenant).await;
            self.problem(&name, Reason::InvalidSpec, rule);
        } else if let Some(refusal) = notes.trial.refusal(&name, fingerprint(&assignment.spec.groups)) {
            self.freeze(assignment, pins, tenant).await;
            self.problem(&name, Reason::Refused, refusal.to_owned());
        } else if notes.trial.is_waiting(&name) {
            self.pending.insert(name);
            self.freeze(assignment, pins, tenant).await;
        } else {
            let asked = pins.requested || notes.asked.contains(&name);
            self.add_all(assignment, asked, pins, tenant).await;
        }
    }

    async fn add_all(&mut self, assignment: &Assignment, asked: bool, pins: &mut Pins<'_>, tenant: &Tenant) {
        let name = assignment.name_any();
        for group in &assignment.spec.groups {
            let Some(plan) = self.plan(&name, group, asked, pins, tenant).await else {
                // The group's own pin must survive the time that its plan is missing.
                let known = pins.resolved.groups.iter().find(|known| known.reference == group.reference());
                self.groups.extend(known.cloned());
                continue;
            };
            let entry = Entry {
                assignment: &name,
                group,
                plan,
            };
            let reference = group.reference();
            let known = |pin: &&ResolvedGroup| pin.reference == reference;
            if let Some(known) = self.groups.iter().find(known).cloned() {
                self.join(&entry, known, pins);
            } else if let Some(pin) = pins.resolved.groups.iter().find(known).cloned() {
                self.prove(&entry, pin, asked, pins, tenant).await;
            } else if self.stopped.is_none() {
                self.resolve(&entry, tenant).await;
            }
            // Otherwise the pass ends here, but what is pinned stays pinned.
        }
    }

    /// A pinned group, which is looked up if that has to be, and resolved anew if its id is gone and a person asks for it.
    async fn prove(&mut self, entry: &Entry<'_>, pin: ResolvedGroup, asked: bool, pins: &mut Pins<'_>, tenant: &Tenant) {
        let is_gone = pin.gone == Some(true);
        let wanted = pins.proofs.wants(&pin.reference) || is_gone && asked;
        if !wanted || self.stopped.is_some() || self.lookups >= LOOKUPS {
            self.join(entry, pin, pins);
            return;
        }
        self.lookups += 1;
        let found = match tenant.read_request(tenant.client.group(&pin.id)).await {
            Ok((_, found)) => found,
            Err(failure) => {
                self.stopped = Some(failure);
                return;
            }
        };
        if found.is_some() {
            pins.proofs.found(&pin.reference);
            self.join(entry, ResolvedGroup { gone: None, ..pin }, pins);
            return;
        }
        pins.proofs.missed(&pin.reference, pins.apart, tokio::time::Instant::now());
        // Only what was said to be gone is replaced, and only because somebody asked after that.
        if is_gone && asked && entry.group.id.is_none() {
            match look_up(entry.group, tenant).await {
                Ok(resolved) if !resolved.id.eq_ignore_ascii_case(&pin.id) => {
                    self.changed
                        .push(format!("group {} was {} and is {} now", pin.reference, pin.id, resolved.id));
                    pins.proofs.found(&pin.reference);
                    self.join(entry, resolved, pins);
                    return;
                }
                Ok(_) => {}
                Err(stop) if stop.is_later() || stop.is(Class::Unreachable) => {
                    self.stopped = Some(stop);
                    return;
                }
                Err(_) => {}
            }
        }
        self.join(entry, ResolvedGroup { gone: Some(true), ..pin }, pins);
    }

    /// Adds a group whose id is known, unless that is gone.
    fn join(&mut self, entry: &Entry<'_>, pin: ResolvedGroup, pins: &Pins<'_>) {
        if pin.gone != Some(true) {
            self.add(entry, pin);
            return;
        }
        let name = pin.display_name.as_deref().map(|name| format!(" ({name:?})")).unwrap_or_default();
        let failure = gone(&format!("group {}{name}", pin.reference), &pin.id);
        self.frozen.insert(entry.assignment.to_owned());
        self.problem(entry.assignment, failure.reason, failure.message);
        if pins.proofs.is_gone(&pin.reference) {
            self.dead.insert(pin.id.to_lowercase());
        }
        self.groups.push(pin);
    }

    /// The id of the group's service plan, `Some(None)` when it has none; `None`: its name does not resolve.
    async fn plan(
        &mut self,
        assignment: &str,
        group: &AssignmentGroup,
        asked: bool,
        pins: &mut Pins<'_>,
        tenant: &Tenant,
    ) -> Option<Option<String>> {
        let Some(name) = &group.service_plan_name else {
            return Some(group.service_plan_id.clone());
        };
        let known = |pin: &&ResolvedName| pin.name == *name;
        let pin = self.service_plans.iter().chain(&pins.resolved.service_plans).find(known).cloned();
        if pin.is_none() && self.stopped.is_some() {
            return None;
        }
        match service_plan(name, pin, asked, pins, tenant).await {
            Ok(pin) => {
                let (id, is_gone) = (pin.id.clone(), pin.gone == Some(true));
                self.service_plans.push(pin);
                if !is_gone {
                    return Some(Some(id));
                }
                let failure = gone(&format!("Frontline service plan {name:?}"), &id);
                self.unresolved(assignment, failure.into());
                None
            }
            Err(failure) => {
                self.unresolved(assignment, failure);
                None
            }
        }
    }

    async fn resolve(&mut self, entry: &Entry<'_>, tenant: &Tenant) {
        let Entry { assignment, group, .. } = *entry;
        if self.lookups == LOOKUPS && self.found == 0 {
            // Going on at once would look up the same ones again, for ever; the others have to wait until some resolve.
            self.frozen.insert(assignment.to_owned());
            let message = format!("group {} is not looked up while {LOOKUPS} others do not resolve", group.reference());
            self.problem(assignment, Reason::ResolvingReferences, message);
            return;
        }
        if self.lookups == LOOKUPS {
            let message = format!("looked up {LOOKUPS} groups, more are to come");
            self.stopped = Some(Stop::waiting_for(
                Reason::ResolvingReferences,
                message,
                std::time::Duration::from_millis(100),
            ));
            return;
        }
        self.lookups += 1;
        match tenant.group(&group.reference(), look_up(group, tenant)).await {
            Ok(resolved) => {
                self.found += 1;
                self.add(entry, resolved);
            }
            Err(failure) => self.unresolved(assignment, failure),
        }
    }

    fn unresolved(&mut self, assignment: &str, stop: Stop) {
        match stop {
            Stop::Failed(failure) if failure.class != Class::Unreachable => {
                self.frozen.insert(assignment.to_owned());
                self.problem(assignment, failure.reason, failure.message);
            }
            // Without an answer from Graph nothing about the target is known either.
            stop => self.stopped = Some(stop),
        }
    }

    fn add(&mut self, entry: &Entry<'_>, resolved: ResolvedGroup) {
        let Entry { assignment, group, plan } = entry;
        let reference = group.reference();
        let key = Key::new(&resolved.id, plan.as_deref());
        let wanted = Declared {
            by: vec![(*assignment).to_owned()],
            allotment_licenses_count: group.allotment_licenses_count.map(i64::from),
            allotment_display_name: group.allotment_display_name.clone(),
        };
        self.groups.push(resolved);
        let conflict = match self.entries.get_mut(&key) {
            None => {
                self.entries.insert(key, wanted);
                None
            }
            Some(existing)
                if existing.allotment_licenses_count == wanted.allotment_licenses_count
                    && existing.allotment_display_name == wanted.allotment_display_name =>
            {
                if !existing.by.contains(&wanted.by[0]) {
                    existing.by.extend(wanted.by);
                }
                None
            }
            Some(existing) => Some(existing.by.join(", ")),
        };
        if let Some(winner) = conflict {
            let message = format!("group {reference} is declared with another allotment by Assignment {winner}, which is older and wins");
            self.problem(assignment, Reason::Conflict, message);
        }
    }

    /// Under Exclusive the groups would be removed by the next pass, which is the opposite of what Orphan asks for; so
    /// nothing happens until a person decides.
    fn release(&mut self, assignment: String, exclusive: bool) {
        if exclusive {
            let message =
                "deletionPolicy Orphan would leave groups that assignmentOwnership Exclusive of the target removes; change one of the two";
            self.problem(&assignment, Reason::Conflict, message.to_owned());
            self.frozen.insert(assignment);
        } else {
            self.releasing.insert(assignment);
        }
    }

    fn problem(&mut self, assignment: &str, reason: Reason, message: String) {
        let problem = AssignmentProblem {
            assignment: assignment.to_owned(),
            reason: reason.as_str().to_owned(),
            message,
        };
        // Many groups may miss the same service plan.
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}

async fn look_up(group: &AssignmentGroup, tenant: &Tenant) -> Result<ResolvedGroup, Stop> {
    let client = &tenant.client;
    let found: Vec<Group> = match (&group.id, &group.display_name, &group.mail_nickname) {
        (Some(id), _, _) => tenant.read_request(client.group(id)).await?.1.into_iter().collect(),
        (_, Some(name), _) => tenant.read_request(client.groups_by_display_name(name)).await?.1,
        (_, _, Some(name)) => tenant.read_request(client.groups_by_mail_nickname(name)).await?.1,
        (None, None, None) => {
            return Err(Stop::stalled(
                Reason::InvalidSpec,
                "an entry of spec.groups names no group: give id, displayName or mailNickname",
            ));
        }
    };
    let reference = group.reference();
    match found.as_slice() {
        [found] => Ok(ResolvedGroup {
            reference,
            id: found.id.clone(),
            display_name: Some(found.display_name.clone()),
            gone: None,
        }),
        // Groups are not listed to look for near names: a directory can have very many.
        [] => Err(missing(
            Reason::GroupNotFound,
            &format!("group {reference}"),
            "that entry of spec.groups",
            "",
            std::iter::empty(),
        )),
        several => {
            let ids = several.iter().map(|group| group.id.as_str()).collect::<Vec<_>>().join(", ");
            Err(Stop::stalled(
                Reason::AmbiguousReference,
                format!("group {reference} stands for {} groups: {ids}; name one by id", several.len()),
            ))
        }
    }
}
