//! What the code relies on in the tables: consistent defaults and twins, secrets that are never shown.

use serde_json::{Map, Value, json};

use super::check::{self, Mode};
use crate::base::answer::{ApiVersion, GraphRequest};
use crate::base::caller::{Actor, Caller};
use crate::graph::odata::tables::Queries;
use crate::graph::odata::view::View;
use crate::graph::odata::{self, Allowed};
use crate::graph::refusal::permission::Layer;
use crate::schema::audit::AUDIT_EVENT;
use crate::schema::catalogue::{FRONT_LINE_SERVICE_PLAN, GALLERY_IMAGE, ORGANIZATION_SETTINGS, SERVICE_PLAN, SUPPORTED_REGION};
use crate::schema::cloud_pc::CLOUD_PC;
use crate::schema::connection::ON_PREMISES_CONNECTION;
use crate::schema::device_enums::{COMPLIANCE_STATE, MANAGEMENT_AGENT_TYPE};
use crate::schema::device_image::DEVICE_IMAGE;
use crate::schema::directory::{GROUP, ORGANIZATION, SUBSCRIBED_SKU, USER};
use crate::schema::managed_device::MANAGED_DEVICE;
use crate::schema::policy::PROVISIONING_POLICY;
use crate::schema::setting::USER_SETTING;
use crate::schema::{EnumType, Fallback, Kind, Property, Type, defaults};

const ROOTS: [&Type; 15] = [
    &PROVISIONING_POLICY,
    &USER_SETTING,
    &GALLERY_IMAGE,
    &FRONT_LINE_SERVICE_PLAN,
    &SERVICE_PLAN,
    &SUPPORTED_REGION,
    &ORGANIZATION_SETTINGS,
    &CLOUD_PC,
    &AUDIT_EVENT,
    &ON_PREMISES_CONNECTION,
    &DEVICE_IMAGE,
    &GROUP,
    &USER,
    &SUBSCRIBED_SKU,
    &MANAGED_DEVICE,
];

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(object) = value else {
        panic!("{value} is no object");
    };
    object
}

fn checked(ty: &'static Type, version: ApiVersion, mode: Mode, given: Value) -> Map<String, Value> {
    check::object(ty, version, mode, &object(given)).unwrap_or_else(|problem| panic!("{}", problem.reason()))
}

/// What a reader sees of an object.
fn seen(ty: &'static Type, version: ApiVersion, select: Option<&str>, stored: &Map<String, Value>) -> Map<String, Value> {
    let caller = Caller {
        tenant: String::new(),
        actor: Actor::App { app_id: String::new() },
        application_roles: Vec::new(),
        scopes: Vec::new(),
        directory_roles: Vec::new(),
    };
    let request = GraphRequest {
        version,
        method: http::Method::GET,
        path: "",
        query: select.map(|names| ("$select".to_owned(), names.to_owned())).into_iter().collect(),
        prefer: Vec::new(),
        body: b"",
        caller: &caller,
        request_id: String::new(),
        client_request_id: None,
        root: String::new(),
    };
    let allowed = Allowed {
        ty,
        layer: Layer::DeviceManagement,
        paged: false,
        expand: false,
        queries: Queries::USUAL,
    };
    let query = odata::parse(&request, allowed).unwrap_or_else(|problem| panic!("{}", problem.reason()));
    View::of(&request).entity(ty, stored, &query)
}

fn expect_consistent(ty: &'static Type, done: &mut Vec<&'static str>) {
    if done.contains(&ty.name) {
        return;
    }
    done.push(ty.name);
    for property in ty.properties {
        let place = format!("{}.{}", ty.name, property.name);
        // The code that writes an object sets its id and the time of the change.
        let set_by_a_write = property.required || property.collection || ["id", "lastModifiedDateTime"].contains(&property.name);
        // The documented example answers null there, against the metadata.
        let null_all_the_same = ty.name == "cloudPcOnPremisesConnectionHealthCheck" && property.name.ends_with("DateTime");
        assert!(
            property.nullable || set_by_a_write || null_all_the_same || property.fallback != Fallback::Nothing,
            "{place} can become null"
        );
        if let (Fallback::Text(member), Kind::Enum(members) | Kind::Flags(members)) = (property.fallback, property.kind) {
            for version in [ApiVersion::V1, ApiVersion::Beta]
                .into_iter()
                .filter(|version| property.is_in(*version))
            {
                assert_eq!(
                    members.shown(version, false, member),
                    member,
                    "{place} falls back to a hidden member"
                );
            }
        }
        if let Some(twin) = property.twin {
            let of = ty.property(ApiVersion::Beta, twin.of);
            assert!(of.is_some_and(Property::is_stored), "{place} is the old spelling of nothing");
        }
        if let Kind::Complex(inner) = property.kind {
            expect_consistent(inner, done);
        }
    }
    for variant in ty.variants {
        expect_consistent(variant, done);
    }
}

#[test]
fn defaults_are_values_and_twins_have_an_original() {
    let mut done = Vec::new();
    for ty in ROOTS.into_iter().chain([&ORGANIZATION]) {
        expect_consistent(ty, &mut done);
    }
    assert!(done.len() > 50, "{done:?}");
}

#[test]
fn some_properties_come_only_when_they_are_selected() {
    let stored = checked(
        &CLOUD_PC,
        ApiVersion::Beta,
        Mode::Seed,
        json!({"id": "c", "lastModifiedDateTime": "2026-01-05T08:00:00Z", "powerState": "running",
            "statusDetail": {"code": "intuneEnrollFailed", "additionalInformation": [{"name": "retriable", "value": "true"}]}}),
    );
    let stored = defaults::complete(&CLOUD_PC, stored);
    assert_eq!(seen(&CLOUD_PC, ApiVersion::V1, None, &stored).len(), 15);
    let plain = seen(&CLOUD_PC, ApiVersion::Beta, None, &stored);
    assert!(!plain.contains_key("powerState") && !plain.contains_key("connectivityResult"));
    assert_eq!(plain["statusDetails"], plain["statusDetail"]);
    assert_eq!(plain["statusDetail"]["additionalInformation"][0]["name"], "retriable");
    assert_eq!(plain["frontlineCloudPcAvailability"], Value::Null);
    let selected = seen(&CLOUD_PC, ApiVersion::Beta, Some("powerState,osVersion"), &stored);
    assert_eq!(Value::Object(selected), json!({"osVersion": "windows11", "powerState": "running"}));
}

#[test]
fn a_secret_is_accepted_and_not_kept() {
    let given = json!({
        "displayName": "weu", "connectionType": "hybridAzureADJoin", "subscriptionId": "s", "resourceGroupId": "/subscriptions/s/resourceGroups/r",
        "virtualNetworkId": "v", "subnetId": "n", "adDomainName": "contoso.com", "adDomainPassword": "canary",
    });
    let checked = checked(&ON_PREMISES_CONNECTION, ApiVersion::V1, Mode::Create, given);
    assert_eq!(checked["adDomainPassword"], "canary", "a handler can see that it was given");
    let stored = defaults::complete(&ON_PREMISES_CONNECTION, checked.clone());
    let merged = defaults::merge(&ON_PREMISES_CONNECTION, &stored, checked);
    for kept in [stored, merged] {
        assert!(!json!(kept).to_string().contains("canary"), "{kept:?}");
        assert_eq!(kept["healthCheckStatus"], "pending");
        let mut leaked = kept.clone();
        leaked.insert("adDomainPassword".to_owned(), json!("canary"));
        for select in [None, Some("*"), Some("adDomainPassword")] {
            let answer = seen(&ON_PREMISES_CONNECTION, ApiVersion::Beta, select, &leaked);
            assert!(!answer.contains_key("adDomainPassword"), "{select:?}");
        }
    }
}

#[test]
fn old_spellings_are_read_and_kept_as_the_present_ones() {
    let given = json!({
        "displayName": "i", "version": "1.0.0", "sourceImageResourceId": "r", "statusDetails": "sourceImageInvalid", "status": "failed",
    });
    let checked = checked(&DEVICE_IMAGE, ApiVersion::Beta, Mode::Seed, given);
    assert_eq!(checked["errorCode"], "sourceImageInvalid");
    assert!(!checked.contains_key("statusDetails"));
    let mut stored = defaults::complete(&DEVICE_IMAGE, checked);
    stored.insert("errorCode".to_owned(), json!("startMenuAppLimitExceeded"));
    let answer = seen(&DEVICE_IMAGE, ApiVersion::Beta, Some("statusDetails"), &stored);
    assert_eq!(answer["statusDetails"], "unknownFutureValue", "the old list lacks it");
}

#[test]
fn numbers_keep_their_width() {
    for (value, fits) in [
        (json!(137_438_953_472_i64), true),
        (json!(-1), true),
        (json!(1.5), false),
        (json!(u64::MAX), false),
        (json!("1"), false),
    ] {
        let given = object(json!({"totalStorageSpaceInBytes": value}));
        let checked = check::object(&MANAGED_DEVICE, ApiVersion::Beta, Mode::Seed, &given);
        assert_eq!(checked.is_ok(), fits, "{value}");
    }
    let whole = defaults::complete(&MANAGED_DEVICE, Map::new());
    let null = |property: &&Property| !property.nullable && property.name != "id" && whole[property.name].is_null();
    assert!(MANAGED_DEVICE.properties.iter().find(null).is_none());
}

#[test]
fn a_member_that_a_version_lacks_has_a_stand_in_where_there_is_one() {
    let bare = EnumType {
        name: "bare",
        v1: &["a"],
        beta: &["a", "b"],
    };
    for (members, version, stored, seen) in [
        (&MANAGEMENT_AGENT_TYPE, ApiVersion::V1, "intuneAosp", "unknown"),
        (&MANAGEMENT_AGENT_TYPE, ApiVersion::Beta, "intuneAosp", "intuneAosp"),
        (&COMPLIANCE_STATE, ApiVersion::V1, "compliant", "compliant"),
        (&bare, ApiVersion::V1, "b", "b"),
    ] {
        assert_eq!(members.shown(version, true, stored), seen);
    }
}
