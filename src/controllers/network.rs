//! Networks that specs name, in Graph's terms.

use serde_json::{Map, Value, json};

use crate::api::{DisasterRecoveryNetworkSetting, Resolved};
use crate::controllers::properties::put;

/// The id of a connection that a spec names in one of two ways. A pass ends before it gets here when a name does not
/// resolve.
pub(crate) fn connection<'a>(id: Option<&'a str>, name: Option<&str>, resolved: &'a Resolved) -> Option<&'a str> {
    id.or_else(|| resolved.connection(name?))
}

/// The network of a disaster recovery. Graph distinguishes the two kinds by `@odata.type`, which its description
/// requires.
pub(crate) fn of_recovery(network: &DisasterRecoveryNetworkSetting, resolved: &Resolved) -> Value {
    let DisasterRecoveryNetworkSetting {
        on_premises_connection_id,
        on_premises_connection_name,
        region_name,
        region_group,
    } = network;
    let connection = connection(
        on_premises_connection_id.as_deref(),
        on_premises_connection_name.as_deref(),
        resolved,
    );
    let kind = match region_name {
        Some(_) => "#microsoft.graph.cloudPcDisasterRecoveryMicrosoftHostedNetworkSetting",
        None => "#microsoft.graph.cloudPcDisasterRecoveryAzureConnectionSetting",
    };
    let mut properties = Map::from_iter([("@odata.type".to_owned(), json!(kind))]);
    put(&mut properties, "onPremisesConnectionId", connection.as_ref());
    put(&mut properties, "regionName", region_name.as_ref());
    put(&mut properties, "regionGroup", region_group.as_ref());
    Value::Object(properties)
}
