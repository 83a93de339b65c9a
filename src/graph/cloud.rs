//! Microsoft's clouds: which Graph, which authority and which audience belong together, and where Windows 365 exists.
//!
//! A token of one cloud is not valid in another, so the three are never combined across clouds.

/// A cloud. See <https://learn.microsoft.com/graph/deployments>.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) enum Cloud {
    /// The global cloud, GCC included.
    #[default]
    Public,
    /// US Government L4 (GCC High).
    UsGovernment,
    /// US Government L5 (DoD).
    UsGovernmentDod,
    /// China, operated by 21Vianet.
    China,
}

impl Cloud {
    /// The root of Graph, without a version.
    pub(crate) const fn graph(self) -> &'static str {
        match self {
            Self::Public => "https://graph.microsoft.com",
            Self::UsGovernment => "https://graph.microsoft.us",
            Self::UsGovernmentDod => "https://dod-graph.microsoft.us",
            Self::China => "https://microsoftgraph.chinacloudapi.cn",
        }
    }

    /// The authority that issues tokens.
    pub(crate) const fn authority(self) -> &'static str {
        match self {
            Self::Public => "https://login.microsoftonline.com",
            Self::UsGovernment | Self::UsGovernmentDod => "https://login.microsoftonline.us",
            Self::China => "https://login.chinacloudapi.cn",
        }
    }

    /// The audience of a federated token that the authority exchanges.
    pub(crate) const fn exchange_audience(self) -> &'static str {
        match self {
            Self::Public => "api://AzureADTokenExchange",
            Self::UsGovernment | Self::UsGovernmentDod => "api://AzureADTokenExchangeUSGov",
            Self::China => "api://AzureADTokenExchangeChina",
        }
    }

    /// The scope of an application's token requests. It belongs to the cloud, not to the address that Graph is reached at.
    pub(crate) fn scope(self) -> String {
        format!("{}/.default", self.graph())
    }

    /// Whether Graph has the Cloud PC API there. Documented for these two only; there are no Cloud PC types in the
    /// metadata of the others.
    pub(crate) const fn has_cloud_pc(self) -> bool {
        matches!(self, Self::Public | Self::UsGovernment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_one_cloud_is_shared_with_another_but_the_authority_of_the_us_government() {
        let all = [Cloud::Public, Cloud::UsGovernment, Cloud::UsGovernmentDod, Cloud::China];
        for a in all {
            assert_eq!(a.scope(), format!("{}/.default", a.graph()));
            for b in all.into_iter().filter(|b| *b != a) {
                let us = [a, b]
                    .iter()
                    .all(|cloud| matches!(cloud, Cloud::UsGovernment | Cloud::UsGovernmentDod));
                assert_ne!(a.graph(), b.graph());
                assert_eq!(a.authority() == b.authority(), us, "{a:?} {b:?}");
                assert_eq!(a.exchange_audience() == b.exchange_audience(), us, "{a:?} {b:?}");
            }
        }
        assert_eq!(all.map(Cloud::has_cloud_pc), [true, true, false, false]);
    }
}
