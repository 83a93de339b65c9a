//! The list of the Graph types that this crate reads and writes. A new type is a new file and a line here.

use crate::graph::types::permission::Permission;
#[cfg(test)]
use crate::graph::types::specimen;
use crate::graph::types::table::{ApiVersion, GraphType, Labels, Property, Unmanaged};
use crate::graph::types::{provisioning_policy, user_setting};

macro_rules! collections {
    ($($(#[$attribute:meta])* $name:ident = $file:ident,)*) => {
        /// A collection of objects below `deviceManagement/virtualEndpoint`; a handle of its type's table.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Collection {
            $($(#[$attribute])* #[doc = concat!("See `graph/types/", stringify!($file), ".rs`.")] $name,)*
        }

        impl Collection {
            /// Every collection, in a fixed order.
            pub const ALL: &[Self] = &[$($(#[$attribute])* Self::$name),*];

            const fn table(self) -> &'static GraphType {
                match self {
                    $($(#[$attribute])* Self::$name => &$file::TYPE,)*
                }
            }
        }
    };
}

collections! {
    ProvisioningPolicies = provisioning_policy,
    UserSettings = user_setting,
    #[cfg(test)]
    Specimens = specimen,
}

impl Collection {
    /// The path segment, in Graph's spelling.
    pub const fn as_str(self) -> &'static str {
        self.table().segment
    }

    /// One object of it, in sentences.
    pub(crate) const fn singular(self) -> &'static str {
        self.table().singular
    }

    /// Several objects of it, in sentences.
    pub(crate) const fn plural(self) -> &'static str {
        self.table().plural
    }

    pub(crate) const fn labels(self) -> &'static Labels {
        &self.table().labels
    }

    /// The version that lists are read in: beta where only that shows every property that a spec may name.
    pub(crate) const fn read_version(self) -> ApiVersion {
        self.table().read_version
    }

    /// What its writes need.
    pub(crate) const fn write_permission(self) -> &'static Permission {
        self.table().write
    }

    /// Whether `assign` binds groups to its objects.
    pub(crate) const fn assignable(self) -> bool {
        self.table().assignable
    }

    /// Whether Graph changes its objects.
    pub(crate) const fn updatable(self) -> bool {
        self.table().updatable
    }

    /// Whether Cloud PCs depend on its objects and their assignments.
    pub(crate) const fn has_cloud_pcs(self) -> bool {
        self.table().has_cloud_pcs
    }

    /// Whether Graph deletes its objects.
    pub(crate) const fn deletable(self) -> bool {
        self.table().deletable
    }
}

/// The writable properties of a collection's objects.
pub const fn properties(collection: Collection) -> &'static [Property] {
    collection.table().properties
}

/// The writable property of that name.
pub(crate) fn property(collection: Collection, name: &str) -> Option<&'static Property> {
    properties(collection).iter().find(|property| property.name == name)
}

/// The properties of a collection's objects that are not managed.
pub const fn unmanaged(collection: Collection) -> &'static [Unmanaged] {
    collection.table().unmanaged
}
