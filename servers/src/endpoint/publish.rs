//! The way up for transports that only go down: a POST becomes a message on a session's stream. Refuses to reorder.

use crate::feed::Lane;
use crate::refusal::Refusal;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::http::{StatusCode, header};
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::time::timeout;

/// Longest wait for a request body.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) async fn publish(
    State(lane): State<Arc<Lane>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refusal> {
    let name: String = name.chars().take(64).collect();
    let unknown = || Refusal::new(StatusCode::NOT_FOUND, format!("no stream is open with session={name}"));
    let session = lane.hub.registry.session(&name).ok_or_else(unknown)?;
    let message = read_body(&lane, &headers, body).await?;
    if !is_one_line(&message) {
        return Err(Refusal::bad("the body must be one line of UTF-8: it becomes one event on any transport"));
    }
    lane.counters().messages.fetch_add(1, Relaxed);
    let full =
        || Refusal::new(StatusCode::SERVICE_UNAVAILABLE, format!("the subscriber of session={name} is too slow"));
    session.deliver(message).then_some(StatusCode::NO_CONTENT).ok_or_else(full)
}

/// A request's body, if it fits the limit and comes in time.
pub(crate) async fn read_body(lane: &Lane, headers: &HeaderMap, body: Body) -> Result<Bytes, Refusal> {
    let limit = lane.hub.limits().max_request_bytes;
    let announced = headers.get(header::CONTENT_LENGTH).and_then(length).unwrap_or(0);
    if announced > limit {
        return Err(Refusal::request_too_large(limit));
    }
    let body = timeout(PATIENCE, to_bytes(body, limit)).await;
    let late = |_| Refusal::new(StatusCode::REQUEST_TIMEOUT, "the request body did not come within 30 s");
    body.map_err(late)?.map_err(|_| Refusal::request_too_large(limit))
}

fn length(value: &HeaderValue) -> Option<usize> {
    value.to_str().ok()?.parse().ok()
}

fn is_one_line(message: &Bytes) -> bool {
    !message.iter().any(|byte| matches!(byte, b'\n' | b'\r')) && std::str::from_utf8(message).is_ok()
}
