//! People, groups and Cloud PCs of the tenant in `routes::support`, and steps through its time.

use graph_sim::base::answer::ApiVersion;
use graph_sim::life;
use graph_sim::world::{Tenant, User, World};
use serde_json::{Value, json};

use crate::routes::support::*;

pub const SMALL: &str = "CPC_E_2C_8GB_128GB";
pub const LARGE: &str = "CPC_E_4C_16GB_256GB";
pub const SMALL_NAME: &str = "Cloud PC Enterprise 2vCPU/8GB/128GB";
pub const ADA: &str = "ada@contoso.com";
pub const BOB: &str = "bob@contoso.com";
/// The lag after which changes of the directory are known.
pub const LAG: &str = "PT5M";

pub fn tenant(world: &mut World) -> &mut Tenant {
    world.tenants.get_mut(TENANT).unwrap()
}

/// The tenant whose directory is known, with Ada licensed and a member of group A.
pub fn known_world() -> World {
    let mut world = world();
    set_licences(&mut world, ADA, &[SMALL]);
    set_members(&mut world, GROUP_A, &[ADA]);
    know(&mut world);
    world
}

/// Makes the directory known at once, as a seed's is.
pub fn know(world: &mut World) {
    life::directory_changed(world, TENANT, true);
    life::catch_up(world);
}

/// Gives a user these licences; a new user is made. The service does not know yet.
pub fn set_licences(world: &mut World, name: &str, licences: &[&str]) {
    let users = &mut tenant(world).users;
    let place = users.iter().position(|user| user.user_principal_name == name).unwrap_or_else(|| {
        users.push(User {
            id: format!("id of {name}"),
            user_principal_name: name.to_owned(),
            display_name: name.split('@').next().unwrap().to_owned(),
            ..User::default()
        });
        users.len() - 1
    });
    users[place].licences = licences.iter().map(ToString::to_string).collect();
}

/// Gives a group these members. The service does not know yet.
pub fn set_members(world: &mut World, group: &str, members: &[&str]) {
    let groups = &mut tenant(world).groups;
    let group = groups.iter_mut().find(|one| one.id == group).unwrap();
    group.members = members.iter().map(ToString::to_string).collect();
}

/// Notifies the service that the directory has changed; it knows after the lag.
pub fn directory_changed(world: &mut World) {
    life::directory_changed(world, TENANT, false);
    life::catch_up(world);
}

pub fn advance(world: &mut World, duration: &str) {
    world.clock.advance(duration).unwrap();
    life::catch_up(world);
}

/// Advances to one second before this time has passed, then calls `check`, then advances past it.
pub fn advance_with_look(world: &mut World, seconds: i64, look: impl Fn(&World)) {
    advance(world, &format!("PT{}S", seconds - 1));
    look(world);
    advance(world, "PT1S");
}

/// A new policy with a name, and other properties in another way.
pub fn new_policy(world: &mut World, name: &str, changes: &Value) -> String {
    let mut body = policy_with(changes);
    body["displayName"] = json!(name);
    create(world, POLICIES, &body)
}

/// Assigns a policy to these targets, and to nothing else.
pub fn give(world: &mut World, policy: &str, targets: &[Value]) {
    life::catch_up(world);
    let assignments: Vec<Value> = targets.iter().map(|target| json!({ "target": target })).collect();
    let answer = assign(world, ApiVersion::Beta, &format!("{POLICIES}/{policy}"), &json!(assignments));
    assert_eq!(answer.status, 204, "{:?}", answer.body);
    life::catch_up(world);
}

pub fn group(id: &str) -> Value {
    json!({ "groupId": id })
}

/// An allotment of the Frontline plan for a group.
pub fn slice(id: &str, licences: Option<i64>) -> Value {
    let mut target = json!({"groupId": id, "servicePlanId": PLAN});
    if let Some(licences) = licences {
        target["allotmentLicensesCount"] = json!(licences);
        target["allotmentDisplayName"] = json!("a slice");
    }
    target
}

pub fn pcs(world: &World) -> Vec<Value> {
    let collection = world.tenants[TENANT].collections.get("cloudPCs").into_iter();
    collection
        .flat_map(|collection| collection.iter())
        .cloned()
        .map(Value::Object)
        .collect()
}

/// The Cloud PCs of a user.
pub fn pcs_of(world: &World, user: &str) -> Vec<Value> {
    pcs(world).into_iter().filter(|pc| pc["userPrincipalName"] == user).collect()
}

/// The one Cloud PC that there is.
pub fn only(world: &World) -> Value {
    let all = pcs(world);
    assert_eq!(all.len(), 1, "{all:?}");
    all.into_iter().next().unwrap()
}

/// Users and statuses of all Cloud PCs, as `ada provisioned`, in their order.
pub fn summary(world: &World) -> Vec<String> {
    let user = |pc: &Value| {
        pc["userPrincipalName"]
            .as_str()
            .unwrap_or("-")
            .split('@')
            .next()
            .unwrap()
            .to_owned()
    };
    let all = pcs(world);
    all.iter()
        .map(|pc| format!("{} {}", user(pc), pc["status"].as_str().unwrap_or("-")))
        .collect()
}

/// When Cloud PCs were deleted and by whom.
pub fn deletions(world: &World) -> Vec<Value> {
    let collection = world.tenants[TENANT].collections.get("cloudPCs").into_iter();
    let deleted = collection.flat_map(|collection| &collection.deleted);
    deleted.map(|one| json!([one.at, one.by])).collect()
}

/// All collections of the tenant with what was deleted from them.
pub fn everything(world: &World) -> Value {
    let collections = world.tenants[TENANT].collections.iter();
    let all = collections.map(|(name, collection)| json!([name, collection.iter().collect::<Vec<_>>(), collection.deleted]));
    json!([world.now(), all.collect::<Vec<_>>()])
}
