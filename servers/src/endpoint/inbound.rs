//! Reads a WebSocket only when there is something to read: tungstenite first zeroes its read buffer (128 KiB as shipped),
//! whether or not a byte has come. hyper has no such cost. Refuses to look in vain.

use crate::aside::Aside;
use axum::extract::ws::{Message, WebSocket};
use futures_util::StreamExt;
use std::task::{Context, Poll};

/// What a read gives: a message, an error, or the end.
pub(crate) type Read = Option<Result<Message, axum::Error>>;

/// The reading side of one connection's task.
#[derive(Debug)]
pub(crate) struct Inbound(Aside);

impl Inbound {
    pub(crate) fn new() -> Self {
        Self(Aside::new())
    }

    /// The next message, looked for only if the socket called since the last look that found nothing.
    #[inline]
    pub(crate) fn poll_read(&self, socket: &mut WebSocket, cx: &mut Context<'_>) -> Poll<Read> {
        self.0.poll(cx, |cx| socket.poll_next_unpin(cx))
    }
}
