//! What the demo prints: numbered steps, their details, how long each took. Plain text, the same for a terminal and a file.

use std::time::{Duration, Instant};

/// Prints the steps as they come.
pub(crate) struct Report {
    start: Instant,
    step: Option<Instant>,
    number: usize,
}

impl Report {
    pub(crate) fn start() -> Self {
        println!("cloudpc-operator demo: nothing leaves this machine, and nothing is left on it. The programs were built by make.");
        Self {
            start: Instant::now(),
            step: None,
            number: 0,
        }
    }

    /// Ends the step before and begins one.
    pub(crate) fn step(&mut self, title: &str) {
        self.took();
        self.number += 1;
        println!("\n{}. {title}", self.number);
        self.step = Some(Instant::now());
    }

    /// A detail of the step.
    pub(crate) fn line(&self, text: &str) {
        println!("{}", format!("   {text}").trim_end());
    }

    /// Several lines, as a program printed them.
    pub(crate) fn text(&self, text: &str) {
        for line in text.trim_end().lines() {
            self.line(line);
        }
    }

    /// Ends the last step.
    pub(crate) fn finish(&mut self) {
        self.took();
        println!("\nEverything was as expected. {} s in all.", seconds(self.start.elapsed()));
    }

    fn took(&mut self) {
        if let Some(start) = self.step.take() {
            println!("   ({} s)", seconds(start.elapsed()));
        }
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f64())
}
