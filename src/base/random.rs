//! Random ids, read in this one place.

use uuid::{Builder, Uuid};

use crate::base::simulation;

/// A random id: unpredictable, except in a [simulation].
pub(crate) fn uuid() -> Uuid {
    match simulation::now() {
        Some(_) => Builder::from_random_bytes(fastrand::u128(..).to_be_bytes()).into_uuid(),
        #[allow(clippy::disallowed_methods, reason = "the one read")]
        None => Uuid::new_v4(),
    }
}
