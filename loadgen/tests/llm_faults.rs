//! One request of several meets trouble: the others go on, and the record says in one line what happened.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use tokio_tungstenite::tungstenite::{self, Message};
use trial::{Line, LlmCounts, Outcome, Trial};

/// What goes wrong with the second request.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Trouble {
    Status(u16),
    /// 429, and to come again in a second.
    Later,
    Cut,
    InvalidJson,
    Large,
    Silence,
}

const CONTENT: &str = r#"{"type":"response.output_text.delta","delta":"word "}"#;
const END: &str = r#"{"type":"response.completed","response":{"usage":{"output_tokens":3}}}"#;
const LARGE_BYTES: usize = 5 << 20;

/// Events of one answer, and whether it ends as it should.
fn events(trouble: Option<Trouble>) -> (Vec<String>, bool) {
    let mut events = vec![CONTENT.to_owned(); 3];
    match trouble {
        None | Some(Trouble::Status(_) | Trouble::Later) => {}
        Some(Trouble::Cut | Trouble::Silence) => return (events, false),
        Some(Trouble::InvalidJson) => events.push(r#"{"type":"response.output"#.to_owned()),
        Some(Trouble::Large) => events[1] = CONTENT.replace("word", &"x".repeat(LARGE_BYTES)),
    }
    events.push(END.to_owned());
    (events, true)
}

/// A foreign endpoint for the Responses API. Only its second request meets trouble.
fn endpoint(trouble: Trouble, websocket: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    thread::spawn(move || {
        for client in listener.incoming() {
            let (client, asked) = (client.unwrap(), Arc::clone(&asked));
            // A client that has gone is none of its business.
            thread::spawn(move || {
                let next = || (asked.fetch_add(1, Relaxed) == 1).then_some(trouble);
                if websocket { drop(talk(client, next)) } else { drop(answer(client, next)) }
            });
        }
    });
    address
}

/// Reads one request over HTTP and streams its answer.
fn answer(mut client: TcpStream, next: impl Fn() -> Option<Trouble>) -> std::io::Result<()> {
    let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
    while !request.ends_with(b"}") {
        let read = client.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        request.extend_from_slice(&buffer[..read]);
        if request.starts_with(b"GET ") && request.ends_with(b"\r\n\r\n") {
            return client.write_all(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    }
    let trouble = next();
    let refused = match trouble {
        Some(Trouble::Status(status)) => Some((status, 0)),
        Some(Trouble::Later) => Some((429, 1)),
        _ => None,
    };
    if let Some((status, wait)) = refused {
        let head = format!(
            "HTTP/1.1 {status} No\r\nContent-Length: 5\r\nRetry-After: {wait}\r\nConnection: close\r\n\r\nsorry"
        );
        return client.write_all(head.as_bytes());
    }
    client.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")?;
    let (events, ends) = events(trouble);
    events.iter().try_for_each(|event| client.write_all(format!("data: {event}\n\n").as_bytes()))?;
    match trouble {
        Some(Trouble::Cut) => client.write_all(b"data: {\"type\":\"resp"),
        // Until the client hangs up.
        _ if !ends => client.read(&mut buffer).map(|_| ()),
        _ => Ok(()),
    }
}

/// Answers the messages of one WebSocket.
fn talk(client: TcpStream, next: impl Fn() -> Option<Trouble>) -> tungstenite::Result<()> {
    let mut raw = client.try_clone()?;
    let Ok(mut socket) = tungstenite::accept(client) else { return Ok(()) };
    while let Message::Text(_) = socket.read()? {
        let trouble = next();
        if let Some(Trouble::Status(status)) = trouble {
            let said = format!(r#"{{"type":"error","status":{status},"error":{{"message":"sorry"}}}}"#);
            socket.send(said.into())?;
            continue;
        }
        let (events, _) = events(trouble);
        events.into_iter().try_for_each(|event| socket.send(event.into()))?;
        if trouble == Some(Trouble::Cut) {
            // A text frame of 100 bytes, of which only the first come.
            raw.write_all(b"\x81\x64{\"type\"")?;
            return Ok(());
        }
    }
    Ok(())
}

/// Asks four times; the counts, and what was printed.
fn ask(address: SocketAddr, extra: &[&str]) -> (Vec<LlmCounts>, String) {
    let out = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_loadgen"));
    command.args(["llm", &format!("http://{address}/v1"), "--model", "m", "-n", "4", "-o"]).arg(out.path());
    let output = command.args(extra).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success() && !said.contains("panicked"), "{said}");
    let text = trial::container::text(out.path()).unwrap();
    let lines = text.lines().map(|line| Line::parse(line).unwrap());
    let trials: Vec<Trial> =
        lines.filter_map(|line| if let Line::Trial(trial) = line { Some(*trial) } else { None }).collect();
    let counts = trials.into_iter().map(|trial| match trial.outcome {
        Outcome::Measured(measurement) => measurement.llm.unwrap(),
        other => panic!("{other:?}"),
    });
    (counts.collect(), said)
}

#[test]
fn one_request_in_trouble_costs_no_other() {
    for (trouble, why) in [
        (Trouble::Status(500), "500: the endpoint failed - sorry"),
        (Trouble::Cut, "the stream ended before the answer's own end marker"),
        (Trouble::InvalidJson, "an event is no JSON of openai-responses: it is cut short"),
        (Trouble::Silence, "no event for 3s: the server is silent (--timeout)"),
    ] {
        for (transport, websocket) in [("sse", false), ("websocket", true)] {
            let address = endpoint(trouble, websocket);
            let wait = if trouble == Trouble::Silence { "3s" } else { "60s" };
            let (counts, said) = ask(address, &["--transport", transport, "--timeout", wait]);
            let counts = &counts[0];
            assert_eq!((counts.sent, counts.answered, counts.failed()), (4, 3, 1), "{trouble:?} {transport}: {said}");
            assert_eq!((counts.failures.len(), counts.output_tokens), (1, 9), "{trouble:?} {transport}: {said}");
            // A body that ends with its connection is cut without a trace in HTTP; a WebSocket says good-bye.
            let is_cut_socket = trouble == Trouble::Cut && websocket;
            let why =
                if is_cut_socket { "the peer closed the connection without a WebSocket close frame" } else { why };
            let told = counts.main_failure().unwrap();
            assert!(told.starts_with(why), "{trouble:?} {transport}: {told}");
            assert_eq!(said.lines().filter(|line| line.starts_with("failed: 1 × ")).count(), 1, "{said}");
        }
    }
}

#[test]
fn what_passes_by_itself_is_no_failure() {
    for (transport, websocket) in [("sse", false), ("websocket", true)] {
        let (counts, said) = ask(endpoint(Trouble::Status(429), websocket), &["--transport", transport]);
        assert_eq!((counts[0].answered, counts[0].retries), (4, 1), "{transport}: {said}");
        let (counts, said) = ask(endpoint(Trouble::Large, websocket), &["--transport", transport]);
        assert_eq!((counts[0].answered, counts[0].output_tokens), (4, 12), "{transport}: {said}");
        assert!(counts[0].content_bytes > LARGE_BYTES as u64);
    }
}

#[test]
fn a_wait_that_the_endpoint_asks_for_is_announced() {
    let (counts, said) = ask(endpoint(Trouble::Later, false), &[]);
    assert_eq!((counts[0].answered, counts[0].retries), (4, 1), "{said}");
    let announced = "1 request waits, the latest for 1s, before it is repeated: 429: rate limit";
    assert_eq!(said.lines().filter(|line| line.starts_with(announced)).count(), 1, "{said}");
    let (_, said) = ask(endpoint(Trouble::Status(429), false), &[]);
    assert!(!said.contains("waits"), "what takes a moment needs no word: {said}");
}

#[test]
fn an_endpoint_without_websocket_still_answers_over_sse() {
    let (counts, said) = ask(endpoint(Trouble::Large, false), &["--transport", "both", "--no-null"]);
    let answered: u64 = counts.iter().map(|counts| counts.answered).sum();
    let failed: u64 = counts.iter().map(LlmCounts::failed).sum();
    assert_eq!((answered, failed), (4, 4), "{said}");
    assert!(
        said.contains("failed: 4 × no WebSocket at this endpoint (it answered 404): use --transport sse"),
        "{said}"
    );
}
