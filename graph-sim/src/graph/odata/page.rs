//! Pages of a list. The `$skiptoken` is opaque to clients; it has the list that it belongs to, the last object that
//! was answered and the next one, so that a list that changes between two pages loses and repeats nothing.

use std::borrow::Cow;
use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::Query;
use crate::base::answer::GraphRequest;
use crate::base::ids::stable_id;
use crate::graph::refusal::problem::Problem;
use crate::world::Seen;

/// What a list consists of: objects, or what they can be made from when they are on the page.
pub(crate) trait Listed {
    fn id(&self) -> &str;
    fn object(&self) -> Seen<'_>;
}

impl Listed for Seen<'_> {
    fn id(&self) -> &str {
        self.get("id").and_then(Value::as_str).unwrap_or_default()
    }

    fn object(&self) -> Seen<'_> {
        Cow::Borrowed(self)
    }
}

#[derive(Debug)]
pub(crate) struct Page<'a, T> {
    /// What is on it.
    pub objects: &'a [T],
    /// Where the next one is.
    pub next_link: Option<String>,
}

const KEPT_IN_LINKS: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'$')
    .remove(b',')
    .remove(b'*');

/// The page of a list that a request asks for.
pub(crate) fn cut<'a, T: Listed>(
    objects: &'a [T],
    request: &GraphRequest<'_>,
    query: &Query,
    page_size: usize,
) -> Result<Page<'a, T>, Problem> {
    let list = fingerprint(request, query);
    let start = match &query.skip_token {
        // The token of a later page is a place in the whole list, behind what was skipped.
        None => query.skip.min(objects.len()),
        Some(token) => resume(objects, &list, token)?,
    };
    let end = objects.len().min(start.saturating_add(query.top.unwrap_or(page_size).max(1)));
    let next_link = match (objects.get(end), end.checked_sub(1).and_then(|last| objects.get(last))) {
        (Some(next), Some(last)) => Some(link(request, &token(&list, last.id(), next.id()))),
        _ => None,
    };
    Ok(Page {
        objects: &objects[start..end],
        next_link,
    })
}

/// Identifies this list, the same in every build: a token of another tenant, collection, version, filter or order does
/// not fit it.
fn fingerprint(request: &GraphRequest<'_>, query: &Query) -> String {
    let filter = query.filter.as_ref().map(ToString::to_string).unwrap_or_default();
    let order = format!("{:?}", query.order);
    stable_id(&[&request.caller.tenant, request.version.as_str(), request.path, &filter, &order])
}

fn token(list: &str, last: &str, next: &str) -> String {
    let mut token = list.to_owned();
    for byte in format!("{last}\n{next}").bytes() {
        // Writing to a string does not fail.
        let _ = write!(token, "{byte:02x}");
    }
    token
}

/// The place in the list that a token means.
fn resume(objects: &[impl Listed], list: &str, token: &str) -> Result<usize, Problem> {
    let foreign = || Problem::bad_request("The $skiptoken does not belong to this list.");
    let rest = token.strip_prefix(list).ok_or_else(foreign)?;
    let ids = unhex(rest).ok_or_else(foreign)?;
    let (last, next) = ids.split_once('\n').ok_or_else(foreign)?;
    let place = |wanted: &str| objects.iter().position(|object| object.id() == wanted);
    place(next)
        .or_else(|| place(last).map(|before| before + 1))
        .ok_or_else(|| Problem::bad_request("The $skiptoken is too old: the objects that it points at are gone."))
}

fn unhex(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    for pair in text.as_bytes().chunks(2) {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
        bytes.push(u8::from_str_radix(pair, 16).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// The same request with the token of its next page.
fn link(request: &GraphRequest<'_>, token: &str) -> String {
    let mut link = format!("{}/{}{}?", request.root, request.version.as_str(), request.path);
    let options = request.query.iter();
    for (name, value) in options.filter(|(name, _)| name.trim_start_matches('$') != "skiptoken") {
        let name = utf8_percent_encode(name, KEPT_IN_LINKS);
        let value = utf8_percent_encode(value, KEPT_IN_LINKS);
        let _ = write!(link, "{name}={value}&");
    }
    link.push_str("$skiptoken=");
    link.push_str(token);
    link
}
