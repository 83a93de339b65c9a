//! The directory around Cloud PC: groups by id or name, and the organization itself. Reads only.

use serde_json::Value;

use crate::graph::client::Client;
use crate::graph::errors::error::GraphError;
use crate::graph::request::odata;
use crate::graph::request::odata::Literal;
use crate::graph::text as show;
use crate::graph::types::operation::{Operation, OperationKind};
use crate::graph::types::table::ApiVersion;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    pub id: String,
    /// Not unique.
    pub display_name: String,
    /// Unique among mail-enabled groups only.
    pub mail_nickname: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Organization {
    pub id: String,
    pub display_name: String,
    pub verified_domains: Vec<String>,
}

/// The most domains of a tenant that are read.
const MAX_DOMAINS: usize = 100;

const GROUP_FIELDS: (&str, &str) = ("$select", "id,displayName,mailNickname");

impl Group {
    fn parse(value: &Value) -> Result<Self, String> {
        Ok(Self {
            id: id(value).ok_or("a group has no id")?,
            display_name: text(value, "displayName").unwrap_or_default(),
            mail_nickname: text(value, "mailNickname"),
        })
    }
}

impl Organization {
    fn parse(value: &Value) -> Result<Self, String> {
        let domains = value
            .get("verifiedDomains")
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);
        let domains = domains.iter().filter_map(|domain| text(domain, "name"));
        Ok(Self {
            id: id(value).ok_or("the organization has no id")?,
            display_name: text(value, "displayName").unwrap_or_default(),
            verified_domains: domains.take(MAX_DOMAINS).collect(),
        })
    }
}

/// A non-empty text property, made safe to print. A text that had to be changed for that is not a name that a spec can contain.
pub(crate) fn text(value: &Value, name: &str) -> Option<String> {
    let text = value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.map(show::printable)
}

/// The id, unchanged or not at all.
pub(crate) fn id(value: &Value) -> Option<String> {
    let id = value.get("id").and_then(Value::as_str).filter(|id| show::is_id(id));
    id.map(str::to_owned)
}

impl Client {
    pub(crate) async fn group(&self, id: &str) -> Result<Option<Group>, GraphError> {
        let operation = Operation::new(OperationKind::GetGroup, format!("get group {}", show::bounded_to(id, 64)));
        let mut url = self.session.endpoint(&operation, ApiVersion::V1, &["groups", id])?;
        odata::set_query(&mut url, &[GROUP_FIELDS]);
        let Some(value) = self.session.read_object(&operation, url).await? else {
            return Ok(None);
        };
        Group::parse(&value)
            .map(Some)
            .map_err(|problem| GraphError::decode(operation.text, problem))
    }

    /// Every group of exactly that display name, without regard to case.
    pub(crate) async fn groups_by_display_name(&self, name: &str) -> Result<Vec<Group>, GraphError> {
        self.groups_where("displayName", name).await
    }

    /// Every group of exactly that mail nickname, without regard to case.
    pub(crate) async fn groups_by_mail_nickname(&self, name: &str) -> Result<Vec<Group>, GraphError> {
        self.groups_where("mailNickname", name).await
    }

    async fn groups_where(&self, property: &'static str, value: &str) -> Result<Vec<Group>, GraphError> {
        let operation = Operation::new(
            OperationKind::FindGroups,
            format!("find groups with {property} {}", show::quoted(value)),
        );
        let mut url = self.session.endpoint(&operation, ApiVersion::V1, &["groups"])?;
        odata::set_query(
            &mut url,
            &[("$filter", &odata::equals(property, &Literal::new(value))), GROUP_FIELDS],
        );
        // Compared as Graph spells it, which may be longer than what is printed.
        let is_it = |item: &Value| {
            item.get(property)
                .and_then(Value::as_str)
                .is_some_and(|text| same_text(text, value))
        };
        let found = self
            .session
            .all_pages(&operation, url, |item| Ok((is_it(item), Group::parse(item)?)))
            .await?;
        Ok(found.into_iter().filter_map(|(is_it, group)| is_it.then_some(group)).collect())
    }

    /// The tenant the token belongs to.
    pub(crate) async fn organization(&self) -> Result<Organization, GraphError> {
        let operation = Operation::new(OperationKind::GetOrganization, "get the organization");
        let mut url = self.session.endpoint(&operation, ApiVersion::V1, &["organization"])?;
        odata::set_query(&mut url, &[("$select", "id,displayName,verifiedDomains")]);
        let mut organizations = self.session.all_pages(&operation, url, Organization::parse).await?.into_iter();
        organizations
            .next()
            .ok_or_else(|| GraphError::decode(operation.text, "the list of organizations is empty"))
    }
}

/// Graph compares names without case. Comparing again keeps the result right if a service ignores the filter.
fn same_text(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}
