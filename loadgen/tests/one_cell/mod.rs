//! A plan of one cell, run by the program as a user runs it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use trial::{Line, Outcome};

/// Runs a plan of one cell with `path` as the only place where programs are found.
pub(crate) fn outcomes(directory: &Path, path: &Path, cell: &str) -> Vec<Outcome> {
    let plan = directory.join("plan.toml");
    fs::write(&plan, format!("name = 't'\nwhy = 'w'\nblocks = 1\nredo = 0\n[[cell]]\nname = 'c'\nwhy = 'w'\n{cell}\n"))
        .unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_loadgen"));
    command
        .args(["compare", "--allow-debug", "--preflight", "quick", "--plan"])
        .arg(&plan)
        .arg("-o")
        .arg(directory.join("out"))
        .env("PATH", path);
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(status.success());
    let records = trial::container::text(&directory.join("out")).unwrap();
    let trials = records.lines().filter_map(|line| match Line::parse(line).unwrap() {
        Line::Trial(trial) => Some(trial.outcome),
        Line::Run(_) | Line::Preflight(_) | Line::AgentLoop(_) | Line::Redone(_) | Line::Floor(_) | Line::End(_) => {
            None
        }
    });
    trials.collect()
}
