//! Checks of the simulator against the published OpenAPI description of the service: every Graph request that was accepted and
//! every answer is checked.
//!
//! The description is the only source here: nothing in this module may use the simulator's own property tables or routes,
//! or both could be wrong in the same way. Where the service is known to differ from its description, [`tolerated`] says so.

mod description;
mod paths;
mod schema;
mod shape;
pub mod tolerated;
mod violation;

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::base::answer::ApiVersion;
pub use crate::contract::violation::{Part, Rule, Violation};
use description::{Description, Found, Operation};
use shape::{Content, Fault};

/// Both versions' descriptions. The schema of a body is compiled when it is first needed.
#[derive(Debug)]
pub struct Contract {
    v1: Description,
    beta: Description,
}

/// One request and its answer.
#[derive(Clone, Copy, Debug)]
pub struct Checked<'a> {
    /// The version in the path.
    pub version: ApiVersion,
    /// The method.
    pub method: &'a str,
    /// The path after the version, as it was sent.
    pub path: &'a str,
    /// Decoded query options.
    pub query: &'a [(String, String)],
    /// The request's body, as it was sent.
    pub request_body: &'a [u8],
    /// The answer's status.
    pub status: u16,
    /// The answer's body.
    pub response_body: Option<&'a Value>,
}

/// Where the descriptions are, if the environment names a place: `GRAPH_OPENAPI_DIR`.
#[must_use]
pub fn directory() -> Option<PathBuf> {
    std::env::var_os("GRAPH_OPENAPI_DIR")
        .filter(|name| !name.is_empty())
        .map(PathBuf::from)
}

impl Contract {
    /// Reads `openapi-v1.0-cloudpc.yaml` and `openapi-beta-cloudpc.yaml`.
    ///
    /// # Errors
    /// When a file cannot be read, or has something in it that this module does not understand.
    pub fn load(directory: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            v1: Description::read(directory, ApiVersion::V1)?,
            beta: Description::read(directory, ApiVersion::Beta)?,
        })
    }

    /// The violations of an exchange, without the known deviations of the service.
    #[must_use]
    pub fn check(&self, exchange: &Checked<'_>) -> Vec<Violation> {
        let mut violations = self.check_strictly(exchange);
        violations.retain(|violation| tolerated::covering(violation).is_none());
        violations
    }

    /// What an exchange does against the description.
    #[must_use]
    pub fn check_strictly(&self, exchange: &Checked<'_>) -> Vec<Violation> {
        let description = match exchange.version {
            ApiVersion::V1 => &self.v1,
            ApiVersion::Beta => &self.beta,
        };
        let found = description.find(exchange.path, exchange.method);
        let mut verdict = Verdict {
            exchange,
            path: found.path,
            violations: Vec::new(),
        };
        match found {
            Found {
                operation: Some(operation),
                ..
            } => {
                if verdict.accepted() {
                    verdict.query(operation);
                    verdict.request(operation);
                }
                verdict.response(operation);
            }
            // What is not described can only be refused, and all refusals look alike.
            _ if exchange.status >= 400 => verdict.body(Part::Response, description.error.as_ref(), exchange.response_body),
            _ => verdict.add(Part::Request, String::new(), Rule::UndescribedOperation, String::new()),
        }
        verdict.violations
    }
}

/// The check of one exchange in progress.
struct Verdict<'a> {
    exchange: &'a Checked<'a>,
    path: String,
    violations: Vec<Violation>,
}

impl Verdict<'_> {
    fn accepted(&self) -> bool {
        (200..300).contains(&self.exchange.status)
    }

    fn query(&mut self, operation: &Operation) {
        for (name, value) in self.exchange.query {
            let pointer = format!("/{}", shape::escaped(name));
            match operation.option(name) {
                None => self.add(Part::Query, pointer, Rule::UnknownOption, String::new()),
                Some(kind) if !kind.takes(value) => self.add(Part::Query, pointer, Rule::OptionValue, kind.wanted().to_owned()),
                Some(_) => {}
            }
        }
    }

    fn request(&mut self, operation: &Operation) {
        let sent = self.exchange.request_body.trim_ascii();
        if sent.is_empty() {
            if operation.request.as_ref().is_some_and(|request| request.required) {
                self.add(Part::Request, String::new(), Rule::MissingBody, String::new());
            }
            return;
        }
        match (serde_json::from_slice(sent), &operation.request) {
            (_, None) => self.add(Part::Request, String::new(), Rule::UnexpectedBody, String::new()),
            (Ok(body), Some(request)) => self.body(Part::Request, Some(&request.content), Some(&body)),
            (Err(_), Some(_)) => self.add(Part::Request, String::new(), Rule::MalformedBody, String::new()),
        }
    }

    fn response(&mut self, operation: &Operation) {
        let status = self.exchange.status;
        match operation.response(status) {
            None => self.add(Part::Response, String::new(), Rule::UndescribedStatus(status), String::new()),
            Some(content) => self.body(Part::Response, content, self.exchange.response_body),
        }
    }

    fn body(&mut self, part: Part, content: Option<&Content>, body: Option<&Value>) {
        match (content, body) {
            (None, None) => {}
            (None, Some(_)) => self.add(part, String::new(), Rule::UnexpectedBody, String::new()),
            (Some(_), None) => self.add(part, String::new(), Rule::MissingBody, String::new()),
            (Some(content), Some(body)) => {
                for Fault { pointer, rule, detail } in content.faults(body) {
                    self.add(part, pointer, rule, detail);
                }
            }
        }
    }

    fn add(&mut self, part: Part, pointer: String, rule: Rule, detail: String) {
        self.violations.push(Violation {
            method: self.exchange.method.to_owned(),
            api: self.exchange.version,
            path: self.path.clone(),
            part,
            pointer,
            rule,
            detail,
        });
    }
}
