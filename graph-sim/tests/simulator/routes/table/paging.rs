//! Every list in pages: by `$top` and by the page size of the service.

use graph_sim::base::answer::ApiVersion;
use graph_sim::world::World;
use serde_json::Value;

use super::rows::{Options, Shape};
use super::{Entry, entries, full};
use crate::routes::support::{VERSIONS, get};

/// The ids of each page, by the links just as they are answered.
fn pages(world: &mut World, version: ApiVersion, first: &str) -> Vec<Vec<String>> {
    let root = format!("https://graph.test/{}", version.as_str());
    let (path, options) = first.split_once('?').unwrap_or((first, ""));
    let mut pages = Vec::new();
    let mut target = first.to_owned();
    loop {
        let answer = get(world, version, &target);
        assert_eq!(answer.status, 200, "{target}: {:?}", answer.body);
        let body = answer.body.unwrap();
        let value = body["value"].as_array().unwrap();
        pages.push(value.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect());
        assert!(pages.len() < 50, "{first} does not end");
        let Some(link) = body.get("@odata.nextLink").map(|link| link.as_str().expect("a link is a text")) else {
            return pages;
        };
        let rest = link.strip_prefix(&root).unwrap_or_else(|| panic!("{link} leads elsewhere"));
        let query = rest
            .strip_prefix(path)
            .and_then(|rest| rest.strip_prefix('?'))
            .expect("the same list");
        for option in options.split('&').filter(|option| !option.is_empty()) {
            assert!(query.split('&').any(|one| one == option), "{link} forgets {option}");
        }
        assert_eq!(query.matches("$skiptoken=").count(), 1, "{link}");
        target = rest.to_owned();
    }
}

/// Whether pages are as full as they can be and hold each object once, in the order of the list.
fn expect_pages(pages: &[Vec<String>], all: &[String], size: usize, place: &str) {
    let expected: Vec<Vec<String>> = all.chunks(size).map(<[String]>::to_vec).collect();
    assert_eq!(pages, expected, "{place}");
    assert!(pages.len() >= 3, "{place}: {} pages", pages.len());
}

#[test]
fn every_list_answers_each_object_once_over_three_pages() {
    for version in VERSIONS {
        let mut world = full::world();
        let is_list = |entry: &Entry| matches!(entry.row.shape, Some(Shape::Page(_)));
        let mut lists = 0;
        for entry in entries(version).filter(is_list) {
            let path = entry.path(entry.row.id);
            world.options.page_size = 100;
            let whole = pages(&mut world, version, &path);
            assert_eq!(whole.len(), 1, "{path} is one page");
            let all = &whole[0];
            // A tenant has one organization.
            if path == "/organization" {
                assert_eq!(all.len(), 1);
                continue;
            }
            lists += 1;
            let size = all.len() / 3;
            let (top, select) = match entry.row.options {
                Options::Usual => (true, true),
                Options::BetaOnly => (version == ApiVersion::Beta, version == ApiVersion::Beta),
                Options::Top => (true, false),
                Options::Select => (false, true),
                Options::None => (false, false),
            };
            if top {
                let by_top = pages(&mut world, version, &format!("{path}?$top={size}"));
                expect_pages(&by_top, all, size, &path);
                let even = pages(&mut world, version, &format!("{path}?$top={}", all.len()));
                assert_eq!(&even, &whole, "{path}: a full last page has no link");
            }
            world.options.page_size = size;
            let plain = pages(&mut world, version, &path);
            expect_pages(&plain, all, size, &path);
            if select {
                let selected = pages(&mut world, version, &format!("{path}?$select=id"));
                expect_pages(&selected, all, size, &path);
            }
        }
        assert!(lists >= 14, "{lists} lists");
    }
}

/// A page that was linked to is that page again, and a link of one list is no link of another.
#[test]
fn a_link_can_be_followed_again() {
    let mut world = full::world();
    world.options.page_size = 1;
    for version in VERSIONS {
        for entry in entries(version).filter(|entry| matches!(entry.row.shape, Some(Shape::Page(_)))) {
            let first = get(&mut world, version, &entry.path(entry.row.id)).body.unwrap();
            let Some(link) = first["@odata.nextLink"].as_str() else {
                continue;
            };
            let target = link.strip_prefix(&format!("https://graph.test/{}", version.as_str())).unwrap();
            let once: Option<Value> = get(&mut world, version, target).body;
            assert_eq!(once, get(&mut world, version, target).body, "{target}");
            let token = target.split_once('?').unwrap().1;
            let foreign = if entry.row.path == "groups" { "/users" } else { "/groups" };
            assert_eq!(get(&mut world, version, &format!("{foreign}?{token}")).status, 400, "{target}");
        }
    }
}
