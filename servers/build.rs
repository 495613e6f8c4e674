//! Names the commit that is built, for facts and records: the checkout may change while the program lives. Refuses to fail:
//! outside of a checkout the commit is unknown.
//!
//! `PUSHBENCH_COMMIT` in the environment of the build names it instead. A debug build names the last commit and does not ask
//! whether anything was changed since: it would have to be built again at every edit, and what it measures counts for nothing.

use std::env;
use std::process::Command;

/// What a release build is made of, from this directory.
const SOURCES: [&str; 6] = ["../Cargo.toml", "../Cargo.lock", "../loadgen", "../reports/src", "../reports/assets", "."];

fn main() {
    println!("cargo::rerun-if-env-changed=PUSHBENCH_COMMIT");
    let named = env::var("PUSHBENCH_COMMIT").ok().filter(|commit| !commit.is_empty());
    let commit = named.or_else(checkout).unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=PUSHBENCH_COMMIT={commit}");
}

/// The commit of the checkout that this directory belongs to, `-dirty` where a release build has more than that.
fn checkout() -> Option<String> {
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    println!("cargo::rerun-if-changed={log}");
    // Unpacked inside of some other project's checkout, this is not its commit.
    if git(&["rev-parse", "--show-prefix"])? != "servers/" {
        return None;
    }
    let commit = git(&["describe", "--always", "--abbrev=12"])?;
    if env::var("PROFILE").is_ok_and(|profile| profile != "release") {
        return Some(commit);
    }
    SOURCES.iter().for_each(|source| println!("cargo::rerun-if-changed={source}"));
    let changed = git(&[&["status", "--porcelain", "--untracked-files=no", "--"], &SOURCES[..]].concat())?;
    Some(if changed.is_empty() { commit } else { format!("{commit}-dirty") })
}

fn git(args: &[&str]) -> Option<String> {
    let answer = Command::new("git").args(args).output().ok().filter(|answer| answer.status.success())?;
    Some(String::from_utf8_lossy(&answer.stdout).trim().to_owned())
}
