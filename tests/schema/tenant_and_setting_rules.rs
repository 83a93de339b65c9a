//! Admission rules of `EntraTenant` and `UserSetting`: every rule with a spec that it lets pass and one that it refuses.

use cloudpc_operator::api::{EntraTenant, UserSetting};
use serde_json::{Value, json};

use crate::support::{INVISIBLE, NULL, Rules, patched};

fn tenant() -> Rules<EntraTenant> {
    Rules::new(json!({
        "apiVersion": "cloudpc.dev/v1alpha1",
        "kind": "EntraTenant",
        "metadata": {"name": "contoso"},
        "spec": {
            "tenantId": "11111111-1111-1111-1111-111111111111",
            "clientId": "22222222-2222-2222-2222-222222222222",
        },
    }))
}

#[test]
fn tenant_ids_are_guids_and_the_tenant_is_fixed_at_creation() {
    let tenant = tenant();
    let upper = json!({"tenantId": "AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE"});
    tenant.accepts(upper.clone());
    for wrong in ["contoso.com", "common", "11111111111111111111111111111111", ""] {
        tenant.refuses(json!({"tenantId": wrong}), "must be a GUID");
        tenant.refuses(json!({"clientId": wrong}), "must be a GUID");
    }
    tenant.accepts_change(json!({}), json!({"clientId": "33333333-3333-3333-3333-333333333333"}));
    tenant.refuses_change(json!({}), upper, "tenantId cannot be changed");
}

#[test]
fn exactly_one_kind_of_credentials() {
    let tenant = tenant();
    let secret = json!({"secretRef": {"name": "contoso-app"}});
    let kinds = [
        ("workloadIdentity", json!({})),
        ("managedIdentity", json!({})),
        ("certificate", secret.clone()),
        ("clientSecret", secret),
    ];
    tenant.refuses(json!({"credentials": {}}), "exactly one kind of credentials");
    for (kind, value) in &kinds {
        tenant.accepts(json!({"credentials": {*kind: value}}));
        for (other, second) in kinds.iter().filter(|(other, _)| other != kind) {
            tenant.refuses(
                json!({"credentials": {*kind: value, *other: second}}),
                "exactly one kind of credentials",
            );
        }
    }
    tenant.accepts(json!({"credentials": {"workloadIdentity": {"serviceAccountName": "contoso-signer.v2"}}}));
    for wrong in ["../default", "a/b", "Upper", "-a", "a-"] {
        let account = json!({"credentials": {"workloadIdentity": {"serviceAccountName": wrong}}});
        tenant.refuses(account, "must be the name of an object");
        let secret = json!({"credentials": {"clientSecret": {"secretRef": {"name": wrong}}}});
        tenant.refuses(secret, "must be the name of an object");
    }
}

#[test]
fn only_a_managed_identity_does_without_a_client_id() {
    let tenant = tenant();
    tenant.accepts(json!({"clientId": null, "credentials": {"managedIdentity": {}}}));
    tenant.refuses(json!({"clientId": null}), "clientId is required");
    tenant.refuses(
        json!({"clientId": null, "credentials": {"workloadIdentity": {}}}),
        "clientId is required",
    );
}

#[test]
fn the_cloud_is_fixed_at_creation() {
    let tenant = tenant();
    for cloud in ["Public", "USGovernment", "USGovernmentDoD", "China"] {
        tenant.accepts(json!({"cloud": cloud}));
    }
    tenant.accepts_change(json!({}), json!({"cloud": "Public"}));
    tenant.accepts_change(json!({"cloud": "Public"}), json!({"cloud": null}));
    tenant.refuses_change(json!({}), json!({"cloud": "USGovernment"}), "cloud cannot be changed");
    tenant.refuses_change(json!({"cloud": "USGovernment"}), json!({"cloud": null}), "cloud cannot be changed");
}

#[test]
fn a_selector_of_namespaces_selects_something() {
    let tenant = tenant();
    let allowed = |selector: Value| json!({"allowedNamespaces": {"selector": selector}});
    tenant.accepts(allowed(json!({"matchLabels": {"cloudpc.dev/tenant": "contoso"}})));
    tenant.accepts(allowed(
        json!({"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "Exists"}]}),
    ));
    tenant.accepts(json!({"allowedNamespaces": {"names": ["team-finance"]}}));
    tenant.refuses(allowed(json!({})), "selector must not be empty");
    tenant.refuses(
        json!({"allowedNamespaces": {"names": ["team-finance"], "selector": {"matchLabels": {}}}}),
        "selector must not be empty",
    );
}

#[test]
fn s49_a_requirement_that_is_none_is_refused() {
    let tenant = tenant();
    let with = |key: &str, operator: &str, values: Value| {
        let requirement = json!({"key": key, "operator": operator, "values": values});
        json!({"allowedNamespaces": {"selector": {"matchLabels": {"team": "finance"}, "matchExpressions": [requirement]}}})
    };
    let without =
        |key: &str, operator: &str| json!({"allowedNamespaces": {"selector": {"matchExpressions": [{"key": key, "operator": operator}]}}});
    for good in [
        with("team", "In", json!(["finance", ""])),
        with("example.com/team", "NotIn", json!(["a_b.c-D9"])),
        with("team", "Exists", json!([])),
        without("team", "Exists"),
        without("team", "DoesNotExist"),
        with(
            &format!("{}.{}/{}", "x".repeat(126), "y".repeat(126), "z".repeat(63)),
            "Exists",
            json!([]),
        ),
    ] {
        tenant.accepts(good);
    }
    let values = "In and NotIn need values, Exists and DoesNotExist take none";
    for operator in ["In", "NotIn"] {
        tenant.refuses(with("team", operator, json!([])), values);
        tenant.refuses(without("team", operator), values);
    }
    for operator in ["Exists", "DoesNotExist"] {
        tenant.refuses(with("team", operator, json!(["finance"])), values);
    }
    for operator in ["Equals", "in", ""] {
        tenant.refuses(with("team", operator, json!([])), "not in the enumeration");
    }
    for key in [
        "a b",
        "-a",
        "a-",
        "/a",
        "a/",
        "a/b/c",
        "A.example/b",
        "a..b/c",
        "a_b/c",
        &"x".repeat(64),
    ] {
        tenant.refuses(without(key, "DoesNotExist"), "must be the key of a label");
        let labels = json!({"allowedNamespaces": {"selector": {"matchLabels": {key: "finance"}}}});
        tenant.refuses(labels, "must be the key of a label");
    }
    for value in ["a b", "-", "a-", "."] {
        tenant.refuses(with("team", "NotIn", json!([value])), "must be values of labels");
        let labels = json!({"allowedNamespaces": {"selector": {"matchLabels": {"team": value}}}});
        tenant.refuses(labels, "must be values of labels");
    }
    let none = json!({"allowedNamespaces": {"selector": {"matchExpressions": [{"key": "", "operator": "DoesNotExist"}]}}});
    let none = tenant.all_objections(none);
    assert!(none.iter().any(|one| one.contains("key of a label")), "{none:?}");
}

#[test]
fn the_interval_is_a_duration_from_five_seconds_to_a_day() {
    let tenant = tenant();
    for good in ["5s", "5m", "1h30m", "24h"] {
        tenant.accepts(json!({"interval": good}));
    }
    for wrong in ["4s", "24h1s", "300", "five minutes", "500ms", "-5m", "1d"] {
        tenant.refuses(json!({"interval": wrong}), "must be a duration");
    }
}

#[test]
fn a_change_window_has_hours_of_days_in_a_zone() {
    let tenant = tenant();
    let with = |fields: Value| {
        let window = json!({"days": ["Monday", "Sunday"], "start": "22:00", "end": "04:00", "timeZone": "Europe/Berlin"});
        json!({"changeWindows": [patched(&window, &fields)]})
    };
    tenant.accepts(with(json!({})));
    tenant.accepts(with(json!({"days": null})));
    for start in ["00:00", "09:30", "19:59", "23:59"] {
        tenant.accepts(with(json!({"start": start})));
        tenant.accepts(with(json!({"end": start})));
    }
    tenant.accepts(with(json!({"end": "24:00"})));
    for wrong in ["24:01", "9:30", "0930", "12:60", "25:00", "", "a9:30", "09:3"] {
        tenant.refuses(with(json!({"start": wrong})), "must be a time from 00:00 to 23:59");
        tenant.refuses(with(json!({"end": wrong})), "must be a time from 00:00 to 24:00");
    }
    tenant.refuses(with(json!({"start": "24:00"})), "must be a time from 00:00 to 23:59");
    for zone in [
        "UTC",
        "America/Argentina/ComodRivadavia",
        "America/Port-au-Prince",
        "Etc/GMT+5",
        "EST5EDT",
    ] {
        tenant.accepts(with(json!({"timeZone": zone})));
    }
    for wrong in [
        "",
        "+01:00",
        "Europe/Berlin ",
        "Europe/",
        "../Berlin",
        "/etc/localtime",
        "Europe//Berlin",
        "a/b/c/d",
        "Zürich",
    ] {
        tenant.refuses(with(json!({"timeZone": wrong})), "must be the name of a time zone");
    }
    tenant.refuses(with(json!({"timeZone": "x".repeat(65)})), "length");
    tenant.refuses(with(json!({"days": []})), "number of items");
}

#[test]
fn there_are_one_to_twenty_change_windows_or_the_field_is_left_out() {
    let tenant = tenant();
    let many = |count: usize| json!({"changeWindows": vec![json!({"start": "22:00", "end": "04:00", "timeZone": "UTC"}); count]});
    for good in [1, 20] {
        tenant.accepts(many(good));
    }
    for wrong in [0, 21] {
        tenant.refuses(many(wrong), "number of items");
    }
}

fn setting() -> Rules<UserSetting> {
    Rules::new(json!({
        "apiVersion": "cloudpc.dev/v1alpha1",
        "kind": "UserSetting",
        "metadata": {"name": "finance", "namespace": "team-finance"},
        "spec": {"tenantRef": {"name": "contoso"}, "displayName": "Finance (EU)"},
    }))
}

#[test]
fn a_user_setting_keeps_its_tenant_and_a_tidy_name() {
    let setting = setting();
    setting.refuses(json!({"displayName": "Finance "}), "must not start or end");
    for hidden in INVISIBLE {
        let message = "displayName: must not contain control characters or invisible characters";
        setting.refuses(json!({"displayName": format!("Fin{hidden}ance")}), message);
    }
    setting.accepts_change(json!({}), json!({"resetEnabled": true}));
    setting.refuses_change(json!({}), json!({"tenantRef": {"name": "fabrikam"}}), "tenantRef cannot be changed");
}

#[test]
fn what_an_export_of_a_setting_has_as_null_or_empty_is_not_set() {
    let setting = setting();
    for name in [
        "localAdminEnabled",
        "resetEnabled",
        "provisioningSourceType",
        "restorePointSetting",
        "crossRegionDisasterRecoverySetting",
    ] {
        setting.accepts(json!({name: NULL}));
    }
    setting.accepts(json!({"restorePointSetting": {"frequencyType": NULL, "userRestoreEnabled": NULL}}));
    setting.accepts(
        json!({"crossRegionDisasterRecoverySetting": {"disasterRecoveryType": NULL, "maintainCrossRegionRestorePointEnabled": NULL,
            "userInitiatedDisasterRecoveryAllowed": NULL, "disasterRecoveryNetworkSetting": NULL}}),
    );
    let network = |fields: Value| json!({"crossRegionDisasterRecoverySetting": {"disasterRecoveryNetworkSetting": fields}});
    let connection = "33333333-0000-4000-8000-000000000001";
    for nothing in [json!(NULL), json!("")] {
        setting.accepts(network(
            json!({"regionName": "westeurope", "regionGroup": NULL, "onPremisesConnectionId": nothing}),
        ));
        setting.accepts(network(json!({"regionName": nothing, "onPremisesConnectionId": connection})));
        setting.refuses(
            network(json!({"regionName": nothing, "onPremisesConnectionId": nothing})),
            "exactly one of onPremisesConnectionId",
        );
    }
}

#[test]
fn a_setting_passes_on_members_that_nobody_has_heard_of() {
    let setting = setting();
    setting.accepts(
        json!({"restorePointSetting": {"frequencyType": "weekly"}, "provisioningSourceType": "template",
        "crossRegionDisasterRecoverySetting": {"disasterRecoveryType": "crossPlanet"}}),
    );
    let member = "must be a value of Graph's enumeration";
    setting.refuses(json!({"restorePointSetting": {"frequencyType": "unknownFutureValue"}}), member);
    setting.refuses(json!({"provisioningSourceType": "unknownFutureValue"}), member);
    setting.refuses(
        json!({"crossRegionDisasterRecoverySetting": {"disasterRecoveryType": "unknownFutureValue"}}),
        member,
    );
}

#[test]
fn a_disaster_recovery_names_one_network_and_lets_users_start_only_premium() {
    let setting = setting();
    let recovery = |fields: Value| json!({"crossRegionDisasterRecoverySetting": fields});
    let network = |fields: Value| recovery(json!({"disasterRecoveryNetworkSetting": fields}));
    let connection = "33333333-0000-4000-8000-000000000001";
    setting.accepts(network(json!({"onPremisesConnectionId": connection})));
    setting.accepts(network(json!({"onPremisesConnectionName": "Hub"})));
    setting.accepts(network(json!({"regionName": "automatic", "regionGroup": "europeUnion"})));
    setting.accepts(network(json!(NULL)));
    let one = "exactly one of onPremisesConnectionId";
    setting.refuses(network(json!({})), one);
    setting.refuses(
        network(json!({"onPremisesConnectionId": connection, "regionName": "westeurope"})),
        one,
    );
    setting.refuses(network(json!({"regionName": "automatic"})), "automatic needs regionGroup");
    setting.refuses(
        network(json!({"onPremisesConnectionName": "Hub", "regionGroup": "europeUnion"})),
        "regionGroup needs regionName",
    );
    setting.refuses(network(json!({"onPremisesConnectionId": "Hub"})), "must be a GUID");
    setting.refuses(
        network(json!({"regionName": "automatic", "regionGroup": "unknownFutureValue"})),
        "must be a value of Graph's enumeration",
    );

    let started =
        |kind: &str, allowed: bool| recovery(json!({"disasterRecoveryType": kind, "userInitiatedDisasterRecoveryAllowed": allowed}));
    setting.accepts(started("premium", true));
    setting.accepts(started("crossRegion", false));
    setting.refuses(started("crossRegion", true), "needs disasterRecoveryType premium");
    setting.refuses(
        recovery(json!({"userInitiatedDisasterRecoveryAllowed": true})),
        "needs disasterRecoveryType premium",
    );
}
