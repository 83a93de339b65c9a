//! The README: its walk-through prints what it says when it is pasted into bash, and its tables are complete.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use graph_sim::graph::routes::{ROUTES, Route};
use graph_sim::options::Options;
use graph_sim::{Simulator, SimulatorOptions};
use serde_json::Value;

const README: &str = include_str!("../../README.md");
/// Where the README lets it listen. Here it listens on a free port, because another test may use that one.
const ADDRESS: &str = "127.0.0.1:8443";
const TENANT: &str = "tenants: [{id: 11111111-1111-1111-1111-111111111111, ";

/// A part of the README from its heading to the next one of the same rank or of a higher one.
fn section(heading: &str) -> &'static str {
    let (_, rest) = README
        .split_once(&format!("\n{heading}\n"))
        .unwrap_or_else(|| panic!("there is no {heading}"));
    let rank = |line: &str| line.find(' ').filter(|rank| *rank > 0 && line.starts_with(&"#".repeat(*rank)));
    let next = rest
        .lines()
        .find(|line| rank(line).is_some_and(|found| Some(found) <= rank(heading)));
    let end = next.and_then(|next| rest.find(&format!("\n{next}\n")));
    &rest[..end.unwrap_or(rest.len())]
}

/// The fenced blocks of a section: what is behind the fence, and what is in it.
fn blocks(section: &str) -> Vec<(&str, &str)> {
    let parts: Vec<&str> = section.split("```").collect();
    let fenced = parts.into_iter().skip(1).step_by(2);
    fenced.map(|block| block.split_once('\n').expect("a fence ends its line")).collect()
}

/// The first block of a section that begins so.
fn block(section: &str, beginning: &str) -> &'static str {
    let found = blocks(self::section(section))
        .into_iter()
        .find(|(_, text)| text.starts_with(beginning));
    found.unwrap_or_else(|| panic!("no block of {section} begins with {beginning}")).1
}

/// Each block of commands with what the README says that it prints.
fn steps() -> Vec<(&'static str, &'static str)> {
    let blocks = blocks(section("## Walk-through"));
    let pairs = blocks.chunks(2).map(|pair| match pair {
        [("sh", commands), ("text", printed)] => (*commands, *printed),
        other => panic!("not commands and what they print: {other:?}"),
    });
    pairs.collect()
}

/// Ends the program with the test, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the program as the README says, and gives the address that it listens on.
fn start(folder: &Path) -> (Running, String) {
    let command = block("## Start", "graph-sim ").trim().replace(ADDRESS, "127.0.0.1:0");
    let mut words = command.split_whitespace();
    assert_eq!(words.next(), Some("graph-sim"));
    let child = Command::new(env!("CARGO_BIN_EXE_graph-sim"))
        .args(words)
        .current_dir(folder)
        .env_remove("GRAPH_OPENAPI_DIR")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut running = Running(child.expect("the program starts"));
    let mut line = String::new();
    let output = running.0.stdout.as_mut().expect("its output");
    BufReader::new(output).read_line(&mut line).expect("a start line");
    let line: Value = serde_json::from_str(&line).expect("JSON");
    let documented: Value = serde_json::from_str(block("## Start", "{\"graph\"")).expect("JSON");
    assert_eq!(keys(&line), keys(&documented));
    let graph = line["graph"].as_str().expect("an address");
    (running, graph.trim_start_matches("https://").to_owned())
}

fn keys(object: &Value) -> Vec<&String> {
    object.as_object().into_iter().flat_map(|object| object.keys()).collect()
}

/// What bash prints, in a folder.
fn bash(folder: &Path, script: &str) -> String {
    // A curl configuration or a proxy of the user must not decide.
    let output = Command::new("bash")
        .args(["--noprofile", "--norc", "-c", script])
        .current_dir(folder)
        .env("HOME", folder)
        .env("no_proxy", "*")
        .stdin(Stdio::null())
        .output()
        .expect("bash runs");
    // Shown when the test fails.
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("text")
}

fn is_there(program: &str) -> bool {
    let ran = Command::new(program).arg("--version").stdout(Stdio::null()).status();
    ran.is_ok_and(|status| status.success())
}

#[test]
fn the_walk_through_prints_what_the_readme_says() {
    if let Some(missing) = ["bash", "curl"].into_iter().find(|program| !is_there(program)) {
        eprintln!("not tested: there is no {missing} here");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    bash(folder.path(), block("## Start", "cat > seed.yaml"));
    let (_running, address) = start(folder.path());

    let steps = steps();
    let mut script = String::new();
    for (commands, _) in &steps {
        script += commands;
        script += "echo '=== end of block'\n";
    }
    let output = bash(folder.path(), &script.replace(ADDRESS, &address));
    let printed: Vec<&str> = output.split_terminator("=== end of block\n").collect();
    let documented: Vec<&str> = steps.iter().map(|(_, printed)| *printed).collect();
    assert_eq!(printed, documented);

    // Independent of the README's text, the walk-through has to show these, in this order.
    let mut rest = output.as_str();
    for essential in [
        r#""status":"provisioning""#,
        r#""status":"provisioned""#,
        r#""status":"inGracePeriod""#,
        "\n[]\n",
        r#"user "admin@contoso.com""#,
    ] {
        rest = rest.split_once(essential).unwrap_or_else(|| panic!("no {essential} in {rest}")).1;
    }
}

#[test]
fn the_help_has_a_seed_that_is_good() {
    for arguments in [&["--help"][..], &["serve", "--help"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_graph-sim"))
            .args(arguments)
            .output()
            .expect("the program runs");
        let help = String::from_utf8(output.stdout).expect("text");
        let seed: Vec<&str> = help
            .lines()
            .skip_while(|line| !line.trim().starts_with("now:"))
            .take_while(|line| !line.trim().is_empty())
            .collect();
        assert!(seed.len() > 5, "{help}");
        let command = block("## Start", "graph-sim ").trim();
        assert!(help.contains(command), "{command} is not in the help");
        let options = SimulatorOptions {
            seeds: vec![seed.join("\n")],
            ..SimulatorOptions::default()
        };
        Simulator::start(options).expect("a good seed");
    }
}

#[test]
fn every_option_is_there_with_its_default() {
    let options = serde_json::to_value(Options::default()).expect("JSON");
    let rows = section("## Options");
    for (name, default) in options.as_object().expect("an object") {
        let default = default.as_str().map_or_else(|| default.to_string(), str::to_owned);
        let row = format!("\n| `{name}` | `{default}` |");
        assert!(rows.contains(&row), "there is no row {row}");
    }
}

#[test]
fn every_route_is_there_with_its_versions_and_methods() {
    let rows = section("## Routes");
    for route in ROUTES {
        let row = row(route);
        assert!(rows.contains(&row), "there is no row {row}");
        for operation in route.operations {
            for permission in operation.permission.any_of {
                assert!(rows.contains(&format!("`{permission}`")), "{permission} is not there");
            }
        }
    }
    let documented = rows
        .lines()
        .filter(|line| line.contains("| v1.0, beta |") || line.contains("| beta |"));
    let batch = "| `$batch` | v1.0, beta | POST |";
    let known: BTreeSet<String> = ROUTES.iter().map(row).collect();
    for line in documented.filter(|line| *line != batch) {
        assert!(known.contains(line), "there is no such route: {line}");
    }
}

fn row(route: &Route) -> String {
    let path = route.path.trim_start_matches("deviceManagement/virtualEndpoint/");
    let versions = if route.beta_only { "beta" } else { "v1.0, beta" };
    let methods: Vec<&str> = route.operations.iter().map(|operation| operation.method).collect();
    format!("| `{path}` | {versions} | {} |", methods.join(", "))
}

/// The keys that the simulator knows at a place: it lists them when it refuses one that it does not know.
fn known_keys(refusal: &str) -> Vec<&str> {
    let (_, known) = refusal.split_once("expected").unwrap_or_else(|| panic!("no keys in {refusal}"));
    let names: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    assert!(!names.is_empty(), "no keys in {refusal}");
    names
}

fn assert_named(names: &[&str], heading: &str) {
    let text = section(heading);
    for name in names {
        let quoted = [format!("`{name}`"), format!("\"{name}\"")];
        assert!(quoted.iter().any(|name| text.contains(name)), "{name} is not in {heading}");
    }
}

#[test]
fn every_key_of_a_seed_is_there() {
    let places = [
        ("unknown: 1".to_owned(), "## Seed"),
        ("options: {unknown: 1}".to_owned(), "## Options"),
        ("options: {throttling: {unknown: 1}}".to_owned(), "### Limits"),
        (format!("{TENANT}unknown: 1}}]"), "## Seed"),
        (format!("{TENANT}apps: [{{unknown: 1}}]}}]"), "## Seed"),
        (format!("{TENANT}apps: [{{federatedCredentials: [{{unknown: 1}}]}}]}}]"), "## Seed"),
        (format!("{TENANT}users: [{{unknown: 1}}]}}]"), "## Seed"),
        (format!("{TENANT}groups: [{{unknown: 1}}]}}]"), "## Seed"),
    ];
    for (seed, heading) in places {
        let options = SimulatorOptions {
            seeds: vec![seed],
            ..SimulatorOptions::default()
        };
        let Err(refusal) = Simulator::start(options) else {
            panic!("an unknown key was taken");
        };
        assert_named(&known_keys(&refusal.to_string()), heading);
    }
}

#[tokio::test]
async fn every_key_of_the_control_api_is_there() {
    let simulator = Simulator::start(SimulatorOptions::default()).expect("it starts");
    let ca = reqwest::Certificate::from_pem(simulator.ca_pem().as_bytes()).expect("a CA");
    let client = reqwest::Client::builder()
        .tls_certs_only([ca])
        .no_proxy()
        .build()
        .expect("a client");
    for (path, body, heading) in [
        ("faults", r#"{"unknown": 1}"#, "## Faults"),
        ("faults", r#"{"match": {"unknown": 1}}"#, "## Faults"),
        ("faults", r#"{"fault": {"unknown": 1}}"#, "## Faults"),
        ("faults", r#"{"fault": {"token": {"unknown": 1}}}"#, "## Faults"),
        ("faults", r#"{"fault": {"cut": "unknown"}}"#, "## Faults"),
        ("portal", r#"{"unknown": 1}"#, "## Control API"),
        ("token", r#"{"unknown": 1}"#, "## Control API"),
        ("devicecode", r#"{"unknown": 1}"#, "## Control API"),
        ("clock", r#"{"unknown": 1}"#, "## Control API"),
    ] {
        let request = client.post(format!("{}/{path}", simulator.control_url())).body(body);
        let refusal = request.send().await.expect("an answer").text().await.expect("a text");
        assert_named(&known_keys(&refusal), heading);
    }
}
