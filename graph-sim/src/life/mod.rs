//! What the service does by itself as time passes: it provisions Cloud PCs, puts those that lost their licence or assignment
//! into their grace period, and deletes them.
//!
//! Everything happens at an explicit time and in one order, so that a run can be repeated. The state is in `world`: `agenda`
//! says what is due. Here `decide` compares the wanted with the present Cloud PCs, and `provisioner` carries out the decisions.
//! Nothing here answers requests or waits for the real clock.
//!
//! Provisioning always succeeds: failures are not simulated.

mod actions;
mod cloud_pc;
mod decide;
mod names;
mod plans;
mod provisioner;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub(crate) use actions::policy_renamed;
pub use actions::{PolicySetting, apply_policy, apply_to};
pub(crate) use cloud_pc::ENROLLMENT_PROFILE;
pub use provisioner::SERVICE_APP_ID;

use crate::world::{Cause, Event, Lot, World};
use provisioner::Provisioner;

/// Does all that is due, in order, each at its own time.
pub fn catch_up(world: &mut World) {
    let now = world.now();
    while let Some(at) = world.agenda.next(now) {
        step(world, at);
    }
}

/// A tenant's assignments have changed. The service knows at once (assumed).
pub fn policies_changed(world: &mut World, tenant: &str) {
    let (now, cause) = (world.now(), world.cause.clone());
    world.agenda.state_of(tenant).request_reconcile(now, cause);
}

/// A tenant's users or groups have changed. A new tenant's are known at once, as are those of a tenant that
/// several seeds describe before anything happens in it. The option for nested groups counts as it is now.
pub fn directory_changed(world: &mut World, tenant: &str, is_new: bool) {
    let (now, cause) = (world.now(), world.cause.clone());
    let (lag, nested) = (world.options.directory_lag.after(now), world.options.nested_groups);
    let Some(mut provisioner) = Provisioner::open(world, tenant, now) else {
        return;
    };
    let is_new = is_new || !provisioner.state.was_reconciled();
    // Even without changes, Cloud PCs may have come with the same seed.
    provisioner.state.rescan();
    provisioner.state.request_reconcile(now, cause.clone());
    let Some(changes) = provisioner
        .tenant
        .known_directory
        .report(&provisioner.tenant.users, &provisioner.tenant.groups, nested)
    else {
        return;
    };
    if is_new {
        let lots = provisioner.apply_changes(&changes);
        provisioner.state.touch(lots);
    } else {
        let due = provisioner.tenant.known_directory.expect_changes(lag);
        let cause = cause.of_directory();
        provisioner.queue.add(due, tenant, Event::DirectoryChanged { changes, cause });
    }
}

/// All that happens at one time: first the due events, then what follows from them.
fn step(world: &mut World, at: Timestamp) {
    let mut touched: BTreeMap<String, BTreeMap<Lot, Cause>> = BTreeMap::new();
    while let Some((tenant, event)) = world.agenda.pop(at) {
        if let Some(mut provisioner) = Provisioner::open(world, &tenant, at) {
            let (lots, cause) = provisioner.handle(event);
            if !lots.is_empty() {
                let lots = lots.into_iter().map(|lot| (lot, cause.clone()));
                touched.entry(tenant).or_default().extend(lots);
            }
        }
    }
    for tenant in world.agenda.pending(at) {
        touched.entry(tenant).or_default();
    }
    for (tenant, lots) in touched {
        if let Some(mut provisioner) = Provisioner::open(world, &tenant, at) {
            provisioner.reconcile(lots);
        }
    }
}
