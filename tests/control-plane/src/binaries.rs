//! Finds the binaries: those of `KUBEBUILDER_ASSETS`, or our own, built once into a cache.
//!
//! Several test processes may ask at once: the first one builds, the others wait for it.

use crate::go_build::{self, Toolchain};
use anyhow::{Context, Result, bail};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

/// Names a folder with ready binaries; nothing is built then.
pub const ASSETS_ENV: &str = "KUBEBUILDER_ASSETS";
/// Names the folder that keeps what was built. Without it, `cloudpc-operator/control-plane` in
/// `$XDG_CACHE_HOME` or in `~/.cache`.
pub const CACHE_ENV: &str = "CLOUDPC_CONTROL_PLANE_CACHE";

/// The folder that holds the four binaries.
#[derive(Debug, Clone)]
pub struct Binaries {
    dir: PathBuf,
}

impl Binaries {
    /// Finds the binaries, building them if they were never built for these versions.
    ///
    /// It blocks; a first build takes minutes and reports its progress on standard error.
    ///
    /// # Errors
    /// When `KUBEBUILDER_ASSETS` lacks a binary, or when the build fails: the error says what is
    /// missing.
    pub fn locate() -> Result<Self> {
        match std::env::var_os(ASSETS_ENV).filter(|value| !value.is_empty()) {
            Some(dir) => Self::from_assets(PathBuf::from(dir)),
            None => Self::from_cache(&cache_dir()?),
        }
    }

    /// The folder that holds them.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The path of one of them.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    fn from_assets(dir: PathBuf) -> Result<Self> {
        let missing = missing(&dir);
        if missing.is_empty() {
            return Ok(Self { dir });
        }
        bail!(
            "{ASSETS_ENV} is {}, where these binaries are missing: {}. \
             Add them (the usual envtest archives come without kube-controller-manager), \
             or unset {ASSETS_ENV} to have everything built",
            dir.display(),
            missing.join(", ")
        )
    }

    fn from_cache(cache: &Path) -> Result<Self> {
        let key = go_build::key();
        let dir = cache.join(&key);
        // A binary appears in the folder only when it is complete, so this needs no lock.
        if missing(&dir).is_empty() {
            return Ok(Self { dir });
        }
        fs::create_dir_all(&dir).with_context(|| format!("create {}", dir.display()))?;
        let _lock = lock(&cache.join(format!("{key}.lock")))?;
        let still_missing = missing(&dir);
        if !still_missing.is_empty() {
            let workshop = cache.join(format!("{key}.building"));
            build(&still_missing, &dir, &workshop)?;
        }
        Ok(Self { dir })
    }
}

/// Builds in `workshop` and moves each finished binary to `dir`.
fn build(names: &[&'static str], dir: &Path, workshop: &Path) -> Result<()> {
    // What an interrupted build left; this process holds the lock, so no other one works there.
    if workshop.exists() {
        fs::remove_dir_all(workshop).with_context(|| format!("remove {}", workshop.display()))?;
    }
    let toolchain = Toolchain::prepare(workshop)?;
    go_build::say(&format!(
        "building {} into {}; this happens once and can take several minutes",
        names.join(", "),
        dir.display()
    ));
    for name in names {
        let built = toolchain.build(name)?;
        let target = dir.join(name);
        fs::rename(&built, &target).with_context(|| format!("create {}", target.display()))?;
    }
    fs::remove_dir_all(workshop).with_context(|| format!("remove {}", workshop.display()))
}

fn missing(dir: &Path) -> Vec<&'static str> {
    let mut names = go_build::names();
    names.retain(|name| !dir.join(name).is_file());
    names
}

/// Released when the file is closed, so also when its holder dies.
fn lock(path: &Path) -> Result<File> {
    let what = || format!("lock {}", path.display());
    let file = File::create(path).with_context(what)?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => {
            go_build::say("waiting for another process that builds the control plane");
        }
        Err(TryLockError::Error(error)) => return Err(error).with_context(what),
    }
    file.lock().with_context(what)?;
    Ok(file)
}

fn cache_dir() -> Result<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(dir) = set(CACHE_ENV) {
        return std::path::absolute(dir).with_context(|| format!("the folder of {CACHE_ENV}"));
    }
    let base = match (set("XDG_CACHE_HOME"), set("HOME")) {
        (Some(cache), _) => PathBuf::from(cache),
        (None, Some(home)) => PathBuf::from(home).join(".cache"),
        (None, None) => bail!("set {CACHE_ENV}, XDG_CACHE_HOME or HOME to keep the binaries"),
    };
    Ok(base.join("cloudpc-operator").join("control-plane"))
}
