//! A run beside a process that wants a whole CPU: the block that it disturbs is run again, and the record names why.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use trial::{Action, Line, StopReason};

const PROGRAM: &str = env!("CARGO_BIN_EXE_loadgen");

/// Two trials of half a second, which may be run again once over.
const PLAN: &str = "name = 'gate'\nwhy = 'w'\nredo = 1\n[[cell]]\nname = 'single'\nwhy = 'w'\nscenario = 'push'\nblocks = 1\n\
                    null = false\nwarmup = '100ms'\nwindow = '400ms'\n";

/// A child that spins until it is ended, or until its time is up by itself.
struct Hog(Child);

impl Hog {
    fn start() -> Self {
        let spin = "end=$(($(date +%s) + 30)); while [ \"$(date +%s)\" -lt \"$end\" ]; do i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; done";
        Self(Command::new("sh").args(["-c", spin]).stdin(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Hog {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn run(directory: &Path) -> Vec<Line> {
    let (plan, out) = (directory.join("plan.toml"), directory.join("run"));
    std::fs::write(&plan, PLAN).unwrap();
    let output = Command::new(PROGRAM)
        .args(["compare", "--allow-debug", "--preflight", "quick", "--plan", plan.to_str().unwrap()])
        .args(["-o", out.to_str().unwrap()])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let records = trial::container::text(&out).unwrap();
    records.lines().map(|line| Line::parse(line).unwrap()).collect()
}

#[test]
fn a_block_beside_a_hog_is_run_again_and_the_reason_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let hog = Hog::start();
    let lines = run(directory.path());
    drop(hog);
    let preflights = lines.iter().filter(|line| matches!(line, Line::Preflight(_))).count();
    assert_eq!(preflights, 1, "what was found before the run is recorded");
    let redone: Vec<_> =
        lines.iter().filter_map(|line| if let Line::Redone(redone) = line { Some(redone) } else { None }).collect();
    assert_eq!(redone.len(), 1, "one block fits into the time for it");
    assert_eq!((redone[0].block, redone[0].attempt), (0, 0));
    assert!(redone[0].causes.iter().any(|cause| cause.rule() == Some(5)), "{:?}", redone[0].causes);
    let trials: Vec<_> =
        lines.iter().filter_map(|line| if let Line::Trial(trial) = line { Some(trial) } else { None }).collect();
    assert_eq!(trials.iter().map(|trial| trial.attempt).collect::<Vec<_>>(), [0, 0, 1, 1], "nothing is thrown away");
    for trial in trials {
        assert!(trial.noise.as_ref().unwrap().foreign_cpus.unwrap() > 0.2);
        assert!(trial.warnings.iter().any(|warning| warning.action() == Action::Redo), "{:?}", trial.warnings);
    }
    let Some(Line::End(end)) = lines.last() else { panic!("the run has an end") };
    assert_eq!((end.trials, end.planned), (2, 2), "the block counts once");
    assert_eq!((end.stops[0].blocks, end.stops[0].redone, end.stops[0].reason), (1, 1, StopReason::Planned));
}
