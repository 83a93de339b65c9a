//! GET of a list, of its count, of one entity and of an entity's assignments.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::call::Call;
use crate::base::answer::{Answer, GraphRequest};
use crate::graph::collections::directory::Part;
use crate::graph::collections::resource::{Resource, Source};
use crate::graph::collections::table::CLOUD_PCS;
use crate::graph::odata::page::Listed;
use crate::graph::odata::tables::{self, Queries};
use crate::graph::odata::view::View;
use crate::graph::odata::{self, Allowed, Query, page};
use crate::graph::refusal::problem::{Outcome, Problem};
use crate::options::CloudPcFilter;
use crate::schema::Type;
use crate::schema::cloud_pc::STATUS_SUMMARY;
use crate::world::{Seen, assignments as assignments_of, into_map};

/// GET of a collection.
pub(crate) fn list(call: Call<'_, '_>) -> Outcome {
    let resource = call.resource;
    let query = parse_filtered(&call, of_list(&call))?;
    let (page_size, now) = (call.world.options.page_size, call.world.now());
    if query.filter.is_none()
        && query.order.is_empty()
        && let Some(parts) = parts(&call)?
    {
        return answer_page(&call, &parts, resource.ty, resource.context, &query, page_size);
    }
    let mut objects = passing(seen_all(&call, now)?, &query);
    odata::sort(&mut objects, &query.order, resource.layer);
    answer_page(&call, &objects, resource.ty, resource.context, &query, page_size)
}

/// GET of the number of objects in a collection.
pub(crate) fn count(call: Call<'_, '_>) -> Outcome {
    let query = parse_filtered(&call, counted(of_list(&call)))?;
    let now = call.world.now();
    let objects = passing(seen_all(&call, now)?, &query);
    Ok(number(objects.len()))
}

/// GET of `retrieveCloudPcCountByStatus`. Statuses that the request does not see are one (assumed), and each status comes where
/// its first Cloud PC is in the list.
pub(crate) fn count_by_status(call: Call<'_, '_>) -> Outcome {
    odata::none(call.request)?;
    let now = call.world.now();
    let mut counts: Vec<(Value, usize)> = Vec::new();
    for object in seen_all(&call, now)? {
        let status = object.get("status").cloned().unwrap_or_default();
        match counts.iter_mut().find(|(known, _)| *known == status) {
            Some((_, count)) => *count += 1,
            None => counts.push((status, 1)),
        }
    }
    let view = View::of(call.request);
    let mut value: Vec<Map<String, Value>> = Vec::new();
    for (status, count) in counts {
        let summary = into_map(json!({"status": status, "count": count}));
        let shown = view.entity(&STATUS_SUMMARY, &summary, &Query::default());
        match value.iter_mut().find(|known| known.get("status") == shown.get("status")) {
            Some(known) => {
                let before = known.get("count").and_then(Value::as_u64).unwrap_or_default();
                known.insert("count".to_owned(), json!(before + count as u64));
            }
            None => value.push(shown),
        }
    }
    let context = context_url(call.request, "Collection(microsoft.graph.cloudPcStatusSummary)");
    Ok(Answer::ok(json!({"@odata.context": context, "value": value})))
}

/// GET of one entity.
pub(crate) fn get(call: Call<'_, '_>) -> Outcome {
    let resource = call.resource;
    let of_list = of_list(&call);
    let allowed = Allowed {
        paged: false,
        queries: Queries {
            select: of_list.queries.select,
            ..Queries::NONE
        },
        ..of_list
    };
    let query = odata::parse(call.request, allowed)?;
    let now = call.world.now();
    let object = seen(&call, now)?;
    Ok(Answer::ok(entity(call.request, resource, &object, &query)))
}

/// GET of an entity's assignments.
pub(crate) fn assignments(call: Call<'_, '_>) -> Outcome {
    let (ty, allowed) = of_assignments(&call)?;
    let query = odata::parse(call.request, allowed)?;
    let (page_size, now) = (call.world.options.page_size, call.world.now());
    let owner = seen(&call, now)?;
    let objects = own_assignments(&owner);
    let context = format!("{}('{}')/assignments", call.resource.context, call.id);
    answer_page(&call, &objects, ty, &context, &query, page_size)
}

/// GET of the number of an entity's assignments.
pub(crate) fn count_assignments(call: Call<'_, '_>) -> Outcome {
    let (_, allowed) = of_assignments(&call)?;
    odata::parse(call.request, counted(allowed))?;
    let now = call.world.now();
    Ok(number(own_assignments(&*seen(&call, now)?).len()))
}

/// Reads the options of a list or of its count. What becomes of a filter on Cloud PCs is an option; one that is malformed is
/// refused in any case.
fn parse_filtered(call: &Call<'_, '_>, mut allowed: Allowed) -> Result<Query, Problem> {
    let of_cloud_pcs = call.resource.name == CLOUD_PCS.name;
    let filter = call.world.options.cloud_pc_filter;
    if of_cloud_pcs && filter == CloudPcFilter::Refuse {
        allowed.queries.filter = &[];
    }
    let mut query = odata::parse(call.request, allowed)?;
    if of_cloud_pcs && filter == CloudPcFilter::Ignore {
        query.filter = None;
    }
    Ok(query)
}

/// The query options of a collection's list.
fn of_list(call: &Call<'_, '_>) -> Allowed {
    let resource = call.resource;
    Allowed {
        ty: resource.ty,
        layer: resource.layer,
        paged: true,
        expand: resource.assigned().is_some(),
        queries: *resource.queries.of(call.request.version),
    }
}

fn of_assignments(call: &Call<'_, '_>) -> Result<(&'static Type, Allowed), Problem> {
    let assigned = call.resource.assigned().ok_or_else(|| Problem::no_segment("assignments"))?;
    let allowed = Allowed {
        ty: assigned.ty,
        expand: false,
        queries: tables::ASSIGNMENTS,
        ..of_list(call)
    };
    Ok((assigned.ty, allowed))
}

/// The query options of a count: the list's filter alone (documented).
fn counted(list: Allowed) -> Allowed {
    Allowed {
        paged: false,
        expand: false,
        queries: Queries {
            filter: list.queries.filter,
            ..Queries::NONE
        },
        ..list
    }
}

/// A count is plain text (documented).
fn number(number: usize) -> Answer {
    let mut answer = Answer::ok(json!(number));
    answer.headers.push(("Content-Type".to_owned(), "text/plain".to_owned()));
    answer
}

fn passing<'a>(mut objects: Vec<Seen<'a>>, query: &Query) -> Vec<Seen<'a>> {
    if let Some(filter) = &query.filter {
        objects.retain(|object| filter.passes(object));
    }
    objects
}

fn own_assignments(owner: &Map<String, Value>) -> Vec<Seen<'_>> {
    let assignments = assignments_of(owner).iter();
    assignments.filter_map(Value::as_object).map(Cow::Borrowed).collect()
}

/// An entity as an answer's body.
pub(crate) fn entity(request: &GraphRequest<'_>, resource: &Resource, object: &Map<String, Value>, query: &Query) -> Value {
    let context = format!("{}{}/$entity", resource.context, query.context());
    let mut body = Map::new();
    body.insert("@odata.context".to_owned(), context_url(request, &context));
    body.extend(View::of(request).entity(resource.ty, object, query));
    Value::Object(body)
}

fn answer_page(call: &Call<'_, '_>, objects: &[impl Listed], ty: &'static Type, context: &str, query: &Query, page_size: usize) -> Outcome {
    let page = page::cut(objects, call.request, query, page_size)?;
    let view = View::of(call.request);
    let mut body = Map::new();
    let context = format!("{context}{}", query.context());
    body.insert("@odata.context".to_owned(), context_url(call.request, &context));
    if query.count {
        body.insert("@odata.count".to_owned(), json!(objects.len()));
    }
    if let Some(link) = page.next_link {
        body.insert("@odata.nextLink".to_owned(), json!(link));
    }
    let value: Vec<Value> = page
        .objects
        .iter()
        .map(|one| Value::Object(view.entity(ty, &one.object(), query)))
        .collect();
    body.insert("value".to_owned(), Value::Array(value));
    Ok(Answer::ok(Value::Object(body)))
}

/// The parts of the object in the path, for a list of parts.
fn parts<'a>(call: &'a Call<'_, '_>) -> Result<Option<Vec<Part<'a>>>, Problem> {
    let Source::Part(_, parts) = call.resource.source else {
        return Ok(None);
    };
    call.resource.expect_id(&call.id)?;
    let found = parts(call.tenant()?, &call.id);
    Ok(Some(found.ok_or_else(|| call.not_found())?))
}

/// The objects of the path, as readers see them at this time.
fn seen_all<'a>(call: &'a Call<'_, '_>, now: Timestamp) -> Result<Vec<Seen<'a>>, Problem> {
    // Only a list of parts has an id in its path: the owner's.
    if !call.id.is_empty() {
        call.resource.expect_id(&call.id)?;
    }
    let objects = call.resource.seen(call.tenant()?, &call.id, now);
    objects.ok_or_else(|| call.not_found())
}

/// The object of the path, as readers see it at this time.
fn seen<'a>(call: &'a Call<'_, '_>, now: Timestamp) -> Result<Seen<'a>, Problem> {
    call.resource.expect_id(&call.id)?;
    let object = call.resource.seen_one(call.tenant()?, &call.id, now);
    object.ok_or_else(|| call.not_found())
}

fn context_url(request: &GraphRequest<'_>, context: &str) -> Value {
    let (root, version) = (&request.root, request.version.as_str());
    json!(format!("{root}/{version}/$metadata#{context}"))
}
