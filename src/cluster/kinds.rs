//! THE list of kinds. Caches, wakes, watches, controllers, sweeps and polls go through it.

/// Hands every kind to a macro, with the name of its field in [`super::caches::Caches`] and [`super::wakes::Wakes`]. The
/// managed kinds each represent one object in Graph.
macro_rules! each_kind {
    ($callback:ident) => {
        $callback! {
            managed { policies: ProvisioningPolicy, settings: UserSetting }
            others { tenants: EntraTenant, assignments: Assignment }
        }
    };
}

pub(crate) use each_kind;
