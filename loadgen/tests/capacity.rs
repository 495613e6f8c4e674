//! `loadgen capacity`, and a search in a plan of one's own: what is found, recorded and said.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod kept;

use kept::{await_lines, read};
use std::io::Read as _;
use std::process::{Command, Output, Stdio};
use trial::{Line, StopReason};

const PROGRAM: &str = env!("CARGO_BIN_EXE_loadgen");

fn loadgen(args: &[&str]) -> Output {
    Command::new(PROGRAM).args(args).stdin(Stdio::null()).output().unwrap()
}

#[test]
fn a_service_level_that_nothing_holds_is_an_answer_that_can_be_rendered_again() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("run");
    let args = ["capacity", "--quick", "--slo", "p50=1ns", "--start", "2", "-c", "1", "-d", "500ms", "--warmup", "1ms"];
    let output = loadgen(&[&args[..], &["--allow-debug", "-o", out.to_str().unwrap()]].concat());
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{stdout}{}", String::from_utf8_lossy(&output.stderr));
    assert!(stdout.contains("SSE: capacity not found") && stdout.contains("WebSocket: capacity not found"), "{stdout}");
    let records = trial::container::text(&out).unwrap();
    assert!(records.contains("capacity/search/2") && records.contains("capacity/search/1\""), "both loads were tried");
    assert!(!records.contains("\"floor\""), "no load that both hold, no floor");
    std::fs::remove_file(out.join("report.html")).unwrap();
    assert!(loadgen(&["report", out.to_str().unwrap()]).status.success());
    let page = read(&out.join("report.html"));
    assert!(page.contains("id=\"capacity\"") && page.contains("capacity not found"));
    assert!(!page.contains("id=\"comparison\""), "the table asks what this run does not answer");
}

#[test]
fn a_search_that_is_interrupted_keeps_what_it_has() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("run");
    let args = ["capacity", "--allow-debug", "--start", "10", "-c", "1", "-d", "300ms", "--warmup", "1ms", "-o"];
    let mut child =
        Command::new(PROGRAM).args(args).arg(&out).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    await_lines(&out.join("records.jsonl"), 3);
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(child.id() as i32), nix::sys::signal::Signal::SIGINT).unwrap();
    let (mut stdout, mut stderr) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{stderr}");
    assert!(
        stdout.contains("the search ended early") && stderr.contains("what was measured is kept"),
        "{stdout}{stderr}"
    );
}

#[test]
fn a_plan_searches_for_each_of_its_arms_beside_its_other_cells() {
    let directory = tempfile::tempdir().unwrap();
    let (plan, out) = (directory.path().join("plan.toml"), directory.path().join("run"));
    let timing = "warmup = '10ms'\nwindow = '300ms'\nblocks = 1\nnull = false\nwhy = 'w'\n";
    let text = format!(
        "name = 'p'\nwhy = 'w'\n[[cell]]\nname = 'own'\nscenario = 'push'\n{timing}\
         [[cell]]\nname = 'load'\nscenario = 'capacity'\n{timing}tick = '100us'\n\
         arms = ['sse', 'websocket!library', 'sse!library']\nsearch = {{ slo = 'p50=1ns', start = 2, trials = 1 }}\n"
    );
    std::fs::write(&plan, text).unwrap();
    let args = ["compare", "--allow-debug", "--preflight", "quick", "--plan", plan.to_str().unwrap(), "-o"];
    let output = loadgen(&[&args[..], &[out.to_str().unwrap()]].concat());
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{stdout}{}", String::from_utf8_lossy(&output.stderr));
    for said in
        ["own", "SSE: capacity not found", "WebSocket!library: capacity not found", "SSE!library: capacity not found"]
    {
        assert!(stdout.contains(said), "{said}: {stdout}");
    }
    let text = trial::container::text(&out).unwrap();
    let (mut tried, mut stops) = (Vec::new(), Vec::new());
    for line in text.lines().map(|line| Line::parse(line).unwrap()) {
        match line {
            Line::Trial(trial) => tried.push((trial.cell.name.clone(), trial.arm.to_string())),
            Line::End(end) => stops.extend(end.stops.into_iter().map(|stop| (stop.cell, stop.blocks, stop.reason))),
            _ => {}
        }
    }
    tried.sort();
    let arms = ["sse", "sse!library", "websocket!library"];
    let steps = ["load/search/1", "load/search/2"].into_iter().flat_map(|cell| arms.map(|arm| (cell, arm)));
    let expected = steps.chain([("own", "sse"), ("own", "websocket")]);
    assert!(tried.iter().map(|(cell, arm)| (cell.as_str(), arm.as_str())).eq(expected), "{tried:?}");
    let planned = |cell: &str, blocks| (cell.to_owned(), blocks, StopReason::Planned);
    assert_eq!(stops, [planned("own", 1), planned("load", 2)]);
}
