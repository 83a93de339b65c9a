//! GET of a list, of one entity and of an entity's assignments.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::odata::{self, Allowed, Query};
use super::page::{self, Object};
use super::permission::Guard;
use super::problem::{Outcome, Problem};
use super::project::View;
use super::resource::{Resource, assignments as assignments_of};
use super::routes::Call;
use super::schema::Type;
use crate::answer::{Answer, GraphRequest};
use crate::world::Tenant;

/// GET of a collection.
pub fn list(call: Call<'_, '_>) -> Outcome {
    let resource = call.resource;
    let query = odata::parse(
        call.request,
        Allowed {
            ty: resource.ty,
            list: true,
            expand: resource.assigned().is_some(),
            filter: resource.filter,
        },
    )?;
    let (page_size, now) = (call.world.options.page_size, call.world.now());
    let tenant = tenant(&call)?;
    let mut objects = resource.seen(tenant, &call.id, now).ok_or_else(|| call.not_found())?;
    objects.retain(|object| matches(resource, object, &query));
    answer_page(&call, &objects, resource.ty, resource.context, &query, page_size)
}

/// GET of one entity.
pub fn get(call: Call<'_, '_>) -> Outcome {
    let resource = call.resource;
    let query = odata::parse(
        call.request,
        Allowed {
            ty: resource.ty,
            list: false,
            expand: resource.assigned().is_some(),
            filter: &[],
        },
    )?;
    let now = call.world.now();
    let object = seen(&call, now)?;
    Ok(Answer::ok(entity(call.request, resource, &object, &query)))
}

/// GET of an entity's assignments.
pub fn assignments(call: Call<'_, '_>) -> Outcome {
    let resource = call.resource;
    let Some(assigned) = resource.assigned() else {
        return Err(Problem::no_segment("assignments"));
    };
    let query = odata::parse(
        call.request,
        Allowed {
            ty: assigned.ty,
            list: true,
            expand: false,
            filter: &[],
        },
    )?;
    let (page_size, now) = (call.world.options.page_size, call.world.now());
    let owner = seen(&call, now)?;
    let objects: Vec<Object<'_>> = assignments_of(&owner)
        .iter()
        .filter_map(Value::as_object)
        .map(Cow::Borrowed)
        .collect();
    let context = format!("{}('{}')/assignments", resource.context, call.id);
    answer_page(&call, &objects, assigned.ty, &context, &query, page_size)
}

/// An entity as an answer's body.
pub fn entity(request: &GraphRequest<'_>, resource: &Resource, object: &Map<String, Value>, query: &Query) -> Value {
    let context = format!("{}{}/$entity", resource.context, query.context());
    let mut body = Map::new();
    body.insert("@odata.context".to_owned(), context_url(request, &context));
    body.extend(View::of(request).entity(resource.ty, object, query));
    Value::Object(body)
}

fn answer_page(call: &Call<'_, '_>, objects: &[Object<'_>], ty: &'static Type, context: &str, query: &Query, page_size: usize) -> Outcome {
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
        .map(|object| Value::Object(view.entity(ty, object, query)))
        .collect();
    body.insert("value".to_owned(), Value::Array(value));
    Ok(Answer::ok(Value::Object(body)))
}

/// The directory compares names without regard to case, the Cloud PC service exactly.
fn matches(resource: &Resource, object: &Map<String, Value>, query: &Query) -> bool {
    let Some(filter) = &query.filter else {
        return true;
    };
    let own = object.get(filter.property).and_then(Value::as_str);
    own.is_some_and(|own| match resource.guard {
        Guard::Directory => own.to_lowercase() == filter.value.to_lowercase(),
        Guard::DeviceManagement => own == filter.value,
    })
}

/// The tenant of a call's sender.
pub fn tenant<'a>(call: &'a Call<'_, '_>) -> Result<&'a Tenant, Problem> {
    call.world.tenants.get(&call.request.caller.tenant).ok_or_else(Problem::no_tenant)
}

/// The object that the path leads to, as readers see it at this time.
fn seen<'a>(call: &'a Call<'_, '_>, now: Timestamp) -> Result<Object<'a>, Problem> {
    call.resource.expect_id(&call.id)?;
    let object = call.resource.seen_one(tenant(call)?, &call.id, now);
    object.ok_or_else(|| call.not_found())
}

fn context_url(request: &GraphRequest<'_>, context: &str) -> Value {
    let (root, version) = (&request.root, request.version.as_str());
    json!(format!("{root}/{version}/$metadata#{context}"))
}
