//! Builds the control plane's binaries with Go from the two pinned modules beside this crate.
//!
//! go.mod and go.sum say which versions; they are compiled in, so what is built is what the key
//! of the cache says. Prohibition: Go may not change them (`-mod=readonly`).

use anyhow::{Context, Result, bail, ensure};
use aws_lc_rs::digest::{SHA256, digest};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A Go module that pins what is built from it.
struct Module {
    name: &'static str,
    go_mod: &'static str,
    go_sum: &'static str,
}

static ETCD: Module = Module {
    name: "etcd",
    go_mod: include_str!("../etcd/go.mod"),
    go_sum: include_str!("../etcd/go.sum"),
};

static KUBERNETES: Module = Module {
    name: "kubernetes",
    go_mod: include_str!("../kubernetes/go.mod"),
    go_sum: include_str!("../kubernetes/go.sum"),
};

/// Binary, module, package.
static TARGETS: [(&str, &Module, &str); 4] = [
    ("etcd", &ETCD, "go.etcd.io/etcd/server/v3"),
    ("kube-apiserver", &KUBERNETES, "k8s.io/kubernetes/cmd/kube-apiserver"),
    (
        "kube-controller-manager",
        &KUBERNETES,
        "k8s.io/kubernetes/cmd/kube-controller-manager",
    ),
    ("kubectl", &KUBERNETES, "k8s.io/kubernetes/cmd/kubectl"),
];

const FLAGS: [&str; 3] = ["build", "-mod=readonly", "-trimpath"];
const REPORT_EVERY: Duration = Duration::from_secs(15);

/// The binaries, in the order in which they are built.
pub(crate) fn names() -> Vec<&'static str> {
    TARGETS.iter().map(|(name, ..)| *name).collect()
}

/// Names the folder of one set of versions, flags and platform.
pub(crate) fn key() -> String {
    let mut input = format!("{} {}\n", std::env::consts::OS, std::env::consts::ARCH);
    for (name, module, package) in &TARGETS {
        let flags = FLAGS.join(" ");
        let _ = writeln!(input, "{name} {package} {flags} {}", module.linker_flags());
    }
    for module in [&ETCD, &KUBERNETES] {
        input += module.go_mod;
        input += module.go_sum;
    }
    let hash = digest(&SHA256, input.as_bytes());
    hash.as_ref()[..8].iter().fold(String::new(), |mut key, byte| {
        let _ = write!(key, "{byte:02x}");
        key
    })
}

/// Progress goes to the real standard error: a test's captured output would appear only after
/// the build, which takes minutes.
pub(crate) fn say(message: &str) {
    let _ = writeln!(std::io::stderr(), "control-plane: {message}");
}

impl Module {
    /// The version that go.mod requires of `path`.
    fn version_of(&self, path: &str) -> &'static str {
        self.go_mod
            .lines()
            .filter_map(|line| line.trim().strip_prefix(path)?.strip_prefix(' '))
            .find_map(|rest| rest.split_whitespace().next())
            .unwrap_or_default()
    }

    /// Without its version stamp Kubernetes reports v0.0.0 and decides wrongly.
    fn linker_flags(&self) -> String {
        let version = self.version_of("k8s.io/kubernetes");
        let mut numbers = version.trim_start_matches('v').split('.');
        match (numbers.next(), numbers.next()) {
            (Some(major), Some(minor)) => format!(
                "-s -w -X k8s.io/component-base/version.gitVersion={version} \
                 -X k8s.io/component-base/version.gitMajor={major} \
                 -X k8s.io/component-base/version.gitMinor={minor}"
            ),
            _ => "-s -w".to_owned(),
        }
    }

    /// The oldest Go that can build it.
    fn go_version(&self) -> &'static str {
        self.version_of("go")
    }
}

/// A checked Go with the modules laid out in a folder.
pub(crate) struct Toolchain {
    workshop: PathBuf,
}

impl Toolchain {
    pub(crate) fn prepare(workshop: &Path) -> Result<Self> {
        for module in [&ETCD, &KUBERNETES] {
            let dir = workshop.join(module.name);
            fs::create_dir_all(&dir)
                .and_then(|()| fs::write(dir.join("go.mod"), module.go_mod))
                .and_then(|()| fs::write(dir.join("go.sum"), module.go_sum))
                .with_context(|| format!("lay out {}", dir.display()))?;
        }
        check_go(&workshop.join(KUBERNETES.name), KUBERNETES.go_version())?;
        Ok(Self {
            workshop: workshop.to_owned(),
        })
    }

    /// Builds one binary and returns where it is.
    pub(crate) fn build(&self, binary: &str) -> Result<PathBuf> {
        let (name, module, package) = TARGETS
            .iter()
            .find(|(name, ..)| *name == binary)
            .with_context(|| format!("{binary} is no part of the control plane"))?;
        let version = module.version_of(package.split("/cmd/").next().unwrap_or(package));
        // Not beside the modules: etcd is the name of a module's folder too.
        let output = self.workshop.join("bin").join(name);
        let log = self.workshop.join(format!("{name}.log"));
        let file = File::create(&log).with_context(|| format!("create {}", log.display()))?;
        let mut go = go(&self.workshop.join(module.name));
        go.args(FLAGS)
            .args(["-ldflags", &module.linker_flags(), "-o"])
            .arg(&output)
            .arg(package)
            .stderr(file);
        let label = format!("{name} {version}");
        run(go, &label, &log)?;
        Ok(output)
    }
}

/// Runs `go build`, with a line of progress now and then.
fn run(mut go: Command, label: &str, log: &Path) -> Result<()> {
    say(&format!("building {label}"));
    let start = Instant::now();
    let mut report_at = REPORT_EVERY;
    let mut child = go.spawn().context("start go")?;
    let status = loop {
        if let Some(status) = child.try_wait().context("wait for go")? {
            break status;
        }
        if start.elapsed() >= report_at {
            report_at += REPORT_EVERY;
            say(&format!("building {label}: {} s", start.elapsed().as_secs()));
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    ensure!(
        status.success(),
        "go could not build {label} ({status}):\n{}",
        crate::process::tail(log)
    );
    say(&format!("built {label} in {} s", start.elapsed().as_secs()));
    Ok(())
}

fn go(dir: &Path) -> Command {
    let mut command = Command::new("go");
    command
        .current_dir(dir)
        .env("CGO_ENABLED", "0")
        // A workspace file above the cache is not ours.
        .env("GOWORK", "off")
        .env_remove("GOOS")
        .env_remove("GOARCH")
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

/// Asked inside the module, a Go that may do so fetches the version that the module wants.
fn check_go(dir: &Path, wanted: &str) -> Result<()> {
    let advice = format!(
        "The control plane is built with Go {wanted} or newer: install it (https://go.dev/dl/), \
         or set {} to a folder with {}",
        crate::binaries::ASSETS_ENV,
        names().join(", ")
    );
    let output = go(dir)
        .args(["env", "GOVERSION"])
        .stdout(Stdio::piped())
        .output()
        .with_context(|| format!("cannot run `go`. {advice}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("`go env GOVERSION` failed: {}\n{advice}", said.trim());
    }
    let found = String::from_utf8_lossy(&output.stdout);
    let found = found.trim().trim_start_matches("go");
    ensure!(numbers(found) >= numbers(wanted), "Go {found} is too old. {advice}");
    Ok(())
}

/// `1.26.8` as numbers, without what follows them: a pre-release such as `1.26rc1` has no third
/// number and so counts as older than the release.
fn numbers(version: &str) -> Vec<u32> {
    version
        .split(|c: char| !c.is_ascii_digit())
        .map_while(|part| part.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(numbers("1.26.8") > numbers("1.26.0"));
        assert!(numbers("1.9.9") < numbers("1.26.0"));
        assert!(numbers("1.26rc1") < numbers("1.26.0"));
        assert_eq!(numbers("1.26.8-vendor"), vec![1, 26, 8]);
    }

    #[test]
    fn what_is_stamped_comes_from_go_mod() {
        let version = KUBERNETES.version_of("k8s.io/kubernetes");
        assert!(version.starts_with("v1."), "{version}");
        let flags = KUBERNETES.linker_flags();
        assert!(flags.contains(&format!("gitVersion={version} ")), "{flags}");
        assert_eq!(ETCD.linker_flags(), "-s -w");
        assert!(ETCD.version_of("go.etcd.io/etcd/server/v3").starts_with("v3."));
    }
}
