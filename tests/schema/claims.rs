//! What SECURITY.md claims is shown by tests that exist; what it does not claim, it says.

use std::collections::BTreeSet;
use std::fs;

use crate::sources::tests;
use crate::support::package;

/// The project's list of claims goes so far.
pub const CLAIMS: u32 = 51;

fn page() -> String {
    fs::read_to_string(package("SECURITY.md")).expect("the page can be read")
}

/// The text below a heading.
pub fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let text = page.split(&format!("\n## {heading}\n")).nth(1).expect("there is such a heading");
    text.split("\n## ").next().unwrap_or_default()
}

/// The cells of each row of the table of a section, its head aside.
pub fn table(section: &str) -> Vec<Vec<&str>> {
    let rows = section.lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect()
}

/// The number of a claim of the list.
fn number(cell: &str) -> Option<u32> {
    cell.trim().strip_prefix('S')?.parse().ok()
}

/// A row of the page.
pub struct Claim {
    pub number: String,
    /// The tests that show it: file and name.
    pub tests: Vec<(String, String)>,
}

/// Every row of the page.
pub fn shown() -> Vec<Claim> {
    table(section(&page(), "What is claimed now"))
        .iter()
        .map(|cells| claim(cells))
        .collect()
}

fn claim(cells: &[&str]) -> Claim {
    let [name, text, shown] = cells else {
        panic!("three cells are expected: {cells:?}");
    };
    assert!(
        number(name).is_some() || name.starts_with('F'),
        "{name} is no number of a claim: {cells:?}"
    );
    assert!(!text.is_empty(), "{cells:?}");
    // [path](path) `test` `test`, [path](path) `test`
    let files: Vec<&str> = shown.split("](").skip(1).collect();
    assert!(!files.is_empty(), "no test shows it: {cells:?}");
    let mut tests = Vec::new();
    for file in files {
        let (path, named) = file.split_once(')').expect("a link ends");
        let before = tests.len();
        let named = named.split('`').skip(1).step_by(2);
        tests.extend(named.map(|test| (path.to_owned(), test.to_owned())));
        assert!(tests.len() > before, "{path}: no test is named: {cells:?}");
    }
    Claim {
        number: (*name).to_owned(),
        tests,
    }
}

#[test]
fn s44_every_claim_names_tests_that_exist_and_every_other_is_listed_as_not_claimed() {
    let existing: BTreeSet<(String, String)> = tests().into_iter().map(|test| (test.file, test.name)).collect();
    let mut claimed = BTreeSet::new();
    for claim in shown() {
        claimed.extend(number(&claim.number));
        for test in &claim.tests {
            assert!(existing.contains(test), "{} has no test {}", test.0, test.1);
        }
    }
    let page = page();
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
