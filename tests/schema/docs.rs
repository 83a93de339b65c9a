//! The documentation names all that there is and no more than there is.
//!
//! What exists is read from where it is defined (sources, the exposition, the help text), never from a list in here.

use std::collections::BTreeSet;
use std::fs;

use cloudpc_operator::api::RECONCILE_ANNOTATIONS;
use cloudpc_operator::cli;
use cloudpc_operator::report::reason::Reason;

use crate::kinds::{Kind, kind, kinds};
use crate::support::{documents, package, yaml_files};

fn read(path: &str) -> String {
    fs::read_to_string(package(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The part of the reference below a heading, up to the next one of the same level.
fn section(heading: &str) -> String {
    let reference = read("docs/reference.md");
    let begin = reference
        .find(&format!("\n{heading}\n"))
        .unwrap_or_else(|| panic!("{heading} is missing"));
    let body = &reference[begin + heading.len() + 1..];
    let level = heading.split(' ').next().expect("a level");
    let end = body.find(&format!("\n{level} ")).unwrap_or(body.len());
    body[..end].to_owned()
}

/// The rows of the tables of a section whose first cell begins with code.
fn rows(heading: &str) -> Vec<String> {
    let text = section(heading);
    text.lines().filter(|line| line.starts_with("| `")).map(str::to_owned).collect()
}

/// The first code of a row.
fn name_of(row: &str) -> String {
    row.split('`').nth(1).expect("a row begins with code").to_owned()
}

fn names(heading: &str) -> BTreeSet<String> {
    let rows = rows(heading);
    let names: BTreeSet<String> = rows.iter().map(|row| name_of(row)).collect();
    assert_eq!(names.len(), rows.len(), "{heading} says something twice");
    names
}

/// The values of the string constants of a source text.
fn constants(source: &str) -> BTreeSet<String> {
    let lines = source.lines().map(str::trim).filter(|line| line.starts_with("pub(crate) const "));
    lines.map(|line| line.split('"').nth(1).expect("a text").to_owned()).collect()
}

#[test]
fn every_reason_and_every_event_is_explained_and_no_other() {
    let source = read("src/report/reason.rs");
    let (_, events) = source.split_once("pub mod event").expect("events have a module");
    let (reasons, events) = (
        Reason::ALL.iter().map(|reason| reason.as_str().to_owned()).collect(),
        constants(events),
    );
    assert!(events.len() > 5, "the constants were not found");
    assert_eq!(names("## Reasons"), reasons);
    assert_eq!(names("## Events"), events);
}

/// The help of `run` in one line per flag, the one for help aside.
fn flags() -> Vec<String> {
    let help = match cli::parse_from(["cloudpc-operator", "run", "--help"]) {
        Err(help) => help.to_string(),
        Ok(_) => panic!("help is not a command"),
    };
    let options = help.split_once("\nOptions:").expect("run has options").1;
    let words = options.split_whitespace().collect::<Vec<_>>().join(" ");
    let flags = words.split(" --").map(|flag| flag.trim_start_matches("--"));
    let flags: Vec<String> = flags.filter(|flag| !flag.starts_with("help")).map(str::to_owned).collect();
    assert!(flags.len() > 5, "the flags were not found in {help}");
    flags
}

/// What follows `[key` in a line of the help, such as `[default: 8]`.
fn bracketed<'a>(flag: &'a str, key: &str) -> Option<&'a str> {
    let value = flag.split_once(&format!("[{key}: "))?.1;
    value.split_once(']').map(|(value, _)| value)
}

#[test]
fn every_flag_is_explained_with_its_variable_and_its_default_and_no_other() {
    let mut existing = BTreeSet::new();
    let rows = rows("## The program");
    for flag in flags() {
        let name = format!("--{}", flag.split([' ', '=']).next().expect("a name"));
        let row = rows
            .iter()
            .find(|row| name_of(row) == name)
            .unwrap_or_else(|| panic!("{name} is not explained"));
        let env = bracketed(&flag, "env")
            .and_then(|env| env.split('=').next())
            .expect("every flag has a variable");
        for value in [Some(env), bracketed(&flag, "default")].into_iter().flatten() {
            assert!(row.contains(&format!("`{value}`")), "{name}: {value} is not in {row}");
        }
        existing.insert(name);
    }
    assert_eq!(names("## The program"), existing);
}

#[test]
fn every_annotation_is_explained() {
    let text = section("## Annotations");
    for annotation in RECONCILE_ANNOTATIONS {
        assert!(text.contains(&format!("`{annotation}`")), "{annotation}");
    }
}

/// Whether a kind is one of those that a cell of the table of fields means.
fn is_meant(of: &Kind, cell: &str) -> bool {
    let spec = &kind("Assignment").expect("a kind").spec;
    let targets = &spec["properties"]["targetRef"]["properties"]["kind"]["enum"];
    cell.split(", ").any(|word| match word {
        "all" => true,
        "tenant" => of.name() == "EntraTenant",
        "all but tenant" => of.name() != "EntraTenant",
        "in Graph" => of.is_in_graph(),
        "targets" => targets.as_array().expect("kinds").iter().any(|target| target == of.name()),
        other => panic!("{other:?} is no word for kinds"),
    })
}

#[test]
fn the_fields_of_the_controllers_own_are_said_of_the_kinds_that_have_them() {
    let section = section("## Rules of the spec");
    let table = section.split("### ").next().unwrap_or_default();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let mut seen = 0;
    for row in rows {
        let name = name_of(row);
        let field = name.split('.').next().expect("a name");
        let cell = row.split(" | ").nth(1).expect("the kinds");
        for kind in kinds() {
            assert_eq!(kind.declares(field), is_meant(kind, cell), "{name} of {}", kind.name());
        }
        seen += 1;
    }
    assert!(seen > 5, "the table was not found");
}

/// A command for all kinds goes by the category or by the group, so that it holds for the next kind, too.
#[test]
fn no_page_lists_the_resources_of_all_kinds() {
    for page in [
        "README.md",
        "docs/uninstall.md",
        "docs/reference.md",
        "docs/connect-a-tenant.md",
        "docs/concepts.md",
    ] {
        for line in read(page).lines() {
            let named = kinds().filter(|kind| line.contains(kind.plural())).count();
            assert!(named < 2, "{page}: use `windows365` or the group instead of a list: {line}");
        }
    }
}

#[test]
fn what_the_readme_shows_is_in_the_examples() {
    let readme = read("README.md");
    let shown: Vec<&str> = readme
        .split("\n```yaml\n")
        .skip(1)
        .filter_map(|rest| rest.split("\n```").next())
        .collect();
    assert!(!shown.is_empty(), "README.md shows no object");
    let examples: Vec<_> = yaml_files("examples").iter().flat_map(|path| documents(path)).collect();
    for block in shown {
        let objects: Vec<serde_json::Value> = serde_saphyr::from_multiple(block).expect("README.md has valid YAML");
        for object in objects {
            assert!(examples.contains(&object), "not in examples/, or different there: {object:#}");
        }
    }
}
