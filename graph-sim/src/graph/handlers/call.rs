//! One request on its way through a handler.

use crate::base::answer::GraphRequest;
use crate::graph::body::check::{Mode, Reading};
use crate::graph::collections::resource::Resource;
use crate::graph::odata;
use crate::graph::refusal::problem::{Outcome, Problem};
use crate::world::{Tenant, World};

/// One request on its way through a handler.
pub struct Call<'a, 'r> {
    /// Everything that exists.
    pub world: &'a mut World,
    /// The request.
    pub request: &'a GraphRequest<'r>,
    /// The collection that the path leads to.
    pub resource: &'static Resource,
    /// The id in the path; empty when the path has none.
    pub id: String,
}

impl Call<'_, '_> {
    /// Nothing has the id in the path.
    pub fn not_found(&self) -> Problem {
        self.resource.not_found(&self.id, self.world.options.missing_id)
    }

    /// The sender's tenant.
    pub fn tenant(&self) -> Result<&Tenant, Problem> {
        self.world.tenants.get(&self.request.caller.tenant).ok_or_else(Problem::no_tenant)
    }

    /// How the body is read.
    pub fn reading(&self, mode: Mode) -> Reading {
        Reading {
            version: self.request.version,
            mode,
            read_only: self.world.options.read_only_in_body,
        }
    }
}

/// What the service does for people and this simulator does not know.
pub fn not_simulated(call: Call<'_, '_>) -> Outcome {
    odata::none(call.request)?;
    let method = call.request.method.as_str();
    Err(Problem::not_simulated(&format!("{method} of '{}'", call.resource.name)))
}
