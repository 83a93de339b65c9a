//! What no type forbids, read from the sources. Who reaches into a namespace is written in few places, each of which knows
//! its namespace from the object itself or from the process; nobody weakens TLS or picks a proxy.

use std::fs;
use std::path::Path;

use crate::support::{files_below, package};

/// Every source of the operator, with its path below `src`; tests aside.
fn sources() -> Vec<(String, String)> {
    let root = package("src");
    let paths = files_below(&root, "rs");
    let relative = |path: &Path| path.strip_prefix(&root).expect("below src").to_string_lossy().into_owned();
    let named = paths
        .iter()
        .map(|path| (relative(path), fs::read_to_string(path).expect("a source")));
    named
        .filter(|(path, _)| !path.contains("tests"))
        .map(|(path, text)| (path, without_tests(&text).to_owned()))
        .collect()
}

/// A source without the tests at its end.
fn without_tests(text: &str) -> &str {
    let end = ["#[cfg(test)]", "#[cfg(all(test"].iter().filter_map(|mark| text.find(mark)).min();
    end.map_or(text, |end| &text[..end])
}

/// The files that contain one of the words.
fn files_with(words: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = sources()
        .into_iter()
        .filter(|(_, text)| words.iter().any(|word| text.contains(word)))
        .map(|(path, _)| path)
        .collect();
    found.sort();
    found
}

#[test]
fn s6_secrets_and_service_accounts_are_touched_in_one_file() {
    let words = [
        "core::v1::Secret",
        "v1::{Secret",
        "ServiceAccount>",
        "create_token_request",
        "TokenRequest {",
    ];
    assert_eq!(files_with(&words), ["runtime/own_namespace.rs"]);
}

#[test]
fn s6_a_tenant_is_found_for_an_object_in_one_file() {
    // The tenants' own controller and the poller begin with the tenant; whoever begins with an object goes through the rule.
    let callers = ["controllers/entra_tenant.rs", "reconcile/poll.rs", "reconcile/resolve.rs"];
    assert_eq!(files_with(&["context.tenant("]), callers);
    assert_eq!(files_with(&["self.tenants.get("]), ["reconcile/context.rs"]);
}

#[test]
fn s19_no_source_weakens_tls() {
    // `accept_invalid_certs` of a kubeconfig is only ever looked at, to refuse it.
    let weakening = [
        "danger_accept",
        "dangerous()",
        "accept_invalid_certs = ",
        "min_tls_version",
        "tls_version_min",
        "TLS10",
        "TLS11",
    ];
    assert_eq!(files_with(&weakening), Vec::<String>::new());
    assert_eq!(files_with(&["https_only()"]), ["graph/http/wire.rs"]);
    assert_eq!(
        files_with(&["reqwest", "hyper_rustls", "HttpConnector"]),
        ["graph/http/wire.rs", "runtime/telemetry.rs"]
    );
}

#[test]
fn s20_no_source_picks_a_proxy() {
    assert_eq!(files_with(&["reqwest::Proxy", ".proxy(", "proxy_url = "]), Vec::<String>::new());
}

#[test]
fn s8_no_source_evaluates_a_text_of_a_user() {
    let evaluating = ["cel_interpreter", "cel::", "jsonpath", "minijinja", "handlebars", "Regex::new"];
    assert_eq!(files_with(&evaluating), Vec::<String>::new());
}

#[test]
fn s9_no_source_starts_a_process_and_one_opens_a_file() {
    assert_eq!(files_with(&["process::Command", "Command::new"]), Vec::<String>::new());
    assert_eq!(
        files_with(&["std::fs", "tokio::fs", "File::open", "read_to_string("]),
        ["graph/auth/material.rs"]
    );
}
