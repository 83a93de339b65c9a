//! Which Cloud PCs have entered their grace period, when, and why: for a test that must know who put them there.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::object::{Object, text};
use crate::base::shared::Shared;

/// What made a Cloud PC lose its licence or assignment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Cause {
    /// What a seed put there.
    #[default]
    Seed,
    /// A change of the directory that no request made.
    Directory,
    /// A request.
    Request {
        /// The id that it was given.
        id: Arc<str>,
        /// The [`super::World::generation`] that it changed.
        generation: u32,
    },
}

impl Cause {
    /// The cause of what follows from a change of the directory.
    pub(crate) fn of_directory(&self) -> Self {
        match self {
            Self::Seed => Self::Directory,
            other => other.clone(),
        }
    }
}

/// One stay of a Cloud PC in its grace period.
#[derive(Clone, Debug)]
pub(crate) struct Grace {
    /// The Cloud PC.
    pub id: String,
    /// Its user when it entered.
    pub user: Option<String>,
    /// Its policy when it entered.
    pub policy: Option<String>,
    pub entered: Timestamp,
    /// When it was in use again.
    pub left: Option<Timestamp>,
    /// When it was deleted.
    pub deleted: Option<Timestamp>,
    pub cause: Cause,
}

/// All stays in the order in which they began.
#[derive(Clone, Debug, Default)]
pub(crate) struct GraceLog {
    stays: Shared<Vec<Grace>>,
    /// The places of those that have not ended, by the id of the Cloud PC in lower case.
    open: Shared<HashMap<String, usize>>,
}

impl GraceLog {
    /// A Cloud PC enters its grace period.
    pub(crate) fn enter(&mut self, pc: &Object, entered: Timestamp, cause: Cause) {
        let id = text(pc, "id").unwrap_or_default().to_owned();
        self.open.insert(id.to_lowercase(), self.stays.len());
        self.stays.push(Grace {
            id,
            user: text(pc, "userPrincipalName").map(str::to_owned),
            policy: text(pc, "provisioningPolicyId").map(str::to_owned),
            entered,
            left: None,
            deleted: None,
            cause,
        });
    }

    /// It is in use again.
    pub(crate) fn leave(&mut self, id: &str, at: Timestamp) {
        if let Some(stay) = self.close(id) {
            stay.left = Some(at);
        }
    }

    /// It is deleted, whether or not it is in its grace period.
    pub(crate) fn delete(&mut self, id: &str, at: Timestamp) {
        if let Some(stay) = self.close(id) {
            stay.deleted = Some(at);
        }
    }

    /// All stays.
    pub(crate) fn stays(&self) -> &[Grace] {
        &self.stays
    }

    fn close(&mut self, id: &str) -> Option<&mut Grace> {
        let id = id.to_lowercase();
        // Most are in no grace period, and a change would copy what copies of a world share.
        self.open.get(&id)?;
        let place = self.open.remove(&id)?;
        self.stays.get_mut(place)
    }
}
