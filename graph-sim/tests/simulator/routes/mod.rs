//! Routes, ids, permissions and tenants, in-process.

mod apply;
mod assign;
mod audit;
mod authorship;
mod bodies;
mod cloud_pcs;
mod create;
mod groups;
mod members;
mod not_simulated;
mod openapi;
mod policy_rules;
mod property;
mod query;
mod repeat;
pub mod support;
mod table;
mod unknown;
mod update;

use crate::routes::support::*;
use graph_sim::base::answer::ApiVersion::{Beta, V1};
use graph_sim::base::caller::Caller;
use serde_json::{Value, json};

fn error_code(answer: &graph_sim::base::answer::Answer) -> &str {
    answer.body.as_ref().unwrap()["error"]["code"].as_str().unwrap()
}

#[test]
fn what_is_not_known_is_refused_by_its_segment() {
    let mut world = world();
    let assign = format!("{POLICIES}/{UNKNOWN_ID}/assign");
    for version in VERSIONS {
        for (target, segment) in [
            ("/nothing", "nothing"),
            ("/deviceManagement/virtualEndpoint/provisioningpolicies", "provisioningpolicies"),
            ("/deviceManagement/virtualEndpoint", "virtualEndpoint"),
            (&format!("{assign}/x"), "x"),
            ("/groups/a/owners", "owners"),
        ] {
            let answer = get(&mut world, version, target);
            assert_eq!(answer.status, 404, "{target}");
            assert!(reason(&answer).contains(&format!("'{segment}'")), "{target}: {}", reason(&answer));
        }
    }
    assert_eq!(get(&mut world, V1, PLANS).status, 404, "v1.0 has no Frontline plans");
    assert_eq!(get(&mut world, Beta, PLANS).status, 200);
    for (method, target, allowed) in [
        ("PUT", POLICIES, "GET, POST"),
        ("POST", GALLERY, "GET"),
        ("GET", assign.as_str(), "POST"),
        ("DELETE", "/organization", "GET"),
    ] {
        let answer = Ask::new(Beta, method, target).send(&mut world);
        assert_eq!(answer.status, 405, "{method} {target}");
        assert_eq!(answer.headers, [("Allow".to_owned(), allowed.to_owned())]);
    }
}

#[test]
fn an_id_is_malformed_unknown_or_known_in_any_case_and_notation() {
    let mut world = world();
    let id = create(&mut world, POLICIES, &policy("p"));
    for (target, status, code) in [
        (format!("{POLICIES}/not-a-guid"), 400, "BadRequest"),
        (format!("{POLICIES}/{UNKNOWN_ID}"), 404, "itemNotFound"),
        (format!("{SETTINGS}/{id}"), 404, "itemNotFound"),
        (format!("{GALLERY}/no-such-image"), 404, "itemNotFound"),
        ("/groups/x".to_owned(), 400, "Request_BadRequest"),
        (format!("/groups/{UNKNOWN_ID}"), 404, "Request_ResourceNotFound"),
    ] {
        for version in VERSIONS {
            let answer = get(&mut world, version, &target);
            assert_eq!((answer.status, error_code(&answer)), (status, code), "{target}");
        }
    }
    for target in [
        format!("{POLICIES}/{}", id.to_uppercase()),
        format!("{POLICIES}('{id}')"),
        format!("{GALLERY}/{}", GALLERY_IMAGE.to_uppercase()),
        format!("/groups/{}", GROUP_A.replace('-', "%2D")),
    ] {
        assert_eq!(get(&mut world, V1, &target).status, 200, "{target}");
    }
}

/// Which callers a route allows: (method, target, the permissions that are enough, one that is not).
#[test]
fn each_route_needs_its_permission() {
    let groups: &[&str] = &[
        "GroupMember.Read.All",
        "Group.Read.All",
        "Group.ReadWrite.All",
        "Directory.Read.All",
    ];
    let one_group = format!("/groups/{GROUP_A}");
    let one = format!("{POLICIES}/{UNKNOWN_ID}");
    let read: &[&str] = &["CloudPC.Read.All", "CloudPC.ReadWrite.All"];
    let write: &[&str] = &["CloudPC.ReadWrite.All"];
    let organization = &[
        "Organization.Read.All",
        "DeviceManagementServiceConfig.Read.All",
        "Directory.Read.All",
    ];
    let assign = format!("{one}/assign");
    let table: [(&str, &str, &[&str], &str); 12] = [
        ("GET", POLICIES, read, "Group.Read.All"),
        ("GET", SETTINGS, read, "Group.Read.All"),
        ("GET", GALLERY, read, "Group.Read.All"),
        ("GET", PLANS, read, "Group.Read.All"),
        ("GET", &one, read, "Directory.Read.All"),
        ("POST", POLICIES, write, "CloudPC.Read.All"),
        ("PATCH", &one, write, "CloudPC.Read.All"),
        ("DELETE", &one, write, "CloudPC.Read.All"),
        ("POST", &assign, write, "CloudPC.Read.All"),
        ("GET", "/groups", groups, "CloudPC.ReadWrite.All"),
        ("GET", &one_group, groups, "Group.ReadBasic.All"),
        ("GET", "/organization", organization, "CloudPC.ReadWrite.All"),
    ];
    let mut world = world();
    let admin: &[&str] = &["Intune Administrator"];
    for (method, target, enough, not_enough) in table {
        let mut status = |caller: Caller| {
            let ask = Ask::new(Beta, method, target).by(caller);
            let ask = if method == "GET" { ask } else { ask.body(&json!({})) };
            ask.send(&mut world).status
        };
        for permission in enough {
            assert_ne!(status(app(&[permission])), 403, "{method} {target} {permission}");
            assert_ne!(status(user(&[permission], admin)), 403, "{method} {target} {permission} delegated");
        }
        assert_eq!(status(app(&[not_enough])), 403, "{method} {target} {not_enough}");
        assert_eq!(status(user(&[not_enough], admin)), 403, "{method} {target} {not_enough} delegated");
        assert_eq!(status(app(&[])), 403, "{method} {target}");
        // A delegated permission gives no more than the user may do; application and delegated permissions do not replace each other.
        if target.starts_with("/deviceManagement") {
            assert_eq!(status(user(enough, &[])), 403, "{method} {target} without a directory role");
        }
        let mut mixed = app(&[]);
        mixed.scopes = enough.iter().map(ToString::to_string).collect();
        assert_eq!(status(mixed), 403, "{method} {target} with scopes of a user in an app's token");
    }
    let basic = Ask::new(V1, "GET", "/groups").by(app(&["Group.ReadBasic.All"])).send(&mut world);
    assert_eq!(basic.status, 200);
}

#[test]
fn a_refusal_names_the_scopes_in_the_way_of_its_layer() {
    let mut world = world();
    let answer = Ask::new(V1, "POST", POLICIES).by(app(&["CloudPC.Read.All"])).send(&mut world);
    assert_eq!((answer.status, error_code(&answer)), (403, "Forbidden"));
    let message = answer.body.as_ref().unwrap()["error"]["message"].as_str().unwrap();
    let inner: Value = serde_json::from_str(message).unwrap();
    let text = inner["Message"].as_str().unwrap();
    assert!(text.contains("following scopes: CloudPC.ReadWrite.All - Operation ID"), "{text}");
    assert!(
        text.contains("77777777-0000-4000-8000-000000000001"),
        "the request's id is its activity: {text}"
    );
    let answer = Ask::new(V1, "GET", "/groups").by(app(&[])).send(&mut world);
    assert_eq!(error_code(&answer), "Authorization_RequestDenied");
    assert_eq!(reason(&answer).trim(), "Insufficient privileges to complete the operation.");
}

#[test]
fn a_tenant_sees_itself_alone() {
    let mut world = world();
    create(&mut world, POLICIES, &policy("p"));
    let other = "11111111-1111-4111-8111-222222222222";
    world.tenants.insert(
        other.to_owned(),
        graph_sim::world::Tenant {
            id: other.to_owned(),
            ..Default::default()
        },
    );
    let mut caller = app(&ALL_ROLES);
    caller.tenant = other.to_owned();
    for list in [POLICIES, "/groups"] {
        let answer = Ask::new(V1, "GET", list).by(caller.clone()).send(&mut world);
        assert_eq!(answer.body.unwrap()["value"], json!([]), "{list}");
    }
    let organization = get(&mut world, V1, "/organization").body.unwrap();
    assert_eq!(organization["value"].as_array().unwrap().len(), 1);
    let own = &organization["value"][0];
    assert_eq!((&own["id"], &own["displayName"]), (&json!(TENANT), &json!("Contoso")));
    assert_eq!(own["verifiedDomains"][0]["isDefault"], true);
    assert_eq!(own["verifiedDomains"][1]["isInitial"], true);
    caller.tenant = UNKNOWN_ID.to_owned();
    assert_eq!(Ask::new(V1, "GET", POLICIES).by(caller).send(&mut world).status, 404);
}
