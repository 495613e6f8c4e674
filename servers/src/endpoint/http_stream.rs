//! The control: one endless chunked response of bare payloads, one chunk for each event. Refuses to frame anything.

use super::framing::Bare;
use super::stream_body::StreamBody;
use super::{Opened, open, with_missed};
use crate::connection::Ticket;
use crate::feed::Lane;
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
    State(lane): State<Arc<Lane>>,
    Extension(ticket): Extension<Arc<Ticket>>,
    uri: Uri,
) -> Result<Response, Refusal> {
    let Opened { feed, missed, .. } = open(&lane, Transport::HttpStream, &uri, Some(ticket), |_| Ok(()))?;
    let outlet = Outlet::new(feed, lane.hub.tuning().flush, Habit::Gathers);
    let fields = [(header::CONTENT_TYPE, "application/octet-stream"), (header::CACHE_CONTROL, "no-store")];
    Ok(with_missed(missed, (fields, Body::new(StreamBody::new(outlet, Bare, false))).into_response()))
}
