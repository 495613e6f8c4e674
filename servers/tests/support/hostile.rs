//! What a hostile client sends, as bytes, and how the server may answer. Refuses to be polite.

use super::{Wire, ask};
use servers::{ServeOptions, Server};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

/// The token of the servers that ask for one.
pub const TOKEN: &str = "a-token-of-the-tests";

/// How a server may treat a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It answers with this status.
    Status(u16),
    /// It ends the connection, without a status or whatever it said before.
    Ends,
    /// It says nothing more and stays.
    Waits,
}

use Fate::{Ends, Status, Waits};

/// Longest wait for a fate.
const PATIENCE: Duration = Duration::from_secs(20);
/// After so long without a byte the server waits.
const QUIET: Duration = Duration::from_millis(150);

/// What becomes of a client that sends `bytes`, and then nothing.
pub fn fate(server: &Server, bytes: &[u8], expected: Fate) -> Fate {
    let mut stream = TcpStream::connect(server.addr()).unwrap();
    // The server may have ended the connection in the middle of this.
    let _ = stream.write_all(bytes);
    let patience = if expected == Waits { QUIET } else { PATIENCE };
    stream.set_read_timeout(Some(patience)).unwrap();
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return said(&answer).filter(|_| expected != Ends).unwrap_or(Ends),
            Ok(bytes) => answer.extend_from_slice(&buffer[..bytes]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return said(&answer).unwrap_or(Waits);
            }
            Err(_) => return said(&answer).filter(|_| expected != Ends).unwrap_or(Ends),
        }
        if let Some(status) = said(&answer).filter(|_| matches!(expected, Status(_))) {
            return status;
        }
    }
}

/// Each client gets what it must, and the server still answers afterwards.
pub fn check(server: &Server, cases: &[(&str, Vec<u8>, Fate)]) {
    for (what, bytes, expected) in cases {
        assert_eq!(fate(server, bytes, *expected), *expected, "{what}");
        let fields = format!("authorization: Bearer {TOKEN}\r\n");
        assert_eq!(ask(server, "GET", "/clock", &fields, b"").0, 200, "after: {what}");
    }
}

/// The status of an answer whose first line is whole.
fn said(answer: &[u8]) -> Option<Fate> {
    let line = answer.split(|&byte| byte == b'\n').next().filter(|line| line.len() < answer.len())?;
    std::str::from_utf8(line).ok()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok().map(Status)
}

/// A server with two threads and changed options.
pub fn start(adjust: impl FnOnce(&mut ServeOptions)) -> Server {
    let mut options = ServeOptions { threads: 2, ..ServeOptions::default() };
    adjust(&mut options);
    Server::start(options).unwrap()
}

/// The head of a GET.
pub fn get(target: &str, fields: &str) -> Vec<u8> {
    head("GET", target, fields)
}

/// A question to a language model.
pub fn json(body: &str) -> Vec<u8> {
    [head("POST", "/v1/chat/completions", &format!("content-length: {}\r\n", body.len())), body.into()].concat()
}

/// The head of a request for `target`, with a Host and more fields.
pub fn head(method: &str, target: &str, fields: &str) -> Vec<u8> {
    format!("{method} {target} HTTP/1.1\r\nhost: localhost\r\n{fields}\r\n").into_bytes()
}

/// The head of a WebSocket handshake.
pub fn handshake(target: &str) -> Vec<u8> {
    head("GET", target, super::opening(wire::Transport::WebSocket))
}

/// A handshake and what follows it.
pub fn upgraded(frames: &[u8]) -> Vec<u8> {
    [&handshake("/websocket?schedule=idle"), frames].concat()
}

/// Sends `piece` again and again and reads nothing, until the server takes no more, ends the connection, or has taken `most`
/// bytes; how many it took.
pub fn flood(wire: &mut Wire, piece: &[u8], most: usize) -> usize {
    let stream = wire.stream();
    stream.set_write_timeout(Some(Duration::from_secs(2))).unwrap();
    let batch = piece.repeat((65_536 / piece.len()).max(1));
    let (mut taken, begun) = (0, Instant::now());
    while taken < most && begun.elapsed() < PATIENCE {
        match stream.write(&batch) {
            Ok(0) | Err(_) => break,
            Ok(bytes) => taken += bytes,
        }
    }
    taken
}

/// Whether the other end has ended a connection on which nothing more is sent, within a bound; whatever comes is thrown away.
pub fn ends(wire: &mut Wire) -> bool {
    let stream = wire.stream();
    let _ = stream.shutdown(Shutdown::Write);
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut buffer = [0; 65_536];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return error.kind() == ErrorKind::ConnectionReset,
        }
    }
}
