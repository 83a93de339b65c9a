//! The simulator's frame, over real TLS: tokens, senders, faults, ledger, control API and the program itself.

mod access;
mod authorship;
mod batch;
mod bodies;
mod certificates;
mod control;
mod faults;
mod federation;
mod groups;
pub mod issuer;
mod ledger;
mod life;
mod people;
mod process;
mod robust;
pub mod support;
mod throttling;
mod tokens;
