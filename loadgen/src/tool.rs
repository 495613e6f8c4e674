//! What this program is, for records and `--version`.

use std::sync::OnceLock;
use trial::Tool;

/// Version, commit and build profile.
pub fn facts() -> Tool {
    Tool {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: commit(),
        profile: if cfg!(debug_assertions) { "debug" } else { "release" }.to_owned(),
    }
}

/// The commit named at build time, else that of the checkout, as far as git can tell. Asked once: a commit made while a run
/// lasts does not change the program that runs.
fn commit() -> String {
    static COMMIT: OnceLock<String> = OnceLock::new();
    let built = || option_env!("PUSHBENCH_COMMIT").map(str::to_owned);
    COMMIT.get_or_init(|| built().or_else(checkout).unwrap_or_else(|| "unknown".to_owned())).clone()
}

fn checkout() -> Option<String> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let answer = std::process::Command::new("git")
        .args(["-C", root, "describe", "--always", "--dirty", "--abbrev=12"])
        .output()
        .ok()
        .filter(|answer| answer.status.success())?;
    Some(String::from_utf8_lossy(&answer.stdout).trim().to_owned())
}
