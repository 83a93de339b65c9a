//! `make mutants`: breaks the rules of safety in a copy of the sources, one at a time and each by one line, and expects the test that
//! is said to show the rule to fail. The list is `list.yaml` in this folder.

mod list;
mod suite;
mod tree;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::list::{Killer, Mutant};
use crate::suite::{Built, Place, Verdict};
use crate::tree::Tree;

fn main() -> ExitCode {
    match run() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(survivors) => {
            eprintln!("{survivors} mutants were not caught");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The number of mutants that were not caught.
fn run() -> Result<usize> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let selected = std::env::var("MUTANTS").unwrap_or_default();
    let mutants = list::read(&root.join("tests/mutants/list.yaml"), &selected)?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let folder = std::path::absolute(target)?.join("mutants");
    fs::create_dir_all(&folder)?;
    let lock = File::create(folder.join("lock"))?;
    lock.try_lock().context("mutants are being tried already")?;
    let tree = Tree::copy(&root, folder.join("tree"))?;
    for mutant in &mutants {
        drop(tree.change(mutant)?);
    }
    let place = Place {
        tree: tree.path(),
        target: &folder.join("build"),
    };
    let killers: BTreeSet<&Killer> = mutants.iter().map(|mutant| &mutant.killer).collect();
    unmutated(&killers, &place, &folder)?;
    let mut survivors = 0;
    for mutant in &mutants {
        let start = Instant::now();
        let result = tried(mutant, &tree, &place, &folder);
        let result = match result {
            Ok(Verdict::Failed) => "caught".to_owned(),
            Ok(Verdict::Passed) => "SURVIVED".to_owned(),
            Ok(Verdict::None) => "NO RESULT".to_owned(),
            Err(error) => format!("ERROR {error:#}"),
        };
        println!("{result:9} {:4} s  {:40} {}", start.elapsed().as_secs(), mutant.name, mutant.killer);
        if result != "caught" {
            survivors += 1;
            println!("    not shown: {}", mutant.rule);
        }
    }
    println!(
        "{} of {} mutants were caught; what the tests printed is in {}",
        mutants.len() - survivors,
        mutants.len(),
        folder.display()
    );
    Ok(survivors)
}

/// Without a mutation every killer passes.
fn unmutated(killers: &BTreeSet<&Killer>, place: &Place<'_>, folder: &Path) -> Result<()> {
    let suites: BTreeSet<_> = killers.iter().map(|killer| killer.suite).collect();
    for suite in suites {
        let built = Built::new(suite, place)?;
        for killer in killers.iter().filter(|killer| killer.suite == suite) {
            let verdict = built.run(killer, &folder.join("unmutated.txt"))?;
            ensure!(
                verdict == Verdict::Passed,
                "{killer} does not pass without a mutation: see unmutated.txt in {}",
                folder.display()
            );
        }
    }
    println!("{} tests pass without a mutation", killers.len());
    Ok(())
}

fn tried(mutant: &Mutant, tree: &Tree, place: &Place<'_>, folder: &Path) -> Result<Verdict> {
    let _changed = tree.change(mutant)?;
    let built = Built::new(mutant.killer.suite, place)?;
    built.run(&mutant.killer, &folder.join(format!("{}.txt", mutant.name)))
}
