//! The program: its first line, its flags, its ends.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

fn start(flags: &[&str]) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_servers"))
        .args(flags)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, line.trim_end().to_owned())
}

/// Opens a stream and gives back everything up to its end, which the server is told to come to by `end`.
fn stream_until(url: &str, end: impl FnOnce()) -> String {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    stream.write_all(b"GET /sse?schedule=idle HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let mut first = [0; 15];
    stream.read_exact(&mut first).unwrap();
    end();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    String::from_utf8(first.to_vec()).unwrap() + &rest
}

#[test]
fn it_says_where_it_is_and_ends_gracefully_on_a_signal() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let (mut child, url) = start(&["--threads", "1"]);
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
        let pid = Pid::from_raw(child.id() as i32);
        let stream = stream_until(&url, || kill(pid, signal).unwrap());
        assert!(stream.starts_with("HTTP/1.1 200 OK") && stream.ends_with("\r\n\r\n0\r\n\r\n"), "{stream}");
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn it_ends_with_its_stdin_if_asked() {
    let (mut child, url) = start(&["--exit-with-stdin"]);
    let stdin = child.stdin.take();
    assert!(stream_until(&url, || drop(stdin)).ends_with("0\r\n\r\n"));
    assert!(child.wait().unwrap().success());
}

#[test]
fn what_it_cannot_do_is_one_line_on_stderr() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let bind = taken.local_addr().unwrap().to_string();
    for (flags, text) in [
        (vec!["--bind", &bind], "error: cannot listen on 127.0.0.1:"),
        (vec!["--congestion", "teleport"], "error: congestion control 'teleport' cannot be used (available: "),
        (vec!["--max-rate", "0"], "error: --max-rate: expected events a second"),
        (vec!["--flush", "sometimes"], "error: invalid value 'sometimes' for '--flush <each|ready|library>'"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_servers")).args(&flags).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && output.stdout.is_empty(), "{flags:?}");
        assert!(stderr.starts_with(text), "{flags:?}: {stderr}");
    }
}

/// In a network namespace with one port to give away, which another server has.
const NO_PORT_LEFT: &str = r#"
    ip link set lo up && echo 40000 40000 >/proc/sys/net/ipv4/ip_local_port_range || exit 99
    coproc "$0" --threads 1 --exit-with-stdin
    read -r _ <&"${COPROC[0]}" || exit 98
    timeout 20 "$0" --threads 1
    exit $?"#; // a last command would take the shell's place, and the first server would end

#[test]
fn without_a_free_port_it_says_which_are_taken() {
    let arguments = ["-n", "bash", "-c", NO_PORT_LEFT, env!("CARGO_BIN_EXE_servers")];
    let Ok(output) = Command::new("unshare").args(arguments).output() else { return };
    let stderr = String::from_utf8(output.stderr).unwrap();
    if stderr.starts_with("unshare: ") || output.status.code() == Some(99) {
        eprintln!("skipped: no network namespace of one's own is to be had here");
        return;
    }
    let why = "error: cannot listen on 127.0.0.1:0: Address already in use (os error 98): no port of 40000 to 40000 ";
    assert!(stderr.starts_with(why), "{stderr}");
}

/// What a server says on stderr from its begin to its end.
fn said(flags: &[&str]) -> String {
    let (mut child, url) = start(&[flags, &["--exit-with-stdin", "--threads", "1"]].concat());
    assert!(url.starts_with("http://0.0.0.0:"), "{url}");
    drop(child.stdin.take());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert!(child.wait().unwrap().success());
    stderr
}

#[test]
fn it_warns_of_what_is_open_to_all_or_too_much() {
    let stderr = said(&["--bind", "0.0.0.0:0", "--open", "--max-connections", "100000000"]);
    let lines: Vec<_> = stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{stderr}");
    assert!(lines[0].starts_with("warning: anyone who can reach 0.0.0.0:0 can use it"), "{stderr}");
    assert!(lines[1].contains("too few for 100000000 connections"), "{stderr}");
}

#[test]
fn beyond_loopback_it_says_the_token_that_it_made_up_and_only_that() {
    let stderr = said(&["--bind", "0.0.0.0:0"]);
    let token = stderr.strip_prefix("token: ").unwrap().trim_end();
    assert!(token.len() == 48 && token.bytes().all(|byte| byte.is_ascii_hexdigit()), "{stderr}");
    assert_eq!(said(&["--bind", "0.0.0.0:0", "--token", "a-token-of-the-tests"]), "");
}

#[test]
fn a_token_may_stand_in_the_environment() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_servers"));
    command.args(["--exit-with-stdin", "--threads", "1", "--token-env", "THE_TOKEN"]);
    command.env("THE_TOKEN", "a-token-of-the-tests").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let (status, body) = get(line.trim_end(), "/facts");
    assert!(status.ends_with("401 Unauthorized") && !body.contains("a-token"), "{status} {body}");
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

/// The body of a GET, and its status line.
fn get(url: &str, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

#[test]
fn it_accounts_for_its_heap_if_asked_and_only_then() {
    for asked in [true, false] {
        let flags: &[&str] = if asked { &["--exit-with-stdin", "--heap-profile"] } else { &["--exit-with-stdin"] };
        let (mut child, url) = start(&[flags, &["--threads", "1"]].concat());
        let (status, body) = get(&url, "/heap");
        if asked {
            assert!(status.ends_with("200 OK"), "{status}");
            let sites: Vec<wire::HeapSite> = serde_json::from_str(&body).unwrap();
            let task = sites.iter().find(|site| site.purpose == wire::HeapUse::Task).unwrap();
            assert!(task.bytes > 0 && task.blocks > 0 && task.function.starts_with("tokio::"), "{sites:#?}");
        } else {
            assert!(status.ends_with("404 Not Found") && body.contains("--heap-profile"), "{status} {body}");
        }
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
    }
}
