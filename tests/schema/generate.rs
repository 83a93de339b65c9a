//! Everything in the repository that is written by a program: one list, one command to write it, one test that it is current.

use std::fs;
use std::panic::catch_unwind;
use std::sync::Once;

use crate::support::root;
use crate::{definitions, fields, index, kinds, metrics, mutants, quota, rights};

/// Writes all of it.
pub const COMMAND: &str = "UPDATE=1 cargo test --test schema";

/// What makes it.
const PROGRAMS: [fn() -> Vec<Generated>; 8] = [
    definitions::generated,
    rights::generated,
    || vec![kinds::generated()],
    || vec![fields::generated()],
    || vec![metrics::generated()],
    || vec![index::generated()],
    || vec![quota::generated()],
    || vec![mutants::generated()],
];

/// All of it.
fn all() -> impl Iterator<Item = Generated> {
    PROGRAMS.iter().flat_map(|program| program())
}

/// A file that is generated, or a part of one that is otherwise written by hand.
pub struct Generated {
    path: String,
    /// The lines before and behind the part.
    marks: Option<(String, &'static str)>,
    text: String,
}

impl Generated {
    /// A whole file; its text says what it is.
    pub fn file(path: String, text: String) -> Self {
        let marks = None;
        Self { path, marks, text }
    }

    /// A part of a file, between marks that say what it is made from. What is around it is written by hand.
    pub fn part(path: &str, from: &str, text: String) -> Self {
        let marks = if path.ends_with(".md") {
            let begin = format!("<!-- Generated from {from}. Do not edit; to write it again: {COMMAND} -->");
            (begin, "<!-- End of the generated part. -->")
        } else {
            (format!("# generated: {from}; to write it again: {COMMAND}"), "# end")
        };
        let (path, marks) = (path.to_owned(), Some(marks));
        Self { path, marks, text }
    }

    /// What the file says now.
    fn current(&self) -> String {
        fs::read_to_string(root().join(&self.path)).unwrap_or_default()
    }

    /// What the file should say, given what it says now; nothing when it has no place for the part.
    fn wanted(&self, current: &str) -> Option<String> {
        let Some((begin, end)) = &self.marks else {
            return Some(self.text.clone());
        };
        let (before, rest) = current.split_once(&format!("{begin}\n"))?;
        let indent = before.rsplit('\n').next().unwrap_or_default();
        let (_, after) = rest.split_once(&format!("{indent}{end}\n"))?;
        Some(format!("{before}{begin}\n{}{indent}{end}\n{after}", self.text))
    }

    /// What is wrong with the file, if it is not current.
    fn fault(&self) -> Option<String> {
        let (path, current) = (&self.path, self.current());
        let Some(wanted) = self.wanted(&current) else {
            let (begin, end) = self.marks.as_ref()?;
            return Some(format!("{path} lacks these two lines, where the part belongs:\n{begin}\n{end}"));
        };
        let same = current.lines().zip(wanted.lines()).take_while(|(is, should)| is == should).count();
        let (is, should) = (current.lines().nth(same), wanted.lines().nth(same));
        let end = "the end";
        let (line, is, should) = (same + 1, is.unwrap_or(end), should.unwrap_or(end));
        (current != wanted).then(|| format!("{path}:{line} is not current:\n  is:        {is}\n  should be: {should}"))
    }
}

/// With `UPDATE` in the environment, writes whatever is not current, once: before the first test looks at a file. So one run
/// writes everything and checks it. What cannot be made is left as it is, and fails the test that compares.
pub fn update() {
    static WRITTEN: Once = Once::new();
    WRITTEN.call_once(|| {
        if std::env::var_os("UPDATE").is_some() {
            for one in PROGRAMS.iter().flat_map(|program| catch_unwind(program).unwrap_or_default()) {
                let current = one.current();
                if let Some(wanted) = one.wanted(&current).filter(|wanted| *wanted != current) {
                    fs::write(root().join(&one.path), wanted).expect("a generated file can be written");
                }
            }
        }
    });
}

#[test]
fn everything_that_is_generated_is_current() {
    update();
    let faults: Vec<String> = all().filter_map(|one| one.fault()).collect();
    assert!(faults.is_empty(), "{}\nrun: {COMMAND}", faults.join("\n"));
}

/// A part whose program is gone would stay as it is for ever.
#[test]
fn every_generated_part_is_written_by_something() {
    update();
    let parts: Vec<Generated> = all().filter(|one| one.marks.is_some()).collect();
    for part in &parts {
        let (path, text) = (&part.path, part.current());
        let found = text.matches(COMMAND).count();
        let known = parts.iter().filter(|one| one.path == *path).count();
        assert_eq!(found, known, "{path}: generated parts that it has, and that are known");
    }
}
