//! The measuring client: bytes in, borrowed events out, for every transport alike, and the recorder that they go to.
//!
//! ```text
//! socket ◄─► Link ──read──► Conversation::push(bytes, sink) ─► wire ─► framing ─► sink.signal(Event, Head, Ping, …)
//!  deadline, TLS, accounts ◄─write── Conversation::outbox()    requests, pongs, close replies
//! └──────────────── Connection ────────────────┘
//! ```
//!
//! Conversation, wire and framing are sans-I/O: none of them opens a socket, reads a clock or waits. A framing keeps only
//! what an unfinished event needs and bounds that ([`MAX_EVENT_BYTES`], [`MAX_HEAD_BYTES`]); an event that lies whole in the
//! pushed bytes is handed out where it lies, without a copy or an allocation. However the same bytes are cut, the signals are
//! the same.

mod chunked;
pub mod codec;
mod connection;
mod conversation;
pub mod dependence;
mod dial;
pub mod endpoint;
mod error;
pub mod event_log;
mod http;
pub mod kernel_clock;
pub mod lateness;
mod link;
mod long_poll;
mod one_way;
mod patience;
mod plain;
pub mod recorder;
mod records;
pub mod redact;
mod request;
mod socket;
mod span;
mod sse;
pub mod stream;
#[cfg(debug_assertions)]
pub mod stuck;
pub mod tls;
pub mod track;
mod websocket;
pub mod window;
mod wire;
pub mod worker;

pub use self::wire::Overhead;
pub use connection::{Connection, Received};
pub use conversation::{Conversation, Unsupported};
pub use dial::{DialError, Dialer};
pub use error::{DecodeError, Violation};
pub use http::Head;
pub use link::{Link, Meter};
pub use long_poll::Lines;
pub use patience::Overdue;
pub use records::Records;
pub use request::{Request, RequestError};
pub use sse::EventStream;
pub use websocket::Frames;

/// Largest event, in bytes of payload (and of one SSE line), that a decoder gathers: 16 MiB.
pub const MAX_EVENT_BYTES: usize = 16 << 20;

/// Largest response head, chunk extension or trailer section, in bytes: 64 KiB.
pub const MAX_HEAD_BYTES: usize = 64 << 10;

/// One event, borrowed until the sink returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventRef<'a> {
    /// The payload.
    pub data: &'a [u8],
    /// The SSE stream's last event ID; `None` where there is none or it is empty.
    pub id: Option<&'a str>,
    /// The SSE event type; `None` stands for `message`.
    pub kind: Option<&'a str>,
    /// Whether `data` was not checked to be UTF-8: WebSocket binary messages, and transports that know no text.
    pub binary: bool,
}

impl<'a> EventRef<'a> {
    fn message(data: &'a [u8], binary: bool) -> Self {
        Self { data, id: None, kind: None, binary }
    }
}

/// What a peer said, in the order in which it said it.
#[derive(Debug, Clone, Copy)]
pub enum Signal<'a> {
    /// A response head, also one that the decoder then refuses.
    Head(&'a Head),
    /// An event.
    Event(EventRef<'a>),
    /// An SSE comment line.
    Comment,
    /// A new SSE reconnection time in milliseconds.
    Retry(u64),
    /// A WebSocket ping; the pong is already in the outbox.
    Ping(&'a [u8]),
    /// A WebSocket pong.
    Pong(&'a [u8]),
    /// The end of a response body or of raw records: the stream's clean end, or one answered poll.
    ResponseEnd,
    /// A WebSocket close frame; the reply is already in the outbox.
    Close {
        /// Status code, where the frame has one.
        code: Option<u16>,
        /// Reason; empty where the frame has none.
        reason: &'a str,
    },
}

/// Where signals go; any `FnMut(Signal)` is one.
pub trait Sink {
    /// Takes one signal.
    fn signal(&mut self, signal: Signal<'_>);
}

impl<F: FnMut(Signal<'_>)> Sink for F {
    #[inline]
    fn signal(&mut self, signal: Signal<'_>) {
        self(signal);
    }
}

/// How one protocol lays its events into a body: what follows a response head. After an error a framing is spent.
pub trait Framing {
    /// Whether another response follows a complete one (long polling).
    const REPEATS: bool = false;

    /// Judges a response head (no 1xx but 101); `rest` is what has arrived behind it, for the error's text.
    fn accept(&mut self, head: &Head, rest: &[u8]) -> Result<(), DecodeError>;

    /// Takes the next bytes of the body, cut anywhere.
    fn push<S: Sink + ?Sized>(&mut self, bytes: &[u8], sink: &mut S) -> Result<(), DecodeError>;

    /// Takes the next bytes of one HTTP chunk; `ends` when they complete it.
    fn push_chunk<S: Sink + ?Sized>(&mut self, bytes: &[u8], _ends: bool, sink: &mut S) -> Result<(), DecodeError> {
        self.push(bytes, sink)
    }

    /// Takes the end of the body: was it a clean one?
    fn finish<S: Sink + ?Sized>(&mut self, sink: &mut S) -> Result<(), DecodeError>;

    /// Whether the peer said that nothing more will come.
    fn is_over(&self) -> bool {
        false
    }
}
