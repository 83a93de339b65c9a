//! The house has floors: an import never points up, and no files import each other in a ring. Read from the sources, of the
//! operator and of the simulator; tests aside, and `mod` and `pub use` of a `mod.rs` aside, which only hand on what is below.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::support::package;

/// The folders of the operator from the ground up. What stands on one floor knows nothing of its neighbours.
const OPERATOR: &[&[&str]] = &[
    &["base"],
    &["api", "graph", "runtime"],
    &["report", "cli"],
    &["tenant", "cluster"],
    &["reconcile"],
    &["controllers"],
    &["process"],
];

/// The folders of the simulator, as the doc of its `lib.rs` draws them.
const SIMULATOR: &[&[&str]] = &[
    &["base"],
    &["catalogue", "contract", "options", "schema"],
    &["wire", "world"],
    &["entra", "life", "throttle"],
    &["faults", "graph"],
    &["seed"],
    &["service"],
    &["endpoints"],
    &["pipeline"],
    &["router", "server"],
    &["simulator"],
    &["cli"],
];

type Module = Vec<String>;

/// The modules of a crate, each with what it imports from the crate.
struct House {
    sources: BTreeMap<Module, (String, bool)>,
    handed_on: BTreeMap<(Module, String), Module>,
}

impl House {
    fn read(root: &str) -> Self {
        let mut sources = BTreeMap::new();
        collect(&package(root), &mut Vec::new(), &mut sources);
        let mut house = Self {
            sources,
            handed_on: BTreeMap::new(),
        };
        for (module, (text, is_face)) in &house.sources {
            for path in uses(text, true).into_iter().filter(|_| *is_face) {
                let full = absolute(module, &path).unwrap_or_else(|| [module.clone(), path.clone()].concat());
                let name = full.last().cloned().unwrap_or_default();
                house.handed_on.insert((module.clone(), name), full);
            }
        }
        house
    }

    /// The module that a path leads to; what a face hands on is followed to where it stands.
    fn target(&self, path: &[String]) -> Option<Module> {
        let mut path = path.to_vec();
        for _ in 0..8 {
            let length = (0..=path.len()).rev().find(|length| self.sources.contains_key(&path[..*length]))?;
            let module = path[..length].to_vec();
            let Some(name) = path.get(length) else { return Some(module) };
            match self.handed_on.get(&(module.clone(), name.clone())) {
                Some(there) => path = [there.as_slice(), &path[length + 1..]].concat(),
                None => return Some(module),
            }
        }
        None
    }

    /// Each module's imports, and the name that is taken.
    fn imports(&self) -> BTreeMap<Module, BTreeMap<Module, String>> {
        let imports = |(module, (text, is_face)): (&Module, &(String, bool))| {
            let mut found = BTreeMap::new();
            let mut paths = uses(text, false);
            if !is_face {
                paths.extend(uses(text, true));
            }
            paths.extend(inline(text));
            for path in paths {
                let full = absolute(module, &path).unwrap_or_else(|| [module.clone(), path.clone()].concat());
                if let Some(target) = self.target(&full).filter(|target| target != module && !target.is_empty()) {
                    found.insert(target, path.join("::"));
                }
            }
            (module.clone(), found)
        };
        self.sources.iter().map(imports).collect()
    }
}

fn collect(folder: &Path, module: &mut Module, found: &mut BTreeMap<Module, (String, bool)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        if name == "tests" {
            continue;
        }
        if path.is_dir() {
            module.push(name);
            collect(&path, module, found);
            module.pop();
        } else {
            let text = fs::read_to_string(&path).expect("a source");
            let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
            let is_face = ["mod", "lib", "main"].contains(&name.as_str());
            let own = if is_face {
                module.clone()
            } else {
                [module.as_slice(), &[name]].concat()
            };
            found.entry(own).or_insert((code.join("\n"), is_face));
        }
    }
}

/// The paths of `use` items, those that are public or those that are not, groups taken apart.
fn uses(text: &str, public: bool) -> Vec<Module> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("use ") {
        let before = text[..at].lines().next_back().unwrap_or_default().trim_end();
        let before = if text[..at].ends_with('\n') { "" } else { before.trim_start() };
        if !(before.is_empty() || before.starts_with("pub")) || public == before.is_empty() {
            continue;
        }
        let tree = text[at + 4..].split(';').next().unwrap_or_default();
        expand("", tree, &mut found);
    }
    found
}

fn expand(prefix: &str, tree: &str, found: &mut Vec<Module>) {
    let tree = tree.trim();
    let Some((head, group)) = tree.split_once('{') else {
        let path = format!("{prefix}{tree}");
        let path = path.split(" as ").next().unwrap_or_default();
        found.push(path.split("::").map(|part| part.trim().to_owned()).collect());
        return;
    };
    let (mut depth, mut part) = (0, String::new());
    for letter in group.strip_suffix('}').unwrap_or(group).chars().chain([',']) {
        match letter {
            ',' if depth == 0 => {
                if !part.trim().is_empty() {
                    expand(&format!("{prefix}{}", head.trim()), &part, found);
                }
                part.clear();
            }
            '{' | '}' => {
                depth += if letter == '{' { 1 } else { -1 };
                part.push(letter);
            }
            _ => part.push(letter),
        }
    }
}

/// Paths that stand in the code itself.
fn inline(text: &str) -> Vec<Module> {
    let word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let paths = ["crate::", "super::"].iter().flat_map(|start| text.match_indices(start));
    let path = |(at, _): (usize, &str)| text[at..].split(|letter| !word(letter)).next().unwrap_or_default();
    paths
        .map(path)
        .map(|path| path.trim_end_matches(':').split("::").map(str::to_owned).collect())
        .collect()
}

/// The path from the root of the crate; nothing for a path that may be another crate's.
fn absolute(module: &Module, path: &[String]) -> Option<Module> {
    let ups = path.iter().take_while(|part| *part == "super").count();
    match path.first()?.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some([module.as_slice(), &path[1..]].concat()),
        "super" => Some([&module[..module.len().saturating_sub(ups)], &path[ups..]].concat()),
        _ => None,
    }
}

fn floors(root: &str, floors: &[&[&str]]) {
    let house = House::read(root);
    let floor = |module: &Module| floors.iter().position(|floor| floor.contains(&module[0].as_str()));
    let mut wrong = Vec::new();
    for (module, imports) in house.imports() {
        if module.is_empty() || module[0] == "bin" {
            continue;
        }
        let own = floor(&module).unwrap_or_else(|| panic!("{} is on no floor", module.join("/")));
        for (target, name) in imports.iter().filter(|(target, _)| target[0] != module[0]) {
            let other = floor(target).unwrap_or_else(|| panic!("{} is on no floor", target.join("/")));
            if other >= own {
                wrong.push(format!("{} imports {name} from {}", module.join("/"), target.join("/")));
            }
        }
    }
    assert!(wrong.is_empty(), "imports that do not point down:\n{}", wrong.join("\n"));
}

/// The modules that can be reached from one.
fn reach(from: &Module, imports: &BTreeMap<Module, BTreeMap<Module, String>>) -> BTreeSet<Module> {
    let (mut found, mut next) = (BTreeSet::new(), vec![from.clone()]);
    while let Some(module) = next.pop() {
        for target in imports.get(&module).into_iter().flat_map(BTreeMap::keys) {
            if found.insert(target.clone()) {
                next.push(target.clone());
            }
        }
    }
    found
}

fn no_rings(root: &str) {
    let imports = House::read(root).imports();
    let reached: BTreeMap<&Module, BTreeSet<Module>> = imports.keys().map(|module| (module, reach(module, &imports))).collect();
    let mut rings = Vec::new();
    for (module, targets) in &imports {
        for (target, name) in targets {
            if reached.get(target).is_some_and(|reached| reached.contains(module)) {
                rings.push(format!("{} imports {name} from {}", module.join("/"), target.join("/")));
            }
        }
    }
    assert!(rings.is_empty(), "files that import each other in a ring:\n{}", rings.join("\n"));
}

#[test]
fn no_import_of_the_operator_points_up() {
    floors("src", OPERATOR);
}

#[test]
fn no_import_of_the_simulator_points_up() {
    floors("graph-sim/src", SIMULATOR);
}

#[test]
fn no_files_of_the_operator_import_each_other_in_a_ring() {
    no_rings("src");
}

#[test]
fn no_files_of_the_simulator_import_each_other_in_a_ring() {
    no_rings("graph-sim/src");
}

#[test]
fn imports_are_found_where_they_stand() {
    let text = "use crate::a::{b, c::{D, e as f}};\npub use x::Y;\nfn g() { crate::h::i::j(); super::k::l() }";
    let path = |text: &str| -> Module { text.split("::").map(str::to_owned).collect() };
    assert_eq!(uses(text, false), ["crate::a::b", "crate::a::c::D", "crate::a::c::e"].map(path));
    assert_eq!(uses(text, true), [path("x::Y")]);
    assert_eq!(
        inline("crate::h::i::j(); super::k::l()"),
        ["crate::h::i::j", "super::k::l"].map(path)
    );
}
