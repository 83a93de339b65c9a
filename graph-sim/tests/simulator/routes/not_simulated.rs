//! What the service does and the simulator does not: distinguished, by name, from what does not exist.

use crate::contract::support::description;
use crate::routes::support::*;
use graph_sim::base::answer::{Answer, ApiVersion};
use graph_sim::graph::not_simulated::{UNSIMULATED, UNSIMULATED_COLLECTIONS};
use serde_json::json;

const ENDPOINT: &str = "/deviceManagement/virtualEndpoint";
/// Paths of the metadata that no document calls an operation of the service: single objects of lists that are lists only, and
/// what belongs to a single assignment. Their answer is not that there is no such object.
fn is_metadata_alone(path: &str) -> bool {
    ["/servicePlans/{id}", "/supportedRegions/{id}"].contains(&path)
        || path.ends_with("/assignments/{id}")
        || path.contains("/assignments/{id}/assignedUsers")
}

fn ask(version: ApiVersion, method: &'static str, target: String) -> Ask {
    Ask::new(version, method, target).by(user(&["CloudPC.ReadWrite.All"], &["Intune Administrator"]))
}

fn code(answer: &Answer) -> &str {
    answer.body.as_ref().unwrap()["error"]["code"].as_str().unwrap()
}

#[test]
fn what_is_not_simulated_is_501_with_its_name_to_whom_it_is_open() {
    let mut world = world();
    let mut collections: Vec<_> = UNSIMULATED_COLLECTIONS
        .iter()
        .map(|(name, beta_only)| ("GET", (*name).to_owned(), *beta_only))
        .collect();
    collections.extend(
        UNSIMULATED_COLLECTIONS
            .iter()
            .map(|(name, beta_only)| ("POST", format!("{name}/{UNKNOWN_ID}/x"), *beta_only)),
    );
    let operations = UNSIMULATED
        .iter()
        .map(|one| (one.method, one.path.replace("{id}", UNKNOWN_ID), one.beta_only));
    for (method, path, beta_only) in collections.into_iter().chain(operations) {
        let place = format!("{method} {path}");
        // With and without the namespace and the parentheses of a function, and with parameters.
        let (before, last) = path.rsplit_once('/').unwrap_or(("", &path));
        let spellings = [
            last.to_owned(),
            format!("microsoft.graph.{last}"),
            format!("{last}()"),
            format!("{last}(groupId='1',servicePlanId='2')"),
        ];
        let spellings = if path.ends_with("/x") { &spellings[..1] } else { &spellings };
        for spelling in spellings.iter().take(if method == "GET" { 4 } else { 2 }) {
            let target = format!("{ENDPOINT}/{before}/{spelling}");
            for version in VERSIONS {
                let answer = ask(version, method, target.clone()).send(&mut world);
                if beta_only && version == ApiVersion::V1 {
                    assert!((400..500).contains(&answer.status), "{place} in v1.0: {}", answer.status);
                    continue;
                }
                // A collection has no parameters.
                if UNSIMULATED_COLLECTIONS.iter().any(|(name, _)| *name == path) && spelling.contains("='") {
                    continue;
                }
                assert_eq!(
                    (answer.status, code(&answer)),
                    (501, "NotImplemented"),
                    "{target}: {:?}",
                    answer.body
                );
                let name = if path.ends_with("/x") {
                    path.split('/').next().unwrap()
                } else {
                    last
                };
                assert!(reason(&answer).contains(&format!("'{name}'")), "{target}: {}", reason(&answer));
                assert!(!answer.committed);
                let answer = Ask::new(version, method, target.clone())
                    .by(app(&["Group.Read.All"]))
                    .send(&mut world);
                assert_eq!(answer.status, 403, "{target}");
            }
        }
    }
}

/// (documented) Of the writes of connections, this alone is open to applications.
#[test]
fn an_application_may_change_a_connections_password_and_nothing_else_of_it() {
    let mut world = world();
    let one = format!("{ENDPOINT}/onPremisesConnections/{CONNECTION}");
    for version in VERSIONS {
        let mut status = |method, target: &str| Ask::new(version, method, target).send(&mut world).status;
        assert_eq!(status("POST", &format!("{one}/updateAdDomainPassword")), 501);
        assert_eq!(status("POST", &format!("{one}/runHealthChecks")), 403);
        assert_eq!(status("PATCH", &one), 403);
    }
}

/// The simulator takes no path of the description for a malformed id or an unknown path.
#[test]
fn every_described_operation_is_done_refused_as_a_method_or_501() {
    for version in VERSIONS {
        let Some(description) = description(version) else { return };
        let mut world = world();
        seed(&mut world, "organizationSettings", json!({}));
        let mut foreign = 0;
        for (path, described) in description["paths"].as_object().unwrap() {
            let Some(rest) = path.strip_prefix(ENDPOINT) else { continue };
            let segments = rest.split('/').map(|one| if one.starts_with('{') { "{id}" } else { one });
            let plain = segments.collect::<Vec<_>>().join("/");
            if plain.is_empty() {
                continue;
            }
            if is_metadata_alone(&plain) {
                let target = format!("{ENDPOINT}{}", plain.replace("{id}", UNKNOWN_ID));
                let answer = ask(version, "GET", target).send(&mut world);
                let place = format!("{} GET {path}: {:?}", version.as_str(), answer.body);
                assert_eq!(answer.status, 501, "{place}");
                continue;
            }
            for method in ["GET", "POST", "PATCH", "DELETE"] {
                // A part of an assignment that its own action alone changes.
                let read_only = plain.ends_with("/userSettingsPersistenceDetail") && method != "GET";
                if read_only || !described[method.to_lowercase()].is_object() {
                    continue;
                }
                let target = format!("{ENDPOINT}{}", plain.replace("{id}", UNKNOWN_ID));
                let answer = ask(version, method, target).send(&mut world);
                let place = format!("{} {method} {path}: {:?}", version.as_str(), answer.body);
                match answer.status {
                    200 | 405 | 501 => foreign += u32::from(answer.status == 501),
                    404 => assert_eq!(code(&answer), "itemNotFound", "{place}"),
                    // A POST or PATCH of nothing.
                    400 => assert!(reason(&answer).contains("JSON body"), "{place}"),
                    _ => panic!("{place}"),
                }
            }
        }
        assert!(foreign > 10, "only {foreign}");
    }
}
