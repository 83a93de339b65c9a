//! The groups of one Assignment: kept by their pins, proved, or looked up; and taken into the declarations of the target.

use std::time::Duration;

use kube::ResourceExt;

use crate::api::{Assignment, AssignmentGroup, ResolvedGroup, ResolvedName};
use crate::graph::Group;
use crate::reconcile::declarations::{Declarations, LOOKUPS};
use crate::reconcile::key::Key;
use crate::reconcile::pins::{Pins, gone};
use crate::reconcile::plan::Declared;
use crate::reconcile::references::service_plan;
use crate::report::failure::Class;
use crate::report::reason::Reason;
use crate::report::stop::Stop;
use crate::report::suggestions::missing;
use crate::tenant::shared::Tenant;

/// One group of an Assignment, its service plan resolved.
struct Entry<'a> {
    assignment: &'a str,
    group: &'a AssignmentGroup,
    plan: Option<String>,
}

impl Declarations {
    /// An Assignment that cannot be judged keeps its groups and the ids that their names were resolved to.
    /// The groups that it names stay on the target, even if another Assignment put them there: a group may have moved to it.
    pub(crate) async fn freeze(&mut self, assignment: &Assignment, pins: &Pins<'_>) {
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
                (None, None) => self.identify(group, pins.tenant).await,
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
            // A group that does not exist is on no target.
            Err(stop) if stop.because(Reason::GroupNotFound) => None,
            Err(_) => {
                self.unsure = true;
                None
            }
        }
    }

    /// Takes every group of an Assignment into account. `asked`: a person requested a reconcile, so references whose
    /// ids are gone are resolved again.
    pub(crate) async fn add_all(&mut self, assignment: &Assignment, asked: bool, pins: &mut Pins<'_>) {
        let name = assignment.name_any();
        for group in &assignment.spec.groups {
            let Some(plan) = self.plan(&name, group, asked, pins).await else {
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
                self.prove(&entry, pin, asked, pins).await;
            } else if self.stopped.is_none() {
                self.resolve(&entry, pins.tenant).await;
            }
            // Otherwise the pass ends here, but what is pinned stays pinned.
        }
    }

    /// A pinned group, which is looked up if a proof is due, and resolved again if its id is gone and a person requests it.
    async fn prove(&mut self, entry: &Entry<'_>, pin: ResolvedGroup, asked: bool, pins: &mut Pins<'_>) {
        let tenant = pins.tenant;
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
        // Only an id that was reported as gone is replaced, and only because a person requested it after that.
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
    async fn plan(&mut self, assignment: &str, group: &AssignmentGroup, asked: bool, pins: &mut Pins<'_>) -> Option<Option<String>> {
        let Some(name) = &group.service_plan_name else {
            return Some(group.service_plan_id.clone());
        };
        let known = |pin: &&ResolvedName| pin.name == *name;
        let pin = self.service_plans.iter().chain(&pins.resolved.service_plans).find(known).cloned();
        if pin.is_none() && self.stopped.is_some() {
            return None;
        }
        match service_plan(name, pin, asked, pins).await {
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
            // An immediate next pass would look up the same groups again, for ever; the others have to wait until some resolve.
            self.frozen.insert(assignment.to_owned());
            let message = format!("group {} is not looked up while {LOOKUPS} others do not resolve", group.reference());
            self.problem(assignment, Reason::ResolvingReferences, message);
            return;
        }
        if self.lookups == LOOKUPS {
            let message = format!("looked up {LOOKUPS} groups; the next pass continues");
            self.stopped = Some(Stop::waiting_for(Reason::ResolvingReferences, message, Duration::from_millis(100)));
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
        // Groups are not listed to find similar names: a directory can have very many.
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
                format!("group {reference} matches {} groups: {ids}; name one by id", several.len()),
            ))
        }
    }
}
