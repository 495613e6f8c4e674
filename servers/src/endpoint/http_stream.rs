//! The control: one endless chunked response of bare payloads, one chunk for each event. Refuses to frame anything.

use super::framing::Bare;
use super::stream_body::StreamBody;
use super::{Opened, Streams, open, with_missed};
use crate::connection_guard::ConnectionGuard;
use crate::flush::{Habit, Outlet};
use crate::refusal::Refusal;
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use wire::Transport;

pub(super) async fn stream(
    State(streams): State<Streams>,
    Extension(guard): Extension<Arc<ConnectionGuard>>,
    uri: Uri,
) -> Result<Response, Refusal> {
    let Opened { feed, missed, .. } = open(&streams, Transport::HttpStream, &uri, Some(guard), |_| Ok(()))?;
    let outlet = Outlet::new(feed, streams.worker.state.tuning().flush, Habit::Gathers);
    let fields = [(header::CONTENT_TYPE, "application/octet-stream"), (header::CACHE_CONTROL, "no-store")];
    Ok(with_missed(missed, (fields, Body::new(StreamBody::new(outlet, Bare, false))).into_response()))
}
