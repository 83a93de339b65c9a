//! What the service does of itself as time goes by: Cloud PCs are provisioned, lose their reason, and go.
//!
//! Everything happens at an explicit time and in one order, so that a run can be repeated: `agenda` says what is due,
//! `directory` what is known of users and groups, `assignments` and `fleet` what there is to compare, `decide` compares and
//! `settle` carries out. It answers no requests and never waits for the real clock.
//!
//! Provisioning always succeeds: failures are not simulated.

mod actions;
mod cloud_pc;
mod decide;
mod names;
mod plans;
mod provisioner;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

pub use actions::{PolicySetting, apply_policy, apply_to, policy_renamed};
pub use cloud_pc::ENROLLMENT_PROFILE;
pub use provisioner::SERVICE_APP_ID;

use crate::world::{Lot, What, World};
use provisioner::Desk;

/// Does all that has fallen due, in order, each at its own time.
pub fn catch_up(world: &mut World) {
    let now = world.now();
    while let Some(at) = world.agenda.next(now) {
        step(world, at);
    }
}

/// The assignments of a tenant's policies are not what they were. The service knows of that at once (assumed).
pub fn policies_changed(world: &mut World, tenant: &str) {
    let now = world.now();
    world.agenda.standing(tenant).unsettle(now);
}

/// The users or groups of a tenant are not what they were. A new tenant's are known at once, as are those of a tenant that
/// several seeds describe before anything happens in it.
pub fn directory_changed(world: &mut World, tenant: &str, is_new: bool) {
    let now = world.now();
    let lag = world.options.directory_lag.after(now);
    let Some(mut desk) = Desk::open(world, tenant, now) else { return };
    let is_new = is_new || !desk.standing.has_settled();
    // Even without news, Cloud PCs may have come with the same seed.
    desk.standing.look_again();
    desk.standing.unsettle(now);
    let Some(news) = desk.tenant.known_directory.report(&desk.tenant.users, &desk.tenant.groups) else {
        return;
    };
    if is_new {
        let lots = desk.learn(&news);
        desk.standing.touch(lots);
    } else {
        let due = desk.tenant.known_directory.expect_news(lag);
        desk.queue.add(due, tenant, What::Known(news));
    }
}

/// All that happens at one time: first what was due, then what follows from it.
fn step(world: &mut World, at: Timestamp) {
    let mut touched: BTreeMap<String, BTreeSet<Lot>> = BTreeMap::new();
    while let Some((tenant, what)) = world.agenda.pop(at) {
        if let Some(mut desk) = Desk::open(world, &tenant, at) {
            let lots = desk.happen(what);
            if !lots.is_empty() {
                touched.entry(tenant).or_default().extend(lots);
            }
        }
    }
    for tenant in world.agenda.unsettled(at) {
        touched.entry(tenant).or_default();
    }
    for (tenant, lots) in touched {
        if let Some(mut desk) = Desk::open(world, &tenant, at) {
            desk.settle(lots);
        }
    }
}
