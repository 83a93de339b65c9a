//! The label sets, and what bounds their values.
//!
//! A value is a literal of this program, with one exception: the name of a tenant, which is only a label when the
//! operator was asked for it, and then for a limited number of tenants.

use std::fmt;
use std::sync::Arc;

use prometheus_client::encoding::{EncodeLabel, EncodeLabelSet, LabelSetEncoder};

/// Tenants that get a label of their own. The others share [`OTHER`].
pub const MOST_TENANTS: usize = 20;
/// The label of tenants beyond that number.
pub const OTHER: &str = "other";

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct Kind {
    pub kind: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct Pass {
    pub kind: &'static str,
    pub outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct Request {
    pub operation: &'static str,
    pub status: &'static str,
    #[prometheus(flatten)]
    pub tenant: Tenant,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct Operation {
    pub operation: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct KindOfTenant {
    pub kind: &'static str,
    #[prometheus(flatten)]
    pub tenant: Tenant,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct ClassOfTenant {
    pub class: &'static str,
    #[prometheus(flatten)]
    pub tenant: Tenant,
}

/// The request of an exemplar: the id that the log line and Graph's own logs have, too.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct Trace {
    pub client_request_id: String,
}

/// The label `tenant`, or none.
#[derive(Clone, Debug, Default, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tenant(pub Option<Arc<str>>);

impl EncodeLabelSet for Tenant {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        match &self.0 {
            None => Ok(()),
            Some(name) => ("tenant", &**name).encode(encoder.encode_label()),
        }
    }
}

/// Which names have become labels.
#[derive(Debug)]
pub enum TenantNames {
    /// None ever will.
    Off,
    /// These, and more until there are [`MOST_TENANTS`].
    On(Vec<Arc<str>>),
}

impl TenantNames {
    /// The label of a tenant. One that had a label keeps it.
    pub fn label(&mut self, name: &str) -> Tenant {
        let Self::On(known) = self else { return Tenant(None) };
        if let Some(known) = known.iter().find(|known| ***known == *name) {
            return Tenant(Some(Arc::clone(known)));
        }
        if known.len() >= MOST_TENANTS {
            return Tenant(Some(OTHER.into()));
        }
        let name: Arc<str> = name.into();
        known.push(Arc::clone(&name));
        Tenant(Some(name))
    }
}

/// The statuses that Graph is known to use; any other status is counted by its class.
const STATUSES: [(u16, &str); 20] = [
    (200, "200"),
    (201, "201"),
    (202, "202"),
    (204, "204"),
    (302, "302"),
    (400, "400"),
    (401, "401"),
    (403, "403"),
    (404, "404"),
    (405, "405"),
    (408, "408"),
    (409, "409"),
    (412, "412"),
    (423, "423"),
    (429, "429"),
    (500, "500"),
    (502, "502"),
    (503, "503"),
    (504, "504"),
    (507, "507"),
];

/// The label of an HTTP status; `None` is no answer.
pub fn status(status: Option<u16>) -> &'static str {
    let Some(code) = status else { return "none" };
    if let Some((_, label)) = STATUSES.iter().find(|(known, _)| *known == code) {
        return label;
    }
    match code {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        500..=599 => "5xx",
        _ => "other",
    }
}
