//! What a new kind takes. `Specimen`, a kind that only tests of the crate compile, stands in exactly those files of `src` that
//! CONTRIBUTING.md lists under "Add a kind".

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::package;

#[test]
fn a_new_kind_touches_the_files_that_contributing_lists_and_no_other() {
    let mut touched = BTreeSet::new();
    collect(&package("src"), "src", &mut touched);
    let guide = fs::read_to_string(package("CONTRIBUTING.md")).unwrap();
    assert_eq!(
        touched,
        listed(&guide),
        "files that name Specimen, and the list under \"Add a kind\""
    );
}

/// The files of `src` in the numbered list.
fn listed(guide: &str) -> BTreeSet<String> {
    let section = guide
        .split("## Add a kind")
        .nth(1)
        .and_then(|rest| rest.split("\n## ").next())
        .unwrap();
    let steps = section
        .lines()
        .filter(|line| line.starts_with(|first: char| first.is_ascii_digit()));
    let paths = steps.flat_map(|step| step.split('`').skip(1).step_by(2));
    let sources = paths.filter(|path| path.starts_with("src/"));
    sources
        .map(|path| path.replace("<kind>", "specimen").replace("<type>", "specimen"))
        .collect()
}

fn collect(folder: &Path, name: &str, touched: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = format!("{name}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            if entry.file_name() != "tests" {
                collect(&entry.path(), &path, touched);
            }
        } else if fs::read_to_string(entry.path()).unwrap().to_lowercase().contains("specimen") {
            touched.insert(path);
        }
    }
}
