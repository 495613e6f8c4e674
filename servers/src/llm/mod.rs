//! A language-model service without a model: the formats of the real APIs around seeded text. Refuses to pace or to queue.
//!
//! ```text
//!  request ─► ask ─► service (key, bound, history) ─► Generation (wire) ─► answer: events by number ─► Script ─► feed
//!                                                                        │
//!                             chat · responses · messages · job          one file a format: JSON objects, and nothing else
//! ```
//!
//! An answer is written before it starts. Its events are a function of their number, so SSE and WebSocket, a second reader
//! and a resend get the same objects, and the schedule is kept by the pacer like that of any other stream.

mod answer;
mod api;
mod ask;
mod chat;
mod completion;
mod conversation;
mod error;
mod format;
mod job;
mod messages;
mod responses;
mod service;

pub use service::LlmOptions;
pub(crate) use service::LlmService;

use crate::endpoint::Streams;
use api::Api;
use axum::Router;
use axum::routing::{get, post};
use service::LlmState;
use std::sync::Arc;

/// The routes, for people.
pub(crate) const ROUTES: &str =
    "/v1/chat/completions, /v1/responses, /v1/messages, /v1/models, /v1/jobs/predict, /v1/jobs/train";

pub(crate) fn routes<S>(streams: Streams, service: Arc<LlmService>) -> Router<S> {
    let create =
        |api| post(move |state, guard, uri, headers, body| completion::create(api, state, guard, uri, headers, body));
    Router::new()
        .route("/v1/chat/completions", create(Api::Chat))
        .route("/v1/responses", create(Api::Responses).get(conversation::open))
        .route("/v1/messages", create(Api::Messages))
        .route("/v1/models", get(ask::models))
        .route("/v1/jobs/{kind}", get(job::watch))
        .with_state(LlmState { streams, service })
}
