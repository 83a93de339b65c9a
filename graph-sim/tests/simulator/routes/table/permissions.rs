//! Which callers each operation allows, and the form in which it refuses the others.

use graph_sim::base::answer::{Answer, ApiVersion};
use graph_sim::base::caller::Caller;
use graph_sim::graph::permission::Layer;
use graph_sim::graph::routes::{Operation, ROUTES};
use graph_sim::world::World;
use serde_json::Value;

use super::{Entry, code, entries, full};
use crate::routes::support::{VERSIONS, app, user};

/// A directory role that opens nothing.
const POWERLESS: &str = "Printer Administrator";

/// Every permission that any operation knows.
fn every_permission() -> Vec<&'static str> {
    let operations = ROUTES.iter().flat_map(|route| route.operations);
    operations.flat_map(|operation| operation.permission.any_of).copied().collect()
}

struct Door<'a> {
    entry: &'a Entry,
    version: ApiVersion,
    operation: &'static Operation,
    world: &'a World,
    place: String,
}

impl Door<'_> {
    fn knock(&self, caller: Caller) -> Answer {
        let ask = self.entry.ask(self.version, self.operation, self.entry.path(self.entry.row.id));
        ask.by(caller).send(&mut self.world.clone())
    }

    fn expect_open(&self, caller: Caller, who: &str) {
        let answer = self.knock(caller);
        let expected = self.entry.status(self.operation);
        assert_eq!(answer.status, expected, "{} {who}: {:?}", self.place, answer.body);
    }

    /// Refused, in the form of the layer that answers.
    fn expect_closed(&self, caller: Caller, who: &str) {
        let answer = self.knock(caller);
        assert_eq!(answer.status, 403, "{} {who}", self.place);
        let message = answer.body.as_ref().unwrap()["error"]["message"].as_str().unwrap();
        if self.operation.permission.layer == Layer::Directory {
            assert_eq!(code(&answer), "Authorization_RequestDenied", "{} {who}", self.place);
            assert_eq!(message, "Insufficient privileges to complete the operation.");
            return;
        }
        assert_eq!(code(&answer), "Forbidden", "{} {who}", self.place);
        let inner: Value = serde_json::from_str(message).expect("JSON in a string");
        let text = inner["Message"].as_str().unwrap();
        let people_only = self.operation.permission.people_only && who.starts_with("an application");
        for name in self.operation.permission.any_of {
            assert!(people_only || text.contains(name), "{} {who}: {text}", self.place);
        }
        assert!(!people_only || text.contains("delegated"), "{} {who}: {text}", self.place);
        assert!(text.contains("Activity ID: 77777777-0000-4000-8000-000000000001"), "{text}");
    }
}

fn each_door(mut visit: impl FnMut(&Door<'_>)) {
    for version in VERSIONS {
        let world = full::world();
        for entry in entries(version) {
            for operation in entry.route.operations {
                visit(&Door {
                    entry: &entry,
                    version,
                    operation,
                    world: &world,
                    place: entry.place(version, operation),
                });
            }
        }
    }
}

#[test]
fn each_permission_alone_opens_a_route_to_an_application_and_nothing_else_does() {
    let all = every_permission();
    each_door(|door| {
        let permission = door.operation.permission;
        let foreign: Vec<&str> = all.iter().copied().filter(|one| !permission.any_of.contains(one)).collect();
        door.expect_closed(app(&[]), "an application without permissions");
        door.expect_closed(app(&foreign), "an application with all other permissions");
        let mut delegated = app(&[]);
        delegated.scopes = permission.any_of.iter().map(ToString::to_string).collect();
        delegated.directory_roles = permission.user_roles.iter().map(ToString::to_string).collect();
        door.expect_closed(delegated, "an application with what a user would need");
        for one in permission.any_of {
            if permission.people_only {
                door.expect_closed(app(&[one]), "an application with the permission");
            } else {
                door.expect_open(app(&[one]), one);
            }
        }
        if permission.people_only {
            door.expect_closed(app(&all), "an application with every permission");
        }
    });
}

#[test]
fn a_user_needs_the_permission_and_the_directory_role() {
    let all = every_permission();
    each_door(|door| {
        let permission = door.operation.permission;
        let foreign: Vec<&str> = all.iter().copied().filter(|one| !permission.any_of.contains(one)).collect();
        let roles = if permission.user_roles.is_empty() {
            &[POWERLESS]
        } else {
            permission.user_roles
        };
        door.expect_closed(user(&[], roles), "a user with the roles alone");
        door.expect_closed(user(&foreign, roles), "a user with all other permissions");
        let mut wrong_kind = user(&[], roles);
        wrong_kind.application_roles = permission.any_of.iter().map(ToString::to_string).collect();
        door.expect_closed(wrong_kind, "a user with an application's permissions");
        for one in permission.any_of {
            for role in roles {
                door.expect_open(user(&[one], &[role]), role);
            }
            for roleless in [user(&[one], &[]), user(&[one], &[POWERLESS])] {
                if permission.user_roles.is_empty() {
                    door.expect_open(roleless, "a user without a role");
                } else {
                    door.expect_closed(roleless, "a user without a role");
                }
            }
        }
    });
}

/// Global Reader reads and does not write; writes of connections are for people (documented, both versions).
#[test]
fn readers_do_not_write_and_applications_have_no_way_to_connections() {
    let mut closed = 0;
    each_door(|door| {
        let writes = door.operation.method != "GET";
        let permission = door.operation.permission;
        if writes {
            door.expect_closed(app(&["CloudPC.Read.All"]), "an application that reads");
            door.expect_closed(user(permission.any_of, &["Global Reader"]), "a global reader");
        }
        let connection = writes && door.entry.row.path.contains("onPremisesConnections");
        assert_eq!(permission.people_only, connection, "{}", door.place);
        closed += u32::from(permission.people_only);
    });
    assert_eq!(closed, 8, "create, change, delete and health checks, in two versions");
}
