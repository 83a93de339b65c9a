//! Values that every floor may know: requests and answers, callers, time, ids, and how text is read,
//! values that copies share.

pub mod answer;
pub mod caller;
pub mod clock;
pub mod duration;
pub mod ids;
pub mod json;
pub(crate) mod shared;
pub mod text;
pub mod uri;
