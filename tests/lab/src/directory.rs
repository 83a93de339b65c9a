//! Where a lab keeps its files, and in which process group its processes run: those of its control plane.
//!
//! The control plane kills its group and removes its folder however its owner ends, so this holds for every process in them.

use anyhow::{Context, Result};
use control_plane::{Component, ControlPlane};
use nix::unistd::{Pid, getpgid};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// Names a folder in which logs are kept after the end, to find out what happened.
const LOGS_ENV: &str = "CLOUDPC_LAB_LOGS";

/// The folder and the group.
#[derive(Debug)]
pub(crate) struct Directory {
    dir: PathBuf,
    logs: PathBuf,
    group: Pid,
    next_file: AtomicU32,
}

impl Directory {
    /// Makes the folder inside the control plane's.
    pub(crate) fn create(plane: &ControlPlane) -> Result<Self> {
        let id = plane.process_id(Component::ApiServer).context("the API server is not running")?;
        let member = Pid::from_raw(i32::try_from(id).context("a process id fits in 32 bits")?);
        let group = getpgid(Some(member)).context("find the control plane's process group")?;
        let dir = plane.dir().join("lab");
        let logs = match std::env::var_os(LOGS_ENV).filter(|folder| !folder.is_empty()) {
            Some(folder) => PathBuf::from(folder).join(plane.dir().file_name().context("the control plane's folder has a name")?),
            None => dir.join("logs"),
        };
        for folder in [&dir, &logs] {
            std::fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
        }
        Ok(Self {
            dir,
            logs,
            group,
            next_file: AtomicU32::new(0),
        })
    }

    pub(crate) fn group(&self) -> Pid {
        self.group
    }

    /// A file that no other has, removed at the end.
    pub(crate) fn file(&self, kind: &str, extension: &str) -> PathBuf {
        self.dir.join(self.name(kind, extension))
    }

    /// Where a process writes its log.
    pub(crate) fn log(&self, kind: &str) -> PathBuf {
        self.logs.join(self.name(kind, "log"))
    }

    /// A folder of its own, removed at the end.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    fn name(&self, kind: &str, extension: &str) -> String {
        format!("{kind}-{}.{extension}", self.next_file.fetch_add(1, Ordering::Relaxed))
    }
}
