//! The types of single values. Each parses completely or returns what it expects.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use url::Url;

/// The longest duration that a flag accepts.
const MAX_DURATION: Duration = Duration::from_secs(3600);

/// The address of a service: https, a host, no credentials, no query. Without a trailing slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpsUrl(Url);

impl HttpsUrl {
    /// As a URL. An address without a path has the path `/` here, as URLs have.
    pub fn url(&self) -> &Url {
        &self.0
    }
}

impl fmt::Display for HttpsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl FromStr for HttpsUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut url = Url::parse(text).map_err(|error| format!("not a URL: {error}"))?;
        if url.scheme() != "https" {
            return Err("must begin with https://".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must not contain credentials".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("must not contain a query or a fragment".to_owned());
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }
}

/// A duration such as `60s`, `5m` or `1m30s`: above zero and at most an hour.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wanted = "a duration such as 60s, 5m or 1m30s";
    let parsed: SignedDuration = text.parse().map_err(|_error| format!("expected {wanted}"))?;
    let duration = Duration::try_from(parsed).map_err(|_error| "must not be negative")?;
    if duration.is_zero() || duration > MAX_DURATION {
        return Err("must be above zero and at most 1h".to_owned());
    }
    Ok(duration)
}

/// A name as Kubernetes has it for namespaces: a DNS label.
pub(crate) fn dns_label(text: &str) -> Result<String, String> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let valid = (1..=63).contains(&text.len()) && text.chars().all(inner) && !text.starts_with('-') && !text.ends_with('-');
    if valid {
        Ok(text.to_owned())
    } else {
        Err("must be a DNS label: up to 63 of a-z, 0-9 and -, not at an end".to_owned())
    }
}

/// A name as Kubernetes has it for most objects: DNS labels with dots between them.
pub(crate) fn object_name(text: &str) -> Result<String, String> {
    if text.len() <= 253 && text.split('.').all(|label| dns_label(label).is_ok()) {
        Ok(text.to_owned())
    } else {
        Err("must be the name of an object: up to 253 of a-z, 0-9, - and .".to_owned())
    }
}

/// The path of a file that must be named if the option is given at all.
pub(crate) fn file(text: &str) -> Result<PathBuf, String> {
    if text.trim().is_empty() {
        return Err("must name a file; leave it out if there is none".to_owned());
    }
    Ok(PathBuf::from(text))
}
