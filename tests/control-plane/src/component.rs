//! The three processes of the control plane and their command lines.
//!
//! Pure: from a [`Layout`] to arguments. Prohibition: no I/O.

use crate::layout::Layout;
use std::fmt;

/// A process of the control plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Component {
    /// The store; everything written survives its restart.
    Etcd,
    /// kube-apiserver.
    ApiServer,
    /// kube-controller-manager with the controllers that a namespace and a ServiceAccount need.
    ControllerManager,
}

/// What works without nodes: namespaces that can be deleted, owner references that are followed,
/// ServiceAccounts, and the roles `view`, `edit` and `admin`, which are empty until a controller
/// aggregates them. The others would only cost start-up time.
const CONTROLLERS: [&str; 6] = [
    "namespace-controller",
    "garbage-collector-controller",
    "serviceaccount-controller",
    "serviceaccount-token-controller",
    "root-ca-certificate-publisher-controller",
    "clusterrole-aggregation-controller",
];

impl Component {
    /// In the order in which they can start.
    pub const ALL: [Self; 3] = [Self::Etcd, Self::ApiServer, Self::ControllerManager];

    /// The name of the binary.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::ApiServer => "kube-apiserver",
            Self::ControllerManager => "kube-controller-manager",
        }
    }

    /// The path that answers 200 once the component works.
    pub(crate) fn health_path(self) -> &'static str {
        match self {
            Self::Etcd | Self::ApiServer => "/readyz",
            Self::ControllerManager => "/healthz",
        }
    }

    /// Its HTTPS port.
    pub(crate) fn port(self, layout: &Layout) -> u16 {
        match self {
            Self::Etcd => layout.ports.etcd,
            Self::ApiServer => layout.ports.api,
            Self::ControllerManager => layout.ports.controller_manager,
        }
    }

    pub(crate) fn arguments(self, layout: &Layout) -> Vec<String> {
        match self {
            Self::Etcd => etcd(layout),
            Self::ApiServer => api_server(layout),
            Self::ControllerManager => controller_manager(layout),
        }
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Mutual TLS even on loopback: a port that another control plane holds can then never be taken
/// for ours, because its certificate comes from another authority.
fn etcd(layout: &Layout) -> Vec<String> {
    let client = format!("https://127.0.0.1:{}", layout.ports.etcd);
    let peer = format!("http://127.0.0.1:{}", layout.ports.etcd_peer);
    vec![
        flag("--name", "control-plane"),
        flag("--data-dir", layout.path("etcd")),
        flag("--listen-client-urls", &client),
        flag("--advertise-client-urls", &client),
        flag("--listen-peer-urls", &peer),
        flag("--initial-advertise-peer-urls", &peer),
        flag("--initial-cluster", format!("control-plane={peer}")),
        flag("--trusted-ca-file", layout.ca_certificate()),
        flag("--client-cert-auth", "true"),
        flag("--cert-file", layout.certificate("server")),
        flag("--key-file", layout.key("server")),
        // The data is removed with the folder, so fsync is not needed.
        flag("--unsafe-no-fsync", "true"),
        flag("--log-level", "warn"),
    ]
}

fn api_server(layout: &Layout) -> Vec<String> {
    let issuer = layout.api_url();
    let mut flags = vec![
        flag("--etcd-servers", format!("https://127.0.0.1:{}", layout.ports.etcd)),
        flag("--etcd-cafile", layout.ca_certificate()),
        flag("--etcd-certfile", layout.certificate("admin")),
        flag("--etcd-keyfile", layout.key("admin")),
        flag("--bind-address", "127.0.0.1"),
        flag("--advertise-address", "127.0.0.1"),
        flag("--secure-port", layout.ports.api.to_string()),
        // The endpoints of the Service `kubernetes` must not be loopback addresses.
        flag("--endpoint-reconciler-type", "none"),
        flag("--service-cluster-ip-range", "10.0.0.0/24"),
        flag("--cert-dir", layout.path("pki")),
        flag("--tls-cert-file", layout.certificate("server")),
        flag("--tls-private-key-file", layout.key("server")),
        flag("--client-ca-file", layout.ca_certificate()),
        flag("--authorization-mode", "RBAC"),
        flag("--service-account-issuer", &issuer),
        flag("--service-account-jwks-uri", format!("{issuer}/openid/v1/jwks")),
        flag("--api-audiences", &issuer),
        flag("--service-account-key-file", layout.key("service-account")),
        flag("--service-account-signing-key-file", layout.key("service-account")),
    ];
    if layout.audited {
        flags.push(flag("--audit-policy-file", layout.audit_policy()));
        flags.push(flag("--audit-log-path", layout.audit_log()));
    }
    flags
}

fn controller_manager(layout: &Layout) -> Vec<String> {
    vec![
        flag("--kubeconfig", layout.kubeconfig("controller-manager")),
        flag("--controllers", CONTROLLERS.join(",")),
        // As in a real cluster: each controller acts with its own rights only.
        flag("--use-service-account-credentials", "true"),
        flag("--leader-elect", "false"),
        flag("--bind-address", "127.0.0.1"),
        flag("--secure-port", layout.ports.controller_manager.to_string()),
        flag("--cert-dir", layout.path("pki")),
        flag("--tls-cert-file", layout.certificate("server")),
        flag("--tls-private-key-file", layout.key("server")),
        flag("--root-ca-file", layout.ca_certificate()),
        flag("--service-account-private-key-file", layout.key("service-account")),
    ]
}

fn flag(name: &str, value: impl AsRef<std::ffi::OsStr>) -> String {
    format!("{name}={}", value.as_ref().to_string_lossy())
}
