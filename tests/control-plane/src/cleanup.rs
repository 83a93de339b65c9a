//! Ends the processes and removes the folder, however the owner ends.
//!
//! A shell reads from a pipe whose other end only the owner holds. When the pipe closes, because
//! the owner dropped it or because the kernel did after a SIGKILL, the shell kills the process
//! group of the control plane and removes the folder. A second shell leads that group, so the
//! group exists before its first member and no process can start outside it.
//!
//! Prohibition: neither shell may hold the owner's standard streams, or a pipeline that waits for
//! the owner's output would wait for them too.

use anyhow::{Context, Result};
use nix::unistd::Pid;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

const LEAD: &str = r#"trap "" HUP INT TERM; read -r line"#;

const SWEEP: &str = r#"
trap "" HUP INT TERM
read -r line
kill -s KILL -- "-$1" 2>/dev/null
tries=0
while ! rm -rf -- "$2" 2>/dev/null && [ "$tries" -lt 10 ]; do
    tries=$((tries + 1))
    sleep 1
done"#;

/// The folder and the process group of one control plane; both end with it.
pub(crate) struct Cleanup {
    dir: TempDir,
    leader: Child,
    sweeper: Child,
}

impl Cleanup {
    pub(crate) fn new() -> Result<Self> {
        let dir = tempfile::Builder::new()
            .prefix("control-plane-")
            .tempdir()
            .context("create a temporary folder")?;
        let mut leader = shell(LEAD, &[dir.path().as_os_str()])?;
        let group = leader.id().to_string();
        let sweeper = shell(SWEEP, &[group.as_ref(), dir.path().as_os_str()]);
        match sweeper {
            Ok(sweeper) => Ok(Self { dir, leader, sweeper }),
            Err(error) => {
                end(&mut leader);
                Err(error)
            }
        }
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The group that every process of the control plane joins.
    pub(crate) fn group(&self) -> Result<Pid> {
        let id = i32::try_from(self.leader.id()).context("a process id fits in 32 bits")?;
        Ok(Pid::from_raw(id))
    }
}

impl Drop for Cleanup {
    fn drop(&mut self) {
        // The sweeper first: while the leader is not reaped, the group's number is not reused.
        end(&mut self.sweeper);
        end(&mut self.leader);
    }
}

fn shell(script: &str, arguments: &[&std::ffi::OsStr]) -> Result<Child> {
    Command::new("sh")
        .args(["-c", script, "control-plane-cleanup"])
        .args(arguments)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Away from the terminal's group: Ctrl-C ends the owner, and then this cleans up.
        .process_group(0)
        .spawn()
        .context("start sh, which cleans up after the control plane")
}

/// Closes the pipe and waits. An error would mean that the shell is gone already.
fn end(shell: &mut Child) {
    drop(shell.stdin.take());
    let _ = shell.wait();
}
