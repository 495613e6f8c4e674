//! A page that asks the browser which opened it what it can do, and a place for its answer. Refuses to measure time:
//! the page counts events and sees whether a cut stream comes back.
//!
//! ```text
//! browser ── GET /browser?asked=N&token=T ──► page: EventSource, WebSocket, a cut EventSource
//! browser ── POST /browser/result?token=T ──► kept ──► GET /browser/result?token=T ── load generator
//! ```

use crate::lock::lock;
use crate::refusal::Refusal;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// Most events that a page may be asked to count: at that rate or faster they come within a second.
pub const MAX_ASKED: u64 = 1_000;

/// Results kept for the load generator; older ones make room.
const MAX_RESULTS: usize = 64;
/// Bytes of a result's body.
const MAX_BODY_BYTES: usize = 1024;
/// Bytes of a token.
const MAX_TOKEN_BYTES: usize = 64;
/// Events before the server ends the stream of `/browser/cut`.
const CUT_AFTER: u64 = 3;
/// Reconnection time that `/browser/cut` asks for: Firefox waits 500 ms at least, others by default 3 s.
const RETRY_MS: u64 = 500;

/// What one browser found out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Events received through `EventSource`; `None` when it did not open.
    pub sse_events: Option<u64>,
    /// Messages received through `WebSocket`; `None` when it did not open.
    pub websocket_events: Option<u64>,
    /// Whether `EventSource` came back by itself behind the last id after the server had ended the stream.
    pub sse_resumed: Option<bool>,
    /// Whether `WebSocket` came back by itself after the server had closed it.
    pub websocket_resumed: Option<bool>,
}

/// The page, its cut stream and its results.
pub(crate) fn routes<S>(results: Arc<Results>) -> Router<S> {
    Router::new()
        .route("/browser", get(page))
        .route("/browser/cut", get(cut))
        .route("/browser/result", get(result).post(keep))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(results)
}

/// The latest results by token, shared by all threads of a server.
#[derive(Debug, Default)]
pub(crate) struct Results(Mutex<VecDeque<(String, Outcome)>>);

impl Results {
    fn insert(&self, token: String, outcome: Outcome) {
        let mut results = lock(&self.0);
        results.retain(|(known, _)| *known != token);
        if results.len() == MAX_RESULTS {
            results.pop_front();
        }
        results.push_back((token, outcome));
    }

    fn get(&self, token: &str) -> Option<Outcome> {
        lock(&self.0).iter().find(|(known, _)| known == token).map(|(_, outcome)| *outcome)
    }
}

#[derive(Deserialize)]
struct Asked {
    asked: u64,
}

#[derive(Deserialize)]
struct Asker {
    token: Token,
}

type Asking<T> = Result<Query<T>, QueryRejection>;

/// Who asks: tells the results of several browsers apart.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Token(String);

impl TryFrom<String> for Token {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fits = (1..=MAX_TOKEN_BYTES).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if fits { Ok(Self(text)) } else { Err("token: 1 to 64 letters, digits, '-' or '_'") }
    }
}

/// The two policies isolate the page, which gives it a finer clock; it reads its parameters from its own address.
async fn page(asked: Asking<Asked>, from: Asking<Asker>) -> Result<impl IntoResponse, Refusal> {
    let Query(Asked { asked }) = asked.map_err(unreadable)?;
    from.map_err(unreadable)?;
    if !(1..=MAX_ASKED).contains(&asked) {
        return Err(Refusal::bad(format!("asked={asked}: events to count, 1 to {MAX_ASKED}")));
    }
    let headers = [
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-embedder-policy", "require-corp"),
        ("cache-control", "no-store"),
    ];
    Ok((headers, Html(include_str!("browser.html"))))
}

fn unreadable(rejection: QueryRejection) -> Refusal {
    Refusal::new(rejection.status(), rejection.body_text())
}

/// A stream that ends after [`CUT_AFTER`] events and goes on behind the id with which the browser comes back. It never
/// has more to say than that, so it needs no state: a browser that forgets the id gets the first events again.
async fn cut(headers: HeaderMap) -> impl IntoResponse {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse::<u64>().ok());
    let first = last.map_or(0, |id| id.saturating_add(1));
    let events = (first..first.saturating_add(CUT_AFTER)).map(|id| format!("id: {id}\ndata: {id}\n\n"));
    let body = format!("retry: {RETRY_MS}\n\n") + &events.collect::<String>();
    ([(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")], body)
}

async fn keep(
    State(results): State<Arc<Results>>,
    from: Asking<Asker>,
    outcome: Result<Json<Outcome>, JsonRejection>,
) -> Result<StatusCode, Refusal> {
    let Query(from) = from.map_err(unreadable)?;
    let Json(outcome) = outcome.map_err(|why| Refusal::new(why.status(), why.body_text()))?;
    results.insert(from.token.0, outcome);
    Ok(StatusCode::NO_CONTENT)
}

async fn result(
    State(results): State<Arc<Results>>,
    from: Asking<Asker>,
) -> Result<Result<Json<Outcome>, StatusCode>, Refusal> {
    let Query(from) = from.map_err(unreadable)?;
    Ok(results.get(&from.token.0).map(Json).ok_or(StatusCode::NO_CONTENT))
}
