//! Behaviours of the service that are not established, or that a test wants otherwise. Changes count from the next request.

pub mod throttling;

use serde::{Deserialize, Serialize};

use crate::base::duration::IsoDuration;
use crate::options::throttling::Throttling;

/// Makes the options, and the change of some of them in which a key that does not exist is refused by name.
macro_rules! options {
    ($($(#[$doc:meta])* $name:ident: $ty:ty = $default:expr;)*) => {
        /// All options with their values.
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[serde(rename_all = "camelCase")]
        pub struct Options {
            $($(#[$doc])* pub $name: $ty,)*
        }

        impl Default for Options {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        /// A change of some options; a key that does not exist is refused by name.
        #[derive(Clone, Debug, Default, Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct OptionsPatch {
            $($name: Option<$ty>,)*
        }

        impl OptionsPatch {
            fn overlay(&self, options: &mut Options) {
                $(if let Some(value) = &self.$name {
                    options.$name = value.clone();
                })*
            }
        }
    };
}

options! {
    /// Objects on one page of a list that does not ask for another number by `$top`.
    page_size: usize = 100;
    /// How long readers see the earlier state of what is created or changed, and of Cloud PCs that are gone.
    replication_lag: IsoDuration = iso("PT0S");
    /// Which limits count.
    throttling: Throttling = Throttling::default();
    /// Whether a second policy or setting with the same `displayName` is refused.
    unique_names: bool = false;
    /// What a successful PATCH answers.
    patch_answer: WriteAnswer = WriteAnswer::Entity;
    /// What a successful `assign` answers.
    assign_answer: WriteAnswer = WriteAnswer::NoContent;
    /// What the ids of assignments look like.
    assignment_id_form: AssignmentIdForm = AssignmentIdForm::GroupId;
    /// What DELETE of a policy with assignments does.
    delete_assigned: DeleteAssigned = DeleteAssigned::Refuse;
    /// The status for an id that nothing has.
    missing_id: MissingId = MissingId(404);
    /// How long a Cloud PC is provisioned.
    provisioning_time: IsoDuration = iso("PT40M");
    /// How long a Cloud PC stays after it lost its licence or assignment.
    grace_period: IsoDuration = iso("P7D");
    /// How long after a write its audit event can be read.
    audit_lag: IsoDuration = iso("PT5M");
    /// How long the service does not know of changed groups, members and licences.
    directory_lag: IsoDuration = iso("PT5M");
    /// Who is shown as the author of a policy and of its last change.
    created_by: CreatedBy = CreatedBy::ApplicationId;
    /// Whose id the audit event of a write has as its correlation id.
    audit_correlation: AuditCorrelation = AuditCorrelation::ClientRequestId;
    /// What `assign` does with a group that was deleted.
    deleted_group_in_assign: DeletedGroupInAssign = DeletedGroupInAssign::Refuse;
    /// Whether members of a group that is a member of an assigned group get Cloud PCs.
    nested_groups: NestedGroups = NestedGroups::Ignore;
    /// What becomes of `$filter` on Cloud PCs.
    cloud_pc_filter: CloudPcFilter = CloudPcFilter::Honour;
    /// What becomes of bodies with `Content-Encoding: gzip`.
    gzip_bodies: GzipBodies = GzipBodies::Accept;
    /// What becomes of properties in a body that only the service sets.
    read_only_in_body: ReadOnlyInBody = ReadOnlyInBody::Ignore;
}

impl OptionsPatch {
    /// Changes what is given and leaves the rest.
    ///
    /// # Errors
    /// A page without room for an object; nothing is changed then.
    pub fn apply(&self, options: &mut Options) -> Result<(), String> {
        if self.page_size == Some(0) {
            return Err("pageSize must be at least 1".to_owned());
        }
        self.overlay(options);
        Ok(())
    }
}

/// A default of this file.
fn iso(text: &str) -> IsoDuration {
    text.parse().expect("the defaults are durations")
}

/// What a successful write answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WriteAnswer {
    /// 200 with the object.
    Entity,
    /// 204.
    NoContent,
}

/// What DELETE of a policy with assignments does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DeleteAssigned {
    /// 400.
    Refuse,
    /// 204, and the policy is deleted.
    Allow,
}

/// What `assign` does with a group that was deleted. A group that never was is refused in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DeletedGroupInAssign {
    /// 400.
    Refuse,
    /// It is assigned, and no user gets a Cloud PC by it.
    Accept,
}

/// Whether an assignment to a group reaches the members of groups that are members of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NestedGroups {
    /// It reaches the users alone that are members themselves.
    Ignore,
    /// It reaches them, however deep they are nested.
    Count,
}

/// What becomes of `$filter` in a list of Cloud PCs and in its count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CloudPcFilter {
    /// What does not pass is left out.
    Honour,
    /// The whole list is answered.
    Ignore,
    /// 400, as for an option that is not known.
    Refuse,
}

/// What becomes of bodies with `Content-Encoding: gzip`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GzipBodies {
    /// They are decoded.
    Accept,
    /// 415.
    Refuse,
}

/// What becomes of properties in the body of a write that only the service sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReadOnlyInBody {
    /// They are ignored, so that what was read can be sent back.
    Ignore,
    /// 400.
    Refuse,
}

/// What the id of an assignment looks like. A Frontline assignment has an id of its own in every form: it was captured with
/// an id that is not its group's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AssignmentIdForm {
    /// The group's id (a client's author).
    GroupId,
    /// The owner's id and the group's (documented).
    PolicyIdGroupId,
    /// An opaque id (captured for Frontline).
    Opaque,
}

/// What a write leaves in `createdBy` and `lastModifiedBy` of an object that has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CreatedBy {
    /// An application's id, a person's sign-in name.
    ApplicationId,
    /// The name that is shown of an application or a person.
    Name,
    /// Nothing: answers do not have the properties.
    Absent,
}

/// The correlation id in the audit event of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AuditCorrelation {
    /// The client's request id where that is a GUID.
    ClientRequestId,
    /// An id that no client can know: neither its own nor one that an answer carries.
    Own,
}

/// The status for an id that nothing has: 404, or 400 as for an id that is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct MissingId(u16);

impl MissingId {
    /// The status.
    #[must_use]
    pub fn status(self) -> u16 {
        self.0
    }
}

impl TryFrom<u16> for MissingId {
    type Error = String;

    fn try_from(status: u16) -> Result<Self, String> {
        match status {
            400 | 404 => Ok(Self(status)),
            other => Err(format!("missingId takes 404 or 400, not {other}")),
        }
    }
}

impl From<MissingId> for u16 {
    fn from(status: MissingId) -> Self {
        status.0
    }
}
