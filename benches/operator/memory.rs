//! The memory that the process uses. Only where there is `/proc`.

use anyhow::Result;
use lab::Operator;

use crate::goal::{Measured, mebibytes};

/// The memory that the process uses, and the most that it has used.
pub struct Memory {
    now: u64,
    peak: u64,
}

impl Memory {
    pub fn of(operator: &Operator) -> Result<Self> {
        Ok(Self {
            now: operator.rss_kib()?,
            peak: operator.peak_rss_kib()?,
        })
    }

    fn excess(&self) -> f64 {
        mebibytes(self.peak) / mebibytes(self.now)
    }
}

/// P9.
pub fn measured(small: &Memory, large: &Memory) -> Measured {
    Measured::new(
        "P9",
        "MiB (1,000 / 10,000 resources)",
        format!(
            "Resident memory with as many policies as Assignments, all of them in Graph too: the smaller one after polls, the larger one after a wave \
             of passes; the peak was {:.2} and {:.2} times that (goal 1.2).",
            small.excess(),
            large.excess()
        ),
    )
    .at_most(mebibytes(small.now), 20.0)
    .at_most(mebibytes(large.now), 64.0)
}
