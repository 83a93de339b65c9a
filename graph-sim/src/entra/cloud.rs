//! Microsoft's clouds: which Graph roots and login hosts belong together. A token of one cloud is not valid in another.
//!
//! The simulator's own names mean the public cloud where tokens are issued, and every cloud where they are used, so that
//! a client with configurable addresses can use any of them.

/// Microsoft Graph's application id, which is the same in every cloud.
pub(crate) const GRAPH_APP_ID: &str = "00000003-0000-0000-c000-000000000000";

/// One cloud (documented).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cloud {
    /// The name of its login service in discovery documents.
    pub instance: &'static str,
    /// Hosts of its login service.
    pub login: &'static [&'static str],
    /// Roots of its Graph, each the audience of its own tokens; the first one is what discovery documents name.
    pub graph: &'static [&'static str],
}

static CLOUDS: [Cloud; 3] = [
    Cloud {
        instance: "microsoftonline.com",
        login: &["login.microsoftonline.com"],
        graph: &["https://graph.microsoft.com"],
    },
    Cloud {
        instance: "microsoftonline.us",
        login: &["login.microsoftonline.us"],
        graph: &["https://graph.microsoft.us", "https://dod-graph.microsoft.us"],
    },
    Cloud {
        instance: "partner.microsoftonline.cn",
        login: &["login.partner.microsoftonline.cn", "login.chinacloudapi.cn"],
        graph: &["https://microsoftgraph.chinacloudapi.cn"],
    },
];

pub(crate) static PUBLIC: &Cloud = &CLOUDS[0];

impl Cloud {
    /// The cloud whose login service has this host.
    pub(crate) fn of_login(host: &str) -> Option<&'static Self> {
        CLOUDS.iter().find(|cloud| cloud.login.contains(&host))
    }

    /// The cloud that a root belongs to, the public one for the simulator's own names.
    pub(crate) fn of_root(root: &str) -> &'static Self {
        let of_graph = || CLOUDS.iter().find(|cloud| graph_at(cloud, host(root)).is_some());
        Self::of_login(host(root)).or_else(of_graph).unwrap_or(PUBLIC)
    }
}

/// Whether Graph accepts a token with this audience from a client that called this root.
pub(crate) fn accepts_audience(root: &str, audience: &str) -> bool {
    let called = CLOUDS.iter().find_map(|cloud| graph_at(cloud, host(root)));
    let is_graph = |audience| CLOUDS.iter().any(|cloud| cloud.graph.contains(&audience));
    audience == GRAPH_APP_ID || called.map_or_else(|| is_graph(audience), |called| called == audience)
}

fn graph_at(cloud: &Cloud, host: &str) -> Option<&'static str> {
    cloud
        .graph
        .iter()
        .copied()
        .find(|graph| graph.strip_prefix("https://") == Some(host))
}

/// The host name of a root, without its port.
fn host(root: &str) -> &str {
    let authority = root.strip_prefix("https://").unwrap_or(root);
    authority.split_once(':').map_or(authority, |(host, _)| host)
}

#[cfg(test)]
mod tests;
