//! One request and its answer over one connection, which is kept for the next. Refuses to decide when to ask.

use crate::answer::{Answer, MAX_EVENTS};
use crate::failure::{Failure, no_websocket, refused, reported};
use crate::format::Format;
use client::event_log::EventLog;
use client::recorder::DialTimes;
use client::redact::Secrets;
use client::{Connection, Conversation, Dialer, Request, Signal};
use serde::Serialize;
use servers::clock;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::timeout;
use trial::Arm;
use wire::{MonoTime, Transport};

/// What one read returns at most.
const BUFFER_BYTES: usize = 64 << 10;
/// Longest time of one request, however much comes, where nobody says another: far beyond what our workloads last.
const LONGEST: Duration = Duration::from_secs(3_600);
/// Connections that are kept for later requests, of each transport.
const MAX_IDLE: usize = 1_024;

/// Where and how to ask.
pub struct Way {
    /// Dials the endpoint.
    pub dialer: Dialer,
    /// The request without its body.
    pub request: Request,
    /// The API.
    pub format: Format,
    /// Longest silence between two events.
    pub silence: Duration,
    /// Longest time of one request on its connection, however much comes.
    pub longest: Duration,
    /// Where to write what comes.
    pub log: Option<Arc<EventLog>>,
    /// What must not be shown, even when the endpoint sends it back.
    pub secrets: Secrets,
    /// Whether a WebSocket's answer is given up with `response.cancel`, as our servers understand it; else by hanging up.
    pub cancels: bool,
    /// Connections that wait for their next request.
    pub idle: Mutex<Vec<Line>>,
}

/// One request to send.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Its number in the run.
    pub number: u64,
    /// Over which transport, and whose connections.
    pub arm: Arm,
    /// Its body, or the event that wraps it on a WebSocket.
    pub body: &'a [u8],
    /// When it was to begin (open loop).
    pub due: Option<MonoTime>,
    /// Content events after which the answer is given up.
    pub cancel_after: Option<u32>,
}

/// One open connection. It serves one arm: a null arm that shared the connections of its twin would change them.
pub struct Line {
    arm: Arm,
    /// A WebSocket's conversation lasts as long as its connection; one over HTTP is new for each request.
    connection: Connection,
}

/// One request that has come to its end.
#[derive(Debug)]
pub struct Done {
    /// What came.
    pub answer: Answer,
    /// Why it is not complete.
    pub failure: Option<Failure>,
    /// Times of the dial, if one was needed.
    pub dialled: Option<DialTimes>,
    /// Repetitions after 429, 503 or 529.
    pub retries: u32,
    /// Bytes received, response heads included.
    pub bytes_in: u64,
    /// Bytes sent.
    pub bytes_out: u64,
    /// How late the request was started (open loop).
    pub dispatch_lag_ns: Option<u64>,
}

/// One line of the log: the request begins, an event comes, the request ends. All times are `CLOCK_MONOTONIC` nanoseconds.
#[derive(Serialize)]
struct Entry<'a> {
    request: u64,
    transport: &'a str,
    /// The null arm.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    twin: bool,
    what: &'a str,
    at_ns: u64,
    #[serde(skip_serializing_if = "String::is_empty")]
    data: String,
}

impl Way {
    /// The way to an endpoint, without connections: `given` is a base path or the API's own, `headers` say who asks.
    pub fn new(
        dialer: Dialer,
        authority: &str,
        given: &str,
        format: Format,
        headers: impl IntoIterator<Item = (String, String)>,
        silence: Duration,
    ) -> Self {
        let (path, json) = (format.path(given), ("Content-Type".to_owned(), "application/json".to_owned()));
        let headers: Vec<_> = std::iter::once(json).chain(headers).collect();
        let secrets = Secrets::of(&headers, &path);
        let request = Request { method: "POST".to_owned(), headers, ..Request::get(authority, path) };
        let (longest, idle) = (LONGEST, Mutex::default());
        Self { dialer, request, format, silence, longest, log: None, secrets, cancels: false, idle }
    }

    /// A connection: one that waits, else a new one.
    async fn line(&self, arm: Arm) -> Result<(Line, Option<DialTimes>), Failure> {
        if let Some(line) = self.take_idle(arm) {
            return Ok((line, None));
        }
        let (line, times) = Line::open(self, arm).await?;
        Ok((line, Some(times)))
    }

    fn take_idle(&self, arm: Arm) -> Option<Line> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let at = idle.iter().rposition(|line| line.arm == arm)?;
        Some(idle.swap_remove(at))
    }

    fn keep(&self, line: Line) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE {
            idle.push(line);
        }
    }

    fn note(&self, ask: &Ask<'_>, what: &str, at: MonoTime, data: &[u8]) {
        if let Some(log) = &self.log {
            log.append(&Entry {
                request: ask.number,
                transport: ask.arm.protocol.name(),
                twin: ask.arm.twin,
                what,
                at_ns: at.as_nanos(),
                data: log.text(data),
            });
        }
    }

    /// Asks once. A kept connection that the peer has closed meanwhile is replaced by a new one.
    pub async fn ask(&self, ask: &Ask<'_>) -> Done {
        let mut done = Done::new(Answer::begun(ask.due.unwrap_or_else(clock::now)));
        loop {
            let (mut line, dialled) = match self.line(ask.arm).await {
                Ok(line) => line,
                Err(failure) => return done.failed(failure),
            };
            let fresh = dialled.is_some();
            done.dialled = done.dialled.or(dialled);
            // In a closed loop the connection stands before the request begins; in an open one the user waits for it.
            done.answer.begin = ask.due.unwrap_or_else(clock::now);
            self.note(ask, "begin", done.answer.begin, b"");
            let meter = line.connection.link.meter();
            let (before_in, before_out) = (meter.bytes_in(), meter.bytes_out());
            let told = timeout(self.longest, line.tell(self, ask, &mut done.answer)).await;
            let told = told.unwrap_or(Err(Failure::Endless(self.longest)));
            done.bytes_in += meter.bytes_in() - before_in;
            done.bytes_out += meter.bytes_out() - before_out;
            match told {
                Err(failure) if !fresh && failure.is_hang_up() && done.answer.first_byte.is_none() => {}
                Err(failure) => return done.failed(failure),
                Ok(keeps) => {
                    if keeps {
                        self.keep(line);
                    }
                    return done;
                }
            }
        }
    }
}

impl Done {
    fn new(answer: Answer) -> Self {
        Self { answer, failure: None, dialled: None, retries: 0, bytes_in: 0, bytes_out: 0, dispatch_lag_ns: None }
    }

    fn failed(self, failure: Failure) -> Self {
        Self { failure: Some(failure), ..self }
    }
}

impl Line {
    /// Dials; a WebSocket also shakes hands.
    async fn open(way: &Way, arm: Arm) -> Result<(Self, DialTimes), Failure> {
        let (link, times) = way.dialer.dial(None).await?;
        let request = Request { method: "GET".to_owned(), body: None, ..way.request.clone() };
        let conversation = Conversation::open(arm.protocol, &request)?;
        let mut line = Self { arm, connection: Connection { link, conversation } };
        if arm.protocol == Transport::WebSocket {
            let shaken = line.shake(way).await;
            shaken.map_err(|failure| no_websocket(failure, &line.connection.conversation))?;
        }
        Ok((line, times))
    }

    async fn shake(&mut self, way: &Way) -> Result<(), Failure> {
        self.send(way).await?;
        let mut buffer = vec![0; BUFFER_BYTES];
        while self.connection.conversation.head().status() != 101 {
            let received = self.connection.receive(&mut buffer, &mut |_: Signal<'_>, _| ()).await?;
            received.heard.map_err(|error| refused(error, &self.connection.conversation))?;
        }
        Ok(())
    }

    /// Sends what is to be said, and gives it and what comes of it its time.
    async fn send(&mut self, way: &Way) -> Result<(), Failure> {
        self.connection.link.expect(way.silence);
        Ok(self.connection.flush().await?)
    }

    /// Adds a message to what is to be said.
    fn say(&mut self, message: &[u8]) -> Result<(), Failure> {
        let said = self.connection.conversation.send_message(message);
        said.map_err(|error| Failure::NoWebSocket(error.to_string()))
    }

    /// Sends the request and reads its answer; whether the connection can be kept.
    async fn tell(&mut self, way: &Way, ask: &Ask<'_>, answer: &mut Answer) -> Result<bool, Failure> {
        let websocket = self.arm.protocol == Transport::WebSocket;
        if websocket {
            self.say(ask.body)?;
        } else {
            let asked = Request { body: Some(ask.body.to_vec()), ..way.request.clone() };
            self.connection.conversation = Conversation::open(self.arm.protocol, &asked)?;
        }
        self.send(way).await?;
        self.hear(way, ask, answer).await?;
        if answer.given_up.is_some() {
            return self.give_up(way, ask, answer).await;
        }
        way.note(ask, "end", clock::now(), b"");
        let conversation = &self.connection.conversation;
        let closes = conversation.head().header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        Ok(if websocket { !conversation.is_over() } else { conversation.is_over() && !closes })
    }

    /// Gives the answer up: over a WebSocket of one of our servers in words, else by hanging up. Whether the connection
    /// can be kept.
    async fn give_up(&mut self, way: &Way, ask: &Ask<'_>, answer: &mut Answer) -> Result<bool, Failure> {
        way.note(ask, "cancel", clock::now(), b"");
        if self.arm.protocol != Transport::WebSocket || !way.cancels {
            return Ok(false);
        }
        self.say(br#"{"type":"response.cancel"}"#)?;
        self.send(way).await?;
        // What was on its way comes first; then the server's word on the cancel, which this API puts into an error.
        let unlimited = Ask { cancel_after: None, ..*ask };
        match self.hear(way, &unlimited, answer).await {
            Err(Failure::Reported(_) | Failure::Refused { .. }) => Ok(true),
            // It ended by itself, and the refusal to cancel it is still to come: no later request shall hear that.
            Ok(()) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Reads until the answer is over, or has as much content as is wanted. Each event gives the next one its time.
    async fn hear(&mut self, way: &Way, ask: &Ask<'_>, answer: &mut Answer) -> Result<(), Failure> {
        let (mut buffer, connection) = (vec![0; BUFFER_BYTES], &mut self.connection);
        connection.link.expect(way.silence);
        let websocket = self.arm.protocol == Transport::WebSocket;
        loop {
            let events = answer.marks.len();
            let mut misread = Ok(());
            let mut sink = |signal: Signal<'_>, at| match signal {
                Signal::Head(head) => answer.head_bytes += head.wire_bytes() as u64,
                Signal::Comment | Signal::Ping(_) => answer.heartbeats += 1,
                Signal::Event(event) if misread.is_ok() => {
                    way.note(ask, "event", at, event.data);
                    misread = answer.event(way.format, event.data, at);
                }
                _ => {}
            };
            let received = connection.receive(&mut buffer, &mut sink).await?;
            let over = received.bytes == 0;
            if !over {
                answer.read(received.at);
            }
            misread?;
            received.heard.map_err(|error| refused(error, &connection.conversation))?;
            if !over {
                connection.flush().await?;
                if let Some((status, said)) = answer.error.take() {
                    return Err(reported(status, said));
                }
                if !answer.ended && answer.has_enough(ask.cancel_after) {
                    answer.give_up(received.at);
                    return Ok(());
                }
            }
            if over || connection.conversation.is_over() || websocket && answer.ended {
                return if answer.ended { Ok(()) } else { Err(Failure::NoEnd) };
            }
            if answer.marks.len() > MAX_EVENTS {
                return Err(Failure::TooMany);
            }
            if answer.marks.len() > events {
                connection.link.expect(way.silence);
            }
        }
    }
}
