//! The description of the service for tests. It lies outside of this crate: `GRAPH_OPENAPI_DIR` names it, and where it is
//! absent, tests that need it say so and pass.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use graph_sim::base::answer::ApiVersion;
use graph_sim::contract::tolerated::{TOLERATED, Tolerance};
use graph_sim::contract::{self, Checked, Contract, Part, Rule, Violation};
use serde_json::Value;

pub fn directory() -> Option<PathBuf> {
    let directory = contract::directory().unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/graph"));
    let there = directory.join("openapi-v1.0-cloudpc.yaml").is_file();
    if !there {
        eprintln!("skipped: {} has no description", directory.display());
    }
    there.then_some(directory)
}

static CONTRACT: LazyLock<Option<Arc<Contract>>> =
    LazyLock::new(|| directory().map(|directory| Arc::new(Contract::load(&directory).unwrap())));

pub fn contract() -> Option<&'static Contract> {
    CONTRACT.as_deref()
}

/// The same, for a simulator that is to be checked against it.
pub fn shared() -> Option<Arc<Contract>> {
    CONTRACT.clone()
}

pub fn description(version: ApiVersion) -> Option<Value> {
    let file = directory()?.join(format!("openapi-{}-cloudpc.yaml", version.as_str()));
    Some(serde_saphyr::from_str(&std::fs::read_to_string(file).unwrap()).unwrap())
}

/// The tolerances that none of these strictly checked violations needs.
pub fn unused_tolerances(violations: &[Violation]) -> Vec<&'static Tolerance> {
    let needed = |tolerance: &&Tolerance| violations.iter().any(|violation| tolerance.covers(violation));
    TOLERATED.iter().filter(|tolerance| !needed(tolerance)).collect()
}

/// Fails when an exchange breaks the description.
pub fn expect_kept(exchange: &Checked<'_>) {
    let broken: Vec<String> = contract()
        .iter()
        .flat_map(|contract| contract.check(exchange))
        .map(|violation| violation.to_string())
        .collect();
    assert!(broken.is_empty(), "{broken:#?}\n{:#?}", exchange.response_body);
}

/// An exchange, written down.
#[derive(Clone, Debug)]
pub struct Sample {
    pub version: ApiVersion,
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub body: String,
    pub status: u16,
    pub answer: Option<Value>,
}

impl Sample {
    /// `line` is `METHOD path[?name=value&…]`; a path that does not begin with a slash is below `virtualEndpoint`.
    pub fn new(version: ApiVersion, line: &str, body: impl ToString, status: u16, answer: Option<Value>) -> Self {
        let (method, target) = line.split_once(' ').unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = match path.strip_prefix('/') {
            Some(_) => path.to_owned(),
            None => format!("/deviceManagement/virtualEndpoint/{path}"),
        };
        let options = query.split('&').filter_map(|option| option.split_once('='));
        Self {
            version,
            method: method.to_owned(),
            path,
            query: options.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            body: body.to_string(),
            status,
            answer,
        }
    }

    pub fn checked(&self) -> Checked<'_> {
        Checked {
            version: self.version,
            method: &self.method,
            path: &self.path,
            query: &self.query,
            request_body: self.body.as_bytes(),
            status: self.status,
            response_body: self.answer.as_ref(),
        }
    }
}

pub fn brief(violations: &[Violation]) -> Vec<(Part, &str, Rule)> {
    violations
        .iter()
        .map(|violation| (violation.part, violation.pointer.as_str(), violation.rule))
        .collect()
}
