//! Arguments as people write them, good and bad.

use std::time::Duration;

use crate::cli::*;
use crate::runtime::telemetry::LogFormat;

fn run(arguments: &[&str]) -> Result<Box<Config>, String> {
    let all = ["cloudpc-operator", "run"].iter().chain(arguments);
    match parse_from(all) {
        Ok(Command::Run(config)) => Ok(config),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn without_flags_the_defaults_hold() {
    let config = run(&[]).expect("valid");
    assert!(config.leader_election && !config.read_only);
    assert_eq!(config.leader_election_id, "cloudpc-operator");
    assert_eq!(config.health_address.port(), 8081);
    assert_eq!(config.metrics_address.port(), 8080);
    assert_eq!(config.log_format, LogFormat::Human);
    assert_eq!(config.authority_host.to_string(), "https://login.microsoftonline.com");
    assert_eq!(config.graph_endpoint.to_string(), "https://graph.microsoft.com");
    assert_eq!(config.settle_window, Duration::from_secs(60));
    assert_eq!(config.concurrency, 8);
    assert_eq!((config.federated_token_file, config.service_account), (None, None));
    assert_ne!(
        config.identity,
        run(&[]).expect("valid").identity,
        "each process is a candidate of its own"
    );
}

#[test]
fn flags_reach_the_configuration() {
    let config = run(&[
        "--no-leader-election",
        "--leader-election-namespace=team-a",
        "--pod-name=cloudpc-operator-7d9f",
        "--service-account=desks.operator",
        "--health-address=127.0.0.1:0",
        "--metrics-address=127.0.0.1:0",
        "--log-format=json",
        "--graph-endpoint=https://localhost:8443/graph/",
        "--federated-token-file=/var/run/secrets/token",
        "--settle-window=1m30s",
        "--concurrency=64",
        "--read-only",
    ])
    .expect("valid");
    assert!(!config.leader_election && config.read_only);
    assert_eq!(config.leader_election_namespace, "team-a");
    assert_eq!(config.instance, "cloudpc-operator-7d9f");
    assert_eq!(config.service_account.as_deref(), Some("desks.operator"));
    assert!(config.identity.starts_with("cloudpc-operator-7d9f_"));
    assert_eq!(config.log_format, LogFormat::Json);
    assert_eq!(config.graph_endpoint.to_string(), "https://localhost:8443/graph");
    assert_eq!(config.federated_token_file.as_deref(), Some("/var/run/secrets/token".as_ref()));
    assert_eq!(config.settle_window, Duration::from_secs(90));
    assert_eq!(config.concurrency, 64);
}

#[test]
fn mistakes_are_reported_with_the_name_of_the_flag() {
    for (flag, value, explanation) in [
        ("--graph-endpoint", "http://graph.microsoft.com", "https://"),
        ("--graph-endpoint", "graph.microsoft.com", "not a URL"),
        ("--graph-endpoint", "https://", "not a URL"),
        ("--graph-endpoint", "https://me:pw@host", "credentials"),
        ("--graph-endpoint", "https://host/?a=b", "query"),
        ("--authority-host", "http://login.example", "https://"),
        ("--authority-host", "", "not a URL"),
        ("--settle-window", "60", "60s"),
        ("--settle-window", "soon", "60s"),
        ("--settle-window", "0s", "above zero"),
        ("--settle-window", "-5s", "negative"),
        ("--settle-window", "2h", "at most 1h"),
        ("--concurrency", "0", "1..=64"),
        ("--concurrency", "65", "1..=64"),
        ("--concurrency", "many", "invalid digit"),
        ("--health-address", "8081", "socket address"),
        ("--metrics-address", "localhost:8080", "socket address"),
        ("--log-format", "xml", "json"),
        ("--federated-token-file", " ", "must name a file"),
        ("--leader-election-namespace", "Team", "DNS label"),
        ("--leader-election-namespace", "", "DNS label"),
        ("--leader-election-id", "-x", "DNS label"),
        ("--service-account", "a..b", "name of an object"),
        ("--service-account", "", "name of an object"),
        ("--health-address", "0.0.0.0:8080", "--metrics-address"),
    ] {
        let message = run(&[&format!("{flag}={value}")]).expect_err(value);
        assert!(message.contains(flag), "{flag}={value}: {message}");
        assert!(message.contains(explanation), "{flag}={value}: {message}");
    }
}

#[test]
fn every_flag_of_run_can_come_from_the_environment() {
    let cli = Cli::command();
    cli.clone().debug_assert();
    let run = cli.find_subcommand("run").expect("exists");
    let mut names = Vec::new();
    for argument in run.get_arguments() {
        let name = argument.get_env().map(|env| env.to_string_lossy());
        names.push(name.unwrap_or_else(|| panic!("{argument} has none")));
    }
    for expected in [
        "POD_NAMESPACE",
        "POD_NAME",
        "AZURE_FEDERATED_TOKEN_FILE",
        "AZURE_AUTHORITY_HOST",
        "CLOUDPC_GRAPH_ENDPOINT",
    ] {
        assert!(names.iter().any(|name| name == expected), "{expected}");
    }
}

#[test]
fn the_other_subcommands_take_no_arguments() {
    let parse = |arguments: &[&str]| parse_from(arguments);
    assert!(matches!(parse(&["x", "crds"]), Ok(Command::Crds)));
    assert!(matches!(parse(&["x", "version"]), Ok(Command::Version)));
    for bad in [&["x"][..], &["x", "crds", "more"], &["x", "walk"]] {
        assert!(parse(bad).is_err(), "{bad:?}");
    }
}
