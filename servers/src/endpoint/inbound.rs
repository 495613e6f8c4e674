//! Reads a WebSocket only when there is something to read. Refuses to look in vain.
//!
//! A look costs more than it seems: tungstenite first zeroes its read buffer (128 KiB as shipped), whether or not a byte
//! has come. A task that looks before each event it sends would charge that to the transport. hyper has no such cost.

use axum::extract::ws::{Message, WebSocket};
use futures_util::StreamExt;
use futures_util::task::AtomicWaker;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::AcqRel, Ordering::Release};
use std::task::{Context, Poll, Wake, Waker};

/// What a read gives: a message, an error, or the end.
pub(crate) type Read = Option<Result<Message, axum::Error>>;

/// The reading side of one connection's task.
#[derive(Debug)]
pub(crate) struct Inbound {
    signal: Arc<Signal>,
    waker: Waker,
}

/// Wakes the task as any waker does, and remembers that it was the socket who called.
#[derive(Debug)]
struct Signal {
    called: AtomicBool,
    task: AtomicWaker,
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.called.store(true, Release);
        self.task.wake();
    }
}

impl Inbound {
    pub(crate) fn new() -> Self {
        let signal = Arc::new(Signal { called: AtomicBool::new(true), task: AtomicWaker::new() });
        Self { waker: Waker::from(Arc::clone(&signal)), signal }
    }

    /// The next message, looked for only if the socket called since the last look that found nothing.
    #[inline]
    pub(crate) fn poll_read(&self, socket: &mut WebSocket, cx: &mut Context<'_>) -> Poll<Read> {
        if !self.signal.called.swap(false, AcqRel) {
            return Poll::Pending;
        }
        self.signal.task.register(cx.waker());
        let read = socket.poll_next_unpin(&mut Context::from_waker(&self.waker));
        if read.is_ready() {
            self.signal.called.store(true, Release);
        }
        read
    }
}
