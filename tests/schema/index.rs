//! The index of the examples: each file with the first sentence of its head.

use std::fs;

use crate::generate::Generated;
use crate::support::{root, yaml_below, yaml_files};

/// The files with what each shows: those at the top first, then folder by folder.
fn entries() -> Vec<(String, String)> {
    let folder = root().join("examples");
    let mut entries: Vec<(String, String)> = Vec::new();
    for path in yaml_below(&folder) {
        let text = fs::read_to_string(&path).expect("an example can be read");
        let name = path.strip_prefix(&folder).expect("it is below the folder");
        let head = text.lines().next().unwrap_or_default().trim_start_matches("# ");
        entries.push((name.to_string_lossy().into_owned(), head.trim_end_matches('.').to_owned()));
    }
    entries.sort_by_key(|(name, _)| (name.contains('/'), name.clone()));
    entries
}

/// The index in the page beside them.
pub fn generated() -> Generated {
    let row = |(name, shows): &(String, String)| format!("| [{name}]({name}) | {shows} |\n");
    let rows: String = entries().iter().map(row).collect();
    let text = format!("\n| File | Shows |\n|---|---|\n{rows}\n");
    Generated::part("examples/README.md", "the first lines of the files", text)
}

/// The index has it as it is: a sentence that is not cut, and reads by itself.
#[test]
fn the_first_line_of_every_example_is_one_sentence() {
    for path in yaml_files("examples") {
        let text = fs::read_to_string(&path).expect("an example can be read");
        let line = text.lines().next().unwrap_or_default();
        let sentence = line.strip_prefix("# ").unwrap_or_default();
        let whole = sentence.ends_with('.') && !sentence.contains(". ") && !sentence.contains('|');
        assert!(
            whole && (20..=120).contains(&sentence.len()),
            "{}: the first line has to be a comment of one sentence that says what the file shows, not {line:?}",
            path.display()
        );
    }
}
