//! No file of a crate needs, over others, itself: paths that begin with `crate::` or `super::` form no circle. Lines that
//! declare a module or name an item again for others (`mod`, `pub use`) do not count, nor do tests.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A module, as the names on the way to it.
type Module = Vec<String>;
/// Which modules each module names.
type Needs = BTreeMap<Module, BTreeSet<Module>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The directories of sources of all crates in the workspace.
fn crates() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = ["servers", "loadgen", "reports", "benches"].map(|top| root().join(top)).to_vec();
    while let Some(dir) = open.pop() {
        if dir.join("Cargo.toml").is_file() && dir.join("src").is_dir() {
            found.push(dir.join("src"));
        }
        let inner = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path());
        open.extend(inner.filter(|path| path.is_dir() && !path.ends_with("src") && !path.ends_with("target")));
    }
    found
}

/// The files below `src` by module, without those of tests.
fn files(src: &Path) -> BTreeMap<Module, String> {
    let mut files = BTreeMap::new();
    let mut open = vec![src.to_owned()];
    while let Some(dir) = open.pop() {
        for path in fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let inside = path.strip_prefix(src).unwrap().with_extension("");
                let mut module: Module = inside.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
                module.pop_if(|last| last == "mod" || last == "lib");
                if !module.iter().any(|part| part == "tests") {
                    files.insert(module, fs::read_to_string(&path).unwrap());
                }
            }
        }
    }
    files
}

/// The lines of a file that are no test's: what is one line is left out alone, a module with its text comes last.
fn without_tests(text: &str) -> impl Iterator<Item = &str> {
    let mut lines = text.lines();
    std::iter::from_fn(move || {
        loop {
            let line = lines.next()?;
            if line != "#[cfg(test)]" {
                return Some(line);
            }
            lines.next().filter(|item| item.ends_with(';'))?;
        }
    })
    .fuse()
}

/// A file without comments, declarations for others, and its tests.
fn counted(text: &str) -> String {
    let lines = without_tests(text).map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n");
    let kept = |statement: &&str| !(statement.trim_start().starts_with("pub") && statement.contains(" use "));
    lines.split_inclusive(';').filter(kept).collect()
}

/// Every path that begins with `crate` or `super`, a braced list as one path for each of its items.
fn paths(text: &str) -> Vec<Vec<String>> {
    let begins = text.match_indices("crate::").chain(text.match_indices("super::"));
    let begins = begins.map(|(at, _)| at).filter(|&at| {
        let before = text[..at].chars().next_back();
        !before.is_some_and(|before| before.is_alphanumeric() || before == '_' || before == ':')
    });
    let mut found = Vec::new();
    for at in begins {
        expand(&text[at..], Vec::new(), &mut found);
    }
    found
}

/// Reads one path; returns what follows it.
fn expand<'a>(mut text: &'a str, mut path: Vec<String>, found: &mut Vec<Vec<String>>) -> &'a str {
    loop {
        text = text.trim_start();
        if let Some(mut inner) = text.strip_prefix('{') {
            while !inner.trim_start().starts_with('}') {
                let rest = expand(inner, path.clone(), found).trim_start();
                assert!(rest.len() < inner.len(), "no path in {inner}");
                inner = rest.strip_prefix(',').unwrap_or(rest);
            }
            return &inner.trim_start()[1..];
        }
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '*').unwrap_or(text.len());
        path.push(text[..end].to_owned());
        text = &text[end..];
        match text.strip_prefix("::") {
            Some(rest) if rest.starts_with(|c: char| c.is_alphabetic() || "_{*".contains(c)) => text = rest,
            _ => break,
        }
    }
    found.push(path);
    // `a as b`, in a list.
    text.trim_start()
        .strip_prefix("as ")
        .map_or(text, |rest| rest.trim_start_matches(|c: char| c != ',' && c != '}' && c != ';'))
}

/// The module that a path from `here` leads into.
fn target(here: &Module, path: &[String], files: &BTreeMap<Module, String>) -> Option<Module> {
    let up = path.iter().take_while(|part| *part == "super").count();
    let mut module = if path[0] == "crate" { Vec::new() } else { here[..here.len().checked_sub(up)?].to_vec() };
    module.extend_from_slice(&path[up.max(1)..]);
    while !module.is_empty() && !files.contains_key(&module) {
        module.pop();
    }
    (files.contains_key(&module) && module != *here).then_some(module)
}

fn needs(files: &BTreeMap<Module, String>) -> Needs {
    let of = |(module, text): (&Module, &String)| {
        let all = paths(&counted(text));
        (module.clone(), all.iter().filter_map(|path| target(module, path, files)).collect())
    };
    files.iter().map(of).collect()
}

/// A way from a module back to itself, where there is one.
fn circle(needs: &Needs) -> Option<Vec<String>> {
    let mut done = BTreeSet::new();
    needs.keys().find_map(|module| visit(module, needs, &mut Vec::new(), &mut done))
}

fn visit<'a>(
    module: &'a Module,
    needs: &'a Needs,
    way: &mut Vec<&'a Module>,
    done: &mut BTreeSet<&'a Module>,
) -> Option<Vec<String>> {
    if let Some(begin) = way.iter().position(|&step| step == module) {
        return Some(way[begin..].iter().map(|step| step.join("::")).collect());
    }
    if !done.insert(module) {
        return None;
    }
    way.push(module);
    let found = needs.get(module).into_iter().flatten().find_map(|next| visit(next, needs, way, done));
    way.pop();
    found
}

#[test]
fn no_files_need_each_other() {
    for src in crates() {
        let files = files(&src);
        assert!(!files.is_empty(), "{}", src.display());
        assert_eq!(circle(&needs(&files)), None, "a circle of files in {}", src.display());
    }
}

#[test]
fn a_circle_is_found_in_every_form_of_a_path() {
    let tree = |a: &str, b: &str| {
        let module = |path: &str| path.split("::").map(str::to_owned).collect::<Module>();
        let files = BTreeMap::from([
            (Vec::new(), "mod a; pub use a::X;".to_owned()),
            (module("a"), a.to_owned()),
            (module("a::b"), b.to_owned()),
        ]);
        circle(&needs(&files))
    };
    let round = Some(vec!["a".to_owned(), "a::b".to_owned()]);
    assert_eq!(tree("use crate::{c, a::{b::{Y, Z as W}, d}};", "use super::X;"), round);
    assert_eq!(tree("fn f() { crate::a::b::g() }", "fn g() -> crate::a::X {}"), round);
    assert_eq!(tree("pub(crate) use crate::a::b::Y;", "use super::X;"), None, "what is named again for others");
    assert_eq!(tree("mod b; // crate::a::b", "use super::X;"), None, "a comment");
    assert_eq!(tree("#[cfg(test)]\nmod t;\nuse crate::a::b::Y;", "use super::X;"), round, "behind tests elsewhere");
    assert_eq!(tree("use crate::a::b::Y;\n#[cfg(test)]\nmod t { use crate::a::b; }", "fn f() {}"), None);
}
