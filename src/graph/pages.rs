//! Lists: every page or an error. An incomplete list decides nothing, so nobody gets to see one.
//!
//! `@odata.nextLink` is the service's to build and ours to distrust: it is followed on the
//! configured host, below the API version the list began with, never twice, and not for ever.

use std::collections::HashSet;

use serde_json::Value;
use url::Url;

use super::client::Client;
use super::entity::Entity;
use super::error::GraphError;
use super::exchange::{Call, Operation};
use super::odata;
use super::text;

/// More pages than any tenant fills; a list that goes on is broken.
const MAX_PAGES: usize = 1000;

/// The same for items.
const MAX_ITEMS: usize = 100_000;

impl Client {
    /// Every item of the list at `first`.
    pub(super) async fn pages(&self, operation: &Operation, first: Url) -> Result<Vec<Value>, GraphError> {
        let broken = |problem: &str| GraphError::decode(operation.text.clone(), problem);
        let (mut items, mut ids, mut seen) = (Vec::new(), HashSet::new(), HashSet::new());
        let mut next = Some(first);
        while let Some(url) = next {
            if seen.len() == MAX_PAGES {
                return Err(broken("the list does not end"));
            }
            if !seen.insert(url.clone()) {
                return Err(broken("the list's pages lead back to an earlier one"));
            }
            let answer = self.read(&Call::page(operation.clone(), url, seen.len() > 1)).await?;
            let mut page = answer.json().map_err(|problem| answer.unusable(operation, &problem))?;
            let Some(Value::Array(listed)) = page.get_mut("value").map(Value::take) else {
                return Err(answer.unusable(operation, "a page without a list"));
            };
            for item in listed {
                if let Some(id) = item.get("id").and_then(Value::as_str).filter(|id| !ids.insert((*id).to_owned())) {
                    return Err(broken(&format!("the list names {} twice", text::quoted(id))));
                }
                items.push(item);
            }
            if items.len() > MAX_ITEMS {
                return Err(broken("the list is longer than any tenant's"));
            }
            next = self.next_page(operation, page.get("@odata.nextLink"))?;
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
        let root = &self.inner.config.root;
        match Url::parse(link) {
            Ok(url) if odata::is_api_of(root, &url) => Ok(Some(url)),
            Ok(url) => refused(format!(
                "the link to the next page leads to {}, outside of {root}; not followed",
                url.origin().ascii_serialization()
            )),
            Err(error) => refused(format!("the link to the next page is not a URL: {error}")),
        }
    }

    /// An entity with all its assignments, which may be paged themselves.
    pub(super) async fn expanded(&self, operation: &Operation, mut value: Value) -> Result<Entity, GraphError> {
        if let Some(next) = self.next_page(operation, value.get("assignments@odata.nextLink"))? {
            let rest = self.pages(operation, next).await?;
            if let Some(Value::Array(assignments)) = value.get_mut("assignments") {
                assignments.extend(rest);
            }
        }
        Entity::expanded(value).map_err(|problem| GraphError::decode(operation.text.clone(), problem))
    }
}
