//! `GET /_sim/grace`: which Cloud PCs entered their grace period, when, and which request put them there.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::life;
use crate::service::Service;
use crate::world::{Cause, Grace};

/// The stays that began at this time or later, by tenant and in the order in which they began.
pub(super) fn grace(service: &Service, since: Option<Timestamp>) -> Value {
    let mut world = service.world();
    life::catch_up(&mut world);
    let ledger = service.ledger();
    let mut numbers: HashMap<&str, u64> = HashMap::new();
    // A request that was carried out twice has two entries; the first one changed what there was to change.
    for entry in ledger.since(0).iter().filter(|entry| entry.committed) {
        numbers.entry(entry.request_id.as_str()).or_insert(entry.seq);
    }
    let generation = world.generation;
    let cause = |cause: &Cause| match cause {
        Cause::Seed => json!("seed"),
        Cause::Directory => json!("directory"),
        Cause::Request { id, generation: own } if *own == generation => json!(numbers.get(&**id)),
        // The ledger of the simulator that this one was copied from has it.
        Cause::Request { .. } => Value::Null,
    };
    let stays = world.agenda.grace();
    let stays = stays.filter(|(_, stay)| since.is_none_or(|since| stay.entered >= since));
    stays.map(|(tenant, stay)| shown(tenant, stay, &cause(&stay.cause))).collect()
}

fn shown(tenant: &str, stay: &Grace, cause: &Value) -> Value {
    json!({
        "tenant": tenant,
        "id": stay.id,
        "userPrincipalName": stay.user,
        "provisioningPolicyId": stay.policy,
        "enteredAt": stay.entered,
        "leftAt": stay.left,
        "deletedAt": stay.deleted,
        "cause": cause,
    })
}
