//! `loadgen agent` as its users meet it: what each arm sends, how often it connects, what is recorded and said.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use servers::{LlmOptions, ServeOptions, Server};
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;
use trial::{Arm, ClientKind, Line, LoopTurn, Outcome, ToolLoop, Trial, Workload};

const PROGRAM: &str = env!("CARGO_BIN_EXE_loadgen");
const TURNS: usize = 4;
const GROWTH: u64 = 2_048;

fn agent(out: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(["agent", "--allow-debug", "--turns", "4"]).args(args).arg("-o").arg(out);
    command.stdin(Stdio::null()).output().unwrap()
}

fn lines(out: &Path) -> Vec<Line> {
    let text = trial::container::text(out).unwrap();
    text.lines().map(|line| Line::parse(line).unwrap()).collect()
}

fn loops(out: &Path) -> Vec<Trial> {
    let lines = lines(out).into_iter();
    lines.filter_map(|line| if let Line::Trial(one) = line { Some(*one) } else { None }).collect()
}

fn turns<'a>(loops: &'a [Trial], arm: &str, cell: &str) -> &'a [LoopTurn] {
    let wanted = |one: &&Trial| one.arm.to_string() == arm && one.cell.name == cell;
    let Outcome::Measured(measurement) = &loops.iter().find(wanted).unwrap().outcome else { panic!("{arm}: {cell}") };
    assert_eq!(measurement.turns.len(), TURNS);
    &measurement.turns
}

fn grows_by(turns: &[LoopTurn]) -> Vec<i64> {
    turns.windows(2).map(|pair| pair[1].up_bytes as i64 - pair[0].up_bytes as i64).collect()
}

#[test]
fn each_arm_sends_and_connects_as_its_name_says_near_and_far() {
    let out = tempfile::tempdir().unwrap();
    let output = agent(out.path(), &["--speed", "1000", "--blocks", "1", "--rtt", "0,1ms"]);
    let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let loops = loops(out.path());
    assert_eq!(loops.len(), 2 * 7, "each arm and the null arm");
    for cell in ["tool-loop/0s", "tool-loop/1ms"] {
        for arm in ["sse!reconnecting", "sse", "websocket"] {
            assert_eq!(grows_by(turns(&loops, arm, cell)), [GROWTH as i64; TURNS - 1], "{arm}");
        }
        for arm in ["sse!incremental", "sse!incremental'", "websocket!incremental"] {
            let turns = turns(&loops, arm, cell);
            assert!(turns[0].up_bytes > 32_768 && turns[1].up_bytes < GROWTH + 1_024, "{arm}: {turns:?}");
            assert_eq!(grows_by(&turns[1..]), [0; TURNS - 2], "{arm}");
        }
        for arm in loops.iter().filter(|one| one.cell.name == cell && one.arm.supported().is_ok()).map(|one| one.arm) {
            let own = turns(&loops, &arm.to_string(), cell);
            let opened: Vec<u32> = own.iter().map(|turn| turn.connections).collect();
            let expected = if arm.client == ClientKind::Reconnecting { [1, 1, 1, 1] } else { [1, 0, 0, 0] };
            assert_eq!(opened, expected, "{arm}");
            let schedule = |turn: &LoopTurn| (turn.tokens, turn.model_ns, turn.tool_ns);
            let base = turns(&loops, "sse", cell);
            assert!(own.iter().map(schedule).eq(base.iter().map(schedule)), "one schedule for all arms");
            assert!(own.iter().all(|turn| turn.down_bytes > 10_000 && turn.first_content_ns <= turn.answer_ns));
        }
    }
    const NO_HTTP2: &str = "sse/h2: carrier h2 is not supported yet";
    let unsupported = loops.iter().filter(|one| one.arm == "sse/h2".parse::<Arm>().unwrap()).map(|one| &one.outcome);
    assert!(unsupported.eq([&Outcome::Unsupported(NO_HTTP2.to_owned()); 2]));
    let page = std::fs::read_to_string(out.path().join("report.html")).unwrap();
    for text in [&said, &page] {
        for word in [NO_HTTP2, "slow start", "connection reuse (SSE − SSE!reconnecting)", "0 ns a byte"] {
            assert!(text.contains(word), "{word}: {text}");
        }
    }
    assert!(page.contains("id=\"loops\"") && !page.contains("id=\"comparison\""));
}

#[test]
fn a_server_that_lives_on_is_asked_what_reading_costs_it_and_full_histories_pay() {
    let llm = LlmOptions { cost_per_byte_ns: 100, ..LlmOptions::default() };
    let server = Server::start(ServeOptions { threads: 1, llm, ..ServeOptions::default() }).unwrap();
    let out = tempfile::tempdir().unwrap();
    let url = format!("http://{}", server.addr());
    let output = agent(out.path(), &[&url, "--speed", "1000", "--blocks", "1", "--rtt", "0", "--lang", "zh"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let Line::Run(run) = &lines(out.path())[0] else { panic!("the run comes first") };
    let Workload::ToolLoop(ToolLoop { cost_per_byte_ns: 100, .. }) = run.plan.cells[0].workload else { panic!() };
    let read_ns = |turn: &LoopTurn| turn.answer_ns - turn.model_ns;
    for arm in ["sse!reconnecting", "sse", "websocket"] {
        let loops = loops(out.path());
        assert!(
            turns(&loops, arm, "tool-loop/0s").iter().all(|turn| read_ns(turn) > 100 * 32_768),
            "the server computes first"
        );
    }
    assert!(String::from_utf8(output.stdout).unwrap().contains("每字节 100 纳秒"));
}

#[test]
fn what_cannot_be_is_refused_in_one_line() {
    let out = tempfile::tempdir().unwrap();
    for (args, words) in [
        (["http://localhost:1/path", "--blocks=1"], "takes a base URL"),
        (["https://localhost:1", "--blocks=1"], "its relay would break TLS"),
        (["http://127.0.0.1:1", "--blocks=1"], "refused the connection"),
        (["--rtt=3s", "--blocks=1"], "round trips of at most 2s"),
        (["--growth=512k", "--blocks=1"], "bytes at the end, at most"),
        (["--speed=0", "--blocks=1"], "a factor from 1"),
    ] {
        let output = agent(&out.path().join("run"), &args);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), text.lines().count()), (Some(1), 1), "{text}");
        assert!(text.starts_with("loadgen: ") && text.contains(words), "{text}");
    }
}

#[test]
fn an_interrupt_keeps_whole_blocks() {
    let out = tempfile::tempdir().unwrap();
    let mut child = Command::new(PROGRAM)
        .args(["agent", "--allow-debug", "--turns", "2", "--speed", "1000", "--blocks", "1000", "--rtt", "0", "-o"])
        .arg(out.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let recorded = || std::fs::read_to_string(out.path().join("records.jsonl")).unwrap_or_default();
    // The next block begins when one counts, which a busy host puts off.
    while !recorded().contains(r#""block":1,"#) && child.try_wait().unwrap().is_none() {
        thread::sleep(Duration::from_millis(5));
    }
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(child.id() as i32), nix::sys::signal::Signal::SIGINT).unwrap();
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    assert!(said.contains("No round trip added: WebSocket!incremental takes"), "{said}");
    let Some(Line::End(end)) = lines(out.path()).pop() else { panic!("no end") };
    assert_eq!((end.reason.as_str(), end.planned), ("interrupted", 7_000));
}
