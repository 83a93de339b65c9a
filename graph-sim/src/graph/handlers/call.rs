//! What every handler gets, and the handler of operations that are not simulated.

use crate::base::answer::GraphRequest;
use crate::graph::body::check::{Mode, Reading};
use crate::graph::collections::resource::Resource;
use crate::graph::odata;
use crate::graph::refusal::problem::{Outcome, Problem};
use crate::world::{Tenant, World};

/// A request of a handler, with its collection and id.
pub(crate) struct Call<'a, 'r> {
    pub world: &'a mut World,
    pub request: &'a GraphRequest<'r>,
    /// The collection of the path.
    pub resource: &'static Resource,
    /// The id in the path; empty when the path has none.
    pub id: String,
    /// The second id in the path: of a member of the object with the first; empty when the path has none.
    pub member: String,
}

impl Call<'_, '_> {
    /// Nothing has the id in the path.
    pub(crate) fn not_found(&self) -> Problem {
        self.resource.not_found(&self.id, self.world.options.missing_id)
    }

    pub(crate) fn tenant(&self) -> Result<&Tenant, Problem> {
        self.world.tenants.get(&self.request.caller.tenant).ok_or_else(Problem::no_tenant)
    }

    /// How the body is read.
    pub(crate) fn reading(&self, mode: Mode) -> Reading {
        Reading {
            version: self.request.version,
            mode,
            read_only: self.world.options.read_only_in_body,
        }
    }
}

/// An operation that the service has for people and the simulator does not have.
pub(crate) fn not_simulated(call: Call<'_, '_>) -> Outcome {
    odata::none(call.request)?;
    let method = call.request.method.as_str();
    Err(Problem::not_simulated(&format!("{method} of '{}'", call.resource.name)))
}
