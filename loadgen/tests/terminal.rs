//! What reaches a terminal: whatever a server or a file says is shown and not obeyed, and a reader that leaves early is no error.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;

mod bench_side;

const PROGRAM: &str = env!("CARGO_BIN_EXE_loadgen");
/// A title, a cleared screen, a colour behind a C1 introducer, text from right to left, a line of our own making.
const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}\u{85}\nloadgen: all is well";

/// Whether a terminal would do more with a character than show it.
fn is_obeyed(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t') || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[track_caller]
fn shown(output: &Output) -> String {
    let said = String::from_utf8([output.stdout.as_slice(), &output.stderr].concat()).unwrap();
    let obeyed: Vec<char> = said.chars().filter(|&c| is_obeyed(c)).collect();
    assert!(obeyed.is_empty() && !said.contains("panicked"), "{obeyed:?} in {said}");
    said
}

fn loadgen(args: &[&str]) -> Output {
    Command::new(PROGRAM).args(args).stdin(Stdio::null()).output().unwrap()
}

/// A peer that answers each request, whose body ends with a brace, with one server-sent event or with a head of its own.
fn peer(answer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, mut request, mut buffer) = (client.unwrap(), Vec::new(), [0; 4096]);
            while !request.ends_with(b"}") {
                match client.read(&mut buffer) {
                    Ok(read) if read > 0 => request.extend_from_slice(&buffer[..read]),
                    _ => break,
                }
            }
            let _ = client.write_all(answer.as_bytes());
        }
    });
    format!("http://{address}/v1")
}

#[test]
fn what_an_api_says_is_shown_and_not_obeyed() {
    let json = |text: &str| serde_json::to_string(text).unwrap();
    let stream = |event: String| {
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: {event}\n\n")
    };
    let message = json(HOSTILE);
    let refused = format!("{}\u{1b}]0;owned\u{7}\u{9b}2J", "x".repeat(9));
    let refusal = format!("HTTP/1.1 400 No\r\nContent-Length: {}\r\n\r\n{refused}", refused.len());
    for (format, answer) in [
        ("openai-chat", stream(format!(r#"{{"error":{{"message":{message}}}}}"#))),
        ("openai-responses", stream(format!(r#"{{"type":"error","code":"c","message":{message}}}"#))),
        ("openai-responses", stream(format!(r#"{{"type":"error","status":429,"error":{{"message":{message}}}}}"#))),
        (
            "openai-responses",
            stream(format!(r#"{{"type":"response.failed","response":{{"error":{{"message":{message}}}}}}}"#)),
        ),
        ("anthropic", stream(format!(r#"{{"type":"error","error":{{"type":"x","message":{message}}}}}"#))),
        ("anthropic", stream(format!(r#"{{"type":{message}"#))),
        ("openai-chat", refusal),
    ] {
        let out = tempfile::tempdir().unwrap();
        let output = loadgen(&[
            "llm",
            &peer(answer.clone()),
            "--model",
            "m",
            "--format",
            format,
            "-n",
            "1",
            "--timeout",
            "5s",
            "-o",
            out.path().to_str().unwrap(),
        ]);
        let said = shown(&output);
        assert_eq!(output.status.code(), Some(1), "{format}: {said}");
        assert!(!said.lines().any(|line| line == "loadgen: all is well"), "{format}: {said}");
        for file in ["report.html", "summary.md"] {
            let text = fs::read_to_string(out.path().join(file)).unwrap();
            assert!(!text.chars().any(is_obeyed), "{format}: {file}");
        }
        let json = loadgen(&[
            "llm",
            &peer(answer),
            "--model",
            "m",
            "--format",
            format,
            "-n",
            "1",
            "--json",
            "-o",
            out.path().join("json").to_str().unwrap(),
        ]);
        shown(&json);
        let lines = String::from_utf8(json.stdout).unwrap();
        assert!(lines.lines().count() > 2 && lines.lines().all(|line| trial::Line::parse(line).is_ok()), "{lines}");
    }
}

#[test]
fn what_a_record_says_is_shown_and_not_obeyed() {
    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("../reports/tests/schemas/schema-3.jsonl");
    let stored = fs::read_to_string(stored).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("records.jsonl");
    let hostile = serde_json::to_string(HOSTILE).unwrap();
    let key = format!("{{{hostile}:1,\"kind\":{hostile},");
    for (old, new) in [
        ("\"kind\":\"run\"", format!("\"kind\":{hostile}")),
        ("\"scenario\":\"push\"", format!("\"scenario\":{hostile}")),
        ("\"preset\":\"equal\"", format!("\"preset\":{hostile}")),
        ("{\"kind\"", format!("{key}\"kind\"")),
        ("\"schema\":3", format!("\"schema\":{hostile}")),
        ("\"os\":\"", "\"os\":\"\\u001b]0;owned\\u0007\u{9b}2J".to_owned()),
    ] {
        assert!(stored.contains(old), "{old}");
        fs::write(&path, stored.replace(old, &new)).unwrap();
        let output = loadgen(&["report", directory.path().to_str().unwrap()]);
        let said = shown(&output);
        assert!(!said.is_empty(), "{old}");
        if !output.status.success() {
            assert!(said.starts_with("loadgen: ") && said.lines().count() == 1, "{old}: {said}");
        }
    }
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let server = bench_side::server();
    let url = server.url();
    for args in [
        &["list"][..],
        &["list", "--plan", "standard"],
        &["list", "--checks"],
        &["man"],
        &["completions", "bash"],
        &["completions", "zsh"],
        &["--help"],
        &["compare", "--help"],
        &["run", &url, "-d", "50ms"],
        &["run", &url, "-d", "50ms", "--json"],
        &["selfcheck", "--only", "V9"],
    ] {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let output = Command::new(PROGRAM).args(args).stdin(Stdio::null()).stdout(writer).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), said.as_str()), (Some(0), ""), "{args:?}");
    }
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = Command::new(PROGRAM).arg("list").stdout(full).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("No space left on device"), "{said}");
}
