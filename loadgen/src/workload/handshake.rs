//! Open one connection, keep the heads as they stood on the wire, then try to speak on it.
//!
//! Whether the server's application got anything is the server's own count, not the client's hope.

use super::session::{Session, SessionError};
use super::subscription::quiet;
use super::{Order, TrialError};
use client::recorder::{Reading, Recorder};
use client::stream::{Stream, StreamError};
use client::window::{Basis, Window};
use client::worker::Worker;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use trial::{Content, Exchange, Measurement};
use wire::{Payload, Rate, Subscription};

/// Events to receive before speaking.
const EVENTS: u64 = 3;
/// Longest wait for them.
const LIMIT: Duration = Duration::from_secs(5);
/// What the client says on the open connection.
const WORDS: &str = "can you hear me?";
/// Wait for the server to have heard it.
const HEARING: Duration = Duration::from_millis(200);

/// Runs one trial of scenario `handshake`.
///
/// # Errors
/// [`TrialError`] when the connection breaks before anything was said.
pub(super) async fn run(order: &Order, session: &mut Session, content: Content) -> Result<Measurement, TrialError> {
    let window = Arc::new(Window::new(Basis::Receipt, Duration::ZERO, LIMIT));
    let reading = Reading::Push(Arc::new(Payload::new(content.payload_bytes)));
    let worker = Worker::new(Recorder::new(reading, window, session.clock.offset_ns, None));
    let before = session.control.vitals(false).await.map_err(SessionError::from)?;
    let exchange = speak(order, session, content, &worker).await;
    let mut exchange = exchange.map_err(|error| TrialError::Broken(error.to_string()))?;
    let after = session.control.vitals(false).await.map_err(SessionError::from)?;
    exchange.upstream_received = after.messages_received.saturating_sub(before.messages_received);
    let (measurement, _) = worker.finish()?.finish();
    exchange.events = measurement.counters.received;
    Ok(Measurement { exchange: Some(exchange), window_ns: 0, timeline: Vec::new(), ..measurement })
}

async fn speak(order: &Order, session: &Session, content: Content, worker: &Worker) -> Result<Exchange, StreamError> {
    let subscription = Subscription { rate: Rate::per_second(100.0).expect("above zero"), ..quiet(content) };
    let mut stream = Stream::open(&session.dialer, &session.spec(order, &subscription, 0), worker).await?;
    let request = stream.request_text();
    let events = timeout(LIMIT, stream.run_until(EVENTS)).await;
    events.map_err(|_| StreamError::Library(format!("fewer than {EVENTS} events within 5 s")))??;
    let (response, status) = (stream.response_head().text().to_owned(), stream.response_head().status());
    let upstream_sent = if order.arm.protocol.is_bidirectional() {
        stream.send_message(WORDS.as_bytes())?;
        format!("text message \"{WORDS}\"")
    } else {
        stream.write_raw(WORDS.as_bytes()).await?;
        format!("bytes \"{WORDS}\" on the connection of the open response")
    };
    // Long polling has answered by now and takes the bytes for a broken request: the end is part of the finding.
    let listening = async { while matches!(stream.step().await, Ok(true)) {} };
    let _ = timeout(HEARING, listening).await;
    Ok(Exchange { request, response, status, upstream_sent, ..Exchange::default() })
}
