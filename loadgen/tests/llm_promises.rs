//! What `loadgen llm` promises beside times: no credential is kept, a null arm runs along, answers can be given up.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use servers::{ServeOptions, Server};
use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use trial::{Line, LlmCounts, Measurement, Metric, Outcome, Trial};

fn server() -> (Server, String) {
    let server = Server::start(ServeOptions { threads: 1, ..ServeOptions::default() }).unwrap();
    let url = format!("http://{}", server.addr());
    (server, url)
}

fn llm(out: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loadgen"));
    command.arg("llm").args(args).arg("-o").arg(out).env("TEST_KEY", "s3cret").stdin(Stdio::null());
    command.output().unwrap()
}

fn trials(out: &Path) -> Vec<Trial> {
    let text = trial::container::text(out).unwrap();
    let lines = text.lines().map(|line| Line::parse(line).unwrap());
    lines.filter_map(|line| if let Line::Trial(trial) = line { Some(*trial) } else { None }).collect()
}

fn measured(trial: &Trial) -> (&Measurement, &LlmCounts) {
    let Outcome::Measured(measurement) = &trial.outcome else { panic!("{:?}", trial.outcome) };
    (measurement, measurement.llm.as_ref().unwrap())
}

/// The only trial of a run that succeeds, and what the run printed.
#[track_caller]
fn one(args: &[&str]) -> (Trial, String) {
    let out = tempfile::tempdir().unwrap();
    let output = llm(out.path(), args);
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success() && !said.contains("panicked"), "{said}");
    let mut trials = trials(out.path());
    assert_eq!(trials.len(), 1);
    (trials.remove(0), said)
}

#[test]
fn a_null_arm_is_announced_and_can_be_left_out() {
    let (_server, url) = server();
    let out = tempfile::tempdir().unwrap();
    let args =
        [&url, "--model", "chat", "--transport", "both", "-n", "2", "--max-tokens", "5", "--order", "speed=1000"];
    let arms = |out: &Path| trials(out).iter().map(|trial| trial.arm.to_string()).collect::<BTreeSet<_>>();
    let output = llm(&out.path().join("with"), &args);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("sending 6 requests") && said.contains("over SSE and WebSocket and SSE′ (null arm)"),
        "{said}"
    );
    assert_eq!(arms(&out.path().join("with")), ["sse", "sse'", "websocket"].map(str::to_owned).into());
    let output = llm(&out.path().join("without"), &[&args[..], &["--no-null"]].concat());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("sending 4 requests") && !said.contains("null arm"), "{said}");
    assert_eq!(arms(&out.path().join("without")), ["sse", "websocket"].map(str::to_owned).into());
}

/// 400 tokens an answer, 30 ms apart on average: none is over when its sixth content event has come.
const LONG: &str = "speed=0.5&tokens=400";

#[test]
fn answers_are_given_up_over_sse_and_both_ends_say_what_that_wasted() {
    are_given_up(&[("sse", "1", LONG, 4)]);
}

#[test]
fn answers_are_given_up_over_websocket_and_both_ends_say_what_that_wasted() {
    are_given_up(&[("websocket", "1", LONG, 4), ("websocket", "0", "speed=1000&tokens=9", 0)]);
}

fn are_given_up(cases: &[(&str, &str, &str, u64)]) {
    let (_server, url) = server();
    for &(transport, share, order, cancelled) in cases {
        let way = [url.as_str(), "--transport", transport, "--cancel-after", "6", "--cancel-share", share];
        let args = ["--model", "chat", "-n", "4", "--max-tokens", "400", "--order", order];
        let (trial, said) = one(&[&way[..], &args].concat());
        let (m, counts) = measured(&trial);
        assert_eq!((counts.cancelled, counts.answered, counts.failed()), (cancelled, 4 - cancelled, 0), "{said}");
        assert!((cancelled * 6..=cancelled * 400).contains(&counts.cancelled_events), "{}", counts.cancelled_events);
        assert_eq!(said.contains("given up by the client"), cancelled > 0, "{said}");
        assert_eq!(m.distributions.contains_key(&Metric::FirstContent), cancelled == 0, "no time is of half an answer");
        let in_vain = counts.in_vain.map(|in_vain| in_vain.answers);
        assert_eq!(in_vain, (cancelled > 0).then_some(cancelled), "{said}");
        assert_eq!(said.contains(&format!("unsent: the server gave up {cancelled} answers")), cancelled > 0, "{said}");
        // One connection takes back all of its answers; SSE needs one for each.
        assert_eq!(m.counters.connections, if transport == "sse" { 4 } else { 1 });
    }
}

#[test]
fn what_a_server_behind_a_path_gave_up_is_not_measured() {
    let (server, _) = server();
    let proxy = format!("http://{}/v1/responses", server.addr());
    let foreign = [&proxy, "--transport", "websocket", "--cancel-after", "1", "--model", "chat", "-n", "2"];
    let (trial, said) = one(&foreign);
    assert_eq!((measured(&trial).1.cancelled, measured(&trial).1.in_vain), (2, None));
    assert!(said.contains("unsent: not measured"), "{said}");
}

/// An endpoint that answers 400 with what it was sent: a key comes back in an error. Returns its address.
fn repeating_endpoint() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, mut request, mut bytes) = (client.unwrap(), Vec::new(), [0; 4096]);
            // To the end of the JSON, or of a head alone: what is left unread when a connection closes resets it, answer and all.
            while !(request.ends_with(b"}") || request.starts_with(b"GET ") && request.ends_with(b"\r\n\r\n")) {
                let read = client.read(&mut bytes).unwrap();
                request.extend_from_slice(&bytes[..read]);
            }
            let head = String::from_utf8_lossy(&request).into_owned();
            let secrets: Vec<_> = head.split(['\r', ' ', '=', '&']).filter(|word| word.contains("s3cret")).collect();
            let body = format!("bad key {}", secrets.join(" "));
            let length = body.len();
            // In one piece: what is quoted of a body is what comes with its head.
            let head = format!("HTTP/1.1 400 Bad\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            _ = client.write_all([head, body].concat().as_bytes());
        }
    });
    address
}

#[test]
fn no_credential_is_shown_or_kept_wherever_it_was_given() {
    let address = repeating_endpoint();
    let log = tempfile::NamedTempFile::new().unwrap();
    for url in [format!("http://{address}/v1?key=s3cret-q&v=1"), format!("http://u:s3cret-u@{address}/v1")] {
        let out = tempfile::tempdir().unwrap();
        let args = ["--model", "chat", "-n", "1", "--api-key-env", "TEST_KEY", "--log", log.path().to_str().unwrap()];
        let headers = ["-HX-Api-Key: s3cret-h", "-H", "Cookie: s3cret-c"];
        let output = llm(out.path(), &[&[url.as_str()], &args[..], &headers].concat());
        let said = [output.stdout, output.stderr].concat();
        let mut seen = vec![said.clone(), std::fs::read(log.path()).unwrap()];
        // Charts lie in a directory of their own; the page holds all of their words.
        let files =
            std::fs::read_dir(out.path()).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file());
        seen.extend(files.map(|path| std::fs::read(path).unwrap()));
        for text in seen {
            assert!(!String::from_utf8_lossy(&text).contains("s3cret"), "{}", String::from_utf8_lossy(&text));
        }
        let said = String::from_utf8(said).unwrap();
        assert!(said.contains("bad key ***") || said.contains("http://***@"), "{said}");
    }
    let output = llm(Path::new("/nowhere"), &["http://h", "--model", "chat", "-H", "Authorization=s3cret"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("expected 'NAME: VALUE'") && !said.contains("s3cret"), "{said}");
}

#[test]
fn a_foreign_endpoint_that_repeats_a_credential_is_not_quoted() {
    let url = format!("http://{}/events?key=s3cret-q", repeating_endpoint());
    let (out, mut command) = (tempfile::tempdir().unwrap(), Command::new(env!("CARGO_BIN_EXE_loadgen")));
    command.args(["run", &url, "-d", "100ms", "-H", "X-Api-Key: s3cret-h", "-o"]).arg(out.path());
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(said.contains("bad key ***") && !said.contains("s3cret"), "{said}");
    assert!(!trial::container::text(out.path()).unwrap().contains("s3cret"));
}
