//! The way from a request to its handler: route, then method, then permission.

use super::body::deprecation;
use super::handlers::call::Call;
use super::refusal::problem::{Outcome, Problem};
use super::routes::{ROUTES, Route};
use super::{not_simulated, unknown_path};
use crate::base::answer::GraphRequest;
use crate::base::uri::{self, Segment};
use crate::world::{World, stored, text};

/// Finds the operation of a request, checks the permission and runs it.
pub(super) fn dispatch(world: &mut World, request: &GraphRequest<'_>) -> Outcome {
    let path = uri::parse(request.path).ok_or_else(|| Problem::bad_request("The path is not UTF-8."))?;
    not_simulated::refuse(request, &uri::texts(&path))?;
    let (route, id, member) = find(&path, request)?;
    let operation = route
        .operations
        .iter()
        .find(|operation| operation.method == request.method.as_str())
        .ok_or_else(|| {
            let allowed: Vec<&str> = route.operations.iter().map(|one| one.method).collect();
            Problem::method_not_allowed(request.method.as_str(), &allowed.join(", "))
        })?;
    operation.permission.expect(request)?;
    let tenant = world.tenants.get(&request.caller.tenant).ok_or_else(Problem::no_tenant)?;
    let id = if route.single {
        let only = stored(tenant, route.resource.name).next();
        only.and_then(|only| text(only, "id")).unwrap_or_default().to_owned()
    } else {
        id
    };
    let mut answer = (operation.handler)(Call {
        world,
        request,
        resource: route.resource,
        id,
        member,
    })?;
    if answer.committed {
        let headers = deprecation::headers(route.resource.ty, request.version, request.body);
        answer.headers.extend(headers);
    }
    Ok(answer)
}

/// The route of a path and its ids, of which there are at most two, or the refusal.
fn find(path: &[Segment], request: &GraphRequest<'_>) -> Result<(&'static Route, String, String), Problem> {
    let mut furthest = 0;
    for route in ROUTES.iter().filter(|route| route.is_in(request.version)) {
        let mut ids = Vec::new();
        let mut matched = 0;
        let mut pattern = route.path.split('/');
        for segment in path {
            match pattern.next() {
                Some("{id}") if !unknown_path::is_operation(segment, path.last(), request) => ids.push(&segment.text),
                Some(fixed) if fixed == segment.text => {}
                _ => break,
            }
            matched += 1;
        }
        if matched == path.len() && matched > 0 && pattern.next().is_none() {
            let mut ids = ids.into_iter().cloned();
            return Ok((route, ids.next().unwrap_or_default(), ids.next().unwrap_or_default()));
        }
        furthest = furthest.max(matched);
    }
    Err(unknown_path::refusal(path, furthest, request))
}
