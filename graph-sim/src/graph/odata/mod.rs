//! Query options: a route takes those that are documented for it and refuses all others.

mod evaluate;
pub mod filter;
mod literal;
mod order;
pub(crate) mod page;
mod parser;
mod path;
pub mod tables;
mod token;
pub(crate) mod view;

use super::odata::filter::{Filter, Scope};
pub use super::odata::order::{Order, sort};
use super::odata::tables::Queries;

use super::refusal::permission::Layer;
use super::refusal::problem::Problem;
use crate::base::answer::{ApiVersion, GraphRequest};
use crate::base::text::excerpt;
use crate::schema::{Access, Type};

/// The most objects that one page may be asked for.
const LARGEST_PAGE: usize = 999;

/// The query options of a route.
#[derive(Clone, Copy, Debug)]
pub struct Allowed {
    /// The type that is read.
    pub ty: &'static Type,
    /// The layer that answers.
    pub layer: Layer,
    /// Whether it answers in pages.
    pub paged: bool,
    /// Whether `assignments` can be expanded.
    pub expand: bool,
    /// Its options beside these.
    pub queries: Queries,
}

/// A request's options.
#[derive(Debug, Default)]
pub struct Query {
    select: Option<Vec<String>>,
    expand: Vec<String>,
    /// `$top`
    pub top: Option<usize>,
    /// `$skip`
    pub skip: usize,
    /// `$skiptoken`
    pub skip_token: Option<String>,
    /// `$count`
    pub count: bool,
    /// `$filter`
    pub filter: Option<Filter>,
    /// `$orderby`
    pub order: Vec<Order>,
}

impl Query {
    /// Whether a property is in the answer.
    pub fn selects(&self, name: &str) -> bool {
        self.select
            .as_ref()
            .is_none_or(|names| names.iter().any(|one| one == name || one == "*"))
    }

    /// Whether a property that is left out by default was asked for by its name.
    pub fn names(&self, name: &str) -> bool {
        self.select.as_ref().is_some_and(|names| names.iter().any(|one| one == name))
    }

    /// Whether a relationship is in the answer.
    pub(crate) fn expands(&self, name: &str) -> bool {
        self.expand.iter().any(|one| one == name)
    }

    /// The parenthesis of `@odata.context`: what was selected and expanded; empty for a whole object.
    pub fn context(&self) -> String {
        let selected = self.select.iter().flatten().cloned();
        let expanded = self.expand.iter().map(|name| format!("{name}()"));
        let parts: Vec<String> = selected.chain(expanded).collect();
        if parts.is_empty() {
            String::new()
        } else {
            format!("({})", parts.join(","))
        }
    }
}

/// Reads the options of a GET.
pub fn parse(request: &GraphRequest<'_>, allowed: Allowed) -> Result<Query, Problem> {
    let mut query = Query::default();
    let mut seen: Vec<&str> = Vec::new();
    for (name, value) in &request.query {
        // Graph takes its options with and without the dollar sign.
        let plain = name.strip_prefix('$').unwrap_or(name);
        if seen.contains(&plain) {
            return Err(Problem::bad_request(format!(
                "The query option '{}' is given more than once.",
                excerpt(name)
            )));
        }
        seen.push(plain);
        if !read(&mut query, plain, value, request.version, allowed)? {
            return Err(unsupported(name));
        }
    }
    Ok(query)
}

/// Reads one option; `false` when it is not known here.
fn read(query: &mut Query, name: &str, value: &str, version: ApiVersion, allowed: Allowed) -> Result<bool, Problem> {
    let queries = allowed.queries;
    let scope = Scope {
        ty: allowed.ty,
        version,
        filter: queries.filter,
        layer: allowed.layer,
    };
    match name {
        "select" if queries.select => query.select = Some(select(value, allowed.ty, version)?),
        "expand" if allowed.expand => query.expand = expand(value)?,
        "top" if queries.top => query.top = Some(top(value)?),
        "skip" if queries.skip => query.skip = skip(value)?,
        "skiptoken" if allowed.paged => query.skip_token = Some(value.to_owned()),
        "count" if queries.count => query.count = count(value)?,
        "filter" if !queries.filter.is_empty() => {
            query.filter = Some(Filter::parse(value, &scope).map_err(|flaw| flaw.into_problem(scope.layer))?);
        }
        "orderby" if !queries.order.is_empty() => query.order = order::parse(value, &scope, queries.order)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// Refuses any option, for writes.
pub fn none(request: &GraphRequest<'_>) -> Result<(), Problem> {
    match request.query.first() {
        None => Ok(()),
        Some((name, _)) => Err(unsupported(name)),
    }
}

fn unsupported(name: &str) -> Problem {
    Problem::bad_request(format!("The query option '{}' is not supported here.", excerpt(name)))
}

fn select(value: &str, ty: &Type, version: ApiVersion) -> Result<Vec<String>, Problem> {
    let mut names = Vec::new();
    for name in value.split(',').map(str::trim) {
        if name != "*" && ty.property_of_any(version, name).is_none() {
            return Err(Problem::bad_request(format!(
                "$select names '{}', which does not exist on type 'microsoft.graph.{}'.",
                excerpt(name),
                ty.name
            )));
        }
        // A relationship may be selected; it is answered with $expand alone.
        let is_relationship = ty
            .property(version, name)
            .is_some_and(|property| property.access == Access::Navigation);
        if !is_relationship {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

fn expand(value: &str) -> Result<Vec<String>, Problem> {
    if value.trim() == "assignments" {
        return Ok(vec!["assignments".to_owned()]);
    }
    Err(Problem::bad_request(format!(
        "$expand knows 'assignments' here, not '{}'.",
        excerpt(value)
    )))
}

fn top(value: &str) -> Result<usize, Problem> {
    value
        .parse()
        .ok()
        .filter(|number| (1..=LARGEST_PAGE).contains(number))
        .ok_or_else(|| Problem::bad_request(format!("$top takes a number from 1 to {LARGEST_PAGE}, not '{}'.", excerpt(value))))
}

fn skip(value: &str) -> Result<usize, Problem> {
    value
        .parse()
        .map_err(|_| Problem::bad_request(format!("$skip takes a number from 0 on, not '{}'.", excerpt(value))))
}

fn count(value: &str) -> Result<bool, Problem> {
    value
        .parse()
        .map_err(|_| Problem::bad_request(format!("$count takes true or false, not '{}'.", excerpt(value))))
}
