//! What each route refuses, and that a refusal changes nothing.

use graph_sim::base::answer::{Answer, ApiVersion};
use graph_sim::graph::routes::{Operation, ROUTES};
use graph_sim::options::{MissingId, ReadOnlyInBody};
use graph_sim::world::World;
use serde_json::{Value, json};

use super::rows::Write;
use super::{Entry, code, entries, full};
use crate::routes::support::{Ask, TENANT, UNKNOWN_ID, VERSIONS, get, reason};

/// Sends what must be refused, and expects that nothing is different then.
fn refused(world: &mut World, ask: Ask, place: &str) -> Answer {
    let before = world.clone();
    let answer = ask.send(world);
    assert!((400..500).contains(&answer.status), "{place}: {} {:?}", answer.status, answer.body);
    assert!(!answer.committed, "{place}");
    for (name, collection) in &world.tenants[TENANT].collections {
        let was = before.tenants[TENANT].collections.get(name).into_iter().flat_map(|one| one.iter());
        assert!(collection.iter().eq(was), "{place} changed {name}");
    }
    answer
}

/// Every operation of a version.
fn each_operation(version: ApiVersion, mut visit: impl FnMut(&Entry, &'static Operation, &str)) {
    for entry in entries(version) {
        for operation in entry.route.operations {
            visit(&entry, operation, &entry.place(version, operation));
        }
    }
}

/// Every operation that takes a body.
fn each_body(version: ApiVersion, mut visit: impl FnMut(&Entry, &'static Operation, &'static Write, Value, &str)) {
    each_operation(version, |entry, operation, place| {
        let write = entry.write(operation).filter(|write| !write.is_foreign());
        if let Some((write, body)) = write.and_then(|write| Some((write, write.good()?))) {
            visit(entry, operation, write, body, place);
        }
    });
}

#[test]
fn a_beta_route_leads_nowhere_in_v1() {
    let mut world = full::world();
    for route in ROUTES.iter().filter(|route| route.beta_only) {
        let path = format!("/{}", route.path.replace("{id}", full::POLICY));
        for operation in route.operations {
            let ask = Ask::new(ApiVersion::V1, operation.method, path.as_str()).body(&json!({}));
            let answer = refused(&mut world, ask, &path);
            assert_eq!((answer.status, code(&answer)), (404, "ResourceNotFound"), "{path}");
        }
    }
}

#[test]
fn a_method_that_a_route_does_not_have_is_refused_with_those_that_it_has() {
    for version in VERSIONS {
        let mut world = full::world();
        for entry in entries(version) {
            let allowed: Vec<&str> = entry.route.operations.iter().map(|one| one.method).collect();
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW"] {
                if allowed.contains(&method) {
                    continue;
                }
                let place = format!("{} {method} {}", version.as_str(), entry.row.path);
                let ask = Ask::new(version, method, entry.path(entry.row.id));
                let answer = refused(&mut world, ask, &place);
                assert_eq!((answer.status, code(&answer)), (405, "MethodNotAllowed"), "{place}");
                assert_eq!(answer.headers, [("Allow".to_owned(), allowed.join(", "))], "{place}");
            }
        }
    }
}

#[test]
fn an_id_that_nothing_has_is_not_found_or_by_option_a_bad_request() {
    for version in VERSIONS {
        let mut world = full::world();
        each_operation(version, |entry, operation, place| {
            let foreign = entry.write(operation).is_some_and(Write::is_foreign);
            if !entry.has_id() || foreign {
                return;
            }
            let not_found = if entry.is_directory() {
                "Request_ResourceNotFound"
            } else {
                "itemNotFound"
            };
            for (status, expected) in [(404, not_found), (400, "BadRequest")] {
                world.options.missing_id = MissingId::try_from(status).unwrap();
                let ask = entry.ask(version, operation, entry.path(UNKNOWN_ID));
                let answer = refused(&mut world, ask, place);
                assert_eq!((answer.status, code(&answer)), (status, expected), "{place}");
                assert!(reason(&answer).contains(UNKNOWN_ID), "{place}: {}", reason(&answer));
            }
            world.options.missing_id = MissingId::try_from(404).unwrap();
            for malformed in ["x", "1234", "%7B88888888-0000-4000-8000-00000000000a%7D"] {
                let answer = refused(&mut world, entry.ask(version, operation, entry.path(malformed)), place);
                let expected = match (entry.row.guid, entry.is_directory()) {
                    (true, false) => (400, "BadRequest"),
                    (true, true) => (400, "Request_BadRequest"),
                    (false, _) => (404, not_found),
                };
                assert_eq!((answer.status, code(&answer)), expected, "{place} {malformed}");
            }
        });
    }
}

#[test]
fn an_option_that_no_route_knows_is_refused_by_name() {
    for version in VERSIONS {
        let mut world = full::world();
        each_operation(version, |entry, operation, place| {
            for option in ["whatever", "$search", "$apply", "$"] {
                let target = format!("{}?{option}=1", entry.path(entry.row.id));
                let answer = refused(&mut world, entry.ask(version, operation, target), place);
                assert_eq!(answer.status, 400, "{place}: {:?}", answer.body);
                assert!(reason(&answer).contains(option), "{place}: {}", reason(&answer));
            }
        });
    }
}

#[test]
fn a_body_that_is_no_object_is_refused() {
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let bodies: [&[u8]; 11] = [
        b"",
        b" ",
        b"{",
        b"{\"displayName\":\"x\",}",
        b"{} {}",
        b"[]",
        b"null",
        b"1e999",
        b"\"text\"",
        b"\xff\xfe",
        deep.as_bytes(),
    ];
    for version in VERSIONS {
        let mut world = full::world();
        each_body(version, |entry, operation, _, _, place| {
            for body in bodies {
                let mut ask = entry.ask(version, operation, entry.path(entry.row.id));
                ask.body = body.to_vec();
                let answer = refused(&mut world, ask, place);
                assert_eq!((answer.status, code(&answer)), (400, "BadRequest"), "{place}");
            }
        });
    }
}

#[test]
fn a_property_that_cannot_be_set_is_refused_by_name() {
    for version in VERSIONS {
        let mut world = full::world();
        world.options.read_only_in_body = ReadOnlyInBody::Refuse;
        let mut tried = 0;
        each_body(version, |entry, operation, write, good, place| {
            let mut expect = |pointer: &str, name: &str, value: Value| {
                let mut body = good.clone();
                body.pointer_mut(pointer).unwrap()[name] = value;
                let ask = entry.ask(version, operation, entry.path(entry.row.id)).body(&body);
                let answer = refused(&mut world, ask, place);
                assert_eq!(answer.status, 400, "{place} {name}");
                assert!(reason(&answer).contains(name), "{place} {name}: {}", reason(&answer));
                tried += 1;
            };
            for pointer in ["", write.inner] {
                expect(pointer, "nonsense", json!("x"));
                // Names are case-sensitive.
                expect(pointer, "DisplayName", json!("x"));
            }
            for name in write.read_only {
                // Values that most properties could have, so that not their type is what is wrong.
                expect(write.inner, name, json!("2026-01-05T08:00:00Z"));
                expect(write.inner, name, Value::Null);
            }
        });
        assert!(tried > 30, "only {tried}");
    }
}

/// (assumed) Properties that the service sets are ignored in every body, as long as the value could be an answer.
#[test]
fn a_property_that_only_the_service_sets_is_passed_over() {
    for version in VERSIONS {
        let world = full::world();
        let mut tried = 0;
        each_body(version, |entry, operation, write, good, place| {
            // Relationships are other objects; the directory refuses what it does not know of a group.
            let read_only = write
                .read_only
                .iter()
                .filter(|name| !["assignments", "assignedUsers"].contains(*name));
            for name in read_only.filter(|_| !entry.is_directory()) {
                let send = |value: Value| {
                    let mut body = good.clone();
                    body.pointer_mut(write.inner).unwrap()[name] = value;
                    let ask = entry.ask(version, operation, entry.path(entry.row.id)).body(&body);
                    ask.send(&mut world.clone())
                };
                let fits = match *name {
                    "gracePeriodInHours" => json!(1),
                    _ => json!("2026-01-05T08:00:00Z"),
                };
                let there = send(json!({"no": "value"}));
                assert_eq!(there.status, 400, "{place} {name}: {:?}", there.body);
                assert!(reason(&there).contains(name), "{place} {name}: {}", reason(&there));
                // What the version does not have is refused, as it is in a body that does not repeat anything.
                let exists = !reason(&there).contains("does not exist");
                let expected = if exists { write.status } else { 400 };
                assert_eq!(send(fits).status, expected, "{place} {name}");
                tried += u32::from(exists);
            }
        });
        assert!(tried > 10, "only {tried}");
    }
}

#[test]
fn a_path_that_goes_on_or_stops_early_leads_nowhere() {
    for version in VERSIONS {
        let mut world = full::world();
        for entry in entries(version) {
            let path = entry.path(entry.row.id);
            for target in [format!("{path}/nonsense/nonsense"), path.to_uppercase()] {
                let answer = get(&mut world, version, &target);
                assert_eq!((answer.status, code(&answer)), (404, "ResourceNotFound"), "{target}");
            }
        }
    }
}
