//! The classes of requests and how many of each a tenant may be sent. Numbers only.

use std::time::Duration;

/// What a request counts as. Graph limits lists, single reads and writes apart, and the directory by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum RequestClass {
    /// One page of a list of the Cloud PC service.
    List,
    /// One object of the Cloud PC service.
    Get,
    /// Anything that changes something.
    Write,
    /// A read of groups or of the organization.
    Directory,
}

impl RequestClass {
    /// Every class, in the order of their declaration.
    pub(crate) const ALL: [Self; 4] = [Self::List, Self::Get, Self::Write, Self::Directory];

    /// The metric label.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Get => "get",
            Self::Write => "write",
            Self::Directory => "directory",
        }
    }
}

/// So many requests in any stretch of time of that length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit {
    /// How many; at least one is let through.
    pub requests: u32,
    /// In how long.
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
    /// See [`RequestClass::List`].
    pub list: Limit,
    /// See [`RequestClass::Get`].
    pub get: Limit,
    /// See [`RequestClass::Write`].
    pub write: Limit,
    /// See [`RequestClass::Directory`].
    pub directory: Limit,
}

impl Limits {
    /// The limit of a class.
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
    /// Nothing is published for policies, settings, images and connections. Lists are planned as those of Cloud PCs are
    /// limited, writes as those of Intune. Published numbers are used to four fifths: Get Cloud PC, 270 in 60 s, and the
    /// directory of a small tenant, 3,500 units in 10 s at one unit a request (fact sheet 8).
    fn default() -> Self {
        Self {
            list: Limit::new(90, 60),
            get: Limit::new(216, 60),
            write: Limit::new(100, 20),
            directory: Limit::new(2800, 10),
        }
    }
}
