//! What SECURITY.md claims is shown by tests that exist; what it does not claim, it says.

use std::collections::BTreeSet;
use std::fs;

use crate::support::package;

/// The project's list of claims goes so far.
const CLAIMS: u32 = 51;

fn page() -> String {
    fs::read_to_string(package("SECURITY.md")).expect("the page can be read")
}

/// The text below a heading.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let text = page.split(&format!("\n## {heading}\n")).nth(1).expect("there is such a heading");
    text.split("\n## ").next().unwrap_or_default()
}

/// The number of a claim of the list.
fn number(cell: &str) -> Option<u32> {
    cell.trim().strip_prefix('S')?.parse().ok()
}

#[test]
fn s44_every_claim_names_tests_that_exist_and_every_other_is_listed_as_not_claimed() {
    let page = page();
    let mut claimed = BTreeSet::new();
    let rows = section(&page, "What is claimed now").lines().filter(|line| line.starts_with("| "));
    for row in rows.skip(1) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [name, claim, shown] = cells.as_slice() else {
            panic!("three cells are expected: {row}");
        };
        assert!(
            number(name).is_some() || name.starts_with('F'),
            "{name} is no number of a claim: {row}"
        );
        claimed.extend(number(name));
        assert!(!claim.is_empty(), "{row}");
        // [path](path) `test` `test`, [path](path) `test`
        let files: Vec<&str> = shown.split("](").skip(1).collect();
        assert!(!files.is_empty(), "no test shows it: {row}");
        for file in files {
            let (path, tests) = file.split_once(')').expect("a link ends");
            let source = fs::read_to_string(package(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
            let tests: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
            assert!(!tests.is_empty(), "{path}: no test is named: {row}");
            for test in tests {
                assert!(source.contains(&format!("fn {test}(")), "{path} has no test {test}");
            }
        }
    }
    let lines = section(&page, "What is not claimed").lines();
    let left: Vec<u32> = lines
        .filter_map(|line| number(line.strip_prefix("- ")?.split(':').next()?))
        .collect();
    let others: BTreeSet<u32> = left.iter().copied().collect();
    assert_eq!(left.len(), others.len(), "one is listed twice: {left:?}");
    let both: Vec<_> = claimed.intersection(&others).collect();
    assert!(both.is_empty(), "claimed, and not claimed: {both:?}");
    let all: BTreeSet<u32> = claimed.union(&others).copied().collect();
    assert_eq!(all, (1..=CLAIMS).collect(), "every claim of the list is in one of the two places");
}

#[test]
fn s34_no_member_allows_unsafe_code_and_every_crate_comes_from_the_registry() {
    let manifest = |path: &str| fs::read_to_string(package(path)).expect("a manifest");
    let root = manifest("Cargo.toml");
    assert!(root.contains("unsafe_code = \"forbid\""));
    let members = root
        .split("members = [")
        .nth(1)
        .and_then(|rest| rest.split(']').next())
        .expect("members");
    let members: Vec<&str> = members.split('"').skip(1).step_by(2).collect();
    assert!(members.len() >= 4, "{members:?}");
    for member in members {
        let text = manifest(&format!("{member}/Cargo.toml"));
        assert!(text.contains("[lints]\nworkspace = true"), "{member} has lints of its own");
    }
    let lock = manifest("Cargo.lock");
    let sources = lock.lines().filter_map(|line| line.strip_prefix("source = "));
    let sources: BTreeSet<&str> = sources.collect();
    assert_eq!(sources, ["\"registry+https://github.com/rust-lang/crates.io-index\""].into());
}
