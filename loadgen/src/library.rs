//! What an ordinary application uses to read the same streams: hyper with the `sse-stream` parser, tokio-tungstenite.
//!
//! It runs over the same link and records with the same recorder, so counts must agree with the lean client's.

use bytes::Bytes;
use client::recorder::DialTimes;
use client::stream::{StreamError, StreamSpec, Tally};
use client::worker::Worker;
use client::{DecodeError, Dialer, EventRef, Link, MAX_EVENT_BYTES};
use futures_util::StreamExt as _;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use memchr::memchr2;
use servers::clock;
use sse_stream::SseStream;
use std::fmt::Display;
use std::mem;
use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::{self, protocol::WebSocketConfig};
use wire::{MonoTime, Transport};

/// Most bytes that wait for a peer that does not read; above what tungstenite gathers before it writes.
const MAX_UNSENT_BYTES: usize = 256 << 10;

/// Reads one stream until it ends, for that worker to record.
///
/// # Errors
/// [`StreamError`]; a transport that no library reads is one.
pub async fn run(dialer: &Dialer, spec: &StreamSpec, worker: &Worker) -> Result<(), StreamError> {
    match spec.transport {
        Transport::Sse => sse(dialer, spec, worker).await,
        Transport::WebSocket => websocket(dialer, spec, worker).await,
        Transport::LongPoll | Transport::HttpStream | Transport::RawTcp => {
            Err(StreamError::Library(format!("no client library reads {}: use --client lean", spec.transport)))
        }
    }
}

/// A link and its tally.
async fn dial(dialer: &Dialer, spec: &StreamSpec, worker: &Worker) -> Result<(Link, Tally, DialTimes), StreamError> {
    let (link, times) = dialer.dial(Some(worker)).await?;
    let tally = Tally::new(&link, &times, spec, worker)?;
    Ok((link, tally, times))
}

async fn sse(dialer: &Dialer, spec: &StreamSpec, worker: &Worker) -> Result<(), StreamError> {
    let (link, mut tally, times) = dial(dialer, spec, worker).await?;
    let meter = link.meter();
    let (mut sender, connection) = http1::handshake(TokioIo::new(link)).await.map_err(library)?;
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request(spec, &[("accept", "text/event-stream")])?).await.map_err(library)?;
    tally.requested(usize::try_from(meter.bytes_out()).unwrap_or(0));
    if response.status() != hyper::StatusCode::OK {
        return Err(refused(response.status()));
    }
    worker.record(|recorder| recorder.answered(Some(times.tls), clock::now()))?;
    let mut bounds = Bounds::default();
    let bytes = response.into_body().into_data_stream().map(move |bytes| {
        let bytes = bytes.map_err(library)?;
        bounds.take(&bytes)?;
        Ok::<_, StreamError>(bytes)
    });
    let mut events = SseStream::from_bytes_stream(bytes);
    while let Some(event) = events.next().await {
        let event = event.map_err(library)?;
        let received = clock::now();
        if let Some(data) = &event.data {
            let (id, kind) = (event.id.as_deref(), event.event.as_deref());
            record(worker, &mut tally, &times, EventRef { data: data.as_bytes(), id, kind, binary: false }, received)?;
        }
    }
    connection.abort();
    Ok(())
}

async fn websocket(dialer: &Dialer, spec: &StreamSpec, worker: &Worker) -> Result<(), StreamError> {
    let (link, mut tally, times) = dial(dialer, spec, worker).await?;
    let meter = link.meter();
    let upgrade = [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", &generate_key()),
    ];
    let request = request(spec, &upgrade)?.map(|_| ());
    let request = with_full_uri(request, spec)?;
    let shaken = client_async_with_config(request, link, Some(bounded())).await;
    let (mut messages, _) = shaken.map_err(|error| match error {
        tungstenite::Error::Http(response) => refused(response.status()),
        error => library(error),
    })?;
    tally.requested(usize::try_from(meter.bytes_out()).unwrap_or(0));
    worker.record(|recorder| recorder.answered(Some(times.tls), clock::now()))?;
    while let Some(message) = messages.next().await {
        let received = clock::now();
        let message = message.map_err(library)?;
        if message.is_text() || message.is_binary() {
            let binary = message.is_binary();
            let event = EventRef { data: &message.into_data(), id: None, kind: None, binary };
            record(worker, &mut tally, &times, event, received)?;
        }
    }
    Ok(())
}

fn record(
    worker: &Worker,
    tally: &mut Tally,
    times: &DialTimes,
    event: EventRef<'_>,
    received: MonoTime,
) -> Result<(), StreamError> {
    worker.record(|recorder| {
        if !tally.state.has_received() {
            recorder.first_event(times, received);
        }
        recorder.event(&mut tally.state, event, received);
    })?;
    tally.state.astray_ns().map_or(Ok(()), |astray_ns| Err(StreamError::OtherClock(astray_ns)))
}

fn refused(status: hyper::StatusCode) -> StreamError {
    let token = if status == hyper::StatusCode::UNAUTHORIZED { ": give a token with --token-env NAME" } else { "" };
    StreamError::Library(format!("the server answered {status}{token}"))
}

/// What a message may hold, as for the lean client, and what may wait for a peer that does not read: pongs.
fn bounded() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(MAX_EVENT_BYTES))
        .max_frame_size(Some(MAX_EVENT_BYTES))
        .max_write_buffer_size(MAX_UNSENT_BYTES)
}

/// What an SSE line and the data of an event may hold, as for the lean client: the parser itself gathers without end.
#[derive(Debug, Default)]
struct Bounds {
    line: usize,
    is_data: bool,
    data: usize,
    after_cr: bool,
}

impl Bounds {
    /// Takes the next bytes, cut anywhere.
    fn take(&mut self, mut bytes: &[u8]) -> Result<(), DecodeError> {
        while let Some(first) = bytes.first() {
            if mem::take(&mut self.after_cr) && *first == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            self.is_data = if self.line == 0 { *first == b'd' } else { self.is_data };
            let end = memchr2(b'\n', b'\r', bytes);
            let length = end.unwrap_or(bytes.len());
            self.line += length;
            self.data += if self.is_data { length } else { 0 };
            if self.line.max(self.data) > MAX_EVENT_BYTES {
                return Err(DecodeError::EventTooLong);
            }
            let Some(end) = end else { return Ok(()) };
            self.after_cr = bytes[end] == b'\r';
            bytes = &bytes[end + 1..];
            // A blank line ends an event.
            self.data = if self.line == 0 { 0 } else { self.data };
            self.line = 0;
        }
        Ok(())
    }
}

fn request(spec: &StreamSpec, defaults: &[(&str, &str)]) -> Result<hyper::Request<Full<Bytes>>, StreamError> {
    let asked = &spec.request;
    let mut builder = hyper::Request::builder().method(asked.method.as_str()).uri(asked.path_and_query.as_str());
    builder = builder.header("host", asked.authority.as_str());
    for (name, value) in defaults {
        builder = builder.header(*name, *value);
    }
    for (name, value) in &asked.headers {
        builder = builder.header(name.as_str(), value.as_str());
    }
    let body = asked.body.clone().unwrap_or_default();
    builder.body(Full::new(Bytes::from(body))).map_err(library)
}

/// tungstenite wants an absolute URI.
fn with_full_uri(mut request: hyper::Request<()>, spec: &StreamSpec) -> Result<hyper::Request<()>, StreamError> {
    let uri = format!("ws://{}{}", spec.request.authority, spec.request.path_and_query);
    *request.uri_mut() = uri.parse().map_err(library)?;
    Ok(request)
}

fn library(error: impl Display) -> StreamError {
    StreamError::Library(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether this text, again and again and cut into such parts, outgrows the bounds.
    fn outgrows(text: &str, cut: usize) -> bool {
        let mut bounds = Bounds::default();
        let times = MAX_EVENT_BYTES / 1_000 + 1_000;
        let all = (0..times).try_for_each(|_| text.as_bytes().chunks(cut).try_for_each(|part| bounds.take(part)));
        all == Err(DecodeError::EventTooLong)
    }

    #[test]
    fn a_line_and_the_data_of_an_event_are_bounded_however_they_are_cut() {
        let long = "x".repeat(1_000);
        for cut in [101, 1_003, 1_006, 2_000] {
            for endless in
                [format!("data: {long}\n"), format!("data: {long}\r\n"), format!("data: {long}\r"), long.clone()]
            {
                assert!(outgrows(&endless, cut), "{:?} by {cut}", &endless[990..]);
            }
            for ends in ["\n\n", "\r\n\r\n", "\r\r"] {
                assert!(!outgrows(&format!("data: {long}{ends}"), cut), "{ends:?} by {cut}");
            }
            assert!(!outgrows(&format!(": {long}\n"), cut), "comments are not kept");
        }
    }
}
