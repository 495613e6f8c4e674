//! Sockets and request bodies that do not hold a task for ever. Refuses to know what they carry.
//!
//! A write that makes no progress for [`STUCK`] fails, whatever waits for it; so does a body that has not come within
//! [`PATIENCE`]. A timer is set only when something has to wait.

use crate::connection_guard::ConnectionGuard;
use axum::body::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// Longest time that a peer may take none of what is written to it: much longer than any reader pauses that means to go on.
const STUCK: Duration = Duration::from_secs(300);
/// Longest wait for a request body, from when it is first waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A stream whose writes are bounded, and whose bytes are counted as they come.
#[derive(Debug)]
pub(crate) struct Bounded<S> {
    stream: S,
    guard: Arc<ConnectionGuard>,
    timer: Option<Pin<Box<Sleep>>>,
    /// Whether the timer runs, for a write is pending.
    waits: bool,
}

impl<S> Bounded<S> {
    pub(crate) const fn new(stream: S, guard: Arc<ConnectionGuard>) -> Self {
        Self { stream, guard, timer: None, waits: false }
    }

    /// The stream itself, to be read.
    pub(crate) const fn stream(&self) -> &S {
        &self.stream
    }

    /// What a write came to, or that it has waited for too long.
    #[inline]
    fn watch<T>(&mut self, polled: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.waits = false;
            return polled;
        }
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(STUCK)));
        if !std::mem::replace(&mut self.waits, true) {
            timer.as_mut().reset(Instant::now() + STUCK);
        }
        timer.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    #[inline]
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.guard.receive(buffer.filled().len() - before);
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    #[inline]
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch(polled, cx)
    }

    #[inline]
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.watch(polled, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    #[inline]
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(cx);
        self.watch(polled, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.watch(polled, cx)
    }
}

/// A request body that comes in time or fails.
#[derive(Debug)]
pub(crate) struct BoundedBody {
    body: Incoming,
    timer: Option<Pin<Box<Sleep>>>,
}

/// Why a body fails.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    /// It did not come within [`PATIENCE`].
    #[error("the request body did not come within 30 s")]
    Late,
    /// It ended early, or is not framed as its head says.
    #[error("the request body is broken: {0}")]
    Broken(#[from] hyper::Error),
}

impl BoundedBody {
    pub(crate) const fn new(body: Incoming) -> Self {
        Self { body, timer: None }
    }
}

impl Body for BoundedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            return Poll::Ready(frame.map(|frame| frame.map_err(BodyError::Broken)));
        }
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(PATIENCE)));
        timer.as_mut().poll(cx).map(|()| Some(Err(BodyError::Late)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
