//! The budget of requests of one tenant: counted by class and shared by everything that the process does in the tenant.
//!
//! No request is sent without a [`permit::Permit`]. Callers that have to wait form a line: by priority, then by party (the
//! namespace) in turn, then by age. A caller that would have to wait for long gets an error with the time to come back and
//! keeps its place. The budget learns from Graph's answers: a 429 pauses all requests and shows how many the class takes; a
//! warning that the limit is near shrinks the limit a little; requests that Graph accepts beyond that raise it again. The
//! budget knows no URL and sends nothing.
//!
//! From the bottom up: `limits`, `priority`, `window`, `line`, `parties`; `counter` (one class), `state` (all classes);
//! `place`, `permit` and `caller` (what a caller has in it); `admission` (which caller may send).

pub(crate) mod admission;
pub(crate) mod caller;
mod counter;
pub(crate) mod limits;
mod line;
mod parties;
pub(crate) mod permit;
pub(crate) mod place;
pub(crate) mod priority;
mod state;
mod window;
