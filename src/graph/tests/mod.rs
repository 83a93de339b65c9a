//! Tests that span files: the whole client, credential included, over a scripted in-process Graph
//! and Entra.

mod fake;
mod paging;
mod reads;
mod tokens;
mod writes;
