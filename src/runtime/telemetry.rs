//! Log output: one subscriber, on stderr, so that stdout stays free for what a command prints.
//!
//! Prohibition: no level may reveal a credential. Libraries print headers and bodies at their most verbose
//! levels, therefore these levels are capped whatever `RUST_LOG` asks for.

use std::panic::PanicHookInfo;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{EnvFilter, FilterExt, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// What is logged when `RUST_LOG` is not set.
const DEFAULT_DIRECTIVES: &str = "info,kube_runtime=warn";

/// Modules that handle requests, tokens or key material. Above `info` they may print their content.
const CAPPED: [&str; 11] = [
    "azure_core",
    "azure_identity",
    "h2",
    "hyper",
    "hyper_util",
    "kube_client",
    "reqwest",
    "rustls",
    "tower",
    "tower_http",
    "typespec_client_core",
];

/// It logs, as a warning, the whole text of an answer that it cannot read, which may be a Secret or a page of objects. The
/// problem becomes an error that its caller reports.
const QUOTES_ANSWERS: &str = "kube_client::client";
/// At lower levels its messages about certificates quote nothing.
const QUOTES_NOTHING: &str = "kube_client::client::tls";

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people reading a terminal.
    Human,
    /// One JSON object per line, for collectors.
    Json,
}

/// Starts logging and replaces the panic message with a log line that carries the place, not the text.
///
/// A second call changes nothing, so tests may call it freely.
pub fn init(format: LogFormat) {
    let (filter, complaint) = env_filter(std::env::var("RUST_LOG").ok());
    let filter = filter.and(capped());
    let registry = tracing_subscriber::registry();
    let started = match format {
        LogFormat::Human => registry
            .with(
                tracing_subscriber::fmt::layer()
                    .with_writer(std::io::stderr)
                    .with_ansi(use_colour())
                    .with_filter(filter),
            )
            .try_init(),
        LogFormat::Json => registry
            .with(
                tracing_subscriber::fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_writer(std::io::stderr)
                    .with_filter(filter),
            )
            .try_init(),
    };
    if started.is_err() {
        return;
    }
    std::panic::set_hook(Box::new(log_panic));
    if let Some(complaint) = complaint {
        tracing::warn!(error = complaint, default = DEFAULT_DIRECTIVES, "RUST_LOG is not understood");
    }
}

/// The filter of the variable, or the default together with what was wrong.
fn env_filter(directives: Option<String>) -> (EnvFilter, Option<String>) {
    match directives.filter(|value| !value.trim().is_empty()) {
        None => (EnvFilter::new(DEFAULT_DIRECTIVES), None),
        Some(value) => match EnvFilter::builder().parse(value) {
            Ok(filter) => (filter, None),
            Err(error) => (EnvFilter::new(DEFAULT_DIRECTIVES), Some(error.to_string())),
        },
    }
}

/// Passes everything except what the capped modules log above `info`.
fn capped() -> Targets {
    Targets::new()
        .with_default(LevelFilter::TRACE)
        .with_targets(CAPPED.map(|module| (module, LevelFilter::INFO)))
        .with_target(QUOTES_ANSWERS, LevelFilter::ERROR)
        .with_target(QUOTES_NOTHING, LevelFilter::INFO)
}

/// Colours only for a terminal whose owner did not object.
fn use_colour() -> bool {
    use std::io::IsTerminal;
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) && std::io::stderr().is_terminal()
}

/// The text of a panic may quote a value that must not be seen (a `Debug` of an error, for example), so it is not logged.
fn log_panic(info: &PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, "a task panicked");
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::Level;

    #[test]
    fn rust_log_cannot_make_the_http_stack_talk() {
        let filter = capped();
        for module in [
            "h2::codec::framed_write",
            "hyper_util::client::legacy",
            "reqwest::connect",
            "rustls::client",
        ] {
            assert!(!filter.would_enable(module, &Level::DEBUG), "{module}");
            assert!(filter.would_enable(module, &Level::WARN), "{module}");
        }
        assert!(filter.would_enable("cloudpc_operator::reconcile", &Level::TRACE));
        assert!(!filter.would_enable("kube_client::client", &Level::WARN), "answers would be quoted");
        for module in ["kube_client::client::tls", "kube_client::config"] {
            assert!(filter.would_enable(module, &Level::WARN), "{module}");
        }
    }

    #[test]
    fn a_bad_rust_log_is_reported_and_replaced() {
        assert!(env_filter(None).1.is_none());
        assert!(env_filter(Some("debug".to_owned())).1.is_none());
        let (filter, complaint) = env_filter(Some("a=b=c".to_owned()));
        assert!(complaint.is_some());
        assert_eq!(filter.to_string().split(',').count(), DEFAULT_DIRECTIVES.split(',').count());
    }
}
