//! One stream from dial to end, read by the lean client and recorded.
//!
//! A stream folds its bytes and counts into its worker's recorder when it is dropped, so one that is cut off by the end of
//! the trial counts like one that ended by itself. Refuses to reconnect: that would hide a failure.

use crate::recorder::{DialTimes, StreamState};
use crate::span::Span;
use crate::track::Track;
use crate::worker::{Gone, Worker};
use crate::{
    Connection, Conversation, DecodeError, DialError, Dialer, Head, Link, Meter, Overhead, Request, RequestError,
    Signal,
};
use servers::clock;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;
use wire::{MonoTime, Transport};

/// Why a stream broke.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The connection could not be opened.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// The request cannot be sent.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The peer sent what the transport does not allow.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The connection broke.
    #[error("connection lost: {0}")]
    Io(#[from] io::Error),
    /// The stamps are of another clock than the one that the server shows.
    #[error(
        "stamps of the stream are {} off the clock that /clock shows: clock and stream are of different servers behind \
         one name; give the address of one of them", humantime::format_duration(Duration::from_millis(.0 / 1_000_000))
    )]
    OtherClock(u64),
    /// The trial is over.
    #[error(transparent)]
    Gone(#[from] Gone),
    /// The library client gave up.
    #[error("{0}")]
    Library(String),
}

/// What to open.
#[derive(Debug, Clone)]
pub struct StreamSpec {
    /// The transport.
    pub transport: Transport,
    /// What to ask for.
    pub request: Request,
    /// Events that must come, where the server is bound to a number.
    pub expected: Option<u64>,
    /// Sequence number of the first event, where it is known.
    pub first_seq: Option<u64>,
    /// Whether the client leaves once the expected events have come, because the server does not know how many there are.
    pub leaves: bool,
}

/// Counts of one stream; folded into the worker's recorder on drop.
pub struct Tally {
    worker: Worker,
    meter: Arc<Meter>,
    /// State of the recorder for this stream.
    pub state: StreamState,
    expected: Option<u64>,
    requests: u64,
    connect_out: u64,
    overhead: Overhead,
    span: Span,
}

impl Tally {
    /// The tally of a link just dialled.
    ///
    /// # Errors
    /// [`Gone`] when the trial is over.
    pub fn new(link: &Link, times: &DialTimes, spec: &StreamSpec, worker: &Worker) -> Result<Self, Gone> {
        worker.record(|recorder| recorder.dialled(times))?;
        Ok(Self {
            worker: worker.clone(),
            meter: link.meter(),
            state: StreamState::new(spec.first_seq.map_or(Track::anywhere(), Track::from)),
            expected: spec.expected,
            requests: 0,
            connect_out: 0,
            overhead: Overhead::default(),
            span: Span::default(),
        })
    }

    /// A request of so many bytes went out; the first one belongs to the cost of connecting.
    pub fn requested(&mut self, bytes: usize) {
        if self.requests == 0 {
            self.connect_out = bytes as u64;
        }
        self.requests += 1;
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        // A stream that outlives its trial counts for nobody.
        let _ = self.worker.record(|recorder| {
            let (counters, bytes) = (&mut recorder.counters, &mut recorder.bytes);
            let Overhead { head_bytes, end_bytes } = self.overhead;
            counters.requests += self.requests;
            counters.reads += self.meter.reads();
            bytes.connect_out += self.connect_out;
            bytes.connect_in += head_bytes;
            bytes.stream_out += self.meter.bytes_out().saturating_sub(self.connect_out);
            bytes.stream_in += self.meter.bytes_in().saturating_sub(head_bytes);
            bytes.close_in += end_bytes;
            if let Some((traffic, events)) = self.span.traffic() {
                recorder.layers.span.add(&traffic);
                recorder.layers.span_events += events;
            }
            if let Some(expected) = self.expected {
                *counters.expected.get_or_insert(0) += expected;
                // What never came at the end leaves no gap behind it.
                counters.lost += expected.saturating_sub(self.state.track.next().unwrap_or(0));
            }
        });
    }
}

/// One open stream, read by the lean client.
pub struct Stream {
    connection: Connection,
    tally: Tally,
    transport: Transport,
    times: DialTimes,
    asked: Option<MonoTime>,
    leaves_after: Option<u64>,
}

impl Stream {
    /// Dials and prepares the request, for that worker to record; nothing is sent yet.
    ///
    /// # Errors
    /// [`StreamError::Dial`], [`StreamError::Request`] or [`StreamError::Gone`].
    pub async fn open(dialer: &Dialer, spec: &StreamSpec, worker: &Worker) -> Result<Self, StreamError> {
        let conversation = Conversation::open(spec.transport, &spec.request)?;
        let (link, times) = dialer.dial(Some(worker)).await?;
        let tally = Tally::new(&link, &times, spec, worker)?;
        let leaves_after = spec.expected.filter(|_| spec.leaves);
        let connection = Connection { link, conversation };
        Ok(Self { connection, tally, transport: spec.transport, times, asked: None, leaves_after })
    }

    /// Reads until the stream ends cleanly, or until the client has what it came for.
    ///
    /// # Errors
    /// [`StreamError`] when it ends otherwise.
    pub async fn run(&mut self) -> Result<(), StreamError> {
        match self.leaves_after {
            None => while self.step().await? {},
            Some(count) => {
                if !self.run_until(count).await? {
                    return Err(StreamError::Library("the server ended the stream".to_owned()));
                }
            }
        }
        Ok(())
    }

    /// Reads until `count` events have come or the stream ends; true when they have.
    ///
    /// # Errors
    /// [`StreamError`] when the stream breaks first.
    pub async fn run_until(&mut self, count: u64) -> Result<bool, StreamError> {
        while self.tally.state.received() < count && self.step().await? {}
        Ok(self.tally.state.received() >= count)
    }

    /// Reads until the response head has come.
    ///
    /// # Errors
    /// [`StreamError`] when the stream breaks, ends, or stays silent for `limit`.
    pub async fn opened(&mut self, limit: Duration) -> Result<(), StreamError> {
        let head = async {
            while self.tally.overhead.head_bytes == 0 {
                if !self.step().await? {
                    return Err(StreamError::Library("the server ended the stream at once".to_owned()));
                }
            }
            Ok(())
        };
        let silent = |_| StreamError::Library("no answer to the request in time".to_owned());
        timeout(limit, head).await.map_err(silent)?
    }

    /// Queues a message to the server; it is sent by the next step.
    ///
    /// # Errors
    /// [`StreamError::Library`] when the transport has no way back.
    pub fn send_message(&mut self, payload: &[u8]) -> Result<(), StreamError> {
        self.connection.conversation.send_message(payload).map_err(|error| StreamError::Library(error.to_string()))
    }

    /// Writes what is queued.
    ///
    /// # Errors
    /// [`StreamError::Io`] when the connection broke.
    pub async fn flush(&mut self) -> Result<(), StreamError> {
        let outbox = self.connection.conversation.outbox().len();
        if outbox == 0 {
            return Ok(());
        }
        // The first outbox is the request; long polling asks again after each answer.
        let (first, repeats) = (self.asked.is_none(), self.transport == Transport::LongPoll);
        if first || repeats {
            self.tally.requested(outbox);
        }
        if first {
            self.asked = Some(clock::now());
        }
        self.connection.flush().await?;
        if first && !repeats {
            // A stream that is only read keeps no room for it.
            *self.connection.conversation.outbox() = Vec::new();
        }
        Ok(())
    }

    /// Writes what is queued, then reads once; false when the stream has ended cleanly.
    ///
    /// # Errors
    /// [`StreamError`] when it broke.
    pub async fn step(&mut self) -> Result<bool, StreamError> {
        self.flush().await?;
        poll_fn(|cx| self.poll_receive(cx)).await
    }

    /// The request as it will stand on the wire; empty once it was sent.
    pub fn request_text(&mut self) -> String {
        String::from_utf8_lossy(self.connection.conversation.outbox()).into_owned()
    }

    /// The latest response head; an empty one with status 0 before the first has come.
    pub fn response_head(&self) -> &Head {
        self.connection.conversation.head()
    }

    /// Writes raw bytes past the conversation, to see what the server makes of them.
    ///
    /// # Errors
    /// [`StreamError::Io`] when the connection broke.
    pub async fn write_raw(&mut self, bytes: &[u8]) -> Result<(), StreamError> {
        Ok(self.connection.link.write_all(bytes).await?)
    }

    /// One read and everything in it, recorded.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, StreamError>> {
        let Self { connection, tally, times, asked, .. } = self;
        tally.worker.receive(|recorder, buffer| {
            let received = ready!(connection.poll_receive(cx, buffer, &mut |signal, at| {
                match signal {
                    Signal::Head(head) if head.is_final() && !tally.state.has_received() => {
                        recorder.answered(*asked, at)
                    }
                    Signal::Event(_) if !tally.state.has_received() => recorder.first_event(times, at),
                    _ => {}
                }
                recorder.signal(&mut tally.state, signal, at);
            }))?;
            tally.overhead = connection.conversation.overhead();
            received.heard?;
            if received.bytes == 0 {
                return Poll::Ready(Ok(false));
            }
            if let Some(astray_ns) = tally.state.astray_ns() {
                return Poll::Ready(Err(StreamError::OtherClock(astray_ns)));
            }
            recorder.kernel_stamp(connection.link.take_stamp(), received.at);
            // What has been on the wire, once the response head has come.
            if tally.overhead.head_bytes > 0 {
                tally.span.observe(tally.state.received(), tally.expected, || connection.link.settled());
            }
            Poll::Ready(Ok(!connection.conversation.is_over()))
        })?
    }
}
