//! `--token-env`: the token goes with every request to one of our servers, to nobody else, and is never shown.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bench_side;
mod front;

use front::{Heard, address, front};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::thread;

const TOKEN: &str = "tok-0123456789-abcdefghij";

/// Runs the program with the token in `PUSHBENCH_TOKEN`; whether it succeeded, and what it said.
fn loadgen(args: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loadgen"));
    command.args(args).env("PUSHBENCH_TOKEN", TOKEN).stdin(Stdio::null());
    let output = command.output().unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

/// Requests that were heard, and how many of them carry the token in their head; it is nowhere else.
fn heard(heard: &Heard) -> (usize, usize) {
    let bytes = std::mem::take(&mut *heard.lock().unwrap());
    let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
    let carried = text.matches(&format!("\r\nauthorization: bearer {TOKEN}\r\n")).count();
    assert_eq!(text.matches(TOKEN).count(), carried, "only in that header");
    (text.matches(" http/1.1\r\n").count(), carried)
}

#[test]
fn the_token_goes_with_every_request_of_every_command_and_is_shown_by_none() {
    let server = bench_side::server();
    let upstream = address(&server.url());
    let (url, sent) = front(move |_| upstream);
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    let plan = directory.path().join("plan.toml");
    let cell = |name: &str, more: &str| format!("[[cell]]\nname='{name}'\nwhy='w'\nscenario='{name}'\n{more}\n");
    let cells = [
        cell("echo", "transports=['sse','websocket']\nrate=50\nwindow='200ms'\nwarmup='0s'"),
        cell("handshake", "transports=['sse']"),
    ]
    .concat();
    fs::write(&plan, format!("name='t'\nwhy='w'\nblocks=1\nredo=0\n{cells}")).unwrap();
    let (out, plan) = (out.to_str().unwrap(), plan.to_str().unwrap());
    let token = ["--token-env", "PUSHBENCH_TOKEN"];
    let mut commands: Vec<Vec<&str>> = ["sse", "websocket", "long-poll", "http-stream", "raw-tcp"]
        .map(|transport| vec!["run", &url, "-d", "200ms", "--transport", transport])
        .into();
    commands.push(vec!["run", &url, "-d", "200ms", "--client", "library"]);
    let llm = ["llm", &url, "--model", "chat", "-n", "2", "--max-tokens", "3", "--order", "speed=100", "-o", out];
    commands.push([&llm[..], &["--transport", "both", "--cancel-after", "1"]].concat());
    commands.push(vec![
        "agent",
        &url,
        "--allow-debug",
        "--turns",
        "1",
        "--blocks",
        "1",
        "--rtt",
        "0",
        "--speed",
        "1000",
        "-o",
        out,
    ]);
    let target = ["--allow-debug", "--preflight", "quick", "--target", &url, "-o", out];
    commands.push([&["compare", "--plan", plan][..], &target].concat());
    for command in commands {
        let (succeeded, said) = loadgen(&[&command[..], &token].concat());
        assert!(succeeded && !said.contains("tok-0") && !said.contains("fghij"), "{command:?}: {said}");
        let (requests, carried) = heard(&sent);
        assert!(requests > 2 && requests == carried, "{command:?}: {carried} of {requests}");
        if let Ok(records) = trial::container::text(out.as_ref()) {
            assert!(!records.contains("tok-0") && !records.contains("fghij"), "{command:?}");
            fs::remove_dir_all(out).unwrap();
        }
    }
}

/// A peer that wants a token, and repeats what it got.
fn jealous() -> (String, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (url, sent) = (format!("http://{}", listener.local_addr().unwrap()), Heard::default());
    let kept = std::sync::Arc::clone(&sent);
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let mut buffer = [0; 4096];
            let length = client.read(&mut buffer).unwrap_or(0);
            let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
            let said =
                request.lines().find(|line| line.to_ascii_lowercase().starts_with("authorization")).unwrap_or("-");
            kept.lock().unwrap().extend_from_slice(&buffer[..length]);
            let body = format!("this server wants its token, not {said}\n");
            let head = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nConnection: close";
            let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            let _ = client.write_all(answer.as_bytes());
        }
    });
    (url, sent)
}

#[test]
fn a_server_that_wants_a_token_is_quoted_and_the_flag_named() {
    let (url, _) = jealous();
    let ws = url.replace("http", "ws");
    let with = ["--token-env", "PUSHBENCH_TOKEN"];
    for (command, says) in [
        (vec!["run", &url], "wants a token: \"this server wants its token"),
        (vec!["run", &format!("{url}/sse")], "wants a token: \"this server wants its token"),
        (vec!["run", &format!("{ws}/websocket")], "wants a token: \"this server wants its token"),
        (vec!["run", &format!("{url}/sse"), "--client", "library"], "401 Unauthorized"),
        (vec!["run", &format!("{ws}/websocket"), "--client", "library"], "401 Unauthorized"),
        (vec!["compare", "--allow-debug", "--target", &url], "wants a token: \"this server wants its token"),
        (vec!["capacity", "--allow-debug", "--target", &url], "wants a token: \"this server wants its token"),
        (vec!["agent", &url, "--allow-debug"], "wants a token: \"this server wants its token"),
    ] {
        for token in [&[][..], &with] {
            let (succeeded, said) = loadgen(&[&command[..], token].concat());
            assert!(!succeeded && said.contains(says) && said.contains("--token-env NAME"), "{command:?}: {said}");
            assert!(!said.contains("tok-0") && !said.contains("fghij"), "{command:?}: {said}");
            assert_eq!(said.lines().count(), 1, "{command:?}: {said}");
        }
    }
    let (succeeded, said) = loadgen(&["run", &url, "--token-env", "NO_SUCH_VARIABLE"]);
    assert!(!succeeded && said.contains("--token-env: no variable NO_SUCH_VARIABLE is set"), "{said}");
    let (succeeded, said) = loadgen(&["run", &url, "-H", "Authorization: x", with[0], with[1]]);
    assert!(!succeeded && said.contains("give one of them"), "{said}");
}

#[test]
fn a_base_url_is_asked_for_facts_without_credentials_or_not_at_all() {
    let (url, sent) = jealous();
    let credentials = ["-H", "Authorization: Bearer 0123456789", "-H", "X-Test: 1"];
    for (more, paths) in [(&[][..], &["/facts", "/"][..]), (&["--foreign"], &["/"])] {
        let (succeeded, said) = loadgen(&[&["run", &url][..], &credentials, more].concat());
        assert!(!succeeded && said.contains("wants a token"), "{said}");
        let text = String::from_utf8(std::mem::take(&mut *sent.lock().unwrap())).unwrap().to_ascii_lowercase();
        let asked: Vec<_> =
            text.lines().filter_map(|line| line.strip_suffix(" http/1.1")?.strip_prefix("get ")).collect();
        assert_eq!(asked, paths, "{text}");
        assert_eq!(text.matches("authorization: bearer 0123456789").count(), 1, "with the stream alone: {text}");
        assert_eq!(text.matches("x-test: 1").count(), paths.len(), "{text}");
    }
}
