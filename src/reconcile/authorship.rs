//! Who created an object in Graph. Pure.
//!
//! The name, and even every field that was sent, can equal those of objects that other writers created: a spec may be sparse,
//! and Terraform, scripts and other clusters may use the same application. Authorship is proved by the audit log's event of the
//! creation with our request's id, or by our mark in the description. Less than that is enough only where no other writer
//! could have created the object.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::api::{IdOwner, Origin, PendingCreate};
use crate::cluster::managed::Common;
use crate::graph;
use crate::graph::{AuditEvent, Collection, Entity};
use crate::tenant::shared::Tenant;

/// Who created an object, by its own properties.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Maker {
    /// The application that the controller signs in as; another program may use it as well.
    Us,
    /// A person or another application, as Graph names it.
    Other(String),
    /// Graph does not report it.
    Unknown,
}

/// Who created an object. `createdBy` is documented as an id and has been observed as a name; a name proves nothing.
pub(crate) fn maker(entity: &Entity, tenant: &Tenant) -> Maker {
    let Some(by) = entity.created_by() else { return Maker::Unknown };
    match tenant.client.is_own_application(by) {
        Some(true) => Maker::Us,
        Some(false) if is_guid(by) || by.contains('@') => Maker::Other(by.to_owned()),
        Some(false) | None => Maker::Unknown,
    }
}

fn is_guid(text: &str) -> bool {
    uuid::Uuid::try_parse(text).is_ok()
}

/// Why an object that Graph shows cannot belong to a resource, if so.
pub(crate) fn contradiction(
    collection: Collection,
    common: &Common<'_>,
    owner: Option<&IdOwner>,
    entity: &Entity,
    maker: &Maker,
) -> Option<String> {
    if let Maker::Other(who) = maker
        && owner.is_none_or(|owner| owner.origin == Origin::Created)
    {
        return Some(format!("Graph reports that {who} created it"));
    }
    match (
        owner.and_then(|owner| owner.created_date_time.as_deref()),
        entity.created_date_time(),
    ) {
        (Some(recorded), Some(there)) if same_instant(recorded, there) => None,
        (Some(recorded), Some(there)) => Some(format!(
            "it was created at {there}, and the object that was recorded for it at {recorded}"
        )),
        _ if *maker == Maker::Us => None,
        // Nothing else distinguishes it from another object.
        _ => {
            let named = entity
                .display_name()
                .is_some_and(|name| name.eq_ignore_ascii_case(common.display_name));
            (!named).then(|| {
                format!(
                    "the {} is named {:?} there",
                    collection.singular(),
                    entity.display_name().unwrap_or_default()
                )
            })
        }
    }
}

fn same_instant(a: &str, b: &str) -> bool {
    let parsed = |text: &str| text.parse::<Timestamp>().ok().map(Timestamp::as_second);
    match (parsed(a), parsed(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

/// How long after the intent the request may still have been committed: two writes to Kubernetes and one to Graph, each with
/// its deadline.
const COMMIT: SignedDuration = SignedDuration::from_secs(30);
/// Dates have whole seconds.
const ROUNDING: SignedDuration = SignedDuration::from_secs(2);

/// The create with a lost answer whose product is searched for.
pub(crate) struct Lost<'a> {
    /// The intent.
    pub pending: &'a PendingCreate,
    /// The body that was sent.
    pub sent: &'a Map<String, Value>,
    /// The audit events since then, as far as the log shows them; nothing when it cannot be read.
    pub events: Option<&'a [AuditEvent]>,
    /// Whether the log may still be behind that time.
    pub log_may_lag: bool,
    /// The prefix of the ids of this cluster's writes.
    pub mark: &'a str,
    /// Whether a resource of this cluster has claimed an object: then our application created it for this cluster.
    pub held: &'a (dyn Fn(&str) -> bool + Sync),
}

/// Whether a candidate is the product of a lost create.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Finding {
    /// It is, by proof.
    Certain,
    /// It is: no other writer can have created it.
    Sufficient,
    /// It is not.
    Not,
    /// The audit log will show it later.
    Pending,
    /// Graph does not show it, so a person has to decide.
    Open,
}

impl Lost<'_> {
    /// Whether an object may be the product at all: it carries the name, or it was created in the time of the request and
    /// may have been renamed since.
    pub(crate) fn is_candidate(&self, entity: &Entity, maker: &Maker) -> bool {
        let named = entity
            .display_name()
            .is_some_and(|name| name.to_lowercase() == self.pending.display_name.to_lowercase());
        let traced = self
            .events
            .unwrap_or_default()
            .iter()
            .any(|event| self.is_ours(event) && event.creates(&entity.id));
        named || traced || self.is_marked(entity) || (self.in_time(entity) && !matches!(maker, Maker::Other(_)))
    }

    /// Judges a candidate.
    pub(crate) fn judge(&self, collection: Collection, entity: &Entity, maker: &Maker, own: impl Fn(&str) -> bool) -> Finding {
        if self.is_marked(entity) {
            return Finding::Certain;
        }
        let events = self.events.unwrap_or_default();
        let Some(creation) = events.iter().find(|event| event.creates(&entity.id)) else {
            return match maker {
                Maker::Other(_) => Finding::Not,
                _ if self.is_too_old(entity) => Finding::Not,
                _ if self.events.is_some() && self.log_may_lag => Finding::Pending,
                Maker::Us => self.circumstances(collection, entity, &own),
                Maker::Unknown => Finding::Open,
            };
        };
        if self.is_ours(creation) {
            return Finding::Certain;
        }
        let by_us = creation.actor.application_id.as_deref().is_some_and(&own);
        // Another attempt of this cluster.
        if !by_us || creation.correlation_id.as_deref().is_some_and(|id| self.is_marked_id(id)) {
            return Finding::Not;
        }
        match self.log_carries_ids(&own) {
            // Another program that signs in as the same application.
            Some(true) => Finding::Not,
            Some(false) => self.circumstances(collection, entity, &own),
            None => Finding::Open,
        }
    }

    /// Our application, our time, and the body that we sent, apart from changes in the audit log; and only one such creation.
    fn circumstances(&self, collection: Collection, entity: &Entity, own: &impl Fn(&str) -> bool) -> Finding {
        let events = self.events.unwrap_or_default();
        let edited: Vec<&str> = events
            .iter()
            .filter(|event| !event.creates(&entity.id))
            .filter_map(|event| event.about(&entity.id))
            .flat_map(|resource| resource.modified.iter().map(|(name, _)| name.as_str()))
            .collect();
        let fits = graph::differences(collection, self.sent, &entity.properties)
            .iter()
            .all(|difference| edited.contains(&difference.property));
        let others = events.iter().filter(|event| {
            event.operation.eq_ignore_ascii_case("create")
                && !event.creates(&entity.id)
                && event.actor.application_id.as_deref().is_some_and(own)
                && !event.correlation_id.as_deref().is_some_and(|id| self.is_marked_id(id))
                && !event.resources.iter().any(|resource| (self.held)(&resource.id))
                && self.within(event.at)
        });
        if fits && self.in_time(entity) && others.count() == 0 {
            Finding::Sufficient
        } else {
            Finding::Open
        }
    }

    fn is_ours(&self, event: &AuditEvent) -> bool {
        event
            .correlation_id
            .as_deref()
            .is_some_and(|id| id.eq_ignore_ascii_case(&self.pending.attempt))
    }

    fn is_marked_id(&self, id: &str) -> bool {
        id.get(..self.mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(self.mark))
    }

    /// Whether the log carries the ids of requests, as far as it shows writes of this cluster: an event with such an id proves
    /// that it does, and the creation of an object that this cluster has claimed without one proves that it does not.
    fn log_carries_ids(&self, own: &impl Fn(&str) -> bool) -> Option<bool> {
        let events = self.events.unwrap_or_default().iter();
        let ours = events.filter(|event| event.actor.application_id.as_deref().is_some_and(own));
        let marked = |event: &&AuditEvent| event.correlation_id.as_deref().is_some_and(|id| self.is_marked_id(id));
        let mut about_ours = false;
        for event in ours {
            if marked(&event) {
                return Some(true);
            }
            let creation = event.operation.eq_ignore_ascii_case("create");
            about_ours |= creation && event.resources.iter().any(|resource| (self.held)(&resource.id));
        }
        about_ours.then_some(false)
    }

    fn is_marked(&self, entity: &Entity) -> bool {
        let description = entity.properties.get("description").and_then(Value::as_str);
        description.is_some_and(|text| text.contains(&self.pending.attempt))
    }

    fn within(&self, at: Timestamp) -> bool {
        let since = self.pending.since.0;
        since - ROUNDING <= at && at <= since + COMMIT
    }

    fn in_time(&self, entity: &Entity) -> bool {
        let created = entity.created_date_time().and_then(|text| text.parse::<Timestamp>().ok());
        created.is_some_and(|created| self.within(created))
    }

    fn is_too_old(&self, entity: &Entity) -> bool {
        let created = entity.created_date_time().and_then(|text| text.parse::<Timestamp>().ok());
        created.is_some_and(|created| created < self.pending.since.0 - ROUNDING)
    }
}
