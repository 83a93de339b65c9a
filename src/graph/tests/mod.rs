//! Tests that span files: the whole client, credential included, over a scripted Graph and Entra in the same process.

mod budget;
mod canaries;
mod fake;
mod managed_identity;
mod observed;
mod paging;
mod reads;
mod redaction;
mod redirects;
mod rows;
mod throttled;
mod tls;
mod tokens;
mod writes;
