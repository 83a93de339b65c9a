//! Cloud PCs, and who is in a group: what the loss of an assignment would cost. Reads only.

use jiff::Timestamp;
use serde_json::Value;

use crate::graph::client::Client;
use crate::graph::directory::{id, text};
use crate::graph::errors::error::{ErrorKind, GraphError};
use crate::graph::request::odata::{self, Literal};
use crate::graph::text as show;
use crate::graph::types::operation::{Operation, OperationKind};
use crate::graph::types::table::ApiVersion;

/// A Cloud PC, as far as it matters who keeps it. Properties of `cloudPC` in beta; v1.0 has no `status`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CloudPc {
    pub id: String,
    /// As people see it; not unique.
    pub name: String,
    /// The sign-in name of its user, as Graph has it: for comparing, not for showing. It may be a former name.
    pub user: Option<String>,
    /// A group shares it (`provisioningType` is `sharedByEntraGroup`), so its user is only the one of now.
    pub shared: bool,
    /// `provisioningPolicyId`.
    pub policy: String,
    /// Graph's `status`, such as `provisioned` or `inGracePeriod`. An unknown one stays what it is.
    pub status: String,
    /// `servicePlanId`.
    pub plan: Option<String>,
    /// `allotmentDisplayName`, of Frontline.
    pub allotment: Option<String>,
    /// `gracePeriodEndDateTime`.
    pub grace_end: Option<Timestamp>,
}

/// A user as a member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub id: String,
    /// The sign-in name now, as Graph has it. A guest's contains `#EXT#`.
    pub name: Option<String>,
}

/// All that is read of a Cloud PC.
const FIELDS: &str = "id,displayName,userPrincipalName,provisioningPolicyId,provisioningType,status,servicePlanId,allotmentDisplayName,gracePeriodEndDateTime";

impl CloudPc {
    fn parse(value: &Value) -> Result<Self, String> {
        Ok(Self {
            id: id(value).ok_or("a Cloud PC has no id")?,
            name: text(value, "displayName").unwrap_or_default(),
            user: raw(value, "userPrincipalName"),
            shared: raw(value, "provisioningType").is_some_and(|kind| kind.eq_ignore_ascii_case("sharedByEntraGroup")),
            policy: raw(value, "provisioningPolicyId").unwrap_or_default(),
            status: text(value, "status").unwrap_or_default(),
            plan: raw(value, "servicePlanId"),
            allotment: raw(value, "allotmentDisplayName"),
            grace_end: text(value, "gracePeriodEndDateTime").and_then(|end| end.parse().ok()),
        })
    }

    /// Whether it belongs to this policy.
    pub(crate) fn is_of(&self, policy: &str) -> bool {
        self.policy.eq_ignore_ascii_case(policy)
    }
}

impl Member {
    fn parse(value: &Value) -> Result<Self, String> {
        Ok(Self {
            id: id(value).ok_or("a member has no id")?,
            name: raw(value, "userPrincipalName"),
        })
    }
}

/// A non-empty text as Graph has it. What is made safe to print may equal another one, so it proves nothing.
fn raw(value: &Value, name: &str) -> Option<String> {
    let text = value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.map(str::to_owned)
}

impl Client {
    /// The Cloud PCs of a policy, in every status, among others perhaps; and whether the answer shows that Graph selects them: whether it
    /// honours `$filter` here is not established, and where it refuses or ignores it, all Cloud PCs are listed. No Cloud PCs show nothing.
    pub(crate) async fn cloud_pcs_of(&self, policy: &str) -> Result<(Vec<CloudPc>, bool), GraphError> {
        let filter = odata::equals("provisioningPolicyId", &Literal::new(policy));
        match self.list_cloud_pcs(Some(&filter)).await {
            Err(error) if error.kind == ErrorKind::BadRequest => Ok((self.cloud_pcs().await?, false)),
            result => {
                let mut found = result?;
                let selected = !found.is_empty() && found.iter().all(|pc| pc.is_of(policy) || pc.policy.is_empty());
                // Graph says that it is one of this policy, and does not show it.
                for pc in found.iter_mut().filter(|pc| selected && pc.policy.is_empty()) {
                    policy.clone_into(&mut pc.policy);
                }
                Ok((found, selected))
            }
        }
    }

    /// All Cloud PCs of the tenant.
    pub(crate) async fn cloud_pcs(&self) -> Result<Vec<CloudPc>, GraphError> {
        self.list_cloud_pcs(None).await
    }

    async fn list_cloud_pcs(&self, filter: Option<&str>) -> Result<Vec<CloudPc>, GraphError> {
        let operation = Operation::new(OperationKind::ListCloudPcs, "list Cloud PCs");
        let segments = ["deviceManagement", "virtualEndpoint", "cloudPCs"];
        let mut url = self.session.endpoint(&operation, ApiVersion::Beta, &segments)?;
        let fields = ("$select", FIELDS);
        match filter {
            Some(filter) => odata::set_query(&mut url, &[("$filter", filter), fields]),
            None => odata::set_query(&mut url, &[fields]),
        }
        self.session.all_pages(&operation, url, CloudPc::parse).await
    }

    /// The users who are members of a group themselves. Whether the service counts the members of groups inside of it is not
    /// established, so those are no proof. An error when the group is not there.
    pub(crate) async fn members(&self, group: &str) -> Result<Vec<Member>, GraphError> {
        let operation = Operation::new(
            OperationKind::ListMembers,
            format!("list the members of group {}", show::bounded_to(group, 64)),
        );
        let segments = ["groups", group, "members", "microsoft.graph.user"];
        let mut url = self.session.endpoint(&operation, ApiVersion::V1, &segments)?;
        odata::set_query(&mut url, &[("$select", "id,userPrincipalName"), ("$top", "999")]);
        self.session.all_pages(&operation, url, Member::parse).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cloud_pc_is_read_whole_or_not_at_all() {
        let pc = CloudPc::parse(&json!({
            "id": "c1", "displayName": "Desk - Ann", "userPrincipalName": "ann@contoso.com", "provisioningPolicyId": "P1",
            "status": "inGracePeriod", "servicePlanId": "s1", "gracePeriodEndDateTime": "2026-03-09T08:00:00Z",
        }))
        .unwrap();
        assert!(pc.is_of("p1") && !pc.is_of("p2"));
        assert_eq!(
            (pc.user.as_deref(), pc.status.as_str(), pc.grace_end),
            (Some("ann@contoso.com"), "inGracePeriod", "2026-03-09T08:00:00Z".parse().ok())
        );
        let sparse = CloudPc::parse(&json!({"id": "c2", "userPrincipalName": ""})).unwrap();
        assert_eq!((sparse.user, sparse.policy.as_str()), (None, ""));
        assert!(CloudPc::parse(&json!({"displayName": "no id"})).is_err());
    }
}
