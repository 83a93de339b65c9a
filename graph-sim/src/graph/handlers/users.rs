//! The deletion of users. A deleted user cannot be restored: there are no deleted items.

use serde_json::json;

use super::call::Call;
use super::members::Member;
use crate::base::answer::Answer;
use crate::graph::collections::directory;
use crate::graph::odata;
use crate::graph::refusal::problem::{Outcome, Problem};
use crate::life;
use crate::world::Deleted;

/// DELETE of a user, by the id or the sign-in name. The user leaves all groups; a Cloud PC keeps the name until the service, which
/// learns of it later, has deleted it.
pub(crate) fn delete(call: Call<'_, '_>) -> Outcome {
    odata::none(call.request)?;
    let id = call.tenant()?.find_user(&call.id).map(|user| user.id.clone());
    let id = id.ok_or_else(|| call.not_found())?;
    let at = call.world.instant();
    let tenant_id = &call.request.caller.tenant;
    let tenant = call.world.tenants.get_mut(tenant_id).ok_or_else(Problem::no_tenant)?;
    let place = tenant.users.iter().position(|user| user.id == id);
    let user = tenant
        .users
        .remove(place.ok_or_else(|| Problem::bug("a user is not in the list of users"))?);
    for group in &mut tenant.groups {
        Member::User(user.user_principal_name.clone()).remove_from(group);
    }
    let mut object = directory::user(&user);
    object.insert("deletedDateTime".to_owned(), json!(at));
    let by = call.request.caller.actor.clone();
    tenant.deleted_users.push(Deleted { object, at, by });
    life::directory_changed(call.world, tenant_id, false);
    Ok(Answer::no_content())
}
