//! WebSocket (RFC 6455): one text message for each event, and an echo for each client message. Refuses to compress.

use super::inbound::{Inbound, NoMemory, Read};
use super::{Opened, Streams, open, with_missed};
use crate::connection_guard::{ConnectionGuard, GRACE};
use crate::feed::{End, Feed, Item, WorkerHandle};
use crate::flush::{Habit, Outlet, Step};
use crate::refusal::Refusal;
use axum::Extension;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::http::Uri;
use axum::response::Response;
use futures_util::{SinkExt, StreamExt};
use script::MAX_LARGE_BYTES;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite;
use wire::Transport;

pub(super) async fn stream(
    State(streams): State<Streams>,
    Extension(guard): Extension<Arc<ConnectionGuard>>,
    uri: Uri,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Refusal> {
    let upgrade = upgrade.map_err(|_| Refusal::upgrade_required("websocket"))?;
    let Opened { feed, missed, .. } = open(&streams, Transport::WebSocket, &uri, Some(Arc::clone(&guard)), |_| Ok(()))?;
    Ok(with_missed(missed, respond(&streams.worker, upgrade, feed, guard)))
}

/// More than the largest event of a script, which repeats its whole text; as a fault a larger one can be ordered.
const LARGEST_EVENT_BYTES: usize = 1 << 20;
/// Room for what the library sends by itself: a pong, a close.
const CONTROL_BYTES: usize = 4096;

/// A feed as the messages of a WebSocket. It is boxed, as hyper boxes a body: the task that waits for the upgrade and then serves
/// would keep it once for each function that it is handed to.
pub(crate) fn respond(
    worker: &WorkerHandle,
    upgrade: WebSocketUpgrade,
    feed: Feed,
    guard: Arc<ConnectionGuard>,
) -> Response {
    let outlet = Box::new(outlet(feed));
    tuned(worker, upgrade).on_upgrade(move |socket| serve(socket, outlet, guard))
}

/// An upgrade with the buffers and limits that this server gives every WebSocket.
pub(crate) fn tuned(worker: &WorkerHandle, upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    let (tuning, limit) = (worker.state.tuning(), worker.state.limits().max_request_bytes);
    let event = if worker.state.allows_faults() { MAX_LARGE_BYTES } else { LARGEST_EVENT_BYTES };
    let largest = event.max(limit).max(worker.state.limits().max_payload_bytes);
    upgrade
        .read_buffer_size(tuning.websocket_read_buffer_bytes)
        .write_buffer_size(tuning.websocket_write_buffer_bytes)
        .max_write_buffer_size(tuning.websocket_write_buffer_bytes + largest + CONTROL_BYTES)
        .max_message_size(limit)
        .max_frame_size(limit)
}

/// A feed with the flush policy of every WebSocket.
pub(crate) fn outlet(feed: Feed) -> Outlet {
    let flush = feed.worker().state.tuning().flush;
    Outlet::new(feed, flush, Habit::WritesEach)
}

/// Serves a connection to its end.
#[expect(clippy::manual_async_fn, reason = "an async fn keeps its arguments twice, and a socket is half a kilobyte")]
fn serve(
    mut socket: WebSocket,
    mut outlet: Box<Outlet>,
    guard: Arc<ConnectionGuard>,
) -> impl Future<Output = ()> + Send {
    async move {
        let conversation = async {
            if let Some(farewell) = converse(&mut socket, &mut outlet, &guard).await {
                drop(outlet);
                let _ = timeout(GRACE, close(&mut socket, farewell)).await;
            }
        };
        let _ = guard.attend(pin!(conversation), |_| ()).await;
    }
}

/// What comes next on a connection.
enum Turn {
    Client(Read),
    Server(Step),
}

/// Sends and echoes until the stream is over; `None` when the client has gone.
async fn converse(socket: &mut WebSocket, outlet: &mut Outlet, guard: &Arc<ConnectionGuard>) -> Option<CloseFrame> {
    let mut inbound = Inbound::new(guard);
    loop {
        let sent = match poll_fn(|cx| poll_turn(&mut inbound, socket, outlet, cx)).await {
            Turn::Client(Some(Ok(message))) => answer(socket, outlet.feed(), message).await,
            Turn::Client(Some(Err(error))) => return too_large(error),
            Turn::Client(None) => return None,
            Turn::Server(Step::Write(Item::End(end))) => return farewell(end),
            Turn::Server(Step::Write(item)) if is_cut(&item, outlet.feed()) => Ok(()),
            Turn::Server(Step::Write(item)) => socket.feed(message(item, outlet.feed())).await,
            Turn::Server(Step::Flush { .. }) => socket.flush().await,
        };
        sent.ok()?;
    }
}

/// The client first, as hyper reads before it writes: a stream that never pauses must not make the server deaf.
fn poll_turn(inbound: &mut Inbound, socket: &mut WebSocket, outlet: &mut Outlet, cx: &mut Context<'_>) -> Poll<Turn> {
    match inbound.poll_read(socket, cx) {
        Poll::Ready(read) => Poll::Ready(Turn::Client(read)),
        Poll::Pending => outlet.poll_step(cx).map(Turn::Server),
    }
}

/// Whether the stream is cut within this item. Frames are written whole: the connection ends before it instead.
pub(crate) fn is_cut(item: &Item, feed: &Feed) -> bool {
    matches!(item, Item::Event(event) if feed.script().is_some_and(|script| script.cuts(event.seq)))
}

pub(crate) fn message(item: Item, feed: &mut Feed) -> Message {
    match item {
        Item::Event(event) => {
            let mut payload = Vec::with_capacity(feed.payload_bytes());
            feed.render(&event, &mut payload);
            text(payload.into())
        }
        Item::Message(message) => text(message),
        Item::Heartbeat | Item::End(_) => Message::Ping(bytes::Bytes::new()),
    }
}

/// A text message. That its bytes are UTF-8 is checked, which is the price of a text message in any library.
fn text(bytes: bytes::Bytes) -> Message {
    axum::extract::ws::Utf8Bytes::try_from(bytes.clone()).map_or(Message::Binary(bytes), Message::Text)
}

/// Echoes data, except to who reads a script. Pings are answered by the library, but nothing more is read until the answer is
/// written: who pings and never reads is not heard any more. A close is answered too: the next read then says that it is over.
async fn answer(socket: &mut WebSocket, feed: &Feed, message: Message) -> Result<(), axum::Error> {
    match message {
        Message::Text(_) | Message::Binary(_) => {
            feed.worker().counters().messages.fetch_add(1, Relaxed);
            if feed.script().is_some() { Ok(()) } else { socket.send(message).await }
        }
        Message::Ping(_) => socket.flush().await,
        Message::Pong(_) | Message::Close(_) => Ok(()),
    }
}

/// What is said at the end; nothing where the connection just ends.
pub(crate) fn farewell(end: End) -> Option<CloseFrame> {
    let (code, reason) = match end {
        End::Cut => return None,
        End::Complete => (close_code::NORMAL, ""),
        End::Shutdown => (close_code::AWAY, "the server is shutting down"),
        End::ThrownOut => (close_code::POLICY, "too slow, and the policy is disconnect"),
        End::Replaced => (close_code::POLICY, "another connection reads for this session"),
    };
    Some(CloseFrame { code, reason: reason.into() })
}

/// The farewell to a message that is too large, or for which no memory is left; any other error means that the client has gone
/// or speaks no WebSocket.
pub(crate) fn too_large(error: axum::Error) -> Option<CloseFrame> {
    let error = error.into_inner();
    if let Some(no_memory) = error.downcast_ref::<NoMemory>() {
        return Some(CloseFrame { code: close_code::AGAIN, reason: no_memory.to_string().into() });
    }
    let error = error.downcast::<tungstenite::Error>().ok()?;
    let reason = "the message is over the limit of this server (raise it with --max-request)";
    matches!(*error, tungstenite::Error::Capacity(_))
        .then(|| CloseFrame { code: close_code::SIZE, reason: reason.into() })
}

/// Says goodbye and waits for the client's; what it still sends is not echoed any more.
pub(crate) async fn close(socket: &mut WebSocket, farewell: CloseFrame) {
    if socket.send(Message::Close(Some(farewell))).await.is_ok() {
        while let Some(Ok(_)) = socket.next().await {}
    }
}
