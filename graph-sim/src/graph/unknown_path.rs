//! Paths without a route: an operation that is not simulated is 501 with its name, one that another version or method has is
//! 404 or 405, anything else is 404.
//!
//! A name of an operation is never taken for an id: "no such object" would mislead the client.

use super::not_simulated::{UNSIMULATED, UNSIMULATED_COLLECTIONS, fits};
use super::refusal::permission::{CLOUD_PC_READ, CLOUD_PC_WRITE, Permission};
use super::refusal::problem::Problem;
use super::routes::{ROUTES, Route};
use crate::base::answer::{ApiVersion, GraphRequest};
use crate::base::ids::is_guid;
use crate::base::uri::{Segment, Spelling, texts};

const ENDPOINT: &str = "deviceManagement/virtualEndpoint";

/// Whether a segment in the place of an id is the name of an operation. `last` is the path's last segment.
///
/// A name that begins with a dollar sign is OData's, one in camelCase, or known from another path, is Graph's; and
/// as no request is posted to an object itself, the end of a POST's path is an action.
pub(crate) fn is_operation(segment: &Segment, last: Option<&Segment>, request: &GraphRequest<'_>) -> bool {
    let text = segment.text.as_str();
    match segment.spelling {
        Spelling::Key => false,
        Spelling::Operation => true,
        // Most ids are.
        Spelling::Plain if is_guid(text) => false,
        Spelling::Plain => {
            let is_posted_to = request.method == http::Method::POST && last.is_some_and(|last| std::ptr::eq(last, segment));
            let is_word = text.bytes().all(|letter| letter.is_ascii_alphabetic());
            text.starts_with('$') || text == "delta" || has_hump(text) || is_known(text) || (is_posted_to && is_word)
        }
    }
}

/// `camelCase`, as operations are named.
fn has_hump(text: &str) -> bool {
    let letters = text.bytes().all(|letter| letter.is_ascii_alphabetic());
    letters && text.starts_with(|first: char| first.is_ascii_lowercase()) && text.bytes().any(|letter| letter.is_ascii_uppercase())
}

/// Whether a known path ends with this name.
fn is_known(text: &str) -> bool {
    let mut paths = ROUTES.iter().map(|route| route.path).chain(UNSIMULATED.iter().map(|one| one.path));
    paths.any(|path| path.rsplit_once('/').is_some_and(|(_, last)| last == text))
}

/// The refusal of a path of which only the first segments, `furthest` of them, are known.
pub(super) fn refusal(path: &[Segment], furthest: usize, request: &GraphRequest<'_>) -> Problem {
    // Where a path goes on behind an id, the id alone can still lead nowhere.
    let ends_with_id = furthest == path.len() && furthest > 0 && {
        let list = ROUTES
            .iter()
            .find(|route| route.is_in(request.version) && fits(route.path, &texts(&path[..furthest - 1])));
        is_id_of_a_list(&path[furthest - 1], list)
    };
    let furthest = if ends_with_id { furthest - 1 } else { furthest };
    // A path that ends too early has no wrong segment; its last one is then no collection of its own.
    let Some(segment) = path.get(furthest) else {
        return Problem::no_segment(path.last().map_or("", |last| last.text.as_str()));
    };
    let before = &path[..furthest];
    let name = segment.text.split_once('(').map_or(segment.text.as_str(), |(name, _)| name);
    let owner = ROUTES
        .iter()
        .find(|route| route.is_in(request.version) && fits(route.path, &texts(before)));
    let is_root = fits(ENDPOINT, &texts(before));
    let named = is_operation(segment, path.last(), request);
    if (owner.is_none() && !is_root) || (is_root && segment.spelling != Spelling::Operation) {
        return Problem::no_segment(&segment.text);
    }
    let by_id = furthest + 1 == path.len() && is_id_of_a_list(segment, owner);
    if !named && !by_id {
        return Problem::no_segment(&segment.text);
    }
    if let Some(elsewhere) = elsewhere(&path[..=furthest], name, request) {
        return elsewhere;
    }
    if let Err(closed) = permission(owner, request).expect(request) {
        return closed;
    }
    let collection = before
        .iter()
        .rev()
        .find(|one| one.spelling == Spelling::Plain && !is_guid(&one.text));
    let collection = collection.map_or("", |one| one.text.as_str());
    Problem::not_simulated(&if by_id && !named {
        format!("single objects of '{collection}'")
    } else {
        format!("'{name}' of '{collection}'")
    })
}

/// Whether a segment looks like an id behind a list whose objects have no path of their own here.
fn is_id_of_a_list(segment: &Segment, owner: Option<&'static Route>) -> bool {
    let is_list = owner.is_some_and(|owner| !owner.path.ends_with("{id}") && !owner.path.ends_with("$count"));
    is_list && (segment.spelling == Spelling::Key || segment.text.bytes().any(|byte| byte.is_ascii_digit()))
}

/// The refusal of a path that another version or method has.
fn elsewhere(path: &[Segment], name: &str, request: &GraphRequest<'_>) -> Option<Problem> {
    let routes = ROUTES.iter().map(|route| {
        let methods: Vec<&str> = route.operations.iter().map(|operation| operation.method).collect();
        (route.path.to_owned(), route.is_in(request.version), methods)
    });
    let is_in = |beta_only: bool| !beta_only || request.version == ApiVersion::Beta;
    let operation = UNSIMULATED
        .iter()
        .map(|one| (format!("{ENDPOINT}/{}", one.path), is_in(one.beta_only), vec![one.method]));
    let collections = UNSIMULATED_COLLECTIONS
        .iter()
        .map(|(collection, beta_only)| (format!("{ENDPOINT}/{collection}"), is_in(*beta_only), vec!["GET"]));
    let path = texts(path);
    let (_, is_there, methods) = routes.chain(operation).chain(collections).find(|(known, ..)| {
        let ends = known.rsplit_once('/').is_some_and(|(_, last)| last == name);
        ends && fits(known, &path)
    })?;
    Some(if is_there {
        Problem::method_not_allowed(request.method.as_str(), &methods.join(", "))
    } else {
        Problem::no_segment(name)
    })
}

/// The permission to learn that something is not simulated: that of the collection that it belongs to.
fn permission(owner: Option<&'static Route>, request: &GraphRequest<'_>) -> &'static Permission {
    let Some(owner) = owner else {
        return if request.method == http::Method::GET {
            &CLOUD_PC_READ
        } else {
            &CLOUD_PC_WRITE
        };
    };
    let mut operations = owner.operations.iter();
    // Whether an unknown operation is closed to applications is not known.
    let same = operations.find(|operation| operation.method == request.method.as_str() && !operation.permission.people_only);
    same.or(owner.operations.first()).map_or(&CLOUD_PC_READ, |one| one.permission)
}
