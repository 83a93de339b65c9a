use super::*;

fn target_of(method: &str, path: &str, query: &str) -> Target {
    let caller = Caller {
        tenant: "t".to_owned(),
        actor: Actor::App { app_id: "a".to_owned() },
        application_roles: Vec::new(),
        scopes: Vec::new(),
        directory_roles: Vec::new(),
    };
    let method: Method = method.parse().unwrap();
    target(LimitedRequest {
        caller: &caller,
        method: &method,
        path,
        query: Some(query),
    })
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn a_path_is_counted_where_its_service_counts_it() {
    let directory = |units| Target::Directory { write: false, units };
    for (method, path, query, expected) in [
        (
            "GET",
            "/deviceManagement/virtualEndpoint/cloudPCs",
            "",
            Target::List { cloud_pcs: true },
        ),
        (
            "GET",
            "/deviceManagement/virtualEndpoint/cloudPCs/$count",
            "",
            Target::List { cloud_pcs: true },
        ),
        (
            "GET",
            "/deviceManagement/virtualEndpoint/cloudPCs('1')",
            "",
            Target::Get { cloud_pcs: true },
        ),
        (
            "GET",
            "/deviceManagement/virtualEndpoint/userSettings/1/assignments",
            "",
            Target::Get { cloud_pcs: false },
        ),
        // Spellings of the same path.
        (
            "GET",
            "//deviceManagement/virtualEndpoint//cloudPCs/",
            "",
            Target::List { cloud_pcs: true },
        ),
        (
            "GET",
            "/deviceManagement/virtualEndpoint/cloudPC%73",
            "",
            Target::List { cloud_pcs: true },
        ),
        (
            "GET",
            "/device%4Danagement/virtualEndpoint/cloudPCs//1",
            "",
            Target::Get { cloud_pcs: true },
        ),
        (
            "PATCH",
            "//deviceManagement/managedDevices('1')",
            "",
            Target::Device { write: true },
        ),
        ("GET", "/group%73//1/member%73", "", directory(3)),
        ("GET", "/%FF", "", Target::Other),
        ("POST", "/deviceManagement/virtualEndpoint/cloudPCs/1/reboot", "", Target::Write),
        ("PATCH", "/deviceManagement/managedDevices/1", "", Target::Device { write: true }),
        ("GET", "/users", "", directory(2)),
        ("GET", "/users", "$select=id&$top=19", directory(1)),
        ("GET", "/users", "%24expand=manager&$top=20", directory(3)),
        ("GET", "/groups/1/members", "$select=id", directory(2)),
        ("GET", "/groups/1/members/microsoft.graph.user", "", directory(3)),
        ("GET", "/groups/1/transitiveMembers", "", directory(5)),
        ("GET", "/groups/1/transitiveMembers/microsoft.graph.user", "", directory(5)),
        ("GET", "/subscribedSkus", "", directory(3)),
        ("GET", "/organization", "$select=id&$select=id", directory(1)),
        ("GET", "/groupsettings", "", Target::Other),
    ] {
        assert_eq!(target_of(method, path, query), expected, "{method} {path}?{query}");
    }
}
