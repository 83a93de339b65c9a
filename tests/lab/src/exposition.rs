//! Reads an exposition as a strict OpenMetrics parser does: everything that the specification forbids is an error
//! (OpenMetrics 1.0, sections "Text Format" and "Metric Types").
//!
//! Not everything that it allows is understood: gauge histograms, summaries and state sets are not used here.

use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeSet;

/// Names and values, in the order of the text.
pub type Labels = Vec<(String, String)>;

/// The metrics of one name.
#[derive(Debug)]
pub struct Family {
    /// Without the suffix that its samples may have.
    pub name: String,
    /// `counter`, `gauge`, `histogram` or `info`.
    pub kind: String,
    /// Its help text.
    pub help: String,
    /// Its samples.
    pub samples: Vec<Sample>,
}

/// One line.
#[derive(Debug)]
pub struct Sample {
    /// With its suffix.
    pub name: String,
    /// What distinguishes the series from others of the name.
    pub labels: Labels,
    /// Its value.
    pub value: f64,
    /// The labels of its exemplar.
    pub exemplar: Option<Labels>,
}

/// The families of an exposition.
///
/// # Errors
/// The first line that a strict parser refuses.
pub fn parse(text: &str) -> Result<Vec<Family>> {
    let body = text.strip_suffix("# EOF\n").context("it does not end with # EOF")?;
    let mut families: Vec<Family> = Vec::new();
    for (index, line) in body.lines().enumerate() {
        take(line, &mut families).with_context(|| format!("line {}: {line}", index + 1))?;
    }
    let mut seen = BTreeSet::new();
    for family in &families {
        ensure!(seen.insert(&family.name), "{} comes twice, or not in one piece", family.name);
        check(family).with_context(|| family.name.clone())?;
    }
    Ok(families)
}

fn take(line: &str, families: &mut Vec<Family>) -> Result<()> {
    if let Some(comment) = line.strip_prefix("# ") {
        let mut words = comment.splitn(3, ' ');
        let (keyword, name, rest) = (words.next(), words.next().context("a name")?, words.next().unwrap_or_default());
        ensure!(is_name(name), "{name} is no name");
        if families.last().is_none_or(|family| family.name != name) {
            families.push(Family {
                name: name.to_owned(),
                kind: String::new(),
                help: String::new(),
                samples: Vec::new(),
            });
        }
        let family = families.last_mut().context("it was pushed just now")?;
        ensure!(family.samples.is_empty(), "metadata behind samples");
        match keyword {
            Some("HELP") if family.help.is_empty() => rest.clone_into(&mut family.help),
            Some("TYPE") if family.kind.is_empty() => rest.clone_into(&mut family.kind),
            other => bail!("{other:?} is unknown or comes twice"),
        }
        return Ok(());
    }
    let sample = sample(line)?;
    let family = families.last_mut().context("a sample before its family")?;
    family.samples.push(sample);
    Ok(())
}

fn sample(line: &str) -> Result<Sample> {
    let end = line.find(['{', ' ']).context("no value")?;
    let (name, rest) = line.split_at(end);
    ensure!(is_name(name), "{name} is no name");
    let (labels, rest) = if rest.starts_with('{') {
        labels(rest)?
    } else {
        (Labels::new(), rest)
    };
    let rest = rest.strip_prefix(' ').context("one blank before the value")?;
    let (value, exemplar) = match rest.split_once(" # ") {
        None => (rest, None),
        Some((value, exemplar)) => (value, Some(self::exemplar(exemplar)?)),
    };
    Ok(Sample {
        name: name.to_owned(),
        labels,
        value: number(value)?,
        exemplar,
    })
}

fn exemplar(text: &str) -> Result<Labels> {
    let (labels, rest) = labels(text)?;
    number(rest.strip_prefix(' ').context("an exemplar has a value")?)?;
    let length: usize = labels
        .iter()
        .map(|(name, value)| name.chars().count() + value.chars().count())
        .sum();
    ensure!(length <= 128, "the labels of an exemplar have {length} characters");
    Ok(labels)
}

fn number(text: &str) -> Result<f64> {
    ensure!(!text.is_empty() && !text.contains(' '), "{text:?} is not one value");
    text.parse().with_context(|| format!("{text} is no number"))
}

/// The labels in braces at the beginning of a text, and what is behind them.
fn labels(text: &str) -> Result<(Labels, &str)> {
    let mut rest = text.strip_prefix('{').context("a brace")?;
    let mut labels = Labels::new();
    while !rest.starts_with('}') {
        if !labels.is_empty() {
            rest = rest.strip_prefix(',').context("a comma between labels")?;
        }
        let (name, behind) = rest.split_once("=\"").context("a label is name=\"value\"")?;
        ensure!(
            is_name(name) && !name.contains(':') && !name.starts_with("__"),
            "{name} is no label"
        );
        ensure!(labels.iter().all(|(known, _)| known != name), "{name} comes twice");
        let (value, behind) = quoted(behind)?;
        labels.push((name.to_owned(), value));
        rest = behind;
    }
    Ok((labels, &rest[1..]))
}

/// A value up to its closing quote, and what is behind that.
fn quoted(text: &str) -> Result<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => match chars.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, escaped @ ('\\' | '"'))) => value.push(escaped),
                other => bail!("{other:?} is no escape"),
            },
            other => value.push(other),
        }
    }
    bail!("a value without an end")
}

fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    text.starts_with(|c: char| fits(c) && !c.is_ascii_digit()) && text.chars().all(fits)
}

/// What its type requires of a family.
fn check(family: &Family) -> Result<()> {
    ensure!(!family.help.is_empty(), "it has no HELP");
    let suffixes: &[&str] = match family.kind.as_str() {
        "counter" => &["_total"],
        "gauge" => &[""],
        "info" => &["_info"],
        "histogram" => &["_bucket", "_sum", "_count"],
        other => bail!("the type {other:?} is unknown"),
    };
    let mut series = BTreeSet::new();
    for sample in &family.samples {
        let suffix = sample.name.strip_prefix(&family.name).context("a sample of another family")?;
        ensure!(suffixes.contains(&suffix), "{} is no sample of a {}", sample.name, family.kind);
        let mut sorted = sample.labels.clone();
        sorted.sort();
        ensure!(series.insert((&sample.name, sorted)), "{sample:?} comes twice");
        let counts = matches!(suffix, "_total" | "_bucket" | "_count");
        ensure!(!counts || sample.value >= 0.0, "{sample:?} counts downwards");
        ensure!(suffix != "_info" || (sample.value - 1.0).abs() < f64::EPSILON, "an info is 1");
        let traced = matches!(suffix, "_total" | "_bucket");
        ensure!(traced || sample.exemplar.is_none(), "an exemplar has no place in {}", sample.name);
    }
    if family.kind == "histogram" { buckets(family) } else { Ok(()) }
}

/// Buckets add up, and the last one holds everything.
fn buckets(family: &Family) -> Result<()> {
    let mut last: Option<(f64, f64)> = None;
    for sample in &family.samples {
        if sample.name.ends_with("_bucket") {
            let le = sample.labels.iter().find(|(name, _)| name == "le").context("a bucket without le")?;
            let bound: f64 = le.1.parse().with_context(|| format!("le is {}", le.1))?;
            if let Some((before, count)) = last.filter(|(before, _)| before.is_finite()) {
                ensure!(bound > before && sample.value >= count, "buckets do not add up at {le:?}");
            }
            last = Some((bound, sample.value));
        }
    }
    let totals = |suffix: &str| -> f64 {
        let fits =
            |sample: &&Sample| sample.name.ends_with(suffix) && (suffix == "_count" || sample.labels.iter().any(|(_, le)| le == "+Inf"));
        family.samples.iter().filter(fits).map(|sample| sample.value).sum()
    };
    let (all, counted) = (totals("_bucket"), totals("_count"));
    ensure!((all - counted).abs() < f64::EPSILON, "+Inf holds {all} of {counted}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "# HELP a Means something.\n# TYPE a ";

    #[test]
    fn what_the_format_allows_is_read() {
        let text = "# HELP b x.\n# TYPE b counter\nb_total{k=\"a\\\\b\\\"c\\nd\",l=\"\"} 2 # {id=\"7\"} 1.0\nb_total{} 1\n\
                    # HELP h x.\n# TYPE h histogram\nh_sum 3\nh_count 2\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\n# EOF\n";
        let families = parse(text).expect("it is valid");
        assert_eq!(families.len(), 2);
        let sample = &families[0].samples[0];
        assert_eq!(sample.labels[0].1, "a\\b\"c\nd");
        assert_eq!(sample.exemplar.as_deref(), Some(&[("id".to_owned(), "7".to_owned())][..]));
    }

    #[test]
    fn what_it_forbids_is_refused() {
        for body in [
            "counter\na_total -1",
            "counter\na 1",
            "counter\na_total 1\na_total 1",
            "counter\na_total{k=\"1\",k=\"2\"} 1",
            "counter\na_total{k=\"1\"  } 1",
            "counter\na_total{k=\"\\x\"} 1",
            "counter\na_total{__k=\"1\"} 1",
            "counter\na_total one",
            "counter\na_total  1",
            "gauge\na 1 # {id=\"7\"} 1.0",
            "gauge\n\na 1",
            "gauge\nb 1",
            "gauge\n9a 1",
            "gauge\n# TYPE a gauge",
            "info\na_info 2",
            "untold\na 1",
            "histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_count 1\na_sum 1",
            "histogram\na_bucket{le=\"+Inf\"} 1\na_count 2\na_sum 1",
            "gauge\na 1\n# HELP b x.\n# TYPE b gauge\nb 1\n# HELP a x.",
        ] {
            assert!(parse(&format!("{HEAD}{body}\n# EOF\n")).is_err(), "{body}");
        }
        assert!(parse(&format!("{HEAD}gauge\na 1\n")).is_err());
        assert!(parse(&format!("{HEAD}gauge\na 1\n# EOF\n")).is_ok());
    }
}
