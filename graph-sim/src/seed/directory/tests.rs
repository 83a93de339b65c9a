use serde_json::{Value, json};

use super::*;

const ID: &str = "aaaaaaaa-0000-4000-8000-00000000000A";

/// Ids and names after these lists of users were put in, one after the other.
fn merged(tenant: &mut Tenant, users: &[Value]) -> Result<Vec<(String, String)>, String> {
    for list in users {
        let seeds: Vec<UserSeed> = serde_json::from_value(list.clone()).unwrap();
        put_users(tenant, &seeds)?;
    }
    let users = tenant.users.iter();
    Ok(users.map(|user| (user.id.clone(), user.user_principal_name.clone())).collect())
}

#[test]
fn a_user_is_there_once_by_id_and_by_name() {
    let (lower, other) = (ID.to_lowercase(), "bbbbbbbb-0000-4000-8000-00000000000b");
    let ada = json!([{"id": ID, "userPrincipalName": "Ada@contoso.com"}]);
    let cases = [
        (
            json!([{"userPrincipalName": "ada@Contoso.com"}]),
            (lower.as_str(), "ada@Contoso.com"),
        ),
        (
            json!([{"id": lower, "userPrincipalName": "ada.l@contoso.com"}]),
            (lower.as_str(), "ada.l@contoso.com"),
        ),
        (
            json!([{"id": format!("{{{ID}}}"), "userPrincipalName": "ADA@contoso.com"}]),
            (lower.as_str(), "ADA@contoso.com"),
        ),
        (
            json!([{"id": other, "userPrincipalName": "ADA@contoso.com"}]),
            (other, "ADA@contoso.com"),
        ),
    ];
    for (again, (id, name)) in cases {
        let all = merged(&mut Tenant::default(), &[ada.clone(), again.clone()]).unwrap();
        assert_eq!(all, [(id.to_owned(), name.to_owned())], "{again}");
    }
    let twice = [json!([{"userPrincipalName": "Bob@contoso.com"}, {"userPrincipalName": "bob@contoso.com"}])];
    let once = [json!([{"userPrincipalName": "bob@contoso.com"}])];
    assert_eq!(merged(&mut Tenant::default(), &twice), merged(&mut Tenant::default(), &once));
}

#[test]
fn a_renamed_user_stays_a_member_and_names_stay_unique() {
    let mut tenant = Tenant::default();
    let id = ID.to_lowercase();
    let start = json!([{"id": id, "userPrincipalName": "ada@contoso.com"}, {"id": "b", "userPrincipalName": "bob@contoso.com"}]);
    merged(&mut tenant, &[start]).unwrap();
    for name in ["Finance", "FINANCE"] {
        let spelt = if name == "Finance" { ID.to_owned() } else { format!("{{{ID}}}") };
        let members = ["ADA@contoso.com", "bob@contoso.com"];
        let group = json!([{"id": spelt, "displayName": name, "members": members}]);
        put_groups(
            &mut tenant,
            &serde_json::from_value::<Vec<GroupSeed>>(group).unwrap(),
            Timestamp::UNIX_EPOCH,
        )
        .unwrap();
    }
    assert_eq!((tenant.groups.len(), &tenant.groups[0].id), (1, &id));
    let taken = merged(&mut tenant, &[json!([{"id": id, "userPrincipalName": "BOB@contoso.com"}])]);
    assert_eq!(taken.unwrap_err(), "users[0].userPrincipalName: another user has this name");
    // Bob has the name that was Ada's: both keep their ids.
    let both = json!([{"id": id, "userPrincipalName": "al@contoso.com"}, {"id": "B", "userPrincipalName": "ada@contoso.com"}]);
    merged(&mut tenant, &[both]).unwrap();
    assert_eq!((tenant.users.len(), &tenant.groups[0].display_name), (2, &"FINANCE".to_owned()));
    assert_eq!(tenant.groups[0].members, ["al@contoso.com", "ada@contoso.com"]);
}

/// Ids of the groups' member groups after this list was put in.
fn nested(tenant: &mut Tenant, groups: &Value) -> Result<Vec<Vec<String>>, String> {
    let seeds: Vec<GroupSeed> = serde_json::from_value(groups.clone()).unwrap();
    put_groups(tenant, &seeds, Timestamp::UNIX_EPOCH)?;
    Ok(tenant.groups.iter().map(|group| group.member_groups.clone()).collect())
}

#[test]
fn a_group_has_groups_as_members_by_id_or_by_a_name_that_is_one_groups() {
    let (id, lower) = (ID, ID.to_lowercase());
    let mut tenant = Tenant::default();
    let circle = json!([
        {"id": id, "displayName": "all", "memberGroups": ["later", format!("{{{id}}}")]},
        {"id": "b", "displayName": "later", "memberGroups": ["all"]},
    ]);
    let expected = vec![vec!["b".to_owned(), lower.clone()], vec![lower]];
    assert_eq!(nested(&mut tenant, &circle), Ok(expected));
    // A seed replaces a group as a whole.
    let alone = json!([{"id": "B", "displayName": "later"}]);
    assert_eq!(nested(&mut tenant, &alone).unwrap()[1], Vec::<String>::new());
    for (name, reason) in [
        ("nothing", "groups[1].memberGroups[0]: there is no group 'nothing'"),
        (
            "twice",
            "groups[1].memberGroups[0]: several groups have the name 'twice'; the id is needed",
        ),
    ] {
        let wrong = json!([
            {"id": "c", "displayName": "twice"}, {"id": "d", "displayName": "twice", "memberGroups": [name]},
        ]);
        assert_eq!(nested(&mut tenant, &wrong), Err(reason.to_owned()));
    }
}

#[test]
fn a_user_that_is_seeded_again_after_its_deletion_is_another_one() {
    let mut tenant = Tenant::default();
    let ada = json!([{"userPrincipalName": "ada@contoso.com"}]);
    let before = merged(&mut tenant, std::slice::from_ref(&ada)).unwrap()[0].0.clone();
    tenant.users.clear();
    tenant.deleted_users.push(crate::world::Deleted {
        object: json!({ "id": before }).as_object().unwrap().clone(),
        at: Timestamp::UNIX_EPOCH,
        by: crate::base::caller::Actor::App { app_id: String::new() },
    });
    let after = merged(&mut tenant, std::slice::from_ref(&ada)).unwrap()[0].0.clone();
    assert_ne!(before, after);
    assert_eq!(merged(&mut tenant, &[ada]).unwrap()[0].0, after, "merged again, it is the same");
}
