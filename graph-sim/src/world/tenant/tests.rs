use super::*;

#[test]
fn an_identity_has_nothing_of_what_is_in_the_tenant() {
    let mut tenant = Tenant {
        id: "1".to_owned(),
        display_name: "Contoso".to_owned(),
        verified_domains: vec!["contoso.com".to_owned()],
        apps: vec![App::default()],
        users: vec![User::default()],
        groups: vec![Group::default()],
        ..Tenant::default()
    };
    tenant.collections.insert("cloudPCs", Collection::default());
    let identity = tenant.identity();
    assert_eq!(
        (identity.id, identity.display_name, identity.verified_domains),
        (tenant.id, tenant.display_name, tenant.verified_domains)
    );
    assert!(identity.apps.is_empty() && identity.users.is_empty());
    assert!(identity.groups.is_empty() && identity.collections.is_empty());
}
