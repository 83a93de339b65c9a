//! Lots: the sets of Cloud PCs on which the service decides together, because they compete for the same licences.

use super::object::{Object, text};

/// What a policy provisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A Cloud PC for each Enterprise licence of a user.
    Enterprise,
    /// Frontline: a Cloud PC for each user, three to a licence (documented).
    PerUser,
    /// Frontline: a Cloud PC for each licence, shared by a group (documented).
    PerGroup,
}

impl Kind {
    /// By the `provisioningType` of a policy or a Cloud PC. `None` for `reserve`, which provisions no Cloud PC here (assumed).
    pub(crate) fn of(object: &Object) -> Option<Self> {
        match text(object, "provisioningType") {
            None | Some("dedicated") => Some(Self::Enterprise),
            Some("shared" | "sharedByUser") => Some(Self::PerUser),
            Some("sharedByEntraGroup") => Some(Self::PerGroup),
            Some(_) => None,
        }
    }

    /// The `productType` of its Cloud PCs.
    pub(crate) fn product(self) -> &'static str {
        match self {
            Self::Enterprise => "enterprise",
            Self::PerUser | Self::PerGroup => "frontline",
        }
    }
}

/// Cloud PCs on which the service decides together. Ids are in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Lot {
    /// A user's Enterprise Cloud PCs, by the user's id: all of the user's licences follow one policy (documented). By the
    /// sign-in name where no user has it.
    User(String),
    /// The Cloud PCs that users have from one Frontline plan: assignments compete for users, members for licences.
    Plan(String),
    /// The Cloud PCs that groups share by one policy and plan.
    Pool { policy: String, plan: String },
}

impl Lot {
    /// The lot of a Cloud PC; none for one that no policy decides on, such as one of another product.
    pub(crate) fn of(pc: &Object, owner: Option<&str>) -> Option<Self> {
        if !is_windows_365(pc) {
            return None;
        }
        let lower = |name| text(pc, name).map(str::to_lowercase);
        match Kind::of(pc)? {
            Kind::Enterprise => owner.map(str::to_owned).or_else(|| lower("userPrincipalName")).map(Self::User),
            Kind::PerUser => {
                lower("userPrincipalName")?;
                lower("servicePlanId").map(Self::Plan)
            }
            Kind::PerGroup => Some(Self::Pool {
                policy: lower("provisioningPolicyId")?,
                plan: lower("servicePlanId")?,
            }),
        }
    }
}

/// Whether policies of Windows 365 decide on it: other products are in the same collection.
pub(crate) fn is_windows_365(pc: &Object) -> bool {
    matches!(text(pc, "productType"), None | Some("enterprise" | "frontline"))
        && matches!(text(pc, "servicePlanType"), None | Some("enterprise"))
}
