use super::*;
use crate::wire::hosts::MICROSOFT_HOSTS;

#[test]
fn every_host_with_a_certificate_belongs_to_exactly_one_cloud() {
    for name in MICROSOFT_HOSTS {
        let owners = CLOUDS
            .iter()
            .filter(|cloud| cloud.login.contains(&name) || graph_at(cloud, name).is_some());
        assert_eq!(owners.count(), 1, "{name}");
    }
    let served: usize = CLOUDS.iter().map(|cloud| cloud.login.len() + cloud.graph.len()).sum();
    assert_eq!(served, MICROSOFT_HOSTS.len());
}

#[test]
fn a_token_is_taken_where_it_belongs() {
    let cases = [
        ("https://graph.microsoft.com", "https://graph.microsoft.com", true),
        ("https://graph.microsoft.com:8443", "https://graph.microsoft.com", true),
        ("https://graph.microsoft.us", "https://graph.microsoft.com", false),
        ("https://graph.microsoft.us", "https://dod-graph.microsoft.us", false),
        ("https://dod-graph.microsoft.us", "https://dod-graph.microsoft.us", true),
        ("https://microsoftgraph.chinacloudapi.cn", GRAPH_APP_ID, true),
        ("https://127.0.0.1:1", "https://graph.microsoft.us", true),
        ("https://127.0.0.1:1", "https://vault.azure.net", false),
    ];
    for (root, audience, expected) in cases {
        assert_eq!(accepts_audience(root, audience), expected, "{audience} at {root}");
    }
}
