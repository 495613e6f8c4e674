//! Server-Sent Events: a `text/event-stream` response of one chunk for each event. Refuses to pace or to queue.

use super::framing::EventStream;
use super::stream_body::{BrokenOff, StreamBody, poll_item};
use super::{Opened, Streams, open, with_missed};
use crate::connection_guard::ConnectionGuard;
use crate::feed::{Feed, Item, WorkerHandle};
use crate::flush::{Habit, Outlet};
use crate::refusal::Refusal;
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use wire::{Encoder, Transport};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Asks nginx, and proxies that learned from it, not to hold events back.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

pub(super) async fn stream(
    State(streams): State<Streams>,
    Extension(guard): Extension<Arc<ConnectionGuard>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let mut ids = true;
    let Opened { feed, missed, .. } = open(&streams, Transport::Sse, &uri, Some(guard), |asked| {
        ids = asked.ids;
        if let Some(seq) = last_event_id(&headers)? {
            asked.after = Some(seq);
        }
        Ok(())
    })?;
    Ok(with_missed(missed, respond(&streams.worker, feed, ids, is_browser(&headers))))
}

/// A feed as an event stream: with `id:` lines or without, and with a comment at once where the client needs one.
pub(crate) fn respond(worker: &WorkerHandle, feed: Feed, ids: bool, greets: bool) -> Response {
    let tuning = worker.state.tuning();
    let outlet = Outlet::new(feed, tuning.flush, Habit::Gathers);
    let mut response = match tuning.sse_encoder {
        Encoder::Direct => Body::new(StreamBody::new(outlet, EventStream { ids }, greets)).into_response(),
        Encoder::Library => Sse::new(LibraryEvents { outlet, ids, greets }).into_response(),
    };
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    fields.insert(ACCEL_BUFFERING, HeaderValue::from_static("no"));
    response
}

/// A reconnecting client says where it was in a header, which knows better than the URL that it was given.
pub(crate) fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, Refusal> {
    let Some(id) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let seq = id.to_str().ok().and_then(|id| id.parse().ok()).filter(|seq: &u64| *seq < 1 << 48);
    seq.map(Some).ok_or_else(|| Refusal::bad("Last-Event-ID is not a sequence number of this server"))
}

/// Firefox fires `open` at the first byte of the body, not at the head. Only browsers send these two headers, so only
/// they are greeted with a comment: for everyone else the body holds events and heartbeats alone.
pub(crate) fn is_browser(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-mode")
}

/// The feed as axum's SSE response takes it, written as people write it.
struct LibraryEvents {
    outlet: Outlet,
    ids: bool,
    greets: bool,
}

impl Stream for LibraryEvents {
    type Item = Result<Event, BrokenOff>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.greets) {
            return Poll::Ready(Some(Ok(Event::DEFAULT_KEEP_ALIVE)));
        }
        let ids = self.ids;
        let item = ready!(poll_item(&mut self.outlet, cx));
        Poll::Ready(item.map(|item| item.map(|item| library_event(item, self.outlet.feed(), ids))))
    }
}

fn library_event(item: Item, feed: &mut Feed, ids: bool) -> Event {
    let text = match item {
        Item::Event(event) => {
            let mut payload = Vec::with_capacity(feed.payload_bytes());
            feed.render(&event, &mut payload);
            let name = feed.script().and_then(|script| script.lines.name(event.seq));
            let data = name.map_or_else(Event::default, |name| Event::default().event(name));
            let data = if ids { data.id(event.seq.to_string()) } else { data };
            return data.data(String::from_utf8_lossy(&payload));
        }
        Item::Message(message) => message,
        Item::Heartbeat | Item::End(_) => return Event::DEFAULT_KEEP_ALIVE,
    };
    Event::default().data(String::from_utf8_lossy(&text))
}
