//! Tests of what a pass says.

mod kstatus;
mod status;
