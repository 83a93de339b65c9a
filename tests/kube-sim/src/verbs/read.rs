//! get, list and watch.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde_json::{Map, Value, json};

use crate::definitions::Family;
use crate::paths::{Query, Target};
use crate::request::Asked;
use crate::selectors::Selector;
use crate::sent::List;
use crate::status::{Answer, Refusal};
use crate::store::{Key, State};
use crate::watch::{Event, LONGEST, Notice, Watcher, Wishes};

/// One object. `as_of`: as it was at that version.
pub(crate) fn get(state: &State, target: &Target, asked: &Asked, as_of: Option<u64>) -> Answer<Arc<Value>> {
    asked.query.only(&["resourceVersion"])?;
    let name = target.name.as_deref().unwrap_or_default();
    fresh(state, asked.query.version()?)?;
    let key: Key = (target.space().to_owned(), name.to_owned());
    let plural = &target.resource.plural;
    let object = match as_of {
        Some(version) => state.at(plural, version).remove(&key),
        None => state.get(plural, &key),
    };
    object.ok_or_else(|| Refusal::not_found(&target.resource, name))
}

/// The server waits a moment for a version that it does not have yet, and gives up.
fn fresh(state: &State, version: Option<u64>) -> Answer<()> {
    let Some(version) = version.filter(|version| *version > state.resource_version) else {
        return Ok(());
    };
    let now = state.resource_version;
    let message = format!("Timeout: Too large resource version: {version}, current: {now}");
    let mut refusal = Refusal::new(504, "Timeout", message);
    refusal.details.insert("retryAfterSeconds".to_owned(), json!(1));
    Err(refusal.with_causes(vec![
        json!({"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}),
    ]))
}

/// Where the next page of a list begins.
struct Continue {
    version: i64,
    after: Key,
}

impl Continue {
    fn token(&self) -> String {
        let start = format!("{}/{}\u{0}", self.after.0, self.after.1);
        BASE64.encode(json!({"v": "meta.k8s.io/v1", "rv": self.version, "start": start}).to_string())
    }

    fn of(token: &str) -> Option<Self> {
        let json: Value = serde_json::from_slice(&BASE64.decode(token).ok()?).ok()?;
        let (namespace, name) = json["start"].as_str()?.trim_end_matches('\u{0}').split_once('/')?;
        Some(Self {
            version: json["rv"].as_i64()?,
            after: (namespace.to_owned(), name.to_owned()),
        })
    }
}

const LIST: [&str; 8] = [
    "labelSelector",
    "fieldSelector",
    "limit",
    "continue",
    "resourceVersion",
    "resourceVersionMatch",
    "timeoutSeconds",
    "watch",
];

/// The objects of a resource, or a page of them.
pub(crate) fn list<'t>(state: &State, target: &'t Target, asked: &Asked, as_of: Option<u64>) -> Answer<List<'t>> {
    let query = &asked.query;
    query.only(&LIST)?;
    let selector = Selector::of(query, target.namespace.as_deref())?;
    let limit = query.number("limit")?.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(0);
    let start = query.get("continue").map(|token| {
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let at = token.find(|c| !legal(c)).unwrap_or(token.len());
        let message = format!("invalid continue token: continue key is not valid: illegal base64 data at input byte {at}");
        let bad = || Refusal::bad_request(message);
        Continue::of(token).ok_or_else(bad)
    });
    let start = start.transpose()?;
    if start.is_some() && query.get("resourceVersion").is_some() {
        return Err(Refusal::bad_request(
            "specifying resource version is not allowed when using continue",
        ));
    }
    let version = version(state, query, start.as_ref(), as_of, limit)?;
    let plural = &target.resource.plural;
    let old = (version < state.resource_version).then(|| state.at(plural, version));
    let now = state.tables.get(plural).map(|table| &table.objects);
    let objects = old.as_ref().or(now).into_iter().flatten();
    let mut selected = objects
        .filter(|(key, _)| start.as_ref().is_none_or(|start| **key > start.after))
        .filter(|(_, object)| selector.selects(object));
    let most = if limit == 0 { usize::MAX } else { limit };
    let page: Vec<(&Key, &Arc<Value>)> = selected.by_ref().take(most).collect();
    let left = selected.count();
    let mut metadata = Map::new();
    metadata.insert("resourceVersion".to_owned(), json!(version.to_string()));
    if target.resource.family == Family::Custom && !asked.partial {
        metadata.insert("continue".to_owned(), json!(""));
    }
    if let Some((last, _)) = page.last().filter(|_| left > 0) {
        let token = Continue {
            version: i64::try_from(version).unwrap_or(i64::MAX),
            after: (*last).clone(),
        };
        metadata.insert("continue".to_owned(), json!(token.token()));
        if !selector.narrows() {
            metadata.insert("remainingItemCount".to_owned(), json!(left));
        }
    }
    Ok(List {
        resource: &target.resource,
        metadata,
        partial: asked.partial,
        items: page.into_iter().map(|(_, object)| Arc::clone(object)).collect(),
    })
}

/// Which version of the objects is listed.
fn version(state: &State, query: &Query, start: Option<&Continue>, as_of: Option<u64>, limit: usize) -> Answer<u64> {
    let now = as_of.unwrap_or(state.resource_version);
    if let Some(start) = start {
        let Ok(version) = u64::try_from(start.version) else {
            return Ok(now);
        };
        if version < state.compacted {
            let rest = Continue {
                version: -1,
                after: start.after.clone(),
            };
            return Err(expired_list(&rest));
        }
        return Ok(version);
    }
    let wanted = query.version()?;
    let exact = match (query.get("resourceVersionMatch"), wanted) {
        (None, Some(version)) => limit > 0 && version > 0,
        (None, None) => false,
        (Some("NotOlderThan"), Some(_)) => false,
        (Some("Exact"), Some(1..)) => true,
        (Some(other), _) => {
            return Err(Refusal::unsupported(&format!(
                "resourceVersionMatch={other} with this resourceVersion"
            )));
        }
    };
    fresh(state, wanted)?;
    match wanted {
        Some(version) if exact && version < state.compacted => Err(Refusal::new(
            410,
            "Expired",
            "The resourceVersion for the provided list is too old.",
        )),
        Some(version) if exact => Ok(version),
        _ => Ok(now),
    }
}

fn expired_list(rest: &Continue) -> Refusal {
    let message = "The provided continue parameter is too old to display a consistent list result. You can start a new list without \
                   the continue parameter, or use the continue token in this response to retrieve the remainder of the results. \
                   Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted \
                   between the time the first chunk was returned and now may show up in the list.";
    let mut refusal = Refusal::new(410, "Expired", message);
    refusal.continues = Some(rest.token());
    refusal
}

const WATCH: [&str; 7] = [
    "watch",
    "labelSelector",
    "fieldSelector",
    "resourceVersion",
    "resourceVersionMatch",
    "timeoutSeconds",
    "allowWatchBookmarks",
];

/// Starts a watch: the events that are due, and what the client asked for.
pub(crate) fn watch(state: &mut State, target: &Target, asked: &Asked) -> Answer<(tokio::sync::mpsc::UnboundedReceiver<Event>, Wishes)> {
    let query = &asked.query;
    query.only(&WATCH)?;
    let mut selector = Selector::of(query, target.namespace.as_deref())?;
    if let Some(name) = &target.name {
        selector = selector.named(name);
    }
    let from = query.version()?.unwrap_or(0);
    let timeout = query.number("timeoutSeconds")?.filter(|seconds| *seconds > 0);
    let wishes = Wishes {
        resource: Arc::clone(&target.resource),
        partial: asked.partial,
        bookmarks: query.is_true("allowWatchBookmarks"),
        timeout: timeout.map_or(LONGEST, Duration::from_secs),
    };
    let plural = &target.resource.plural;
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    let missed: Vec<Notice> = state
        .since(from)
        .iter()
        .filter(|change| change.resource == *plural)
        .map(Notice::of)
        .collect();
    let compacted = state.compacted;
    let Some(table) = state.tables.get_mut(plural) else {
        return Err(Refusal::no_path());
    };
    let oldest = compacted.max(table.compacted);
    let mut watcher = Watcher::new(selector.clone(), from, sender);
    if from == 0 {
        for object in table.objects.values().filter(|object| selector.selects(object)) {
            watcher.send(Event::Object("ADDED", Arc::clone(object)), table.hold);
        }
    } else if from < oldest {
        let message = format!("too old resource version: {from} ({oldest})");
        watcher.expire(Refusal::new(410, "Expired", message));
        return Ok((receiver, wishes));
    } else {
        for notice in missed {
            watcher.tell(notice, table.hold);
        }
    }
    table.watchers.push(watcher);
    Ok((receiver, wishes))
}
