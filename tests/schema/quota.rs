//! How many objects of each kind the quota of the examples lets a team have.

use crate::generate::Generated;
use crate::kinds::{Kind, kinds};

/// Objects in Graph are few and each is compared at every poll; what only binds groups to them is small and may be many.
fn number(kind: &Kind) -> u32 {
    if kind.is_in_graph() { 50 } else { 200 }
}

/// A line for every kind that a team may have.
pub fn generated() -> Generated {
    let teams = kinds().filter(|kind| kind.is_namespaced());
    let line = |kind: &Kind| format!("    count/{}: \"{}\"\n", kind.definition(), number(kind));
    Generated::part(
        "examples/platform/team-quota.yaml",
        "every kind with a namespace",
        teams.map(line).collect(),
    )
}
