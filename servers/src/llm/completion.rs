//! An answer over HTTP: as a stream of server-sent events, or whole when it is done. Refuses to know any format.

use super::api::Api;
use super::ask::{Ask, Granted, grant, order_of};
use super::error::ApiError;
use super::service::LlmState;
use crate::connection_guard::ConnectionGuard;
use crate::endpoint::Streams;
use crate::endpoint::publish::read_body;
use crate::endpoint::sse;
use crate::feed::{End, Feed, Item};
use crate::refusal::Refusal;
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse, Response};
use std::future::poll_fn;
use std::sync::Arc;

pub(super) async fn create(
    api: Api,
    State(state): State<LlmState>,
    Extension(guard): Extension<Arc<ConnectionGuard>>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    answer(api, &state, guard, &uri, &headers, body).await.unwrap_or_else(|error| error.respond(api))
}

async fn answer(
    api: Api,
    state: &LlmState,
    guard: Arc<ConnectionGuard>,
    uri: &Uri,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let LlmState { streams: Streams { worker, registry }, service } = state;
    service.check_key(headers)?;
    let order = order_of(worker, uri)?;
    let body = read_body(worker, headers, body).await?;
    let Granted { rendered, watch, streams, .. } = grant(api, state, Ask::read(&body)?, body.len(), order)?;
    let whole = (!streams).then(|| rendered.to_whole());
    let _kept = worker.state.budget().take(whole.as_ref().map_or(0, Vec::len))?;
    let feed = registry.play(worker, rendered.script(), watch, guard)?;
    match whole {
        None => Ok(sse::respond(worker, feed, false, sse::is_browser(headers))),
        Some(object) => {
            wait(feed).await?;
            Ok(([(header::CONTENT_TYPE, "application/json")], object).into_response())
        }
    }
}

/// Reads a feed to its end: an answer without a stream takes as long as one with it.
async fn wait(mut feed: Feed) -> Result<(), ApiError> {
    let mut scratch = Vec::new();
    loop {
        match poll_fn(|cx| feed.poll_next(cx)).await {
            Item::Event(event) => {
                scratch.clear();
                feed.render(&event, &mut scratch);
            }
            Item::Message(_) | Item::Heartbeat => {}
            Item::End(End::Complete) => return Ok(()),
            Item::End(End::Shutdown) => return Err(Refusal::closing().into()),
            Item::End(End::Cut | End::ThrownOut | End::Replaced) => return Err(ApiError::ordered(500)),
        }
    }
}
