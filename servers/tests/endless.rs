//! A socket that never becomes ready again, from its n-th use on, for every n: the connection ends all the same.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod support;

use servers::{ServeOptions, Server};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;
use support::opening;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, timeout};
use wire::Transport;

/// Gives out what a client says in small pieces, takes all that it is told, and hangs from use number `hangs` on.
struct Hanging {
    says: Vec<u8>,
    used: Arc<AtomicUsize>,
    hangs: usize,
}

impl Hanging {
    /// Whether this use is one of those that never end. Nobody is woken by that.
    fn is_over(&self) -> bool {
        self.used.fetch_add(1, Relaxed) >= self.hangs
    }
}

impl AsyncRead for Hanging {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.says.is_empty() || self.is_over() {
            return Poll::Pending;
        }
        let piece = self.says.len().min(16).min(buffer.remaining());
        let rest = self.says.split_off(piece);
        buffer.put_slice(&self.says);
        self.says = rest;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Hanging {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.is_over() { Poll::Pending } else { Poll::Ready(Ok(bytes.len().min(64))) }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_over() { Poll::Pending } else { Poll::Ready(Ok(())) }
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_over() { Poll::Pending } else { Poll::Ready(Ok(())) }
    }
}

/// Longer than any limit of a connection; the clock of the test jumps from one timer to the next.
const HOUR: Duration = Duration::from_secs(3600);
/// After so many hours, and milliseconds, a connection is taken to go on for ever.
const MOST_HOURS: u32 = 5_000;

/// Serves a client that hangs at its n-th use, for every n up to one that it never comes to.
async fn every_use_may_be_the_last(says: &[u8]) {
    let server = Server::start(ServeOptions { threads: 1, ..ServeOptions::default() }).unwrap();
    let mut longest = Duration::ZERO;
    for hangs in 0..1000 {
        let used = Arc::new(AtomicUsize::new(0));
        let begun = Instant::now();
        let served = server.attach(Hanging { says: says.to_vec(), used: Arc::clone(&used), hangs });
        tokio::pin!(served);
        // An hour of the test's clock passes in no time; events come from a thread that keeps to the real one.
        let mut hours = 0;
        while timeout(HOUR, &mut served).await.is_err() {
            hours += 1;
            assert!(hours < MOST_HOURS, "the connection goes on after use {hangs}");
            std::thread::sleep(Duration::from_millis(1));
        }
        longest = longest.max(begun.elapsed());
        if used.load(Relaxed) < hangs {
            assert!(longest >= Duration::from_secs(30), "some limit was needed");
            return;
        }
    }
    panic!("a client of more than 1000 uses");
}

fn request(method: &str, target: &str, fields: &str, body: &str) -> Vec<u8> {
    format!("{method} {target} HTTP/1.1\r\nhost: localhost\r\n{fields}\r\n{body}").into_bytes()
}

#[tokio::test(start_paused = true)]
async fn answers() {
    every_use_may_be_the_last(&request("GET", "/facts", "", "")).await;
}

#[tokio::test(start_paused = true)]
async fn bodies() {
    let body = r#"{"model":"chat","messages":[],"pushbench":"tokens=3&speed=1000000"}"#;
    let length = format!("content-length: {}\r\n", body.len());
    every_use_may_be_the_last(&request("POST", "/v1/chat/completions", &length, body)).await;
    let json = "content-type: application/json\r\ncontent-length: 2\r\n";
    every_use_may_be_the_last(&request("POST", "/browser/result?token=a", json, "{}")).await;
    let form = "content-type: application/x-www-form-urlencoded\r\ncontent-length: 7\r\n";
    every_use_may_be_the_last(&request("POST", "/login", form, "token=x")).await;
}

#[tokio::test(start_paused = true)]
async fn streams() {
    for transport in [Transport::Sse, Transport::HttpStream, Transport::LongPoll] {
        let target = format!("{}?rate=100000&count=3&session=s-{transport}&heartbeat=off", transport.path());
        every_use_may_be_the_last(&request("GET", &target, "", "")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn messages() {
    let mut says = request("GET", "/websocket?rate=100000&count=3&heartbeat=off", opening(Transport::WebSocket), "");
    // A ping and a text, which are answered, between the events.
    says.extend([0x89, 0x81, 0, 0, 0, 0, b'x', 0x81, 0x81, 0, 0, 0, 0, b'y']);
    every_use_may_be_the_last(&says).await;
}
