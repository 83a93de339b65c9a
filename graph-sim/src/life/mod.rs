//! What the service does of itself as time goes by.

use crate::world::World;

/// What is due, and when.
#[derive(Clone, Debug, Default)]
pub struct Agenda {}

/// What the service knows of groups, members and licences; changes reach it after a lag.
#[derive(Clone, Debug, Default)]
pub struct DirectoryView {}

/// Does all that has fallen due, in order, each at its own time.
pub fn catch_up(_world: &mut World) {}

/// The assignments of a tenant's policies are not what they were.
pub fn policies_changed(_world: &mut World, _tenant: &str) {}

/// The users or groups of a tenant are not what they were. A new tenant's are known at once.
pub fn directory_changed(_world: &mut World, _tenant: &str, _is_new: bool) {}

/// What `apply` brings to Cloud PCs that exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicySetting {
    /// Where they are.
    Region,
    /// Whether they take single sign-on.
    SingleSignOn,
}

/// Brings a setting of their policies to these Cloud PCs.
pub fn apply(_world: &mut World, _tenant: &str, _setting: PolicySetting, _ids: &[String]) {}
