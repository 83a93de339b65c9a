//! The list: which line is changed, what rule that breaks, and which test has to fail.

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

/// A change of one line.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutant {
    /// What it is selected by.
    pub name: String,
    /// What holds without it, as a sentence.
    pub rule: String,
    /// The source, below the folder of the workspace.
    pub file: String,
    /// Text of a line that occurs once in the source.
    pub line: String,
    /// What it becomes.
    pub becomes: String,
    /// The test that has to fail.
    pub killer: Killer,
}

impl Mutant {
    /// The source with the change.
    pub fn applied(&self, source: &str) -> Result<String> {
        let count = source.matches(&self.line).count();
        ensure!(
            count == 1,
            "{}: the line occurs {count} times in {}: {}",
            self.name,
            self.file,
            self.line
        );
        Ok(source.replacen(&self.line, &self.becomes, 1))
    }
}

/// A suite that kills mutants.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Suite {
    /// The unit tests in `src`.
    Lib,
    /// The explorer, with every plan.
    Explore,
}

/// A test by name, as in `tests/rows.md`.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(try_from = "String")]
pub struct Killer {
    /// Where it is.
    pub suite: Suite,
    /// Its path, as cargo prints it.
    pub test: String,
}

impl TryFrom<String> for Killer {
    type Error = anyhow::Error;

    fn try_from(text: String) -> Result<Self> {
        let (suite, test) = text.split_once(' ').with_context(|| format!("{text:?} is no suite and test"))?;
        let suite = match suite {
            "lib" => Suite::Lib,
            "explore" => Suite::Explore,
            other => bail!("{other:?} is not lib or explore"),
        };
        let test = test.to_owned();
        Ok(Self { suite, test })
    }
}

impl fmt::Display for Killer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suite = match self.suite {
            Suite::Lib => "lib",
            Suite::Explore => "explore",
        };
        write!(f, "{suite} {}", self.test)
    }
}

/// Reads the list, or those of it that are selected by name, with commas or spaces between.
pub fn read(path: &Path, selected: &str) -> Result<Vec<Mutant>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let all: Vec<Mutant> = serde_saphyr::from_str(&text)?;
    let names: Vec<&str> = selected.split([',', ' ']).filter(|name| !name.is_empty()).collect();
    for name in &names {
        ensure!(all.iter().any(|mutant| mutant.name == *name), "there is no mutant {name}");
    }
    let wanted = |mutant: &Mutant| names.is_empty() || names.contains(&mutant.name.as_str());
    Ok(all.into_iter().filter(wanted).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_changed_only_where_it_occurs_once() {
        let list = "[{name: a, rule: r, file: f, line: two, becomes: 2, killer: lib x::y}]";
        let mutant = serde_saphyr::from_str::<Vec<Mutant>>(list).expect("a list").remove(0);
        assert_eq!(mutant.killer.to_string(), "lib x::y");
        assert_eq!(mutant.applied("one two three").expect("once"), "one 2 three");
        assert!(mutant.applied("one").is_err());
        assert!(mutant.applied("two two").is_err());
    }

    #[test]
    fn a_killer_is_in_a_suite_that_is_known() {
        assert!(Killer::try_from("e2e x".to_owned()).is_err());
        assert!(Killer::try_from("lib".to_owned()).is_err());
    }
}
