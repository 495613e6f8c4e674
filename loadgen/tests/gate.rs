//! A run as a test of a build: every exit status of `report --threshold`, `--baseline` and `--counts`, on records that lie in
//! the repository. Nothing is measured.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;
use trial::{ExactPass, Line, Metric, Outcome, Tally, Trial};

const CELL: &str = "latency/single";

/// The published run with one cell, after something was done to each of its trials.
fn run(alter: impl Fn(&mut Trial)) -> TempDir {
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("../reports/published");
    let first = fs::read_dir(published)
        .unwrap()
        .map(|run| run.unwrap().path())
        .filter(|run| run.join("selfcheck.json").is_file())
        .min();
    let text = trial::container::text(&first.unwrap()).unwrap();
    let directory = TempDir::new().unwrap();
    let mut out = fs::File::create(directory.path().join("records.jsonl")).unwrap();
    let of_cell = text.lines().filter(|line| line.contains(CELL));
    for line in of_cell.map(|line| Line::parse(line).unwrap()) {
        match line {
            Line::Run(mut run) => {
                run.plan.cells.retain(|cell| cell.name == CELL);
                Line::Run(run).write(&mut out).unwrap();
            }
            Line::Trial(mut trial) if trial.cell.name == CELL => {
                alter(&mut trial);
                Line::Trial(trial).write(&mut out).unwrap();
            }
            _ => {}
        }
    }
    directory
}

/// Multiplies every response and judged time of a trial: whichever of them is judged.
fn scale(trial: &mut Trial, factor: f64) {
    let Outcome::Measured(measurement) = &mut trial.outcome else { return };
    for metric in [Metric::ResponseTime, Metric::JudgedTime] {
        let Some(distribution) = measurement.distributions.get_mut(&metric) else { continue };
        let scaled = |(ns, count)| std::iter::repeat_n((ns as f64 * factor) as u64, count as usize);
        *distribution = distribution.counts().flat_map(scaled).collect();
    }
}

fn report(directory: &Path, flags: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loadgen"));
    command.arg("report").arg(directory).args(flags).env_remove("GITHUB_STEP_SUMMARY").stdin(Stdio::null());
    command.envs(environment.iter().copied()).output().unwrap()
}

#[track_caller]
fn ends(directory: &Path, flags: &[&str], status: i32, said: &str) {
    let output = report(directory, flags, &[]);
    let all = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(status), "{flags:?}: {all}");
    assert!(all.contains(said), "{flags:?} lacks {said:?}: {all}");
}

#[test]
fn thresholds_pass_with_0_and_are_crossed_with_99() {
    let run = run(|_| ());
    ends(run.path(), &["--threshold", "response:p50<1s"], 0, "✓ response:p50<1s · latency/single: SSE ");
    ends(
        run.path(),
        &["--threshold", "response:p50<1s", "--threshold", "websocket.cpu{latency/*}<1ns"],
        99,
        "✗ websocket.cpu{latency/*}<1ns · latency/single: WebSocket ",
    );
    ends(run.path(), &["--threshold", "response:p50<1ns", "--lang", "zh"], 99, "✗ response:p50<1ns");
}

#[test]
fn mistakes_are_2_and_what_cannot_be_judged_is_1() {
    let run = run(|_| ());
    ends(run.path(), &["--threshold", "respons:p99<5ms"], 2, "did you mean 'response'?");
    ends(run.path(), &["--junit", "x.xml"], 2, "--threshold");
    ends(run.path(), &["--threshold", "memory<1MiB"], 1, "nothing that was measured in this run matches");
    ends(run.path(), &["--baseline", "/nonexistent"], 1, "cannot read /nonexistent");
    ends(run.path(), &["--threshold", "cpu<1s", "--github"], 1, "GITHUB_STEP_SUMMARY is not set");
    ends(run.path(), &["--threshold", "cpu<1s", "--junit", "/nonexistent/x"], 1, "--junit /nonexistent/x");
    let twice = run.path().display().to_string();
    ends(run.path(), &[&twice, "--threshold", "cpu<1s"], 1, "judge one run");
}

/// The published run, its null arm so far from its twin and all of it so much slower.
fn slower(null: f64, all: f64) -> TempDir {
    run(|trial| scale(trial, if trial.arm.twin { null * all } else { all }))
}

#[test]
fn a_null_arm_that_is_off_is_3_where_nothing_larger_was_found() {
    let before = run(|_| ());
    let baseline = ["--baseline", &before.path().display().to_string()];
    let both = ["--threshold", "response:p50<1s", baseline[0], baseline[1]];
    ends(slower(3.0, 1.0).path(), &both, 3, "the result is invalid: latency/single: no verdict");
    ends(slower(0.98, 38.0).path(), &baseline, 99, "✗ ");
}

#[test]
fn unequal_arms_are_3_whatever_the_numbers_say() {
    let nagle = run(|trial| {
        if let (false, Some(server)) = (trial.arm.twin, &mut trial.server) {
            server.tuning.nodelay = trial.arm.protocol == wire::Transport::Sse;
        }
    });
    ends(nagle.path(), &["--threshold", "cpu<1s"], 3, "unequal arms were refused: nodelay true / false");
}

#[test]
fn a_baseline_finds_what_became_worse_and_writes_it_for_machines() {
    let (before, after) = (run(|_| ()), run(|trial| scale(trial, 3.0)));
    let baseline = before.path().display().to_string();
    ends(before.path(), &["--baseline", &baseline], 0, "unpaired in time");
    let [xml, summary] = ["junit.xml", "job.md"].map(|name| after.path().join(name).display().to_string());
    fs::write(&summary, "earlier step\n").unwrap();
    let flags = ["--baseline", &baseline, "--github", "--junit", &xml];
    let output = report(after.path(), &flags, &[("GITHUB_STEP_SUMMARY", &summary)]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(99), "{said}");
    let error = |line: &str| {
        line.starts_with("::error title=pushbench::") && line.contains(" time p50 · SSE · latency/single: 3.0")
    };
    assert!(said.lines().any(error), "{said}");
    let summary = fs::read_to_string(summary).unwrap();
    assert!(summary.starts_with("earlier step\n## pushbench\n") && summary.contains("of the baseline"), "{summary}");
    assert!(fs::read_to_string(xml).unwrap().contains("<failure message=\"3.0"));
}

/// The run with one cell, as if each event had cost the server so many instructions.
fn counted(instructions: u64) -> TempDir {
    let tallies = [20, 120].map(|events| Tally { events, count: 9_000 + events * instructions }).to_vec();
    run(|trial| {
        let Outcome::Measured(measurement) = &mut trial.outcome else { return };
        measurement.exact = Some(ExactPass { instructions: tallies.clone(), ..ExactPass::default() });
    })
}

#[test]
fn a_file_keeps_counts_and_what_rose_above_them_is_99() {
    let (before, after) = (counted(6_000), counted(6_300));
    let file = before.path().join("exact.json").display().to_string();
    let counts = ["--counts", &file];
    ends(before.path(), &counts, 1, "--counts");
    ends(before.path(), &["--counts", &file, "--renew"], 0, "report.html");
    ends(
        before.path(),
        &counts,
        0,
        "server user instructions per event · SSE · latency/single: 6,000; kept 6,000 (+0.00)",
    );
    ends(
        after.path(),
        &counts,
        99,
        "✗ server user instructions per event · WebSocket · latency/single: 6,300; kept 6,000",
    );
    let uncounted = run(|_| ());
    ends(uncounted.path(), &counts, 0, "not measured (not in this run)");
    ends(uncounted.path(), &["--counts", &file, "--renew"], 1, "nothing was counted");
    ends(before.path(), &["--renew"], 2, "--counts");
}
