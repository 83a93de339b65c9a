//! Behaviours of the service that are not established, or that a test wants otherwise. Changes count from the next request.

use serde::{Deserialize, Serialize};

/// All options with their values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Options {
    /// Objects on one page of a list that does not ask for another number by `$top`.
    pub page_size: usize,
    /// What a successful PATCH answers.
    pub patch_answer: PatchAnswer,
    /// What DELETE of a policy with assignments does.
    pub delete_assigned: DeleteAssigned,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            page_size: 100,
            patch_answer: PatchAnswer::Entity,
            delete_assigned: DeleteAssigned::Refuse,
        }
    }
}

/// What a successful PATCH answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PatchAnswer {
    /// 200 with the object.
    Entity,
    /// 204.
    NoContent,
}

/// What DELETE of a policy with assignments does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DeleteAssigned {
    /// 400.
    Refuse,
    /// 204, and the policy is gone.
    Allow,
}

/// A change of some options; a key that does not exist is refused by name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OptionsPatch {
    page_size: Option<usize>,
    patch_answer: Option<PatchAnswer>,
    delete_assigned: Option<DeleteAssigned>,
}

impl OptionsPatch {
    /// Changes what is given and leaves the rest.
    ///
    /// # Errors
    /// A page without room for an object; nothing is changed then.
    pub fn apply(&self, options: &mut Options) -> Result<(), String> {
        if self.page_size == Some(0) {
            return Err("pageSize must be at least 1".to_owned());
        }
        options.page_size = self.page_size.unwrap_or(options.page_size);
        options.patch_answer = self.patch_answer.unwrap_or(options.patch_answer);
        options.delete_assigned = self.delete_assigned.unwrap_or(options.delete_assigned);
        Ok(())
    }
}
