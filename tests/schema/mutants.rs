//! The list of mutants stays true: each line is there, once, and each test exists. Its table is generated.

use std::collections::BTreeSet;
use std::fs;

use serde::Deserialize;

use crate::generate::Generated;
use crate::sources::tests;
use crate::support::{package, root};

const LIST: &str = "tests/mutants/list.yaml";

/// An entry of the list.
#[derive(Deserialize)]
struct Mutant {
    name: String,
    rule: String,
    file: String,
    line: String,
    becomes: String,
    killer: String,
}

fn mutants() -> Vec<Mutant> {
    let text = fs::read_to_string(root().join(LIST)).expect("the list can be read");
    serde_saphyr::from_str(&text).expect("the list can be understood")
}

/// The table of mutants.
pub fn generated() -> Generated {
    let row = |mutant: &Mutant| format!("| `{}` | {} | `{}` |\n", mutant.name, mutant.rule, mutant.killer);
    let rows: String = mutants().iter().map(row).collect();
    let text = format!("\n| Mutant | The rule that it breaks | Caught by |\n|---|---|---|\n{rows}\n");
    Generated::part("tests/README.md", LIST, text)
}

#[test]
fn every_mutant_changes_a_line_of_src_that_occurs_once() {
    let mutants = mutants();
    assert!(mutants.len() >= 20, "{} mutants", mutants.len());
    let names: BTreeSet<&str> = mutants.iter().map(|mutant| mutant.name.as_str()).collect();
    assert_eq!(names.len(), mutants.len(), "two have one name");
    for Mutant {
        name,
        file,
        line,
        becomes,
        rule,
        ..
    } in &mutants
    {
        let source = fs::read_to_string(package(file)).unwrap_or_else(|error| panic!("{name}: {file}: {error}"));
        assert!(file.starts_with("src/"), "{name}: {file}");
        assert_eq!(source.matches(line.as_str()).count(), 1, "{name}: in {file}: {line}");
        let one_line = |text: &str| !text.contains('\n');
        assert!(
            one_line(line) && one_line(becomes) && line != becomes,
            "{name}: one line, and another"
        );
        assert!(rule.ends_with('.') && !rule.contains('|'), "{name}: the rule is a sentence: {rule}");
    }
}

#[test]
fn every_mutant_is_caught_by_a_test_that_exists() {
    let existing: BTreeSet<String> = tests().into_iter().map(|test| test.path).collect();
    for Mutant { name, killer, .. } in mutants() {
        assert!(existing.contains(&killer), "{name}: there is no test `{killer}`");
    }
}
