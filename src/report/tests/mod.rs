//! Tests of the report of a pass.

mod kstatus;
mod status;
