//! Licences of everything that is built, the fuzz targets included: each crate may be used under one that asks for no more than a
//! notice. And both lock files are current: cargo refuses to look at a stale one.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// SPDX names that are fine.
const ALLOWED: [&str; 12] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "NCSA",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Whether an SPDX expression leaves a choice of allowed licences. `/` is how crates once wrote OR.
fn is_allowed(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    any(&mut rest) == Some(true) && rest.is_empty()
}

/// Terms between ORs; `None` for what is no expression.
fn any(rest: &mut &[&str]) -> Option<bool> {
    let mut fine = all(rest)?;
    while take(rest, "OR") {
        fine |= all(rest)?;
    }
    Some(fine)
}

/// Names and groups between ANDs.
fn all(rest: &mut &[&str]) -> Option<bool> {
    let mut fine = one(rest)?;
    while take(rest, "AND") {
        fine &= one(rest)?;
    }
    Some(fine)
}

fn one(rest: &mut &[&str]) -> Option<bool> {
    if take(rest, "(") {
        let fine = any(rest)?;
        return take(rest, ")").then_some(fine);
    }
    let (name, behind) = rest.split_first()?;
    *rest = behind;
    // An exception allows more than the licence that it stands behind.
    if take(rest, "WITH") {
        *rest = rest.split_first()?.1;
    }
    Some(ALLOWED.contains(name))
}

fn take(rest: &mut &[&str], word: &str) -> bool {
    let found = rest.first() == Some(&word);
    *rest = &rest[usize::from(found)..];
    found
}

/// What cargo knows of a workspace, as its lock file has it.
fn metadata(manifest: &Path) -> Value {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version", "1", "--locked", "--filter-platform", "x86_64-unknown-linux-gnu"]);
    let output = cargo.arg("--manifest-path").arg(manifest).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", manifest.display());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn every_crate_may_be_used_and_both_lock_files_are_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (manifest, least) in [("Cargo.toml", 150), ("loadgen/fuzz/Cargo.toml", 100)] {
        let metadata = metadata(&root.join(manifest));
        let crates = metadata["packages"].as_array().unwrap();
        assert!(crates.len() >= least, "{manifest}: {} crates", crates.len());
        let licence = |it: &Value| it["license"].as_str().unwrap_or("no licence stated").to_owned();
        let foreign = crates.iter().filter(|it| !it["source"].is_null());
        let breaks: Vec<String> = foreign
            .filter(|it| !is_allowed(&licence(it)))
            .map(|it| format!("{} {}: {}", it["name"], it["version"], licence(it)))
            .collect();
        assert!(breaks.is_empty(), "{manifest}: not on the list of allowed licences:\n{}", breaks.join("\n"));
    }
}

#[test]
fn an_expression_is_read_as_spdx_means_it() {
    for (expression, allowed) in [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("GPL-3.0-only OR MIT", true),
        ("MIT AND GPL-3.0-only", false),
        ("MIT/Apache-2.0", true),
        ("(MIT OR Apache-2.0) AND NCSA", true),
        ("(MIT OR Apache-2.0) AND (GPL-2.0-only OR LGPL-2.1-only)", false),
        ("MIT OR GPL-2.0-only AND LGPL-2.1-only", true),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("GPL-2.0-only WITH Classpath-exception-2.0", false),
        ("", false),
        ("(MIT", false),
        ("MIT MIT", false),
        ("no licence stated", false),
    ] {
        assert_eq!(is_allowed(expression), allowed, "{expression}");
    }
}
