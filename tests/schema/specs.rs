//! Generated specs, valid and not, for holding two judges of the same rules against each other.
//!
//! Every field has values that are meant to pass and a few that are not; fields come and go independently, so rules
//! between fields meet every combination sooner or later. The same specs come out every time.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

/// A field that is usually left out; one value in ten is a bad one.
fn field(name: &'static str, present: f64, good: Value, bad: Value) -> BoxedStrategy<Option<(String, Value)>> {
    let pool = |values: Value| prop::sample::select(values.as_array().expect("a pool").clone());
    let value = if bad.as_array().is_some_and(Vec::is_empty) {
        pool(good).boxed()
    } else {
        prop_oneof![9 => pool(good), 1 => pool(bad)].boxed()
    };
    prop::option::weighted(present, value.prop_map(move |value| (name.to_owned(), value))).boxed()
}

fn object(fields: Fields) -> BoxedStrategy<Value> {
    let collected = fields.prop_map(|fields| fields.into_iter().flatten().collect::<Map<_, _>>());
    collected.prop_map(Value::Object).boxed()
}

fn nested(name: &'static str, present: f64, value: BoxedStrategy<Value>) -> BoxedStrategy<Option<(String, Value)>> {
    prop::option::weighted(present, value.prop_map(move |value| (name.to_owned(), value))).boxed()
}

const CONNECTION: &str = "33333333-0000-4000-8000-000000000001";

/// A network, usually named in one way.
fn network(kind: Option<&'static str>) -> BoxedStrategy<Value> {
    let with_kind = move |fields: Value| {
        let mut fields = fields;
        if let Some(kind) = kind {
            fields["domainJoinType"] = json!(kind);
        }
        fields
    };
    let usual = prop::sample::select(vec![
        json!({"onPremisesConnectionId": CONNECTION}),
        json!({"onPremisesConnectionName": "Hub"}),
        json!({"regionName": "westeurope"}),
        json!({"regionName": "automatic", "regionGroup": "europeUnion"}),
        json!({"regionName": "westeurope", "regionGroup": null, "onPremisesConnectionId": null}),
        json!({"regionName": "", "regionGroup": null, "onPremisesConnectionId": CONNECTION}),
    ]);
    let any = object(vec![
        field("onPremisesConnectionId", 0.4, json!([CONNECTION, null, ""]), json!(["Hub"])),
        field("onPremisesConnectionName", 0.3, json!(["Hub"]), json!(["", "Hu\u{ad}b"])),
        field(
            "regionName",
            0.5,
            json!(["westeurope", "automatic", null, ""]),
            json!([long("x", 65)]),
        ),
        field(
            "regionGroup",
            0.3,
            json!(["europeUnion", "atlantis", null]),
            json!(["unknownFutureValue", "europe union"]),
        ),
    ]);
    prop_oneof![4 => usual, 1 => any].prop_map(with_kind).boxed()
}

fn policy() -> BoxedStrategy<Value> {
    let join = prop_oneof![
        6 => network(Some("azureADJoin")), 2 => network(Some("hybridAzureADJoin")), 1 => network(Some("futureJoin")), 1 => network(None)
    ];
    let joins = prop::collection::vec(join, 1..3).prop_map(Value::Array).boxed();
    let mut fields = vec![
        nested("domainJoinConfigurations", 0.98, joins),
        field("tenantRef", 0.99, json!([{"name": "contoso"}]), json!([{}, {"name": ""}])),
        field("mode", 0.1, json!(["Enforce", "Observe"]), json!(["Report"])),
    ];
    fields.extend(texts());
    fields.extend(kinds());
    fields.extend(objects_of_a_policy());
    object(fields)
}

type Fields = Vec<BoxedStrategy<Option<(String, Value)>>>;

fn long(character: &str, count: usize) -> String {
    character.repeat(count)
}

/// Names and templates.
fn texts() -> Fields {
    let names = json!(["Finance", "Finance - EU", "F", long("ä", 120), "100% / 2", "Büro \u{2601}\u{fe0f}"]);
    let untidy = json!([
        " F",
        "F ",
        "A & B",
        "F^",
        "a`b",
        "a\"b",
        "a\\b",
        "",
        long("x", 121),
        long("ä", 121),
        "F\u{a0}",
        "F\n",
        "Fin\u{200b}ance",
        "\u{feff}F",
        "F\u{202e}F"
    ]);
    let templates = json!([
        null,
        "",
        "%RAND:5%",
        "FIN-%RAND:5%",
        "CPC-%USERNAME:5%-%RAND:5%",
        "%RAND:15%",
        "LONGPREFIX-%RAND:5%"
    ]);
    let broken = json!([
        "FIN_%RAND:5%",
        "FIN-%USERNAME:5%",
        "%RAND:4%",
        "CPC-%USERNAME:6%-%RAND:5%",
        "%RAND:16%",
        "100%%RAND:5%",
        "%RAND:5"
    ]);
    vec![
        field("displayName", 0.99, names, untidy),
        field(
            "description",
            0.3,
            json!([null, "", "text", "two lines\n\tof text\n", long("x", 1500)]),
            json!([long("x", 1501), "a\u{1b}[2J", "a\r\n"]),
        ),
        field(
            "imageDisplayName",
            0.9,
            json!(["Windows 11", long("x", 256)]),
            json!(["", long("x", 257), "Windows\u{2060} 11"]),
        ),
        field("imageId", 0.3, json!([CONNECTION, "p_o_s"]), json!([""])),
        field("imageVersion", 0.1, json!(["1.0.0"]), json!([long("1", 33), "1.\u{7f}0"])),
        field("cloudPcNamingTemplate", 0.4, templates, broken),
    ]
}

/// Members of enumerations.
fn kinds() -> Fields {
    let sharing = json!(["sharedByEntraGroup", "sharedByEntraGroup", "dedicated", "sharedByMoon", null]);
    vec![
        field(
            "imageType",
            0.4,
            json!(["gallery", "custom", "imported"]),
            json!(["unknownFutureValue", "", "a b"]),
        ),
        field("provisioningType", 0.6, sharing, json!(["unknownFutureValue", "shared by user"])),
        field(
            "userExperienceType",
            0.2,
            json!(["cloudPc", "cloudApp", "cloudTab", null]),
            json!(["unknownFutureValue"]),
        ),
        field("enableSingleSignOn", 0.2, json!([true, false, null]), json!([])),
        field("localAdminEnabled", 0.2, json!([true, false, null]), json!([])),
    ]
}

fn objects_of_a_policy() -> Fields {
    vec![
        field(
            "windowsSetting",
            0.3,
            json!([{"locale": "de-DE"}, {"locale": "tlh-QO"}, null, {}, {"locale": null}]),
            json!([{"locale": "d"}]),
        ),
        field(
            "microsoftManagedDesktop",
            0.4,
            json!([{"managedType": "starterManaged"}, {"managedType": "notManaged", "profile": ""}, {"profile": null}, {"managedType": null}, null]),
            json!([{"managedType": "unknownFutureValue"}, {"managedType": "notManaged", "profile": "p\u{200e}"}]),
        ),
        field(
            "autopatch",
            0.4,
            json!([null, {"autopatchGroupId": CONNECTION}, {"autopatchGroupId": null}, {"autopatchGroupId": ""}, {}]),
            json!([{"autopatchGroupId": long("x", 65)}]),
        ),
        field(
            "autopilotConfiguration",
            0.2,
            json!([null, {}, preparation(30), preparation(360), unprepared()]),
            json!([preparation(29), preparation(361), {"devicePreparationProfileId": "p"},
                {"devicePreparationProfileId": "", "applicationTimeoutInMinutes": 30, "onFailureDeviceAccessDenied": true}]),
        ),
        field(
            "userSettingsPersistenceConfiguration",
            0.3,
            json!([
                null,
                {},
                kept(json!(true), json!("eightGB")),
                kept(json!(false), json!("fourGB")),
                kept(Value::Null, Value::Null),
                kept(Value::Null, json!("eightGB"))
            ]),
            json!([{"userSettingsPersistenceStorageSizeCategory": "unknownFutureValue"}]),
        ),
        field("scopeIds", 0.1, json!([[], ["0"], ["0", "7"]]), json!([[""]])),
    ]
}

fn kept(enabled: Value, size: Value) -> Value {
    json!({"userSettingsPersistenceEnabled": enabled, "userSettingsPersistenceStorageSizeCategory": size})
}

fn unprepared() -> Value {
    json!({"devicePreparationProfileId": null, "applicationTimeoutInMinutes": null, "onFailureDeviceAccessDenied": null})
}

fn preparation(minutes: i32) -> Value {
    json!({"devicePreparationProfileId": "p", "applicationTimeoutInMinutes": minutes, "onFailureDeviceAccessDenied": true})
}

fn setting() -> BoxedStrategy<Value> {
    let recovery = object(vec![
        field(
            "disasterRecoveryType",
            0.8,
            json!(["premium", "premium", "crossRegion", "crossPlanet", null]),
            json!(["unknownFutureValue"]),
        ),
        field("maintainCrossRegionRestorePointEnabled", 0.3, json!([true, false, null]), json!([])),
        field("userInitiatedDisasterRecoveryAllowed", 0.4, json!([true, false, null]), json!([])),
        nested(
            "disasterRecoveryNetworkSetting",
            0.5,
            prop_oneof![4 => network(None), 1 => Just(Value::Null)].boxed(),
        ),
    ]);
    object(vec![
        field(
            "displayName",
            0.98,
            json!(["Finance (EU)"]),
            json!([" F", "F\t", "", "x".repeat(257), "F\u{2029}"]),
        ),
        field("tenantRef", 0.99, json!([{"name": "contoso"}]), json!([{}])),
        field("localAdminEnabled", 0.4, json!([true, false, null]), json!([])),
        field("resetEnabled", 0.4, json!([true, false, null]), json!([])),
        field(
            "restorePointSetting",
            0.4,
            json!([null, {}, {"frequencyType": "sixHours"}, {"frequencyType": "weekly", "userRestoreEnabled": true},
                {"frequencyType": null, "userRestoreEnabled": null}]),
            json!([{"frequencyType": "6h "}, {"frequencyType": "unknownFutureValue"}]),
        ),
        nested("crossRegionDisasterRecoverySetting", 0.6, recovery),
        field(
            "provisioningSourceType",
            0.3,
            json!(["image", "snapshot", "template", null]),
            json!(["unknownFutureValue", "4you"]),
        ),
    ])
}

fn assignment() -> BoxedStrategy<Value> {
    let usual = prop::sample::select(vec![
        json!({"id": CONNECTION}),
        json!({"displayName": "Finance"}),
        json!({"mailNickname": "fin"}),
    ]);
    let any = object(vec![
        field("id", 0.4, json!([CONNECTION]), json!(["Finance", ""])),
        field("displayName", 0.5, json!(["Finance"]), json!(["", "Fin\u{200d}ance"])),
        field("mailNickname", 0.3, json!(["fin"]), json!(["fin\u{0}"])),
    ]);
    let plan = object(vec![
        field(
            "servicePlanId",
            0.4,
            json!([CONNECTION, CONNECTION, null, ""]),
            json!([long("x", 65)]),
        ),
        field("servicePlanName", 0.2, json!(["Frontline"]), json!(["", "Front\u{61c}line"])),
        field("allotmentLicensesCount", 0.3, json!([0, 900, null]), json!([-1, 901])),
        field("allotmentDisplayName", 0.2, json!(["slice", null, ""]), json!(["sl\u{9b}ice"])),
    ]);
    let group = (prop_oneof![5 => usual, 1 => any], plan).prop_map(|(mut group, plan)| {
        let fields = group.as_object_mut().expect("an object");
        fields.extend(plan.as_object().expect("an object").clone());
        group
    });
    let groups = prop_oneof![9 => prop::collection::vec(group, 1..3), 1 => Just(Vec::new())];
    object(vec![
        field(
            "targetRef",
            0.99,
            json!([{"kind": "ProvisioningPolicy", "name": "p"}, {"kind": "ProvisioningPolicy", "name": "p"}, {"kind": "UserSetting", "name": "u"}]),
            json!([{"kind": "EntraTenant", "name": "t"}, {"name": "p"}]),
        ),
        nested("groups", 0.98, groups.prop_map(Value::Array).boxed()),
        field("deletionPolicy", 0.1, json!(["Orphan", "Delete"]), json!(["Keep"])),
    ])
}

/// Requirements of a selector, as many of them broken as not.
fn requirement() -> BoxedStrategy<Value> {
    object(vec![
        field(
            "key",
            0.98,
            json!(["team", "example.com/team"]),
            json!(["", "a b", "/team", "example.com/", "-a", "A.b/c", "a/b/c"]),
        ),
        field(
            "operator",
            0.98,
            json!(["In", "NotIn", "Exists", "DoesNotExist"]),
            json!(["", "in", "Equals"]),
        ),
        field(
            "values",
            0.6,
            json!([[], ["finance"], ["finance", ""], ["a_b.c-D"]]),
            json!([["a b"], ["-"], [long("x", 64)]]),
        ),
    ])
}

fn tenant() -> BoxedStrategy<Value> {
    let selector = object(vec![
        field(
            "matchLabels",
            0.5,
            json!([{}, {"team": "finance"}, {"example.com/team": "", "b": "c"}]),
            json!([{"": "finance"}, {"a b": ""}, {"team": "no value"}, {"team": "-"}, {long("x", 64): ""}]),
        ),
        nested(
            "matchExpressions",
            0.6,
            prop::collection::vec(requirement(), 0..2).prop_map(Value::Array).boxed(),
        ),
    ]);
    let allowed = object(vec![
        field("names", 0.3, json!([[], ["team-a"]]), json!([[""]])),
        nested("selector", 0.8, selector),
    ]);
    let secret = json!({"secretRef": {"name": "app"}});
    let intervals = ["5s", "5m", "1h30m", "24h", "4s", "25h", "300", "500ms", "five minutes"]
        .map(Value::from)
        .to_vec();
    let credentials = vec![
        json!({"workloadIdentity": {}}),
        json!({"managedIdentity": {}}),
        json!({"certificate": secret}),
        json!({"workloadIdentity": {"serviceAccountName": "a.b"}}),
        json!({}),
        json!({"managedIdentity": {}, "clientSecret": secret}),
        json!({"workloadIdentity": {"serviceAccountName": "A"}}),
        json!({"clientSecret": {"secretRef": {"name": "a/b"}}}),
    ];
    object(vec![
        field("tenantId", 0.99, json!([CONNECTION]), json!(["contoso.com"])),
        field("clientId", 0.95, json!([CONNECTION]), json!(["app"])),
        nested("credentials", 0.5, prop::sample::select(credentials).boxed()),
        nested("interval", 0.4, prop::sample::select(intervals).boxed()),
        field("cloud", 0.2, json!(["Public", "Public", "China"]), json!(["Moon"])),
        nested("allowedNamespaces", 0.9, allowed),
        nested("changeWindows", 0.4, prop::sample::select(change_windows()).boxed()),
    ])
}

fn change_windows() -> Vec<Value> {
    let window = |start: &str, end: &str, zone: &str| json!({"start": start, "end": end, "timeZone": zone});
    let on = |days: Value| json!([{"days": days, "start": "22:00", "end": "04:00", "timeZone": "UTC"}]);
    vec![
        json!([window("22:00", "04:00", "Europe/Berlin"), window("00:00", "24:00", "Etc/GMT+5")]),
        on(json!(["Friday", "Sunday"])),
        json!([window("24:00", "04:00", "UTC")]),
        json!([window("9:00", "24:00", "UTC")]),
        json!([window("22:00", "24:01", "UTC")]),
        json!([window("22:00", "four", "UTC")]),
        json!([window("22:00", "04:00", "+01:00")]),
        json!([window("22:00", "04:00", "Europe//Berlin")]),
        json!([{"start": "22:00", "end": "04:00"}]),
        json!([]),
        on(json!([])),
        on(json!(["Moonday"])),
    ]
}

/// As many objects as asked for, of the kinds in turn.
pub fn objects(count: usize) -> Vec<Value> {
    let mut runner = TestRunner::deterministic();
    let kinds = [
        ("ProvisioningPolicy", policy()),
        ("UserSetting", setting()),
        ("Assignment", assignment()),
        ("EntraTenant", tenant()),
    ];
    let mut generate = |index: usize| {
        // Policies have the most rules.
        let (kind, spec) = &kinds[[0, 1, 0, 2, 3][index % 5]];
        let spec = spec.new_tree(&mut runner).expect("a spec").current();
        let mut metadata = json!({"name": "generated", "namespace": "default"});
        if *kind == "EntraTenant" {
            metadata = json!({"name": "generated"});
        }
        json!({"apiVersion": "cloudpc.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec})
    };
    (0..count).map(&mut generate).collect()
}
