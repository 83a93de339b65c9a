//! Lists: every page or an error. An incomplete list proves no absence, so no caller gets one.
//!
//! `@odata.nextLink` is foreign text: it is followed only on the configured host, below an API version, never to the same page
//! twice, and only for so many pages.

use std::collections::HashSet;

use serde_json::Value;
use url::Url;

use crate::graph::errors::error::GraphError;
use crate::graph::request::exchange::Call;
use crate::graph::request::odata;
use crate::graph::request::session::Session;
use crate::graph::text;
use crate::graph::types::operation::Operation;

/// More pages, items and bytes than a list of any tenant has. No more than one page is in memory at a time.
const MAX_PAGES: usize = 1000;
const MAX_ITEMS: usize = 100_000;
const MAX_BYTES: usize = 64 << 20;

/// More assignments than any object has. Those of one object are in memory at the same time.
const MAX_ASSIGNMENTS: usize = 10_000;

/// A list that is read page by page.
pub(crate) struct Pages {
    next: Option<Url>,
    visited: HashSet<Url>,
    ids: HashSet<String>,
    items: usize,
    bytes: usize,
}

impl From<Url> for Pages {
    fn from(first: Url) -> Self {
        Self {
            next: Some(first),
            visited: HashSet::new(),
            ids: HashSet::new(),
            items: 0,
            bytes: 0,
        }
    }
}

impl Pages {
    /// The items of the next page; `None` after the last. Only then an object that was not listed is absent.
    pub(crate) async fn next(&mut self, session: &Session, operation: &Operation) -> Result<Option<Vec<Value>>, GraphError> {
        let broken = |problem: &str| Err(GraphError::decode(operation.text.clone(), problem));
        // It stays the next page until it was read: a list that failed does not end.
        let Some(url) = self.next.clone() else { return Ok(None) };
        if self.visited.len() == MAX_PAGES {
            return broken("the list does not end");
        }
        if !self.visited.insert(url.clone()) {
            return broken("the list's pages lead back to an earlier one");
        }
        let answer = session.read(&Call::page(operation.clone(), url, self.visited.len() > 1)).await?;
        let mut page = answer.json().map_err(|problem| answer.unusable(operation, &problem))?;
        let Some(Value::Array(items)) = page.get_mut("value").map(Value::take) else {
            return Err(answer.unusable(operation, "a page without a list"));
        };
        for id in items.iter().filter_map(|item| item.get("id").and_then(Value::as_str)) {
            if !self.ids.insert(id.to_owned()) {
                return broken(&format!("the list names {} twice", text::quoted(id)));
            }
        }
        self.items += items.len();
        self.bytes += answer.size();
        if self.items > MAX_ITEMS || self.bytes > MAX_BYTES {
            return broken("the list is longer than any tenant's");
        }
        self.next = session.next_page(operation, page.get("@odata.nextLink"))?;
        Ok(Some(items))
    }
}

impl Session {
    /// Reads the list at `first` and parses every item.
    pub(crate) async fn all_pages<T>(
        &self,
        operation: &Operation,
        first: Url,
        parse: impl Fn(&Value) -> Result<T, String>,
    ) -> Result<Vec<T>, GraphError> {
        let (mut items, mut pages) = (Vec::new(), Pages::from(first));
        while let Some(page) = pages.next(self, operation).await? {
            for item in &page {
                items.push(parse(item).map_err(|problem| GraphError::decode(operation.text.clone(), problem))?);
            }
        }
        Ok(items)
    }

    fn next_page(&self, operation: &Operation, link: Option<&Value>) -> Result<Option<Url>, GraphError> {
        let refused = |problem: String| Err(GraphError::decode(operation.text.clone(), problem));
        let link = match link {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(link)) => link,
            Some(_) => return refused("the link to the next page is not a text".to_owned()),
        };
        let root = &self.config.root;
        match Url::parse(link) {
            Ok(url) if odata::is_api_of(root, &url) => Ok(Some(url)),
            Ok(url) => refused(format!(
                "the link to the next page leads to {}, outside of {root}; not followed",
                url.origin().ascii_serialization()
            )),
            Err(error) => refused(format!("the link to the next page is not a URL: {error}")),
        }
    }

    /// Adds the assignments that follow on further pages to an object.
    pub(crate) async fn complete(&self, operation: &Operation, object: &mut Value) -> Result<(), GraphError> {
        if let Some(next) = self.next_page(operation, object.get("assignments@odata.nextLink"))? {
            let Some(Value::Array(assignments)) = object.get_mut("assignments") else {
                return Ok(());
            };
            let mut pages = Pages::from(next);
            while let Some(rest) = pages.next(self, operation).await? {
                assignments.extend(rest);
                if assignments.len() > MAX_ASSIGNMENTS {
                    return Err(GraphError::decode(operation.text.clone(), "an object has too many assignments"));
                }
            }
        }
        Ok(())
    }
}
