//! `GET /_sim/state`: all that exists, by tenant and collection. Secrets and certificates are left out.

use serde_json::{Map, Value, json};

use crate::world::{App, Group, Tenant, User, World};

/// The whole world as JSON.
pub(super) fn state(world: &World) -> Value {
    let now = world.now();
    let tenants: Map<String, Value> = world.tenants.iter().map(|(id, tenant)| (id.clone(), of_tenant(tenant))).collect();
    json!({"now": now, "options": world.options, "tenants": tenants})
}

fn of_tenant(tenant: &Tenant) -> Value {
    let mut state = json!({
        "id": tenant.id,
        "displayName": tenant.display_name,
        "verifiedDomains": tenant.verified_domains,
        "apps": tenant.apps.iter().map(of_app).collect::<Vec<_>>(),
        "users": tenant.users.iter().map(of_user).collect::<Vec<_>>(),
        "groups": tenant.groups.iter().map(of_group).collect::<Vec<_>>(),
    });
    let mut deleted = Map::new();
    for (name, collection) in &tenant.collections {
        state[*name] = json!(collection.iter().collect::<Vec<_>>());
        deleted.insert((*name).to_owned(), json!(collection.deleted));
    }
    deleted.insert("groups".to_owned(), json!(tenant.deleted_groups));
    deleted.insert("users".to_owned(), json!(tenant.deleted_users));
    state["deleted"] = Value::Object(deleted);
    state
}

fn of_app(app: &App) -> Value {
    let federated = app
        .federated_credentials
        .iter()
        .map(|credential| json!({"issuer": credential.issuer, "subject": credential.subject, "audiences": credential.audiences}));
    json!({
        "appId": app.app_id,
        "displayName": app.display_name,
        "federatedCredentials": federated.collect::<Vec<_>>(),
        "roles": app.roles,
    })
}

fn of_user(user: &User) -> Value {
    json!({
        "id": user.id,
        "userPrincipalName": user.user_principal_name,
        "displayName": user.display_name,
        "roles": user.roles,
        "licences": user.licences,
    })
}

fn of_group(group: &Group) -> Value {
    json!({
        "id": group.id,
        "displayName": group.display_name,
        "mailNickname": group.mail_nickname,
        "members": group.members,
        "memberGroups": group.member_groups,
        "createdDateTime": group.created,
    })
}
