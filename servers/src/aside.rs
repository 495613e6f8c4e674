//! Something that a task waits for beside its work, looked at only when it called. Refuses to look in vain.
//!
//! A look costs more than it seems: a wait for shutdown takes a lock that all connections share, and tungstenite zeroes its
//! read buffer. A task that looks before each event it sends would charge that to the transport.

use futures_util::task::AtomicWaker;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::AcqRel, Ordering::Release};
use std::task::{Context, Poll, Wake, Waker};

/// The waker of what is waited for.
#[derive(Debug)]
pub(crate) struct Aside {
    signal: Arc<Signal>,
    waker: Waker,
}

/// Wakes the task as any waker does, and remembers who it was that called.
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

impl Aside {
    pub(crate) fn new() -> Self {
        let signal = Arc::new(Signal { called: AtomicBool::new(true), task: AtomicWaker::new() });
        Self { waker: Waker::from(Arc::clone(&signal)), signal }
    }

    /// Looks with `look`, only if it called since the last look that found nothing.
    #[inline]
    pub(crate) fn poll<T>(&self, cx: &mut Context<'_>, look: impl FnOnce(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
        if !self.signal.called.swap(false, AcqRel) {
            return Poll::Pending;
        }
        self.signal.task.register(cx.waker());
        let found = look(&mut Context::from_waker(&self.waker));
        if found.is_ready() {
            self.signal.called.store(true, Release);
        }
        found
    }

    /// Runs `work` until it is done, or until `other` is: `Err` with what that found.
    pub(crate) async fn race<W: Future, O: Future>(
        &self,
        mut work: Pin<&mut W>,
        mut other: Pin<&mut O>,
    ) -> Result<W::Output, O::Output> {
        std::future::poll_fn(|cx| match work.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending => self.poll(cx, |cx| other.as_mut().poll(cx)).map(Err),
        })
        .await
    }
}
