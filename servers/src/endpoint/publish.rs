//! The way up for transports that only go down: a POST becomes a message on the stream of a session, or of every session
//! of a group. Refuses to reorder.

use super::Streams;
use crate::bounded::BodyError;
use crate::budget::Charge;
use crate::feed::WorkerHandle;
use crate::refusal::Refusal;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::http::{StatusCode, header};
use bytes::Bytes;
use http_body::Body as _;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::Ordering::Relaxed;

pub(super) async fn publish(
    State(Streams { worker, registry }): State<Streams>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refusal> {
    let session = registry.session(&name).ok_or_else(|| unknown("session", &name))?;
    let message = receive(&worker, &headers, body).await?;
    let slow = || format!("the subscriber of session={} is too slow", shortened(&name));
    let full = || Refusal::new(StatusCode::SERVICE_UNAVAILABLE, slow());
    session.deliver(message).then_some(StatusCode::NO_CONTENT).ok_or_else(full)
}

/// The same for a whole group. A subscriber that is too slow loses the message, which is counted and no error: the
/// publisher of a fan-out does not wait for the slowest.
pub(super) async fn relay(
    State(Streams { worker, registry }): State<Streams>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refusal> {
    let audience = registry.audience(&name).ok_or_else(|| unknown("group", &name))?;
    let message = receive(&worker, &headers, body).await?;
    let subscribers = audience.relay(&message);
    (subscribers > 0).then_some(StatusCode::NO_CONTENT).ok_or_else(|| unknown("group", &name))
}

fn unknown(kind: &str, name: &str) -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, format!("no stream is open with {kind}={}", shortened(name)))
}

/// A name as it may stand in an answer.
fn shortened(name: &str) -> String {
    name.chars().take(64).collect()
}

/// The message of a request, once it is known to be one line of a size that fits.
async fn receive(worker: &WorkerHandle, headers: &HeaderMap, body: Body) -> Result<Bytes, Refusal> {
    let message = read_body(worker, headers, body).await?;
    if !is_one_line(&message) {
        return Err(Refusal::bad("the body must be one line of UTF-8: it becomes one event on any transport"));
    }
    worker.counters().messages.fetch_add(1, Relaxed);
    Ok(message)
}

/// A request's body, if it comes in time, fits the limit and what is left of the server's memory. Whoever keeps it keeps that
/// memory taken.
pub(crate) async fn read_body(worker: &WorkerHandle, headers: &HeaderMap, mut body: Body) -> Result<Bytes, Refusal> {
    let limit = worker.state.limits().max_request_bytes;
    let announced = headers.get(header::CONTENT_LENGTH).and_then(length).unwrap_or(0);
    if announced > limit {
        return Err(Refusal::request_too_large(limit));
    }
    let mut kept = Kept { bytes: Vec::new(), charge: worker.state.budget().take(KEPT_BYTES)? };
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let Ok(piece) = frame.map_err(broken)?.into_data() else { continue };
        if kept.bytes.len() + piece.len() > limit {
            return Err(Refusal::request_too_large(limit));
        }
        kept.charge.grow(piece.len())?;
        kept.bytes.extend_from_slice(&piece);
    }
    Ok(Bytes::from_owner(kept))
}

/// Bytes that a message takes beside its own: its handles, its place in a mailbox.
const KEPT_BYTES: usize = 192;

/// A body and the memory that it takes.
struct Kept {
    bytes: Vec<u8>,
    charge: Charge,
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// What is said of a body that did not come whole.
fn broken(error: axum::Error) -> Refusal {
    let error = error.into_inner();
    let late = matches!(error.downcast_ref(), Some(BodyError::Late));
    let status = if late { StatusCode::REQUEST_TIMEOUT } else { StatusCode::BAD_REQUEST };
    Refusal::new(status, error.to_string())
}

fn length(value: &HeaderValue) -> Option<usize> {
    value.to_str().ok()?.parse().ok()
}

fn is_one_line(message: &Bytes) -> bool {
    !message.iter().any(|byte| matches!(byte, b'\n' | b'\r')) && std::str::from_utf8(message).is_ok()
}
