//! `$filter`, `$orderby`, `$skip` and `$count` of the routes, and the options that each of them refuses, in-process.

use crate::routes::support::*;
use graph_sim::base::answer::ApiVersion::{Beta, V1};
use graph_sim::base::clock::Clock;
use graph_sim::graph::routes::ROUTES;
use graph_sim::world::World;
use serde_json::json;

#[test]
fn pages_keep_the_filter_and_the_order_of_the_list() {
    let mut world = world();
    for (name, description) in [("p0", "b"), ("p1", "d"), ("p2", "a"), ("p3", "b"), ("p4", "x"), ("p5", "c")] {
        let body = policy_with(&json!({"displayName": name, "description": description, "localAdminEnabled": name == "p5"}));
        create(&mut world, POLICIES, &body);
    }
    let filter = "$filter=description ne 'x'&$top=2&$count=true";
    for (order, expected) in [
        ("description", [vec!["p2", "p0"], vec!["p3", "p5"], vec!["p1"]]),
        ("description desc", [vec!["p1", "p5"], vec!["p0", "p3"], vec!["p2"]]),
        (
            "localAdminEnabled desc,description asc",
            [vec!["p5", "p2"], vec!["p0", "p3"], vec!["p1"]],
        ),
    ] {
        for version in VERSIONS {
            let first = format!("{POLICIES}?{filter}&$orderby={order}");
            assert_eq!(follow(&mut world, version, &first), expected, "{order}");
            assert_eq!(get(&mut world, version, &first).body.unwrap()["@odata.count"], 5);
        }
    }
    // A token is of one filter and one order; how they are written does not matter.
    let first = get(&mut world, V1, &format!("{POLICIES}?{filter}&$orderby=description"))
        .body
        .unwrap();
    let link = first["@odata.nextLink"].as_str().unwrap();
    let token = link.split_once("$skiptoken=").unwrap().1.to_owned();
    for (options, status) in [
        ("$filter=( description  ne 'x' )&$orderby=description  asc", 200),
        ("$filter=description ne 'x'", 400),
        ("$orderby=description", 400),
        ("$filter=description ne 'x'&$orderby=description desc", 400),
        ("$filter=description ne 'y'&$orderby=description", 400),
    ] {
        let answer = get(&mut world, V1, &format!("{POLICIES}?{options}&$skiptoken={token}"));
        assert_eq!(answer.status, status, "{options}");
    }
}

#[test]
fn frontline_plans_are_sorted_and_skipped() {
    let mut world = world();
    for (number, total) in [(1, 30), (2, 20), (3, 30)] {
        let id = format!("88888888-0000-4000-8000-00000000000{number}");
        let plan = json!({"id": id, "displayName": format!("plan{number}"), "totalCount": total});
        seed(&mut world, "frontLineServicePlans", plan);
    }
    let default = "2vCPU/8GB/128GB Front-line";
    for (options, expected) in [
        ("$orderby=totalCount", vec![vec![default, "plan2"], vec!["plan1", "plan3"]]),
        (
            "$orderby=totalCount desc,displayName desc",
            vec![vec!["plan3", "plan1"], vec!["plan2", default]],
        ),
        ("$orderby=totalCount&$skip=1", vec![vec!["plan2", "plan1"], vec!["plan3"]]),
        ("$skip=9", vec![vec![]]),
        ("$filter=totalCount gt 20&$skip=1", vec![vec!["plan3"]]),
    ] {
        let pages = follow(&mut world, Beta, &format!("{PLANS}?{options}&$top=2&$count=true"));
        assert_eq!(pages, expected, "{options}");
    }
    let skipped = get(&mut world, Beta, &format!("{PLANS}?$skip=3&$count=true")).body.unwrap();
    assert_eq!(skipped["@odata.count"], 4, "the count is of the list, not of what is left of it");
    for options in [
        "$orderby=nothing",
        "$orderby=",
        "$orderby=totalCount up",
        "$orderby=totalCount,totalCount desc",
        "$orderby=allotmentLicensesCount",
        "$skip=-1",
    ] {
        assert_eq!(get(&mut world, Beta, &format!("{PLANS}?{options}")).status, 400, "{options}");
    }
}

#[test]
fn a_number_of_objects_is_plain_text_and_heeds_the_filter() {
    let mut world = world();
    let id = create(&mut world, POLICIES, &policy("a"));
    create(&mut world, POLICIES, &policy("b"));
    let assignments = json!([{"target": {"groupId": GROUP_A}}, {"target": {"groupId": GROUP_B}}]);
    assign(&mut world, V1, &format!("{POLICIES}/{id}"), &assignments);
    for version in VERSIONS {
        for (target, expected) in [
            (format!("{POLICIES}/$count"), 2),
            (format!("{POLICIES}/%24count?filter=displayName eq 'b'"), 1),
            (format!("{POLICIES}/{id}/assignments/$count"), 2),
            (format!("{SETTINGS}/$count"), 0),
            (format!("{GALLERY}/$count"), 6),
        ] {
            let answer = get(&mut world, version, &target);
            assert_eq!((answer.status, answer.body), (200, Some(json!(expected))), "{target}");
            assert_eq!(answer.headers, [("Content-Type".to_owned(), "text/plain".to_owned())]);
        }
        let unknown = get(&mut world, version, &format!("{POLICIES}/{UNKNOWN_ID}/assignments/$count"));
        assert_eq!(unknown.status, 404);
    }
}

#[test]
fn a_number_is_of_what_readers_see() {
    let mut world = world();
    create(&mut world, POLICIES, &policy("before"));
    world.options.replication_lag = serde_json::from_value(json!("PT30S")).unwrap();
    create(&mut world, POLICIES, &policy("after"));
    let number = |world: &mut World| get(world, V1, &format!("{POLICIES}/$count")).body.unwrap();
    assert_eq!(number(&mut world), 1);
    world.clock = Clock::frozen("2026-01-05T08:00:30Z".parse().unwrap());
    assert_eq!(number(&mut world), 2);
}

#[test]
fn each_route_refuses_each_option_that_it_does_not_know() {
    let mut world = world();
    let never = [
        "$search",
        "$apply",
        "$compute",
        "$deltatoken",
        "$format",
        "$levels",
        "whatever",
        "$",
        "",
    ];
    let sometimes = ["$skip", "$orderby", "$filter", "$top", "$count", "$select", "$expand"];
    for route in ROUTES {
        let (path, beta_only) = (route.path.replace("{id}", UNKNOWN_ID), route.beta_only);
        let counts = path.ends_with("/$count");
        // What is closed to applications is refused before its options are read.
        for operation in route.operations.iter().filter(|operation| !operation.permission.people_only) {
            let reads = operation.method == "GET";
            for version in VERSIONS.into_iter().filter(|version| !beta_only || *version == Beta) {
                let known = |option: &&str| match *option {
                    "$skip" => !reads || !path.ends_with("frontLineServicePlans"),
                    _ => !reads || (counts && *option != "$filter"),
                };
                let refused = sometimes.into_iter().filter(known).chain(never);
                for option in refused {
                    let target = format!("/{path}?{option}=1");
                    let answer = Ask::new(version, operation.method, target.as_str()).send(&mut world);
                    assert_eq!(answer.status, 400, "{} {target}", operation.method);
                    let expected = format!("The query option '{option}' is not supported here.");
                    assert!(reason(&answer).contains(&expected), "{target}: {}", reason(&answer));
                }
                let twice = Ask::new(version, operation.method, format!("/{path}?$select=id&select=id")).send(&mut world);
                assert_eq!(twice.status, 400, "{} {path}", operation.method);
            }
        }
    }
}
