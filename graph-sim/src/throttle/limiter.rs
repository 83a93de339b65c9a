//! Counts limited requests, and refuses those above the limits.
//!
//! It decides by sender and path alone, whether or not the path exists and the sender has the permission.

use std::collections::HashMap;
use std::num::NonZeroU32;

use http::Method;

use super::window::{Bucket, Window};
use crate::base::answer::Answer;
use crate::base::caller::{Actor, Caller};
use crate::base::uri::{decoded, segments};
use crate::options::throttling::{Limits, PUBLISHED, Throttling, published_units};
use crate::world::World;

/// A request as the limits see it.
#[derive(Clone, Copy)]
pub(crate) struct LimitedRequest<'a> {
    pub caller: &'a Caller,
    pub method: &'a Method,
    /// The path after the version.
    pub path: &'a str,
    /// The query as it was sent.
    pub query: Option<&'a str>,
}

#[derive(Debug, Default)]
pub(crate) struct Limiter {
    windows: HashMap<(Rule, String), Window>,
    buckets: HashMap<String, Bucket>,
}

/// The limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Rule {
    List,
    TenantList,
    Get,
    TenantGet,
    Write,
    TenantWrite,
    Device,
    TenantDevice,
    DeviceWrite,
    TenantDeviceWrite,
    DirectoryWrite,
    DirectoryUnits,
    Requests,
}

/// What one request adds to a window.
struct Charge {
    key: (Rule, String),
    limit: u64,
    /// Milliseconds.
    length: i64,
    cost: u64,
}

/// What one request takes from the directory's bucket.
struct Draw {
    sender: String,
    limit: i64,
    units: i64,
}

/// What a request is counted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    List { cloud_pcs: bool },
    Get { cloud_pcs: bool },
    Write,
    Device { write: bool },
    Directory { write: bool, units: u32 },
    Other,
}

impl Limiter {
    /// Counts a request. Returns the headers that its answer gets, or the refusal.
    pub(crate) fn admit(&mut self, world: &World, asked: LimitedRequest<'_>) -> Result<Vec<(String, String)>, Answer> {
        let (limits, published) = match &world.options.throttling {
            Throttling::Off => return Ok(Vec::new()),
            Throttling::Published => (&PUBLISHED, true),
            Throttling::Limits(limits) => (limits, false),
        };
        let (now, target) = (world.now().as_millisecond(), target(asked));
        let charges = charges(limits, published, asked.caller, target);
        let draw = match target {
            Target::Directory { units, .. } => directory_limit(world, limits, published, asked.caller).map(|limit| Draw {
                sender: own(asked.caller),
                limit,
                units: i64::from(units),
            }),
            _ => None,
        };
        let mut longest = self.longest_wait(now, &charges, draw.as_ref());
        let refused = longest.0 > 0;
        if !refused || limits.count_refused {
            self.count(now, &charges, draw.as_ref());
        }
        if refused && limits.count_refused {
            // The request that was just counted delays the next one too.
            longest = self.longest_wait(now, &charges, draw.as_ref());
        }
        let mut headers = draw.map_or_else(Vec::new, |draw| self.fullness(&draw));
        if !refused {
            return Ok(headers);
        }
        if matches!(target, Target::Directory { .. }) {
            headers.extend(why(longest.1, asked.caller));
        }
        Err(refusal(longest.0, headers))
    }

    /// The longest wait that a limit asks for, and that limit; `None` for the directory's bucket.
    fn longest_wait(&mut self, now: i64, charges: &[Charge], draw: Option<&Draw>) -> (i64, Option<Rule>) {
        let mut longest = (0, None);
        for charge in charges {
            let window = self.windows.entry(charge.key.clone()).or_default();
            let wait = window.wait(now, charge.length, charge.limit, charge.cost);
            if wait > longest.0 {
                longest = (wait, Some(charge.key.0));
            }
        }
        if let Some(draw) = draw {
            let bucket = self.buckets.entry(draw.sender.clone()).or_default();
            let wait = bucket.wait(now, draw.limit, draw.units);
            if wait > longest.0 {
                longest = (wait, None);
            }
        }
        longest
    }

    fn count(&mut self, now: i64, charges: &[Charge], draw: Option<&Draw>) {
        for charge in charges {
            self.windows.entry(charge.key.clone()).or_default().add(now, charge.cost);
        }
        if let Some(draw) = draw {
            let bucket = self.buckets.entry(draw.sender.clone()).or_default();
            bucket.add(draw.limit, draw.units);
        }
    }

    /// Headers of every directory request: its cost, and the share in use from 0.8 on (documented).
    fn fullness(&self, draw: &Draw) -> Vec<(String, String)> {
        let mut headers = vec![("x-ms-resource-unit".to_owned(), draw.units.to_string())];
        let tenths = self.buckets.get(&draw.sender).map_or(0, |bucket| bucket.tenths(draw.limit));
        if tenths >= 8 {
            let share = format!("{}.{}", tenths / 10, tenths % 10);
            headers.push(("x-ms-throttle-limit-percentage".to_owned(), share));
        }
        headers
    }
}

/// 429 as in the sample of <https://learn.microsoft.com/graph/throttling>, and whole seconds until the same request is allowed.
fn refusal(wait: i64, headers: Vec<(String, String)>) -> Answer {
    let message = "Too many requests: wait before the next one.";
    let mut answer = Answer::error_inner(429, "TooManyRequests", "429", message).inner("status", "429");
    let seconds = (wait + 999) / 1000;
    answer.headers.push(("Retry-After".to_owned(), seconds.to_string()));
    answer.headers.extend(headers);
    answer
}

/// Headers of a directory's refusal. Their form is documented; a user's name in the application's place is
/// our choice.
fn why(rule: Option<Rule>, caller: &Caller) -> [(String, String); 2] {
    let (scope, limit, information) = match rule {
        None => ("Tenant_Application", "ReadWrite", "ResourceUnitLimitExceeded"),
        Some(Rule::DirectoryWrite) => ("Tenant_Application", "Write", "WriteLimitExceeded"),
        Some(_) => ("Application", "ReadWrite", "ResourceUnitLimitExceeded"),
    };
    let scope = format!("{scope}/{limit}/{}/{}", sender(caller), caller.tenant);
    [
        ("x-ms-throttle-scope".to_owned(), scope),
        ("x-ms-throttle-information".to_owned(), information.to_owned()),
    ]
}

fn directory_limit(world: &World, limits: &Limits, published: bool, caller: &Caller) -> Option<i64> {
    let users = || world.tenants.get(&caller.tenant).map_or(0, |tenant| tenant.users.len());
    let given = limits.directory_units_per10s.map(NonZeroU32::get);
    given.or_else(|| published.then(|| published_units(users()))).map(i64::from)
}

/// The application, or the user, that sends a request.
fn sender(caller: &Caller) -> &str {
    match &caller.actor {
        Actor::App { app_id } => app_id,
        Actor::User { user_principal_name } => user_principal_name,
    }
}

/// The sender in its tenant.
fn own(caller: &Caller) -> String {
    format!("{}/{}", caller.tenant, sender(caller))
}

/// All that a request counts as. The published numbers of lists and reads are those of Cloud PCs alone.
fn charges(limits: &Limits, published: bool, caller: &Caller, target: Target) -> Vec<Charge> {
    let mut charges = Vec::new();
    let mut charge = |rule: Rule, subject: String, limit: Option<NonZeroU32>, seconds: i64, cost: u32| {
        charges.extend(limit.map(|limit| Charge {
            key: (rule, subject),
            limit: u64::from(limit.get()),
            length: seconds * 1000,
            cost: u64::from(cost),
        }));
    };
    let (own, tenant) = (|| own(caller), || caller.tenant.clone());
    match target {
        Target::List { cloud_pcs } if cloud_pcs || !published => {
            charge(Rule::List, own(), limits.list_per_minute, 60, 1);
            charge(Rule::TenantList, tenant(), limits.tenant_list_per_minute, 60, 1);
        }
        Target::Get { cloud_pcs } if cloud_pcs || !published => {
            charge(Rule::Get, own(), limits.get_per_minute, 60, 1);
            charge(Rule::TenantGet, tenant(), limits.tenant_get_per_minute, 60, 1);
        }
        Target::Write => {
            charge(Rule::Write, own(), limits.write_per20s, 20, 1);
            charge(Rule::TenantWrite, tenant(), limits.tenant_write_per20s, 20, 1);
        }
        Target::Device { write } => {
            charge(Rule::Device, own(), limits.device_per20s, 20, 1);
            charge(Rule::TenantDevice, tenant(), limits.tenant_device_per20s, 20, 1);
            if write {
                charge(Rule::DeviceWrite, own(), limits.device_write_per20s, 20, 1);
                charge(Rule::TenantDeviceWrite, tenant(), limits.tenant_device_write_per20s, 20, 1);
            }
        }
        Target::Directory { write, units } => {
            charge(
                Rule::DirectoryUnits,
                sender(caller).to_owned(),
                limits.directory_app_units_per20s,
                20,
                units,
            );
            if write {
                charge(Rule::DirectoryWrite, own(), limits.directory_write_per150s, 150, 1);
            }
        }
        Target::List { .. } | Target::Get { .. } | Target::Other => {}
    }
    charge(Rule::Requests, sender(caller).to_owned(), limits.requests_per10s, 10, 1);
    charges
}

fn target(asked: LimitedRequest<'_>) -> Target {
    // As the routes read it, so that every spelling of a path is counted.
    let segments = segments(asked.path).unwrap_or_default();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let write = *asked.method != Method::GET;
    match segments.as_slice() {
        ["deviceManagement", "virtualEndpoint", ..] if write => Target::Write,
        ["deviceManagement", "virtualEndpoint", collection] | ["deviceManagement", "virtualEndpoint", collection, "$count"] => {
            Target::List {
                cloud_pcs: *collection == "cloudPCs",
            }
        }
        ["deviceManagement", "virtualEndpoint", collection, ..] => Target::Get {
            cloud_pcs: *collection == "cloudPCs",
        },
        ["deviceManagement", "managedDevices", ..] => Target::Device { write },
        ["groups" | "users" | "subscribedSkus" | "organization", ..] => Target::Directory {
            write,
            units: if write {
                1
            } else {
                units(&segments, asked.query.unwrap_or_default())
            },
        },
        _ => Target::Other,
    }
}

/// What a read of the directory costs (documented, figures of 2023).
fn units(segments: &[&str], query: &str) -> u32 {
    let base = match segments {
        [.., "transitiveMembers"] | [.., "transitiveMembers", "microsoft.graph.user"] => 5,
        ["subscribedSkus", ..] | ["groups", .., "members"] | [.., "members", "microsoft.graph.user"] => 3,
        ["users", ..] => 2,
        _ => 1,
    };
    let mut cost = base;
    for (name, value) in decoded(query) {
        match name.trim_start_matches('$') {
            "select" => cost -= 1,
            "expand" => cost += 1,
            "top" if value.parse().is_ok_and(|top: u32| top < 20) => cost -= 1,
            _ => {}
        }
    }
    u32::try_from(cost).unwrap_or(1).max(1)
}

#[cfg(test)]
mod tests;
