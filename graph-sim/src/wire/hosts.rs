//! The host names that the simulator answers to.

/// Names of Graph and of the login service in every Microsoft cloud.
pub(crate) const MICROSOFT_HOSTS: [&str; 8] = [
    "graph.microsoft.com",
    "login.microsoftonline.com",
    "graph.microsoft.us",
    "dod-graph.microsoft.us",
    "login.microsoftonline.us",
    "microsoftgraph.chinacloudapi.cn",
    "login.chinacloudapi.cn",
    "login.partner.microsoftonline.cn",
];

/// Names of this machine.
pub(crate) const LOCAL_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
