//! THE list of kinds. Caches, wakes, watches, controllers, sweeps, polls and the targets of Assignments go through it.

/// Hands every kind to a macro, with the name of its field in [`super::caches::Caches`] and [`super::wakes::Wakes`]. The
/// managed kinds each represent one object in Graph.
macro_rules! kinds {
    ($callback:ident, $($test_only:tt)*) => {
        $callback! {
            managed {
                policies: $crate::api::ProvisioningPolicy,
                settings: $crate::api::UserSetting
                $($test_only)*
            }
            others { tenants: $crate::api::EntraTenant, assignments: $crate::api::Assignment }
        }
    };
}

/// See [`kinds`].
#[cfg(not(test))]
macro_rules! each_kind {
    ($callback:ident) => {
        $crate::cluster::kinds::kinds! { $callback, }
    };
}

/// See [`kinds`]. In tests of this crate with the kind that shows what a new one needs: `controllers/specimen.rs`.
#[cfg(test)]
macro_rules! each_kind {
    ($callback:ident) => {
        $crate::cluster::kinds::kinds! { $callback, , specimens: $crate::api::Specimen }
    };
}

pub(crate) use {each_kind, kinds};
