//! The program: what it writes, what it prints, and one clear line for each mistake.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod synthetic;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

fn reports(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_reports")).args(arguments).output().unwrap()
}

fn small_run(directory: &Path) {
    let mut records = synthetic::records(2);
    records.trials.truncate(6);
    synthetic::write(&records, directory);
}

#[test]
fn a_directory_becomes_a_report_in_itself_and_a_table_in_the_readme() {
    let directory = TempDir::new().unwrap();
    small_run(directory.path());
    let (run, readme) = (directory.path().display().to_string(), directory.path().join("README.md"));
    fs::write(&readme, "# x\n<!-- pushbench:table -->\n<!-- /pushbench:table -->\n").unwrap();
    let output = reports(&[&run, "--lang", "zh", "--splice", &readme.display().to_string()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let page = String::from_utf8(output.stdout).unwrap();
    assert_eq!(page.trim(), format!("{run}/report.html"));
    assert!(fs::read_to_string(page.trim()).unwrap().contains("<html lang=\"zh-Hans\">"));
    assert!(fs::read_to_string(&readme).unwrap().contains("| **Protocol type** |"));
}

#[test]
fn another_directory_may_be_named() {
    let [run, out] = [(); 2].map(|()| TempDir::new().unwrap());
    small_run(run.path());
    let arguments = [run.path(), out.path()].map(|path| path.display().to_string());
    assert!(reports(&[&arguments[0], "-o", &arguments[1]]).status.success());
    assert!(out.path().join("summary.md").is_file() && !run.path().join("summary.md").exists());
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let directory = TempDir::new().unwrap();
    small_run(directory.path());
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = Command::new(env!("CARGO_BIN_EXE_reports")).arg(directory.path()).stdout(writer).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(directory.path().join("report.html").is_file());
}

#[test]
fn mistakes_are_answered_with_one_line_and_no_success() {
    let directory = TempDir::new().unwrap();
    let run = directory.path().display().to_string();
    let nowhere = format!("{run}/nowhere");
    for (arguments, expected) in [
        (vec![nowhere.as_str()], "Error: cannot read"),
        (vec![&run], "Error: cannot read"),
        (
            vec![&run, "--lang", "fr"],
            "error: invalid value 'fr' for '--lang <LANG>': unknown language 'fr' (known: en, zh)",
        ),
        (vec![], "error: the following required arguments were not provided"),
    ] {
        let output = reports(&arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.starts_with(expected), "{arguments:?}: {said}");
    }
}
