//! The self-check as a user runs it: exact checks pass, what cannot be run says why, and the report shows the file.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use trial::SelfCheck;

fn loadgen(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_loadgen")).args(args).stdin(Stdio::null()).output().unwrap()
}

#[test]
fn exact_checks_pass_and_are_told_in_one_line_each() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().to_str().unwrap();
    let output = loadgen(&["selfcheck", "--only", "V1,V3,V5,V18,V19,V20", "-o", out]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 7, "{text}");
    assert!(lines[0].starts_with("– V1 delay") && lines[0].contains("not measured"), "{text}");
    assert!(lines[1..6].iter().all(|line| line.starts_with('✓') && line.contains("; found: ")), "{text}");
    assert_eq!(lines[6], "5 passed, 0 failed, 1 not measured");
    let found = SelfCheck::parse(&fs::read(directory.path().join("selfcheck.json")).unwrap()).unwrap();
    assert!(found.passed() && found.checks.len() == 6);
}

#[test]
fn a_check_of_several_cases_shows_each_expected_against_found() {
    let directory = tempfile::tempdir().unwrap();
    let output = loadgen(&["selfcheck", "--only", "V12", "-o", directory.path().to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    let found = SelfCheck::parse(&fs::read(directory.path().join("selfcheck.json")).unwrap()).unwrap();
    let check = &found.checks[0];
    // Whether times are as expected is for a quiet host to say; what was counted is right on any.
    assert_eq!(check.cases.len(), 2, "{text}");
    for (case, transport) in check.cases.iter().zip(["sse", "websocket"]) {
        assert!(case.injected.starts_with(transport) && text.contains(&case.injected), "{text}");
        assert!(case.expected.contains("25 late") && case.found.contains("0 lost"), "{text}");
    }
    assert_eq!(check.pass, Some(check.cases.iter().all(|case| case.pass)), "{text}");
}

#[test]
fn what_is_asked_wrongly_is_said_in_one_line() {
    for (args, status, words) in [
        (&["selfcheck", "--only", "V99"][..], 2, "expected V1 to V26"),
        (&["selfcheck", "--only", "V9", "--records", "/nonexistent"], 1, "cannot read /nonexistent"),
    ] {
        let output = loadgen(args);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(status), "{text}");
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn the_report_shows_a_self_check_that_lies_beside_the_records() {
    let directory = tempfile::tempdir().unwrap();
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("../reports/published");
    let run = fs::read_dir(published)
        .unwrap()
        .map(|run| run.unwrap().path())
        .filter(|run| run.join("selfcheck.json").is_file())
        .min()
        .unwrap();
    // The run and its first trials: what else is in the report takes time, and is not asked here.
    let text = trial::container::text(&run).unwrap();
    let first: String = text.split_inclusive('\n').take(20).collect();
    fs::write(directory.path().join("records.jsonl"), first).unwrap();
    let out = directory.path().to_str().unwrap();
    assert!(loadgen(&["selfcheck", "--only", "V19", "-o", out]).status.success());
    let rendered = loadgen(&["report", out, "-o", out]);
    assert!(rendered.status.success(), "{}", String::from_utf8_lossy(&rendered.stderr));
    let page = fs::read_to_string(directory.path().join("report.html")).unwrap();
    assert!(page.contains("V19 seed") && page.contains("10,000 due times equal"));
}
