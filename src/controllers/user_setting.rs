//! UserSetting ↔ Graph's `userSettings`: how a spec reads in Graph's terms.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::provisioning_policy::put;
use crate::api::{ResolvedImage, TargetKind, UserSetting, UserSettingSpec};
use crate::graph::Collection;
use crate::reconcile::context::{Context, Wake};
use crate::reconcile::managed::{Common, ImageReference, Managed};

impl Managed for UserSetting {
    const COLLECTION: Collection = Collection::UserSettings;
    const TARGET: TargetKind = TargetKind::UserSetting;
    const KIND: &'static str = "UserSetting";

    fn common(&self) -> Common<'_> {
        let spec = &self.spec;
        Common {
            tenant: &spec.tenant_ref.name,
            display_name: &spec.display_name,
            mode: spec.mode,
            suspend: spec.suspend == Some(true),
            deletion_policy: spec.deletion_policy,
            ownership: spec.assignment_ownership,
        }
    }

    fn image(&self) -> Option<ImageReference> {
        None
    }

    fn properties(&self, _image: Option<&ResolvedImage>) -> Map<String, Value> {
        // Every field is named, so that a new one cannot be forgotten here.
        let UserSettingSpec {
            tenant_ref: _,
            mode: _,
            suspend: _,
            deletion_policy: _,
            assignment_ownership: _,
            display_name,
            local_admin_enabled,
            reset_enabled,
            restore_point_setting,
        } = &self.spec;
        let mut properties = Map::new();
        put(&mut properties, "displayName", Some(display_name));
        put(&mut properties, "localAdminEnabled", local_admin_enabled.as_ref());
        put(&mut properties, "resetEnabled", reset_enabled.as_ref());
        put(&mut properties, "restorePointSetting", restore_point_setting.as_ref());
        properties
    }

    fn all(context: &Context) -> Vec<Arc<Self>> {
        context.stores.settings.state()
    }

    fn wake(context: &Context) -> &Wake<Self> {
        &context.wakes.settings
    }
}
