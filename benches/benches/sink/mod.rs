//! A peer in memory that asks a server for events and counts the writes that come. Refuses to look
//! at them, but for the first.

use client::{Conversation, Request};
use servers::{ServeOptions, Server};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use wire::{Preset, Schedule, Subscription, Transport};

/// Longest wait for one batch of events: a hang becomes a failure.
const LIMIT: Duration = Duration::from_secs(60);
/// Writes of which the head of a response may be one.
const HEAD_WRITES: u64 = 2;

/// A server and a runtime on which its connections without sockets are served.
pub(crate) struct Sink {
    server: Arc<Server>,
    runtime: Runtime,
    /// Sessions so far: one that asks for something else under an old name is refused.
    names: AtomicU64,
}

impl Sink {
    pub(crate) fn new() -> Self {
        let options = ServeOptions { threads: 1, ..ServeOptions::of(Preset::Equal) };
        let server = Arc::new(Server::start(options).expect("a loopback server starts"));
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime starts");
        Self { server, runtime, names: AtomicU64::new(0) }
    }

    /// What `events` further events take, from the second write on: the first is the response head or has it in front.
    /// Each event is a write of its own, as the server's flush policy says; an answer to a long poll holds many, and is
    /// counted by its bytes.
    pub(crate) fn take(&self, transport: Transport, payload_bytes: usize, events: u64) -> Duration {
        let subscription = Subscription {
            schedule: Schedule::Unpaced,
            payload_bytes,
            heartbeat: None,
            ids: false,
            session: (transport == Transport::LongPoll).then(|| format!("bench-{}", self.names.fetch_add(1, Relaxed))),
            ..Subscription::default()
        };
        let path = format!("{}?{}", transport.path(), subscription.to_query());
        let request = Request { payload_bytes: Some(payload_bytes), ..Request::get("localhost", path) };
        let mut asked = Conversation::open(transport, &request).expect("a constant request is valid");
        let peer = Peer(Arc::new(Mutex::new(State {
            request: std::mem::take(asked.outbox()),
            repeats: transport == Transport::LongPoll,
            enough: if transport == Transport::LongPoll { 1 } else { events },
            enough_bytes: (payload_bytes as u64 + 1) * events,
            ..State::default()
        })));
        let (server, counted) = (Arc::clone(&self.server), peer.clone());
        let served = self.runtime.spawn(async move { server.attach(peer).await });
        let ended = self.runtime.block_on(async { timeout(LIMIT, served).await });
        ended.expect("a server that writes without a pause is done within the limit").expect("a server does not panic");
        let state = counted.0.lock().expect("nothing panics with the lock");
        let (begin, end) = state.begin.zip(state.end).expect("a connection is served until its peer has enough");
        end - begin
    }
}

/// The peer's end; asks once, or again and again (long polling), and breaks the connection when it has enough.
#[derive(Clone)]
struct Peer(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    request: Vec<u8>,
    asked: bool,
    repeats: bool,
    /// Writes and bytes behind those with the head, both to be reached: an event is its payload and a byte at least.
    enough: u64,
    enough_bytes: u64,
    writes: u64,
    bytes: u64,
    begin: Option<Instant>,
    end: Option<Instant>,
    reader: Option<Waker>,
}

impl AsyncRead for Peer {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut state = self.0.lock().expect("nothing panics with the lock");
        if state.end.is_some() {
            return Poll::Ready(Ok(()));
        }
        if state.asked && !state.repeats {
            state.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        state.asked = true;
        buf.put_slice(&state.request);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Peer {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut state = self.0.lock().expect("nothing panics with the lock");
        let granted = bytes.starts_with(b"HTTP/1.1 2") || bytes.starts_with(b"HTTP/1.1 101");
        assert!(state.writes > 0 || granted, "refused: {}", String::from_utf8_lossy(bytes));
        state.writes += 1;
        if state.writes == HEAD_WRITES {
            state.begin = Some(Instant::now());
        }
        if state.writes > HEAD_WRITES {
            state.bytes += bytes.len() as u64;
        }
        if state.writes < HEAD_WRITES + state.enough || state.bytes < state.enough_bytes {
            return Poll::Ready(Ok(bytes.len()));
        }
        state.end.get_or_insert_with(Instant::now);
        if let Some(reader) = state.reader.take() {
            reader.wake();
        }
        Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
