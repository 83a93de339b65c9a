//! Limits on requests, by the simulator's clock.

use serde::{Deserialize, Serialize};

/// Which limits count.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Throttling {
    /// None.
    #[default]
    Off,
    /// The published ones.
    Published,
}
