//! The copy of the sources in which lines are changed. It stays where it is, so that little has to be built again.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::list::Mutant;

/// Folders that are not copied.
const LEFT: [&str; 2] = ["target", ".git"];

/// A copy of the sources.
pub struct Tree(PathBuf);

/// A line of the copy is changed as long as this lives.
pub struct Changed {
    path: PathBuf,
    source: String,
}

impl Drop for Changed {
    fn drop(&mut self) {
        if let Err(error) = fs::write(&self.path, &self.source) {
            eprintln!("{} was not restored: {error}", self.path.display());
        }
    }
}

impl Tree {
    /// Makes the folder `to` equal to the sources, touching only files that differ.
    pub fn copy(from: &Path, to: PathBuf) -> Result<Self> {
        copy(from, &to).with_context(|| format!("copying to {}", to.display()))?;
        Ok(Self(to))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Changes the line of a mutant.
    pub fn change(&self, mutant: &Mutant) -> Result<Changed> {
        let path = self.0.join(&mutant.file);
        let source = fs::read_to_string(&path).with_context(|| mutant.file.clone())?;
        fs::write(&path, mutant.applied(&source)?)?;
        Ok(Changed { path, source })
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    let mut names = Vec::new();
    for entry in fs::read_dir(from)? {
        let (entry, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        if LEFT.iter().any(|left| name == *left) {
            continue;
        }
        let there = to.join(&name);
        if entry.is_dir() {
            copy(&entry, &there)?;
        } else {
            let content = fs::read(&entry)?;
            if fs::read(&there).ok().as_ref() != Some(&content) {
                fs::write(&there, content)?;
            }
        }
        names.push(name);
    }
    for entry in fs::read_dir(to)? {
        let entry = entry?;
        if names.contains(&entry.file_name()) {
            continue;
        }
        if entry.path().is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_equals_the_sources_and_a_changed_line_comes_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        for (path, text) in [("from/src/a", "one two"), ("from/target/x", ""), ("to/gone/b", ""), ("to/c", "")] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        }
        let tree = Tree::copy(&from, to).expect("copied");
        let left = |path: &str| tree.path().join(path).exists();
        assert!(left("src/a") && !left("gone") && !left("c") && !left("target"));
        let list = "[{name: a, rule: r, file: src/a, line: two, becomes: 2, killer: lib x}]";
        let mutants: Vec<Mutant> = serde_saphyr::from_str(list).expect("a list");
        let read = || fs::read_to_string(tree.path().join("src/a")).expect("a source");
        let changed = tree.change(&mutants[0]).expect("changed");
        assert_eq!(read(), "one 2");
        drop(changed);
        assert_eq!(read(), "one two");
    }
}
