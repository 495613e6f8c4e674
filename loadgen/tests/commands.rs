//! Every file of `command/` has a test that names what it promises: the list of them, and those that stand nowhere else.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bench_side;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use trial::{End, Line, Outcome, Plan, Run, Trial};
use wire::Transport;

const PROGRAM: &str = env!("CARGO_BIN_EXE_loadgen");

/// Each file below `src/command`, the file of tests that holds it to what it promises, and the name of one of them.
const PROMISES: [(&str, &str, &str); 21] = [
    ("agent.rs", "agent.rs", "each_arm_sends_and_connects_as_its_name_says_near_and_far"),
    ("capacity.rs", "capacity.rs", "a_service_level_that_nothing_holds_is_an_answer_that_can_be_rendered_again"),
    ("compare.rs", "cli.rs", "a_comparison_of_one_workload_leaves_everything_that_was_promised"),
    ("endpoints.rs", "endpoints.rs", "two_urls_give_one_verdict"),
    ("flags.rs", "cli.rs", "flags_are_checked_before_anything_is_sent"),
    ("gate.rs", "gate.rs", "thresholds_pass_with_0_and_are_crossed_with_99"),
    ("list.rs", "commands.rs", "a_list_gives_a_reason_for_everything_and_a_plan_to_start_from"),
    ("llm.rs", "llm.rs", "times_agree_with_the_event_log_and_texts_with_each_other"),
    ("llm/campaign.rs", "commands.rs", "prompts_of_a_file_are_asked_in_turn"),
    ("llm/flags.rs", "llm.rs", "what_cannot_be_asked_is_refused_before_it_starts"),
    ("llm/ledger.rs", "commands.rs", "each_block_of_answers_is_a_trial_and_the_end_counts_them"),
    ("llm/record.rs", "commands.rs", "a_campaign_is_recorded_as_a_plan_of_one_cell_with_its_place"),
    ("llm/text.rs", "llm.rs", "times_agree_with_the_event_log_and_texts_with_each_other"),
    ("llm/waste.rs", "llm_promises.rs", "answers_are_given_up_over_sse_and_both_ends_say_what_that_wasted"),
    ("measure.rs", "cli.rs", "a_comparison_of_one_workload_leaves_everything_that_was_promised"),
    ("mod.rs", "commands.rs", "a_record_keeps_the_command_line_as_typed_without_credentials"),
    ("output.rs", "commands.rs", "json_is_records_and_nothing_else_and_the_report_is_written_all_the_same"),
    ("report.rs", "commands.rs", "a_report_lies_beside_its_records_and_repacking_keeps_every_number"),
    ("run.rs", "cli.rs", "the_log_holds_each_event_with_or_without_a_stamp"),
    ("selfcheck.rs", "selfcheck.rs", "exact_checks_pass_and_are_told_in_one_line_each"),
    ("trial.rs", "commands.rs", "an_order_on_standard_input_is_a_record_on_standard_output"),
];

#[test]
fn every_file_of_the_commands_has_a_test_that_names_its_promise() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut files, mut open) = (BTreeSet::new(), vec![root.join("src/command")]);
    while let Some(directory) = open.pop() {
        for path in fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                open.push(path);
            } else {
                files.insert(path.strip_prefix(root.join("src/command")).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    assert_eq!(files, PROMISES.iter().map(|(file, ..)| (*file).to_owned()).collect());
    for (file, tests, name) in PROMISES {
        let text = fs::read_to_string(root.join("tests").join(tests)).unwrap();
        assert!(text.contains(&format!("fn {name}()")), "{file}: {tests} has no test {name}");
    }
}

fn loadgen(args: &[&str]) -> Output {
    Command::new(PROGRAM).args(args).stdin(Stdio::null()).output().unwrap()
}

/// What a command that succeeds writes on standard output.
#[track_caller]
fn said(args: &[&str]) -> String {
    let output = loadgen(args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn lines(text: &str) -> Vec<Line> {
    text.lines().map(|line| Line::parse(line).unwrap()).collect()
}

/// First line, trials and end of a run.
fn parts(lines: Vec<Line>) -> (Run, Vec<Trial>, End) {
    let (mut run, mut trials, mut end) = (None, Vec::new(), None);
    for line in lines {
        match line {
            Line::Run(line) => run = Some(*line),
            Line::Trial(line) => trials.push(*line),
            Line::End(line) => end = Some(line),
            _ => {}
        }
    }
    (run.unwrap(), trials, end.unwrap())
}

#[test]
fn a_list_gives_a_reason_for_everything_and_a_plan_to_start_from() {
    let list = said(&["list"]);
    for transport in Transport::ALL {
        assert!(list.contains(transport.name()) && list.contains(transport.why()), "{transport}: {list}");
    }
    for built_in in loadgen::plans::BUILT_IN {
        let plan = Plan::from_toml(&said(&["list", "--plan", built_in.name])).unwrap();
        assert_eq!(plan, built_in.plan());
        assert!(plan.cells.iter().all(|cell| list.contains(&cell.name) && list.contains(&cell.why)), "{}", plan.name);
    }
    let checks = said(&["list", "--checks"]);
    assert!(trial::check::all().all(|check| checks.contains(&format!("{} -> {}", check.id, check.action))), "{checks}");
}

#[test]
fn a_record_keeps_the_command_line_as_typed_without_credentials() {
    let (server, directory) = (bench_side::server(), tempfile::tempdir().unwrap());
    let out = directory.path().join("it's here");
    said(&["run", &server.url(), "-d", "50ms", "-H", "X-Api-Key: s3cret", "-o", out.to_str().unwrap()]);
    let (run, ..) = parts(lines(&trial::container::text(&out).unwrap()));
    let (url, place) = (server.url(), out.to_str().unwrap().replace('\'', "'\\''"));
    assert!(run.command.starts_with(&format!("loadgen run {url}")), "{}", run.command);
    assert!(run.command.ends_with(&format!("-o '{place}'")), "{}", run.command);
    assert!(run.command.contains("-H 'X-Api-Key: ***'"), "{}", run.command);
}

#[test]
fn json_is_records_and_nothing_else_and_the_report_is_written_all_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("run");
    let load = ["-c", "1", "-r", "100", "-d", "100ms", "--warmup", "0s", "--blocks", "1", "--seed", "7"];
    let args = ["compare", "--allow-debug", "--preflight", "quick", "--json", "-o", out.to_str().unwrap()];
    let written = said(&[&args[..], &load].concat());
    let (run, trials, end) = parts(lines(&written));
    assert_eq!((run.seed, end.trials), (7, trials.len() as u64));
    assert!(run.warnings.iter().any(|warning| warning.check().id == "loopback"), "{:?}", run.warnings);
    assert_eq!(lines(&written), lines(&trial::container::text(&out).unwrap()));
    assert!(fs::read_to_string(out.join("report.html")).unwrap().contains("</html>"));
}

#[test]
fn a_report_lies_beside_its_records_and_repacking_keeps_every_number() {
    let (server, directory) = (bench_side::server(), tempfile::tempdir().unwrap());
    let out = directory.path().to_str().unwrap();
    said(&["run", &server.url(), "-d", "100ms", "-o", out]);
    let before = lines(&trial::container::text(directory.path()).unwrap());
    let page = directory.path().join("report.html");
    assert!(!page.exists() && said(&["report", out]).lines().any(|line| Path::new(line) == page) && page.exists());
    assert!(said(&["report", "--repack", out]).contains("records.jsonl.gz"));
    assert_eq!(lines(&trial::container::text(directory.path()).unwrap()), before);
}

#[test]
fn an_order_on_standard_input_is_a_record_on_standard_output() {
    let told = |line: &[u8]| {
        let mut command = Command::new(PROGRAM);
        let piped = command.arg("trial").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(line).unwrap();
        let mut record = Vec::new();
        // Standard input stays open until the record is there: its end would end the generator.
        let line_ends = line.ends_with(b"\n");
        let kept = line_ends.then_some(stdin);
        child.stdout.take().unwrap().read_to_end(&mut record).unwrap();
        drop(kept);
        (child.wait_with_output().unwrap(), record)
    };
    let (server, cell) = (bench_side::server(), bench_side::cell());
    let arm = cell.block_arms()[0];
    let mut order = serde_json::to_vec(&bench_side::order(&server, cell, arm)).unwrap();
    order.push(b'\n');
    let (output, record) = told(&order);
    assert!(output.status.success(), "{output:?}");
    let trial: Trial = serde_json::from_slice(&record).unwrap();
    assert_eq!((trial.arm, trial.seed), (arm, 7));
    assert!(matches!(trial.outcome, Outcome::Measured(_)), "{:?}", trial.outcome);
    let (output, record) = told(b"no order");
    assert_eq!((output.status.code(), record.as_slice()), (Some(1), &b""[..]));
    assert!(String::from_utf8_lossy(&output.stderr).contains("not an order"), "{output:?}");
}

#[test]
fn prompts_of_a_file_are_asked_in_turn() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let (heard, bodies) = mpsc::channel();
    thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, mut request, mut bytes) = (client.unwrap(), Vec::new(), [0; 4096]);
            while !request.ends_with(b"}") {
                let read = client.read(&mut bytes).unwrap();
                request.extend_from_slice(&bytes[..read]);
            }
            _ = heard.send(String::from_utf8_lossy(&request).into_owned());
            _ = client.write_all(b"HTTP/1.1 400 Bad\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    let directory = tempfile::tempdir().unwrap();
    let (prompts, out) = (directory.path().join("prompts"), directory.path().join("run"));
    let (file, out) = (prompts.to_str().unwrap(), out.to_str().unwrap());
    let ask = || loadgen(&["llm", &url, "--model", "m", "-n", "3", "--prompt-file", file, "-o", out]);
    fs::write(&prompts, "\n \n").unwrap();
    let refused = ask();
    assert!(String::from_utf8_lossy(&refused.stderr).contains("no prompt in it"), "{refused:?}");
    fs::write(&prompts, "Name a lake.\n\nName a hill.\n").unwrap();
    assert_eq!(ask().status.code(), Some(1), "every request was refused");
    let asked: Vec<bool> = bodies.try_iter().map(|body| body.contains("Name a lake.")).collect();
    assert_eq!(asked, [true, false, true]);
}

/// The records of four questions over both transports, answered by one of our servers.
fn campaign() -> (Run, Vec<Trial>, End) {
    let (server, directory) = (bench_side::server(), tempfile::tempdir().unwrap());
    let out = directory.path().join("run");
    let asked = ["--model", "chat", "--transport", "both", "--no-null", "-n", "4", "--max-tokens", "3"];
    let args = ["llm", &server.url(), "--order", "speed=1000", "-o", out.to_str().unwrap()];
    said(&[&args[..], &asked].concat());
    parts(lines(&trial::container::text(&out).unwrap()))
}

#[test]
fn each_block_of_answers_is_a_trial_and_the_end_counts_them() {
    let (_, trials, end) = campaign();
    assert_eq!((end.trials, end.planned, end.reason.as_str()), (trials.len() as u64, end.trials, "plan finished"));
    let places: BTreeSet<_> = trials.iter().map(|trial| (trial.block, trial.arm)).collect();
    assert_eq!(places.len(), trials.len(), "no block of an arm is written twice");
    let answered = trials.iter().map(|trial| match &trial.outcome {
        Outcome::Measured(measurement) => measurement.llm.as_ref().unwrap().answered,
        other => panic!("{other:?}"),
    });
    assert_eq!(answered.sum::<u64>(), 8, "four questions over two transports");
}

#[test]
fn a_campaign_is_recorded_as_a_plan_of_one_cell_with_its_place() {
    let (run, trials, _) = campaign();
    let [cell] = run.plan.cells.as_slice() else { panic!("{:?}", run.plan) };
    assert_eq!((run.plan.name.as_str(), cell.name.as_str()), ("llm", "llm/openai-responses"));
    assert_eq!(cell.blocks as usize * cell.arms.len(), trials.len());
    assert!(cell.why.starts_with("model chat at http://127.0.0.1:"), "{}", cell.why);
    assert!(run.warnings.iter().any(|warning| warning.check().id == "loopback"), "{:?}", run.warnings);
}
