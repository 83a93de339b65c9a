//! Reading JSON values into types.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads a value. Unknown keys and wrong types are reported with their path.
pub(crate) fn strictly<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        if path == "." {
            error.inner().to_string()
        } else {
            format!("{path}: {}", error.inner())
        }
    })
}
