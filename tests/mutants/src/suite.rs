//! Builds a suite and runs one of its tests.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::list::{Killer, Suite};

/// A test that takes longer has no result.
const LONGEST: Duration = Duration::from_secs(20 * 60);

/// What a test says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It passes.
    Passed,
    /// It fails.
    Failed,
    /// It did not come to an end, or there is no such test.
    None,
}

/// Where is built.
pub struct Place<'a> {
    /// The sources.
    pub tree: &'a Path,
    /// Cargo's target folder.
    pub target: &'a Path,
}

/// A suite that is built.
pub struct Built {
    suite: Suite,
    program: PathBuf,
    folder: PathBuf,
}

impl Built {
    /// Builds a suite.
    pub fn new(suite: Suite, place: &Place<'_>) -> Result<Self> {
        let (arguments, folder): (&[&str], _) = match suite {
            Suite::Lib => (&["--lib"], place.tree.to_owned()),
            Suite::Explore => (
                &["--profile", "explore", "-p", "explore", "--test", "explore"],
                place.tree.join("tests/explore"),
            ),
        };
        let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["test", "--quiet", "--no-run", "--message-format=json"])
            .args(arguments)
            .env("CARGO_TARGET_DIR", place.target)
            .current_dir(place.tree)
            .stderr(Stdio::null())
            .output()?;
        let lines = String::from_utf8_lossy(&output.stdout);
        let messages: Vec<Value> = lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        ensure!(output.status.success(), "it does not compile:\n{}", errors(&messages));
        let program = messages.iter().rev().find_map(|message| message["executable"].as_str());
        let program = program.context("cargo names no program")?.into();
        Ok(Self { suite, program, folder })
    }

    /// Runs a test of it. What the test prints is kept in a file.
    pub fn run(&self, killer: &Killer, printed: &Path) -> Result<Verdict> {
        ensure!(killer.suite == self.suite, "{killer} is in another suite");
        let output = File::create(printed)?;
        let mut process = Command::new(&self.program)
            .args([killer.test.as_str(), "--exact"])
            .env("CARGO_MANIFEST_DIR", &self.folder)
            .env("EXPLORE_EVERY", "1")
            .env("EXPLORE_FIRST", "1")
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stderr(output.try_clone()?)
            .stdout(output)
            .spawn()?;
        let start = Instant::now();
        while process.try_wait()?.is_none() {
            if start.elapsed() > LONGEST {
                process.kill()?;
                process.wait()?;
                return Ok(Verdict::None);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(verdict(&String::from_utf8_lossy(&fs::read(printed)?), &killer.test))
    }
}

/// The errors of the compiler, as it prints them.
fn errors(messages: &[Value]) -> String {
    let compiler = messages.iter().map(|message| &message["message"]);
    let errors = compiler.filter(|message| message["level"] == "error");
    errors.filter_map(|message| message["rendered"].as_str()).collect()
}

/// What a test says, by what its program prints.
fn verdict(printed: &str, test: &str) -> Verdict {
    let results = printed.lines().filter_map(|line| line.strip_prefix("test "));
    let of_it = results.filter_map(|line| line.strip_prefix(test)).map(str::trim_start);
    match of_it.filter_map(|rest| rest.strip_prefix("... ")).next() {
        Some("ok") => Verdict::Passed,
        Some("FAILED") => Verdict::Failed,
        _ => Verdict::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_that_of_the_test_by_its_whole_name() {
        let printed = "running 2 tests\ntest a::b_c ... FAILED\ntest a::b   ... ok\n\ntest result: FAILED. 1 passed";
        assert_eq!(verdict(printed, "a::b"), Verdict::Passed);
        assert_eq!(verdict(printed, "a::b_c"), Verdict::Failed);
        assert_eq!(verdict(printed, "a"), Verdict::None);
    }
}
