//! Counts requests against the limits that the option names, by the simulator's clock. The numbers are in `options`.

mod limiter;
mod window;

pub(crate) use limiter::{LimitedRequest, Limiter};
