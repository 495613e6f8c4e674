//! The program as its users meet it: what bad input gets is one clear line and a non-zero exit, never a hang.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

mod bench_side;
mod kept;

use kept::{await_lines, read};

const PROGRAM: &str = env!("CARGO_BIN_EXE_loadgen");

fn loadgen(args: &[&str]) -> Output {
    Command::new(PROGRAM).args(args).stdin(Stdio::null()).output().unwrap()
}

/// The command fails with this status and says exactly one line that contains all of `words`.
#[track_caller]
fn refused(args: &[&str], status: i32, words: &[&str]) {
    let output = loadgen(args);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(status), "{args:?}: {text}");
    for word in words {
        assert!(text.contains(word), "{args:?} lacks {word:?}: {text}");
    }
    if status == 1 {
        assert_eq!(text.trim_end().lines().count(), 1, "{args:?}: {text}");
        assert!(text.starts_with("loadgen: ") && !text.contains("panicked"), "{text}");
    }
}

/// A peer that answers every connection with `answer`, as often as it is asked.
fn peer(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]).and_then(|_| stream.write_all(answer));
        }
    });
    authority
}

/// An address on which nobody listens.
fn nobody() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

#[test]
fn what_cannot_be_reached_says_so() {
    refused(&["run", &format!("http://{}/x", nobody())], 1, &["refused the connection", "is the server running"]);
    refused(&["run", &format!("ws://{}", nobody())], 1, &["refused the connection"]);
    refused(&["run", "http://nosuch.invalid/"], 1, &["cannot resolve 'nosuch.invalid'"]);
    refused(&["run", "localhost:80"], 1, &["is not a URL: expected http://"]);
    refused(&["run", "ftp://localhost/"], 1, &["scheme 'ftp' is not supported: use http, https, ws or wss"]);
    refused(&["compare", "--allow-debug", "--target", &format!("http://{}", nobody())], 1, &["refused the connection"]);
    refused(&["compare", "--allow-debug", "--target", "http://localhost:1/path"], 1, &["--target takes a base URL"]);
}

#[test]
fn who_says_nothing_is_no_success() {
    let wait = ["-d", "200ms", "--timeout", "300ms"];
    let at = |url: &str| [&["run", url][..], &wait].concat().iter().map(ToString::to_string).collect::<Vec<_>>();
    let refused_at = |url: String, words: &[&str]| {
        refused(&at(&url).iter().map(String::as_str).collect::<Vec<_>>(), 1, words);
    };
    // Connections wait in its backlog and are never answered.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    refused_at(format!("http://{}/x", silent.local_addr().unwrap()), &["no answer to the request within"]);
    refused_at(format!("ws://{}/x", silent.local_addr().unwrap()), &["no answer to the request within"]);
    let head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
    let ended = peer([&head[..], b"Content-Length: 4\r\n\r\n: x\n"].concat().leak());
    refused_at(format!("http://{ended}/x"), &["every stream ended", "none had brought an event"]);
    let announced = peer(b"HTTP/1.1 100 Continue\r\n\r\n");
    refused_at(format!("http://{announced}/x"), &["closed the connection before it answered"]);
}

#[test]
fn a_stream_that_gets_no_answer_beside_others_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    thread::spawn(move || {
        let mut clients: Vec<_> = listener.incoming().flatten().take(2).collect();
        let _ = clients[0].write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
        while clients[0].write_all(b"data: x\n\n").is_ok() {
            thread::sleep(Duration::from_millis(10));
        }
    });
    let output = loadgen(&["run", &url, "-c", "2", "-d", "300ms"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && text.contains("1 streams failed; the first: no answer to the request"),
        "{text}"
    );
}

#[test]
fn a_url_that_is_refused_is_shown_without_its_credentials() {
    refused(&["run", "http://h", "http://u:s3cret@h/?key=s3cret"], 1, &["http://***@h/?key=***", "is not a URL"]);
    refused(&["list", "http://u:s3cret@h/?key=s3cret"], 2, &["unexpected argument", "http://***@h/?key=***"]);
}

#[test]
fn what_answers_in_another_tongue_is_named() {
    let server = bench_side::server();
    let (http, ws) = (server.url(), server.url().replace("http", "ws"));
    let at = |base: &str, path: &str| format!("{base}{path}");
    refused(&["run", &at(&http, "/nothing")], 1, &["404 Not Found", "no route '/nothing'"]);
    refused(&["run", &at(&http, "/facts")], 1, &["application/json", "not an SSE endpoint"]);
    refused(&["run", &at(&http, "/websocket")], 1, &["426", "a WebSocket endpoint? use ws://"]);
    refused(&["run", &at(&ws, "/sse")], 1, &["is this an SSE endpoint? use http://"]);
    refused(&["run", &at(&http.replace("http", "https"), "/sse")], 1, &["does not speak TLS", "use http://"]);
    refused(&["run", &at(&ws.replace("ws", "wss"), "/websocket")], 1, &["does not speak TLS"]);
    refused(&["run", &at(&http, "/sse?payload=47")], 1, &["payload=47", "48 (the stamp) to 1048576"]);
    refused(&["run", &http, "-r", "2m"], 1, &["rate=2000000", "raise it with --max-rate"]);
    refused(&["run", &http, "-X", "POST"], 1, &["-X and --body are for endpoints that are not ours"]);
    refused(&["compare", "--allow-debug", "--target", &http, "--plan", "/nonexistent"], 1, &["--plan /nonexistent"]);
    let tls = peer(&[0x15, 3, 1, 0, 2, 2, 70]);
    refused(&["run", &format!("http://{tls}/")], 1, &["TLS"]);
    let silent = peer(b"");
    refused(&["run", &format!("http://{silent}/sse")], 1, &["loadgen: "]);
}

#[test]
fn a_server_of_another_version_is_refused() {
    let body = r#"{"wire_version":999}"#;
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let other = peer(answer.leak().as_bytes());
    let words = ["wire version 999", "run the same pushbench version on both ends"];
    refused(&["run", &format!("http://{other}")], 1, &words);
    refused(&["compare", "--allow-debug", "--target", &format!("http://{other}")], 1, &words);
    let foreign = peer(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
    refused(
        &["compare", "--allow-debug", "--target", &format!("http://{foreign}")],
        1,
        &["is not a pushbench server", "loadgen run URL"],
    );
}

#[test]
fn flags_are_checked_before_anything_is_sent() {
    refused(&["run", "http://h", "--paylod", "64"], 2, &["--payload"]);
    refused(&["run", "http://h", "--payload", "47"], 2, &["48 (the stamp) to 1048576 bytes"]);
    refused(&["run", "http://h", "--transport", "see"], 2, &["unknown transport 'see'", "sse, websocket"]);
    refused(&["run", "http://h", "-r", "0"], 2, &["above zero"]);
    refused(&["run", "http://h", "-H", "bad"], 2, &["expected 'NAME: VALUE'"]);
    refused(&["run", "http://h", "--faults", "burn"], 2, &["unknown fault 'burn'"]);
    refused(&["compar"], 2, &["compare"]);
    refused(&["capacity", "--slo", "p99"], 2, &["'p99' is no objective", "such as p99=10ms"]);
    refused(&["capacity", "--arms", "sse,sse"], 1, &["names one of them twice"]);
    refused(&["capacity", "--start", "20000000"], 1, &["start and limit: must be 1 to 10000000"]);
    refused(&["capacity", "--allow-debug", "--target", "http://localhost:1/path"], 1, &["--target takes a base URL"]);
    refused(&["compare", "--quick", "--full"], 2, &["cannot be used with"]);
    refused(&["list", "--plan", "huge"], 1, &["no built-in plan 'huge'", "standard, quick, publish, full, exact, llm"]);
}

#[test]
fn plans_are_checked_to_the_line() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("plan.toml");
    let head = "name='p'\nwhy='w'\n[[cell]]\nname='a'\nwhy='b'\nscenario='push'\n";
    for (line, words) in [
        ("raet = 5", ["line 7", "did you mean `rate`?"]),
        ("payload = 47", ["cell 'a'", "must be 48 (the stamp) to 1048576"]),
        ("transports = ['web-socket']", ["line 7", "did you mean `websocket`?"]),
    ] {
        std::fs::write(&path, format!("{head}{line}\n")).unwrap();
        let output = loadgen(&["compare", "--allow-debug", "--plan", path.to_str().unwrap()]);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
    }
}

#[test]
fn limits_of_the_host_are_named_with_their_remedy() {
    let server = bench_side::server();
    let script = format!("ulimit -n 128; exec {PROGRAM} run {} -c 1000", server.url());
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("1000 connections need 1200 open files, the limit is 128"), "{text}");
    assert!(text.contains("ulimit -n 1200"), "{text}");
}

#[test]
fn files_that_cannot_be_written_or_read_say_so() {
    let server = bench_side::server();
    let directory = tempfile::tempdir().unwrap();
    let url = format!("{}/sse?rate=200", server.url());
    refused(&["run", &url, "-d", "300ms", "--log", "/dev/full"], 1, &["--log", "No space left on device"]);
    refused(&["run", &url, "--log", "/nonexistent/x"], 1, &["--log /nonexistent/x", "No such file"]);
    let bad = directory.path().join("records.jsonl");
    for (text, words) in [
        ("garbage\n", "not a pushbench record"),
        ("{\"kind\":\"run\",\"schema\":99}\n", "newer than this program's"),
        ("", "records.jsonl"),
    ] {
        std::fs::write(&bad, text).unwrap();
        refused(&["report", directory.path().to_str().unwrap()], 1, &[words]);
        refused(
            &["compare", "--allow-debug", "--quick", "-o", directory.path().to_str().unwrap()],
            1,
            &["choose another --out"],
        );
    }
    refused(&["report", "/nonexistent"], 1, &["/nonexistent", "No such file"]);
}

#[test]
fn the_log_holds_each_event_with_or_without_a_stamp() {
    let server = bench_side::server();
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("events.jsonl");
    let url = format!("{}/sse?rate=100&count=7", server.url());
    let output = loadgen(&["run", &url, "-d", "5s", "--json", "--log", log.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<serde_json::Value> = read(&log).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 7);
    for (seq, line) in lines.iter().enumerate() {
        assert_eq!(line["event"], "message");
        assert_eq!(line["id"], seq.to_string());
        assert!(line["received_ns"].as_u64().unwrap() > 1_600_000_000_000_000_000, "nanoseconds since 1970");
        assert!(line["data"].as_str().unwrap().starts_with(&format!("{seq:012x}")));
    }
    let record: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(record["outcome"]["measured"]["counters"]["received"], 7);
}

#[test]
fn foreign_streams_asked_for_by_post_are_read() {
    let stream = peer(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\ndata: a\n\nevent: b\nid: 2\ndata: c\n\n",
    );
    let url = format!("http://{stream}/v1/stream");
    let output = loadgen(&["run", &url, "--body", "{}", "-H", "X-Test: 1", "-d", "2s"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("2 events") && text.contains("one-way times: not available"), "{text}");
}

#[test]
fn a_debug_build_is_refused_unless_it_is_allowed() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("run");
    if cfg!(debug_assertions) {
        refused(
            &["compare", "--quick", "-o", out.to_str().unwrap()],
            1,
            &["loadgen is a debug build", "--allow-debug"],
        );
        assert!(!out.exists(), "nothing was begun");
    }
}

#[test]
fn a_budget_ends_a_run_and_the_records_say_so() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("run");
    let output = loadgen(&["compare", "--quick", "--allow-debug", "--budget", "10ms", "-o", out.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let records = trial::container::text(&out).unwrap();
    assert!(records.contains("\"reason\":\"time used up\"") && !records.contains("\"kind\":\"trial\""), "{records}");
}

#[test]
fn an_interrupt_keeps_what_was_recorded_and_renders_it() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("run");
    let mut child = Command::new(PROGRAM)
        .args(["compare", "--allow-debug", "--preflight", "quick", "-c", "2", "-r", "100", "-d", "1s"])
        .args(["--warmup", "100ms", "-o", out.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    await_lines(&out.join("records.jsonl"), 3);
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(child.id() as i32), nix::sys::signal::Signal::SIGINT).unwrap();
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{text}");
    assert!(text.contains("what was measured is kept"), "{text}");
    let records = trial::container::text(&out).unwrap();
    assert!(records.lines().any(|line| line.contains("\"kind\":\"trial\"")));
    assert!(records.lines().last().unwrap().contains("interrupted"));
    assert!(read(&out.join("report.html")).contains("</html>"));
}

#[test]
fn a_comparison_of_one_workload_leaves_everything_that_was_promised() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("run");
    let load = ["-c", "3", "-r", "100", "--payload", "256", "--shared", "-d", "200ms", "--warmup", "100ms"];
    let args = ["compare", "--allow-debug", "--preflight", "quick", "--blocks", "1", "-o", out.to_str().unwrap()];
    let output = loadgen(&[&args[..], &load].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(stdout.trim_end().lines().last(), out.to_str(), "the directory is printed last");
    for file in ["report.html", "summary.md", "records.jsonl.gz"] {
        assert!(std::fs::metadata(out.join(file)).is_ok_and(|found| found.len() > 0), "{file}");
    }
    let again = directory.path().join("again");
    let output = loadgen(&[
        "report",
        out.to_str().unwrap(),
        out.to_str().unwrap(),
        "--lang",
        "zh",
        "-o",
        again.to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(read(&again.join("report.html")).contains("lang=\"zh"));
}

#[test]
fn a_record_names_the_commit_that_was_built_and_asks_nobody() {
    let server = bench_side::server();
    let mut command = Command::new(PROGRAM);
    command.args(["run", &server.url(), "-d", "50ms", "--json"]).env_clear().current_dir("/").stdin(Stdio::null());
    let output = command.output().unwrap();
    let line = String::from_utf8(output.stdout).unwrap();
    let Ok(trial::Line::Trial(trial)) = trial::Line::parse(&line) else { panic!("{line}") };
    assert_eq!(trial.tool.commit, servers::COMMIT);
    assert_eq!(trial.server.unwrap().commit, servers::COMMIT);
    assert!(!servers::COMMIT.is_empty());
}

#[test]
fn completions_manual_and_lists_are_there() {
    for (args, word) in [
        (&["completions", "bash"][..], "loadgen"),
        (&["man"], ".TH"),
        (&["list"], "Plan standard"),
        (&["list", "--plan", "quick"], "[[cell]]"),
        (&["list", "--checks"], "generator-saturated -> void"),
        (&["--version"], "loadgen 0"),
    ] {
        let output = loadgen(args);
        assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains(word), "{args:?}");
    }
}
