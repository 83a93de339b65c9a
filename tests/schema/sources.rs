//! The tests of all packages, read from the sources, so that a document that names one can be checked.

use std::fs;
use std::path::Path;

use crate::support::{files_below, package};

/// A test.
pub struct Test {
    /// The file, below the folder of the package.
    pub file: String,
    /// The name of the function.
    pub name: String,
    /// The suite and the path that cargo prints, such as `resilience update::an_update`. The tests in `src` are called `lib`, as
    /// cargo's option is; those in the `src` of another package have the name of its folder.
    pub path: String,
}

impl Test {
    /// The numbers that the name begins with, such as F54 and S45 of `f54_s45_what_another_writer`.
    pub fn numbers(&self) -> Vec<String> {
        let words = self.name.split('_').take_while(|word| is_number(&word.to_uppercase()));
        words.map(str::to_uppercase).collect()
    }
}

/// Whether a word is the number of a fault or a claim, such as F54.
pub fn is_number(word: &str) -> bool {
    let digits = word.strip_prefix(['F', 'S']).unwrap_or_default();
    !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit())
}

/// Every test.
pub fn tests() -> Vec<Test> {
    let (root, mut found) = (package(""), Vec::new());
    for file in files_below(&root, "rs") {
        let file = file.strip_prefix(&root).expect("it is below the folder");
        let text = fs::read_to_string(root.join(file)).expect("a source can be read");
        found.extend(tests_of(file, &text));
        found.extend(explored(file, &text));
    }
    assert!(found.len() > 800, "the tests were not found");
    found
}

/// The tests of one source.
fn tests_of(file: &Path, text: &str) -> Vec<Test> {
    let (suite, outer) = place(file);
    let (mut inner, mut marked, mut found) = (None, false, Vec::new());
    for line in text.lines() {
        // Only a module that begins the line is looked for: rustfmt leaves no other way to write one at the top.
        if let Some(name) = line.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(" {")) {
            inner = Some(name);
        } else if line == "}" {
            inner = None;
        }
        let line = line.trim_start();
        marked |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        let function = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
        if let Some(function) = function.filter(|_| marked) {
            let name = function.split(['(', '<']).next().unwrap_or_default();
            let inner = inner.map(str::to_owned);
            let path: Vec<String> = outer.iter().cloned().chain(inner).chain([name.to_owned()]).collect();
            found.push(Test {
                file: file.to_string_lossy().into_owned(),
                name: name.to_owned(),
                path: format!("{suite} {}", path.join("::")),
            });
            marked = false;
        }
    }
    found
}

/// The tests of the explorer, which are made from lists: the first text of each entry.
fn explored(file: &Path, text: &str) -> Vec<Test> {
    let Ok(within) = file.strip_prefix("tests/explore/src") else {
        return Vec::new();
    };
    let (begins, module) = match within.to_string_lossy().as_ref() {
        "found.rs" => ("    (", "found::"),
        "lib.rs" => ("Trial::test(", ""),
        scenarios if scenarios.starts_with("scenarios/") => ("scenario(", "singles::"),
        _ => return Vec::new(),
    };
    let entries = text.split(begins).skip(1);
    let names = entries.filter_map(|entry| entry.trim_start().strip_prefix('"')?.split('"').next());
    let test = |name: &str| Test {
        file: file.to_string_lossy().into_owned(),
        name: name.to_owned(),
        path: format!("explore {module}{name}"),
    };
    names.map(test).collect()
}

/// The suite of a source, and the modules that it is.
fn place(file: &Path) -> (String, Vec<String>) {
    let mut folders = file.ancestors().skip(1);
    let home = folders.find(|folder| package("").join(folder).join("Cargo.toml").exists());
    let home = home.expect("every source is in a package");
    let within = file.strip_prefix(home).expect("it is below that").with_extension("");
    let mut parts: Vec<String> = within.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let folder = parts.remove(0);
    let suite = match (folder.as_str(), home.file_name()) {
        ("src", None) => "lib".to_owned(),
        ("src", Some(name)) => name.to_string_lossy().into_owned(),
        ("tests", _) => parts.remove(0),
        _ => folder,
    };
    parts.pop_if(|last| matches!(last.as_str(), "mod" | "main" | "lib"));
    (suite, parts)
}

#[test]
fn a_source_has_the_suite_and_the_modules_that_cargo_prints() {
    for (file, expected) in [
        ("src/runtime/pulse.rs", "lib runtime::pulse"),
        ("src/graph/mod.rs", "lib graph"),
        ("tests/e2e/main.rs", "e2e "),
        ("tests/e2e/uninstall/going.rs", "e2e uninstall::going"),
        ("tests/lab/src/oracle.rs", "lab oracle"),
        ("tests/control-plane/tests/it/tokens.rs", "it tokens"),
        ("graph-sim/tests/alone.rs", "alone "),
        ("benches/operator/goal.rs", "operator goal"),
    ] {
        let (suite, modules) = place(Path::new(file));
        assert_eq!(format!("{suite} {}", modules.join("::")), expected, "{file}");
    }
}
