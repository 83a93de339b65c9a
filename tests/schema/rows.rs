//! `tests/rows.md` has every fault and every claim once, with tests that exist, and with every test that has its number.

use std::collections::BTreeSet;
use std::fs;

use crate::claims::{CLAIMS, section, shown, table};
use crate::sources::{is_number, tests};
use crate::support::package;

/// The project's list of faults goes so far.
const FAULTS: u32 = 61;

/// A row of one of the tables.
struct Row {
    number: String,
    /// The tests as they are named.
    named: Vec<String>,
    /// What no test shows, or why there is none.
    open: String,
}

impl Row {
    fn read(cells: &[&str]) -> Self {
        let [number, what, named, open] = cells else {
            panic!("four cells are expected: {cells:?}");
        };
        assert!(is_number(number) && !what.is_empty(), "{cells:?}");
        let code: Vec<&str> = named.split('`').collect();
        let mut between = code.iter().step_by(2).map(|text| text.trim());
        let separated = *named == "none" || between.all(|text| text.is_empty() || text == ",");
        assert!(separated, "{number}: tests in code, with commas, or the word none: {named}");
        Self {
            number: (*number).to_owned(),
            named: code.iter().skip(1).step_by(2).map(|test| (*test).to_owned()).collect(),
            open: (*open).to_owned(),
        }
    }
}

/// The rows of both tables.
fn rows() -> Vec<Row> {
    let page = fs::read_to_string(package("tests/rows.md")).expect("the page can be read");
    let read = |heading| {
        table(section(&page, heading))
            .iter()
            .map(|cells| Row::read(cells))
            .collect::<Vec<_>>()
    };
    let mut rows = read("Faults");
    rows.extend(read("Claims"));
    rows
}

#[test]
fn every_fault_and_every_claim_has_one_row() {
    let numbers: Vec<String> = rows().into_iter().map(|row| row.number).collect();
    let faults = (1..=FAULTS).map(|number| format!("F{number}"));
    let expected: Vec<String> = faults.chain((1..=CLAIMS).map(|number| format!("S{number}"))).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn a_row_names_tests_that_exist_or_says_why_there_is_none() {
    let existing: BTreeSet<String> = tests().into_iter().map(|test| test.path).collect();
    for row in rows() {
        assert!(
            !row.named.is_empty() || row.open.len() > 20,
            "{}: neither a test nor why there is none",
            row.number
        );
        for test in &row.named {
            assert!(existing.contains(test), "{}: there is no test `{test}`", row.number);
        }
        let once: BTreeSet<&String> = row.named.iter().collect();
        assert_eq!(once.len(), row.named.len(), "{} names a test twice", row.number);
    }
}

/// The tests that are missing in the row of a number.
fn assert_named(number: &str, expected: &BTreeSet<String>) {
    let row = rows().into_iter().find(|row| row.number == number);
    let named = row.unwrap_or_else(|| panic!("{number} has no row, and {expected:?}")).named;
    let missing: Vec<&String> = expected.iter().filter(|test| !named.contains(test)).collect();
    assert!(missing.is_empty(), "the row of {number} does not name {missing:#?}");
}

#[test]
fn every_test_with_a_number_is_in_the_row_of_that_number() {
    let tests = tests();
    let numbers: BTreeSet<String> = tests.iter().flat_map(crate::sources::Test::numbers).collect();
    assert!(numbers.len() > 40, "the numbers were not found: {numbers:?}");
    for number in numbers {
        let of_it = tests.iter().filter(|test| test.numbers().contains(&number));
        assert_named(&number, &of_it.map(|test| test.path.clone()).collect());
    }
}

#[test]
fn what_shows_a_claim_on_the_security_page_is_in_its_row() {
    let tests = tests();
    for claim in shown() {
        let same = |file: &str, name: &str| tests.iter().find(|test| test.file == file && test.name == name);
        let found = claim.tests.iter().filter_map(|(file, name)| same(file, name));
        assert_named(&claim.number, &found.map(|test| test.path.clone()).collect());
    }
}
