//! A number, its goal, and how it was measured. Numbers for people: nothing here decides anything.

use std::time::Duration;

/// Which side of the goal is the good one.
#[derive(Clone, Copy, Debug)]
pub enum Wanted {
    AtMost(f64),
    AtLeast(f64),
}

/// One line.
#[derive(Debug)]
pub struct Measured {
    id: &'static str,
    how: String,
    unit: &'static str,
    parts: Vec<(f64, Wanted)>,
}

impl Measured {
    pub fn new(id: &'static str, unit: &'static str, how: impl Into<String>) -> Self {
        Self {
            id,
            how: how.into(),
            unit,
            parts: Vec::new(),
        }
    }

    pub fn at_most(mut self, value: f64, goal: f64) -> Self {
        self.parts.push((value, Wanted::AtMost(goal)));
        self
    }

    pub fn at_least(mut self, value: f64, goal: f64) -> Self {
        self.parts.push((value, Wanted::AtLeast(goal)));
        self
    }

    pub fn print(&self) {
        let values: Vec<String> = self.parts.iter().map(|(value, _)| number(*value)).collect();
        let goals: Vec<String> = self.parts.iter().map(|(_, wanted)| goal(*wanted)).collect();
        let met = self.parts.iter().all(|(value, wanted)| match wanted {
            Wanted::AtMost(goal) => value <= goal,
            Wanted::AtLeast(goal) => value >= goal,
        });
        let verdict = if met { "met" } else { "missed" };
        println!("# {}", self.how);
        println!(
            "{} {} {} goal {} {verdict}",
            self.id,
            values.join(" / "),
            self.unit,
            goals.join(" / ")
        );
    }
}

fn goal(wanted: Wanted) -> String {
    match wanted {
        Wanted::AtMost(goal) => format!("<={}", number(goal)),
        Wanted::AtLeast(goal) => format!(">={}", number(goal)),
    }
}

fn number(value: f64) -> String {
    if value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    }
}

/// A count as a number that can be divided.
pub fn count(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

/// A percentile: the sample that this percentage of all samples does not exceed.
pub fn percentile(samples: &[Duration], percent: usize) -> Duration {
    let mut sorted = samples.to_vec();
    sorted.sort();
    let index = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(index).copied().unwrap_or_default()
}

pub fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// What `/proc` calls kB, as MiB.
pub fn mebibytes(kib: u64) -> f64 {
    u32::try_from(kib).map_or(f64::INFINITY, f64::from) / 1024.0
}
