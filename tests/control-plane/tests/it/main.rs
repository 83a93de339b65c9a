//! The harness itself under test, with real control planes.
//!
//! Prohibition: no fixed waiting; a test waits for a condition, and leftovers are looked for at
//! once where the harness promises that nothing is left.

mod access;
mod failures;
mod faults;
mod leftovers;
mod support;
mod tokens;
