//! What an ordinary application uses to read the same streams: hyper with the `sse-stream` parser, tokio-tungstenite.
//!
//! It runs over the same link and records with the same recorder, so counts must agree with the lean client's.

use crate::client::EventRef;
use crate::link::{DialTimes, Dialer, Link};
use crate::stream::{StreamError, StreamSpec, Tally};
use crate::worker;
use bytes::Bytes;
use futures_util::StreamExt as _;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use servers::clock;
use sse_stream::SseStream;
use std::fmt::Display;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use wire::{MonoTime, Transport};

/// Reads one stream until it ends.
///
/// # Errors
/// [`StreamError`]; a transport that no library reads is one.
pub async fn run(dialer: &Dialer, spec: &StreamSpec) -> Result<(), StreamError> {
    match spec.transport {
        Transport::Sse => sse(dialer, spec).await,
        Transport::WebSocket => websocket(dialer, spec).await,
        Transport::LongPoll | Transport::HttpStream | Transport::RawTcp => {
            Err(StreamError::Library(format!("no client library reads {}: use --client lean", spec.transport)))
        }
    }
}

/// A link and its tally.
async fn dial(dialer: &Dialer, spec: &StreamSpec) -> Result<(Link, Tally, DialTimes), StreamError> {
    let (link, times) = dialer.dial().await?;
    let tally = Tally::new(&link, spec);
    worker::with(|worker| worker.recorder.dialled(&times));
    Ok((link, tally, times))
}

async fn sse(dialer: &Dialer, spec: &StreamSpec) -> Result<(), StreamError> {
    let (link, mut tally, times) = dial(dialer, spec).await?;
    let meter = link.meter();
    let (mut sender, connection) = http1::handshake(TokioIo::new(link)).await.map_err(library)?;
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request(spec, &[("accept", "text/event-stream")])?).await.map_err(library)?;
    tally.requested(usize::try_from(meter.bytes_out()).unwrap_or(0));
    if response.status() != hyper::StatusCode::OK {
        return Err(StreamError::Library(format!("the server answered {}", response.status())));
    }
    worker::with(|worker| worker.recorder.answered(Some(times.tls), clock::now()));
    let mut events = SseStream::from_bytes_stream(response.into_body().into_data_stream());
    while let Some(event) = events.next().await {
        let event = event.map_err(library)?;
        let received = clock::now();
        if let Some(data) = &event.data {
            let (id, kind) = (event.id.as_deref(), event.event.as_deref());
            record(&mut tally, &times, EventRef { data: data.as_bytes(), id, kind, binary: false }, received);
        }
    }
    connection.abort();
    Ok(())
}

async fn websocket(dialer: &Dialer, spec: &StreamSpec) -> Result<(), StreamError> {
    let (link, mut tally, times) = dial(dialer, spec).await?;
    let meter = link.meter();
    let upgrade = [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", &generate_key()),
    ];
    let request = request(spec, &upgrade)?.map(|_| ());
    let (mut messages, _) =
        tokio_tungstenite::client_async(with_full_uri(request, spec)?, link).await.map_err(library)?;
    tally.requested(usize::try_from(meter.bytes_out()).unwrap_or(0));
    worker::with(|worker| worker.recorder.answered(Some(times.tls), clock::now()));
    while let Some(message) = messages.next().await {
        let received = clock::now();
        let message = message.map_err(library)?;
        if message.is_text() || message.is_binary() {
            let binary = message.is_binary();
            let event = EventRef { data: &message.into_data(), id: None, kind: None, binary };
            record(&mut tally, &times, event, received);
        }
    }
    Ok(())
}

fn record(tally: &mut Tally, times: &DialTimes, event: EventRef<'_>, received: MonoTime) {
    worker::with(|worker| {
        if !tally.state.has_received() {
            worker.recorder.first_event(times, received);
        }
        worker.recorder.event(&mut tally.state, event, received);
    });
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
