//! The classes of requests and how many of each a tenant may be sent. Numbers only.

use std::time::Duration;

/// The class that a request counts in. Graph limits lists, single reads, writes and the directory separately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum RequestClass {
    /// One page of a list of the Cloud PC service.
    List,
    /// One object of the Cloud PC service.
    Get,
    /// A request that changes something.
    Write,
    /// A read of groups or of the organization.
    Directory,
}

impl RequestClass {
    pub(crate) const ALL: [Self; 4] = [Self::List, Self::Get, Self::Write, Self::Directory];

    /// The label in metrics.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Get => "get",
            Self::Write => "write",
            Self::Directory => "directory",
        }
    }
}

/// So many requests within any window of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit {
    /// At least one is admitted, also if this is 0.
    pub requests: u32,
    pub window: Duration,
}

impl Limit {
    const fn new(requests: u32, seconds: u64) -> Self {
        Self {
            requests,
            window: Duration::from_secs(seconds),
        }
    }
}

/// The limits of every class for one application in one tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    pub list: Limit,
    pub get: Limit,
    pub write: Limit,
    pub directory: Limit,
}

impl Limits {
    pub(crate) const fn of(&self, class: RequestClass) -> Limit {
        match class {
            RequestClass::List => self.list,
            RequestClass::Get => self.get,
            RequestClass::Write => self.write,
            RequestClass::Directory => self.directory,
        }
    }
}

impl Default for Limits {
    /// Microsoft publishes no limits for policies, settings, images and connections: lists are planned as those of Cloud PCs,
    /// writes as those of Intune. Of published limits four fifths are used: Get Cloud PC, 270 in 60 s; the directory of a small
    /// tenant, 3,500 units in 10 s at one unit a request. See <https://learn.microsoft.com/graph/throttling-limits>.
    fn default() -> Self {
        Self {
            list: Limit::new(90, 60),
            get: Limit::new(216, 60),
            write: Limit::new(100, 20),
            directory: Limit::new(2800, 10),
        }
    }
}
