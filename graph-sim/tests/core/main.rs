//! The simulator's frame, over real TLS: tokens, senders, faults, ledger, control API and the program itself.

mod access;
mod certificates;
mod control;
mod faults;
mod federation;
mod issuer;
mod process;
mod support;
mod tokens;
