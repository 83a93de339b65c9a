//! The simulator against the published description, against clients, and against itself.

mod contract;
mod life;
mod odata;
mod readme;
mod router;
mod routes;
mod wire;
