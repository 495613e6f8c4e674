//! Reads a WebSocket only when there is something to read: tungstenite first zeroes its read buffer (128 KiB as shipped),
//! whether or not a byte has come. hyper has no such cost. Refuses to look in vain, and to gather a message for which there is
//! no memory.

use crate::aside::Aside;
use crate::budget::Charge;
use crate::connection_guard::ConnectionGuard;
use crate::refusal::Refusal;
use axum::extract::ws::{Message, WebSocket};
use futures_util::StreamExt;
use std::sync::Arc;
use std::task::{Context, Poll};

/// What a read gives: a message, an error, or the end.
pub(crate) type Read = Option<Result<Message, axum::Error>>;

/// Bytes of an unfinished message that come with its connection, the library's read buffer among them.
const FREE_BYTES: u64 = 192 * 1024;

/// Header and mask of a control frame.
const CONTROL_BYTES: u64 = 6;

/// The reading side of one connection's task.
#[derive(Debug)]
pub(crate) struct Inbound {
    aside: Aside,
    guard: Arc<ConnectionGuard>,
    /// Bytes that had come with the last message, and those of control frames since.
    heard: u64,
    /// What an unfinished message takes beyond [`FREE_BYTES`], and how much that is.
    charge: Option<(Charge, u64)>,
}

/// An unfinished message for which no memory is left.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.line)]
pub(crate) struct NoMemory(Refusal);

impl Inbound {
    pub(crate) fn new(guard: &Arc<ConnectionGuard>) -> Self {
        Self { aside: Aside::new(), guard: Arc::clone(guard), heard: guard.received(), charge: None }
    }

    /// The next message, looked for only if the socket called since the last look that found nothing.
    #[inline]
    pub(crate) fn poll_read(&mut self, socket: &mut WebSocket, cx: &mut Context<'_>) -> Poll<Read> {
        let polled = self.aside.poll(cx, |cx| socket.poll_next_unpin(cx));
        match &polled {
            // It may stand between two parts of a message.
            Poll::Ready(Some(Ok(Message::Ping(data) | Message::Pong(data)))) => {
                self.heard += CONTROL_BYTES + data.len() as u64;
            }
            Poll::Ready(_) => (self.heard, self.charge) = (self.guard.received(), None),
            Poll::Pending => {
                let unfinished = self.guard.received().saturating_sub(self.heard);
                if unfinished > FREE_BYTES
                    && let Err(refusal) = self.keep(unfinished - FREE_BYTES)
                {
                    return Poll::Ready(Some(Err(axum::Error::new(NoMemory(refusal)))));
                }
            }
        }
        polled
    }

    /// Takes memory for so many bytes of an unfinished message, up to the largest that one may have.
    fn keep(&mut self, bytes: u64) -> Result<(), Refusal> {
        let state = &self.guard.worker().state;
        let (charge, taken) = self.charge.get_or_insert_with(|| (state.budget().open(), 0));
        let bytes = bytes.min(state.limits().max_request_bytes as u64);
        charge.grow(bytes.saturating_sub(*taken) as usize)?;
        *taken = bytes.max(*taken);
        Ok(())
    }
}
