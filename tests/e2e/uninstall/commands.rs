//! The commands of docs/uninstall.md, run as a person runs them.

use anyhow::{Context, Result, bail, ensure};
use lab::{Lab, repository, seconds};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// A block of commands that takes longer does not end by itself.
const LONGEST: Duration = seconds(180);

const PAGE: &str = include_str!("../../../docs/uninstall.md");

/// A part of the page, from its heading to the next.
fn section(heading: &str) -> Result<&'static str> {
    let begin = format!("\n## {heading}\n");
    let (_, rest) = PAGE.split_once(&begin).with_context(|| format!("no heading {heading}"))?;
    Ok(rest.split("\n## ").next().unwrap_or_default())
}

/// The headings of the page that have commands.
pub fn headings() -> Vec<&'static str> {
    let all = PAGE.split("\n## ").skip(1);
    let with_commands = all.filter(|part| part.contains("\n```sh\n"));
    with_commands.filter_map(|part| part.lines().next()).collect()
}

/// The blocks of commands below a heading.
pub fn blocks(heading: &str) -> Result<Vec<&'static str>> {
    let parts = section(heading)?.split("\n```sh\n").skip(1);
    let blocks: Vec<&str> = parts.filter_map(|part| part.split("\n```").next()).collect();
    ensure!(!blocks.is_empty(), "{heading} has no commands");
    Ok(blocks)
}

/// Runs all that is below a heading, and gives what it printed.
pub async fn follow(lab: &Lab, heading: &str) -> Result<String> {
    let mut printed = String::new();
    for block in blocks(heading)? {
        printed += &bash(lab, block).await.with_context(|| format!("{heading}:\n{block}"))?;
    }
    Ok(printed)
}

/// Runs a script as the administrator, in a folder from which the repository looks as from its root.
pub async fn bash(lab: &Lab, script: &str) -> Result<String> {
    let folder = tempfile::tempdir().context("a folder")?;
    for name in ["crds", "manifests"] {
        std::os::unix::fs::symlink(repository().join(name), folder.path().join(name)).context("link the repository")?;
    }
    let kubectl = lab.plane.kubectl();
    let programs = Path::new(kubectl.get_program()).parent().context("kubectl is in a folder")?;
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap_or_default());
    let output = Command::new("bash")
        .args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script])
        .current_dir(folder.path())
        .envs(kubectl.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .env("PATH", path)
        .env("HOME", folder.path())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    // kubectl waits for the end of what it deletes.
    let output = tokio::time::timeout(LONGEST, output)
        .await
        .context("it does not end")?
        .context("run bash")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!("{}{text}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(text)
}
