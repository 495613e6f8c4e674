//! One route for each transport. An endpoint turns a feed into frames and nothing else: that is why they are equal.

mod framing;
mod http_stream;
pub(crate) mod inbound;
mod long_poll;
pub(crate) mod publish;
mod raw_tcp;
pub(crate) mod sse;
mod stream_body;
pub(crate) mod websocket;

use crate::admission::admit;
use crate::connection_guard::ConnectionGuard;
use crate::feed::{Feed, Registry, Subscribed, WorkerHandle};
use crate::refusal::Refusal;
use axum::Router;
use axum::http::{HeaderName, HeaderValue, Uri};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use std::sync::Arc;
use wire::{Subscription, Transport};

/// Says, on the response, how many of the events that a client asked for the history no longer had.
const MISSED: HeaderName = HeaderName::from_static("pushbench-missed");

/// Where a request finds its stream.
#[derive(Debug, Clone)]
pub(crate) struct Streams {
    /// The runtime thread that answers it.
    pub(crate) worker: Arc<WorkerHandle>,
    /// Every stream that has a name.
    pub(crate) registry: Arc<Registry>,
}

/// The routes of all transports, and the way in for client messages.
pub(crate) fn routes<S>(streams: Streams) -> Router<S> {
    let routes = Transport::ALL
        .into_iter()
        .fold(Router::new(), |router, transport| router.route(transport.path(), mount(transport)));
    routes
        .route("/publish/{session}", post(publish::publish))
        .route("/publish/group/{group}", post(publish::relay))
        .with_state(streams)
}

fn mount(transport: Transport) -> MethodRouter<Streams> {
    match transport {
        Transport::Sse => get(sse::stream),
        Transport::WebSocket => get(websocket::stream),
        Transport::LongPoll => get(long_poll::answer),
        Transport::HttpStream => get(http_stream::stream),
        Transport::RawTcp => get(raw_tcp::stream),
    }
}

/// Whether a transport has a frame for a heartbeat; the others' feeds need not wake for one.
const fn has_heartbeats(transport: Transport) -> bool {
    match transport {
        Transport::Sse | Transport::WebSocket => true,
        Transport::LongPoll | Transport::HttpStream | Transport::RawTcp => false,
    }
}

/// A subscription that was granted.
struct Opened {
    feed: Feed,
    missed: u64,
    thrown_out: bool,
}

/// Grants what a query string asks for; `adjust` has the last word on it.
fn open(
    Streams { worker, registry }: &Streams,
    transport: Transport,
    uri: &Uri,
    guard: Option<Arc<ConnectionGuard>>,
    adjust: impl FnOnce(&mut Subscription) -> Result<(), Refusal>,
) -> Result<Opened, Refusal> {
    let mut asked = admit(uri.query(), &worker.state)?;
    adjust(&mut asked)?;
    asked.heartbeat = asked.heartbeat.filter(|_| has_heartbeats(transport));
    let Subscribed { feed, missed, thrown_out } = registry.subscribe(worker, asked, guard)?;
    Ok(Opened { feed, missed, thrown_out })
}

/// The response with what has to be said about missed events.
pub(crate) fn with_missed(missed: u64, mut response: Response) -> Response {
    if missed > 0 {
        response.headers_mut().insert(MISSED, HeaderValue::from(missed));
    }
    response
}
