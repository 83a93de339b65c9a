//! Query options: those that a route documents are understood, all others are refused.

use super::problem::{Problem, excerpt};
use super::schema::{Access, Type};
use crate::answer::{ApiVersion, GraphRequest};

/// The most objects that one page may be asked for.
const LARGEST_PAGE: usize = 999;

/// What a route understands.
#[derive(Clone, Copy, Debug)]
pub struct Allowed {
    /// The type that is read.
    pub ty: &'static Type,
    /// Whether it answers a list.
    pub list: bool,
    /// Whether `assignments` can be expanded.
    pub expand: bool,
    /// The properties that `$filter` can compare.
    pub filter: &'static [&'static str],
}

/// A request's options.
#[derive(Debug, Default)]
pub struct Query {
    select: Option<Vec<String>>,
    expand: Vec<String>,
    /// `$top`
    pub top: Option<usize>,
    /// `$skiptoken`
    pub skip_token: Option<String>,
    /// `$count`
    pub count: bool,
    /// `$filter`
    pub filter: Option<Filter>,
}

/// `property eq 'value'`
#[derive(Debug, PartialEq, Eq)]
pub struct Filter {
    /// The property that is compared.
    pub property: &'static str,
    /// What it is compared with.
    pub value: String,
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
    pub fn expands(&self, name: &str) -> bool {
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
        match plain {
            "select" => query.select = Some(select(value, allowed.ty, request.version)?),
            "expand" if allowed.expand => query.expand = expand(value)?,
            "top" if allowed.list => query.top = Some(top(value)?),
            "skiptoken" if allowed.list => query.skip_token = Some(value.clone()),
            "count" if allowed.list => query.count = count(value)?,
            "filter" if allowed.list && !allowed.filter.is_empty() => {
                query.filter = Some(filter(value, allowed.filter)?);
            }
            _ => return Err(unsupported(name)),
        }
    }
    Ok(query)
}

/// Expects that a write has no options.
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
        if name != "*" && ty.property(version, name).is_none() {
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

fn count(value: &str) -> Result<bool, Problem> {
    value
        .parse()
        .map_err(|_| Problem::bad_request(format!("$count takes true or false, not '{}'.", excerpt(value))))
}

/// Reads `name eq 'text'`, a quote in the text doubled. Everything else is refused, whatever OData makes of it.
fn filter(value: &str, allowed: &'static [&'static str]) -> Result<Filter, Problem> {
    let unsupported = || {
        Problem::bad_request(format!(
            "$filter takes {} here, not '{}'.",
            allowed
                .iter()
                .map(|name| format!("\"{name} eq 'text'\""))
                .collect::<Vec<_>>()
                .join(" or "),
            excerpt(value)
        ))
    };
    let (name, rest) = value.trim().split_once(' ').ok_or_else(unsupported)?;
    let property = allowed.iter().find(|property| **property == name).ok_or_else(unsupported)?;
    let quoted = rest.trim_start().strip_prefix("eq ").ok_or_else(unsupported)?;
    let text = quoted
        .trim()
        .strip_prefix('\'')
        .and_then(|text| text.strip_suffix('\''))
        .ok_or_else(unsupported)?;
    let plain = text.replace("''", "");
    if plain.contains('\'') {
        return Err(unsupported());
    }
    Ok(Filter {
        property,
        value: text.replace("''", "'"),
    })
}
