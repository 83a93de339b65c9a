//! A segment that is spelt like an operation never counts as the id of an object: it is known, or refused by its name.

use std::collections::BTreeSet;

use crate::routes::support::*;
use graph_sim::base::answer::{Answer, ApiVersion};
use graph_sim::base::caller::Caller;
use graph_sim::graph::routes::{ROUTES, Route};
use graph_sim::options::MissingId;
use graph_sim::world::World;

/// All permissions of all routes, and a user who may use them.
fn everybody() -> [Caller; 2] {
    let permissions = ROUTES
        .iter()
        .flat_map(|route| route.operations)
        .flat_map(|one| one.permission.any_of);
    let permissions: BTreeSet<&str> = permissions.copied().collect();
    let permissions: Vec<&str> = permissions.into_iter().collect();
    [app(&permissions), user(&permissions, &["Global Administrator"])]
}

fn code(answer: &Answer) -> &str {
    answer.body.as_ref().unwrap()["error"]["code"].as_str().unwrap()
}

/// The lists of a version, with an id in the place of each `{id}`.
fn lists(version: ApiVersion) -> Vec<&'static Route> {
    let there = ROUTES.iter().filter(|route| !route.beta_only || version == ApiVersion::Beta);
    let reads = |route: &&Route| route.operations.iter().any(|one| one.method == "GET");
    let is_list = |route: &&Route| !route.path.ends_with("{id}") && !route.path.ends_with("$count");
    there
        .filter(reads)
        .filter(is_list)
        .filter(|route| {
            !["getAuditActivityTypes", "retrieveCloudPcCountByStatus"]
                .iter()
                .any(|name| route.path.ends_with(name))
        })
        .collect()
}

fn is_route(path: &str) -> bool {
    ROUTES.iter().any(|route| route.path == path)
}

/// Expects 501 with the name, whichever status the option `missingId` has.
fn expect_named(world: &mut World, version: ApiVersion, method: &'static str, target: &str, name: &str) {
    for missing in [404, 400] {
        world.options.missing_id = MissingId::try_from(missing).unwrap();
        for caller in everybody() {
            let answer = Ask::new(version, method, target).by(caller).send(world);
            let place = format!("{} {method} {target}: {:?}", version.as_str(), answer.body);
            assert_eq!((answer.status, code(&answer)), (501, "NotImplemented"), "{place}");
            assert!(reason(&answer).contains(&format!("'{name}'")), "{place}");
        }
    }
}

#[test]
fn behind_every_list_an_operation_is_refused_by_its_name() {
    for version in VERSIONS {
        let mut world = world();
        for route in lists(version) {
            let list = format!("/{}", route.path.replace("{id}", GROUP_A));
            let reads = [
                ("$count", "$count"),
                ("%24count", "$count"),
                ("$value", "$value"),
                ("delta", "delta"),
                ("delta()", "delta"),
                ("microsoft.graph.delta", "delta"),
                ("delta(token='latest')", "delta"),
                ("getSomething", "getSomething"),
                ("getSomething()", "getSomething"),
                ("getSomething(a='1',b=2)", "getSomething"),
                ("microsoft.graph.summary", "summary"),
            ];
            for (segment, name) in reads {
                if !is_route(&format!("{}/{name}", route.path)) {
                    expect_named(&mut world, version, "GET", &format!("{list}/{segment}"), name);
                }
            }
            for segment in ["doSomething", "frobnicate", "microsoft.graph.reset"] {
                let name = segment.trim_start_matches("microsoft.graph.");
                expect_named(&mut world, version, "POST", &format!("{list}/{segment}"), name);
            }
        }
    }
}

#[test]
fn behind_every_object_an_operation_is_refused_by_its_name() {
    for version in VERSIONS {
        let mut world = world();
        let there = ROUTES.iter().filter(|route| !route.beta_only || version == ApiVersion::Beta);
        for route in there.filter(|route| route.path.ends_with("{id}")) {
            // Whether there is such an object does not matter: the operation is not known.
            let object = format!("/{}", route.path.replace("{id}", UNKNOWN_ID));
            for (method, segment) in [
                ("GET", "$count"),
                ("GET", "$ref"),
                ("GET", "delta"),
                ("GET", "retrieveSomething()"),
                ("GET", "transitiveThings"),
                ("POST", "frobnicate"),
                ("POST", "microsoft.graph.frobnicate"),
            ] {
                let name = segment.trim_start_matches("microsoft.graph.").trim_end_matches("()");
                expect_named(&mut world, version, method, &format!("{object}/{segment}"), name);
            }
        }
    }
}

/// A list whose objects have no path of their own here does not say that one of them does not exist.
#[test]
fn single_objects_that_are_not_served_are_501() {
    let mut world = world();
    let policy = create(&mut world, POLICIES, &policy("p"));
    let owner = format!("{POLICIES}/{policy}");
    assign(
        &mut world,
        ApiVersion::V1,
        &owner,
        &serde_json::json!([{"target": {"groupId": GROUP_A}}]),
    );
    for (target, name) in [
        (format!("{owner}/assignments/{GROUP_A}"), "assignments"),
        (format!("{owner}/assignments('{GROUP_A}')"), "assignments"),
        (format!("/organization/{TENANT}"), "organization"),
        (format!("/subscribedSkus/{TENANT}_{UNKNOWN_ID}"), "subscribedSkus"),
        (format!("/groups/{GROUP_A}/members/{UNKNOWN_ID}"), "members"),
    ] {
        for version in VERSIONS {
            expect_named(&mut world, version, "GET", &target, name);
        }
    }
}

/// A known operation of another version or method is no gap of the simulator.
#[test]
fn what_another_version_or_method_has_is_not_501() {
    let mut world = world();
    let one = format!("{POLICIES}/{UNKNOWN_ID}");
    for (version, method, target, status) in [
        (ApiVersion::V1, "POST", format!("{POLICIES}/applyConfig"), 404),
        (ApiVersion::V1, "POST", format!("{one}/apply"), 404),
        (ApiVersion::V1, "POST", format!("{one}/retry"), 404),
        (ApiVersion::Beta, "GET", format!("{one}/retry"), 405),
        (ApiVersion::Beta, "GET", format!("{one}/assign"), 405),
        (
            ApiVersion::V1,
            "GET",
            "/deviceManagement/virtualEndpoint/getEffectivePermissions()".to_owned(),
            404,
        ),
    ] {
        let answer = Ask::new(version, method, target.as_str()).send(&mut world);
        assert_eq!(answer.status, status, "{} {method} {target}: {:?}", version.as_str(), answer.body);
        assert_ne!(code(&answer), "itemNotFound", "{target}");
    }
}

/// A caller without the permission for a list does not learn what is not simulated below it.
#[test]
fn a_gap_is_told_to_whom_it_is_open() {
    let mut world = world();
    for (target, code_of_closed) in [
        (format!("{POLICIES}/delta"), "Forbidden"),
        ("/groups/delta".to_owned(), "Authorization_RequestDenied"),
    ] {
        let answer = Ask::new(ApiVersion::V1, "GET", target.as_str()).by(app(&[])).send(&mut world);
        assert_eq!((answer.status, code(&answer)), (403, code_of_closed), "{target}");
    }
}

/// A value in parentheses is always an id; words that are no operation's name stay malformed or unknown ids.
#[test]
fn ids_stay_ids() {
    let mut world = world();
    for (target, status, expected) in [
        (format!("{POLICIES}('delta')"), 400, "BadRequest"),
        (format!("{GALLERY}('delta')"), 404, "itemNotFound"),
        (format!("{POLICIES}/finance"), 400, "BadRequest"),
        (format!("{POLICIES}/Finance-2"), 400, "BadRequest"),
        ("/users/nobody@contoso.com".to_owned(), 404, "Request_ResourceNotFound"),
    ] {
        for version in VERSIONS {
            let answer = get(&mut world, version, &target);
            assert_eq!((answer.status, code(&answer)), (status, expected), "{target}");
        }
    }
}
