//! The directory around Cloud PC: groups by id or name, and the organization itself. Reads only.

use serde_json::Value;

use super::client::Client;
use super::collection::ApiVersion;
use super::error::GraphError;
use super::exchange::Operation;
use super::odata::{self, Literal};
use super::text as show;

/// An Entra group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: String,
    /// Its name; not unique.
    pub display_name: String,
    /// Its mail nickname; unique among mail-enabled groups only.
    pub mail_nickname: Option<String>,
}

/// The tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// The tenant id.
    pub id: String,
    /// Its name.
    pub display_name: String,
    /// Its verified domain names.
    pub verified_domains: Vec<String>,
}

const GROUP_FIELDS: (&str, &str) = ("$select", "id,displayName,mailNickname");

impl Group {
    fn parse(value: &Value) -> Result<Self, String> {
        Ok(Self {
            id: text(value, "id").ok_or("a group has no id")?,
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
        Ok(Self {
            id: text(value, "id").ok_or("the organization has no id")?,
            display_name: text(value, "displayName").unwrap_or_default(),
            verified_domains: domains.iter().filter_map(|domain| text(domain, "name")).collect(),
        })
    }
}

/// A non-empty text property.
pub(super) fn text(value: &Value, name: &str) -> Option<String> {
    value
        .get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

impl Client {
    /// The group of that id.
    pub async fn group(&self, id: &str) -> Result<Option<Group>, GraphError> {
        let operation = Operation::of_directory("getGroup", format!("get group {}", show::bounded_to(id, 64)));
        let mut url = self.endpoint(&operation, ApiVersion::V1, &["groups", id])?;
        odata::set_query(&mut url, &[GROUP_FIELDS]);
        let Some(value) = self.read_object(&operation, url).await? else {
            return Ok(None);
        };
        Group::parse(&value)
            .map(Some)
            .map_err(|problem| GraphError::decode(operation.text, problem))
    }

    /// Every group of exactly that display name, case aside.
    pub async fn groups_by_display_name(&self, name: &str) -> Result<Vec<Group>, GraphError> {
        let found = self.groups_where("displayName", name).await?;
        Ok(found.into_iter().filter(|group| same_text(&group.display_name, name)).collect())
    }

    /// Every group of exactly that mail nickname, case aside.
    pub async fn groups_by_mail_nickname(&self, name: &str) -> Result<Vec<Group>, GraphError> {
        let found = self.groups_where("mailNickname", name).await?;
        Ok(found
            .into_iter()
            .filter(|group| group.mail_nickname.as_deref().is_some_and(|nickname| same_text(nickname, name)))
            .collect())
    }

    async fn groups_where(&self, property: &'static str, value: &str) -> Result<Vec<Group>, GraphError> {
        let operation = Operation::of_directory("findGroups", format!("find groups with {property} {}", show::quoted(value)));
        let mut url = self.endpoint(&operation, ApiVersion::V1, &["groups"])?;
        odata::set_query(
            &mut url,
            &[("$filter", &odata::equals(property, &Literal::new(value))), GROUP_FIELDS],
        );
        self.all_pages(&operation, url, Group::parse).await
    }

    /// The tenant the token belongs to.
    pub async fn organization(&self) -> Result<Organization, GraphError> {
        let operation = Operation::of_directory("getOrganization", "get the organization");
        let mut url = self.endpoint(&operation, ApiVersion::V1, &["organization"])?;
        odata::set_query(&mut url, &[("$select", "id,displayName,verifiedDomains")]);
        let mut organizations = self.all_pages(&operation, url, Organization::parse).await?.into_iter();
        organizations
            .next()
            .ok_or_else(|| GraphError::decode(operation.text, "the list of organizations is empty"))
    }
}

/// Graph compares names without case, and so do we, so that a service that ignores the filter
/// changes nothing.
fn same_text(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}
