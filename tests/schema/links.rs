//! Links within the documentation lead somewhere: the file is there, and it has the heading.
//!
//! Links to other sites are not followed; tests need no network.

use std::collections::BTreeSet;
use std::fs;

use crate::support::{files_below, package};

/// The lines of a page outside of blocks of code.
fn prose(text: &str) -> Vec<&str> {
    let mut code = false;
    let outside = |line: &&str| {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        !code && !fence
    };
    text.lines().filter(outside).collect()
}

/// The anchors of a page's headings, as forges make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = prose(text).into_iter().filter(|line| line.starts_with('#'));
    let letter = |c: &char| c.is_alphanumeric() || [' ', '-', '_'].contains(c);
    headings
        .map(|line| {
            line.trim_start_matches('#')
                .trim()
                .to_lowercase()
                .chars()
                .filter(letter)
                .collect::<String>()
                .replace(' ', "-")
        })
        .collect()
}

#[test]
fn every_link_within_the_documentation_leads_somewhere() {
    let mut followed = 0;
    for page in files_below(&package(""), "md") {
        let text = fs::read_to_string(&page).expect("page can be read");
        let lines = prose(&text).join("\n");
        for link in lines.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
            let target = if path.is_empty() { page.clone() } else { page.with_file_name(path) };
            assert!(target.exists(), "{}: {link} leads nowhere", page.display());
            if let Some(anchor) = anchor {
                let text = fs::read_to_string(&target).expect("an anchor is in a page");
                assert!(anchors(&text).contains(anchor), "{}: {link} names no heading", page.display());
            }
            followed += 1;
        }
    }
    assert!(followed > 20, "the links were not found");
}
