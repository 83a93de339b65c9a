//! The simulator's frame, over real TLS: tokens, senders, faults, ledger, control API and the program itself.

mod access;
mod authorship;
mod batch;
mod bodies;
mod certificates;
#[path = "../contract_support/mod.rs"]
mod contract_support;
mod control;
mod faults;
mod federation;
mod groups;
mod issuer;
mod ledger;
mod life;
mod people;
mod process;
mod robust;
mod support;
mod throttling;
mod tokens;
