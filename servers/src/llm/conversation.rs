//! OpenAI's Responses API over a WebSocket: turns one after the other on one connection. Refuses to hold two at a time.
//!
//! ```text
//! client  {"type":"response.create", …the body of POST /v1/responses…}      {"type":"response.cancel"}
//! server  the event objects of the SSE stream, one text message each; {"type":"error","status":…} for what is refused
//! ```

use super::api::Api;
use super::ask::{Ask, Granted, grant, order_of};
use super::error::ApiError;
use super::responses::cancelled;
use super::service::LlmState;
use crate::connection_guard::{ConnectionGuard, GRACE};
use crate::endpoint::inbound::{Inbound, Read};
use crate::endpoint::websocket::{close, farewell, is_cut, message, outlet, too_large, tuned};
use crate::feed::{End, Item, WorkerHandle};
use crate::flush::{Outlet, Step};
use crate::refusal::Refusal;
use axum::Extension;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use futures_util::SinkExt;
use script::Order;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};
use tokio::time::timeout;

/// `GET /v1/responses`: the same path as for SSE, upgraded.
pub(super) async fn open(
    State(state): State<LlmState>,
    Extension(guard): Extension<Arc<ConnectionGuard>>,
    uri: Uri,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let opened = || {
        state.service.check_key(&headers)?;
        let order = order_of(&state.streams.worker, &uri)?;
        if let Some(status) = order.mishaps.status {
            return Err(ApiError::ordered(status));
        }
        let upgrade = upgrade.map_err(|_| ApiError::from(Refusal::upgrade_required("websocket")))?;
        Ok((order, upgrade))
    };
    match opened() {
        Ok((order, upgrade)) => {
            let upgrade = tuned(&state.streams.worker, upgrade);
            let conversation = Conversation { state, guard, order, turn: None };
            upgrade.on_upgrade(move |socket| conversation.serve(socket))
        }
        Err(error) => error.respond(Api::Responses),
    }
}

struct Conversation {
    state: LlmState,
    guard: Arc<ConnectionGuard>,
    /// What the URL orders; each turn may amend it.
    order: Order,
    turn: Option<Turn>,
}

/// An answer that is being sent.
struct Turn {
    response_id: String,
    outlet: Outlet,
    /// Number of the next event.
    next: u64,
}

/// What comes next on a connection.
enum Next {
    Client(Read),
    Server(Step),
    Shutdown,
}

/// How a connection ends, if not by the client.
type Farewell = Option<CloseFrame>;

impl Conversation {
    const fn worker(&self) -> &Arc<WorkerHandle> {
        &self.state.streams.worker
    }

    async fn serve(mut self, mut socket: WebSocket) {
        let guard = Arc::clone(&self.guard);
        let conversation = async {
            if let Some(farewell) = self.converse(&mut socket).await {
                self.turn = None;
                let _ = timeout(GRACE, close(&mut socket, farewell)).await;
            }
        };
        let _ = guard.attend(pin!(conversation), |_| ()).await;
    }

    /// Until the connection ends; what is to be said then, `None` when the client has gone or the connection is cut.
    async fn converse(&mut self, socket: &mut WebSocket) -> Farewell {
        let mut inbound = Inbound::new(&self.guard);
        loop {
            let sent = match poll_fn(|cx| self.poll_next(&mut inbound, socket, cx)).await {
                Next::Client(Some(Ok(message))) => self.hear(socket, message).await,
                Next::Client(Some(Err(error))) => return too_large(error),
                Next::Client(None) => return None,
                Next::Server(Step::Write(Item::End(End::Complete))) => {
                    self.turn = None;
                    socket.flush().await
                }
                Next::Server(Step::Write(Item::End(end))) => return farewell(end),
                Next::Server(Step::Write(item)) => self.say(socket, item).await,
                Next::Server(Step::Flush { .. }) => socket.flush().await,
                Next::Shutdown => return farewell(End::Shutdown),
            };
            sent.ok()?;
        }
    }

    /// The client first, as on every WebSocket here.
    fn poll_next(&mut self, inbound: &mut Inbound, socket: &mut WebSocket, cx: &mut Context<'_>) -> Poll<Next> {
        if let Poll::Ready(read) = inbound.poll_read(socket, cx) {
            return Poll::Ready(Next::Client(read));
        }
        match &mut self.turn {
            Some(turn) => turn.outlet.poll_step(cx).map(Next::Server),
            // Between two turns there is no feed that would say so; the guard polls once more at the end.
            None if self.state.streams.worker.state.is_closing() => Poll::Ready(Next::Shutdown),
            None => Poll::Pending,
        }
    }

    async fn say(&mut self, socket: &mut WebSocket, item: Item) -> Result<(), axum::Error> {
        let Some(turn) = &mut self.turn else { return Ok(()) };
        if is_cut(&item, turn.outlet.feed()) {
            return Ok(());
        }
        if let Item::Event(event) = &item {
            turn.next = event.seq + 1;
        }
        socket.feed(message(item, turn.outlet.feed())).await
    }

    async fn hear(&mut self, socket: &mut WebSocket, message: Message) -> Result<(), axum::Error> {
        let heard = match &message {
            Message::Text(text) => self.obey(text.as_str()),
            Message::Binary(_) => Err(ApiError::bad("type", "Events are text messages: this one was binary.")),
            // As on every WebSocket here: nothing more is read until the answer to a ping is written.
            Message::Ping(_) => return socket.flush().await,
            Message::Pong(_) | Message::Close(_) => return Ok(()),
        };
        self.worker().counters().messages.fetch_add(1, Relaxed);
        match heard.unwrap_or_else(|error| Some(error.to_event())) {
            Some(event) => socket.send(Message::Text(event.into())).await,
            None => Ok(()),
        }
    }

    /// Does what a client event says; an event to answer with at once, if there is one.
    fn obey(&mut self, text: &str) -> Result<Option<String>, ApiError> {
        let ask = Ask::read(text.as_bytes())?;
        match ask.kind()? {
            "response.create" => self.begin(ask, text.len()).map(|()| None),
            "response.cancel" => self.cancel().map(Some),
            other => {
                let other: String = other.chars().take(80).collect();
                let known = "known: response.create, response.cancel";
                Err(ApiError::bad("type", format!("Unknown event type '{other}' ({known}).")))
            }
        }
    }

    fn begin(&mut self, ask: Ask, bytes: usize) -> Result<(), ApiError> {
        if self.turn.is_some() {
            let line = "A response is in progress on this connection: wait for its end, or send response.cancel.";
            return Err(ApiError::new(StatusCode::CONFLICT, Some("response_in_progress"), line));
        }
        let Granted { rendered, watch, response_id, .. } =
            grant(Api::Responses, &self.state, ask, bytes, self.order.clone())?;
        let guard = Arc::clone(&self.guard);
        let feed = self.state.streams.registry.play(self.worker(), rendered.script(), watch, guard)?;
        self.turn = Some(Turn { response_id, outlet: outlet(feed), next: 0 });
        Ok(())
    }

    /// Gives up the answer in progress: dropping its feed ends its schedule.
    fn cancel(&mut self) -> Result<String, ApiError> {
        let none = || ApiError::bad("type", "There is no response in progress to cancel.");
        let Turn { response_id, next, .. } = self.turn.take().ok_or_else(none)?;
        Ok(cancelled(&response_id, next))
    }
}
