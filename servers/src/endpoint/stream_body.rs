//! A feed as the body of an endless HTTP response: one chunk for each frame. Refuses to buffer: hyper does.

use super::framing::{COMMENT, Framing};
use crate::feed::{End, Item};
use crate::flush::{Outlet, Step};
use bytes::Bytes;
use http_body::{Body, Frame};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// The body of SSE (encoded directly) and of the HTTP stream.
#[derive(Debug)]
pub(super) struct StreamBody<F> {
    outlet: Outlet,
    framing: F,
    greets: bool,
}

/// A stream that did not come to its end: the body stops without its terminator, so that the client can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stream was broken off: its reader was too slow, or a client ordered it")]
pub(super) struct BrokenOff;

impl<F> StreamBody<F> {
    /// A body that begins with a comment if it `greets`.
    pub(super) const fn new(outlet: Outlet, framing: F, greets: bool) -> Self {
        Self { outlet, framing, greets }
    }
}

impl<F: Framing> Body for StreamBody<F> {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        if std::mem::take(&mut self.greets) {
            return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(COMMENT)))));
        }
        let Self { outlet, framing, .. } = &mut *self;
        let item = match ready!(poll_item(outlet, cx)) {
            Some(Ok(item)) => item,
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            None => return Poll::Ready(None),
        };
        let feed = outlet.feed();
        let mut frame = Vec::with_capacity(feed.payload_bytes() + framing.margin());
        framing.frame(item, feed, &mut frame);
        Poll::Ready(Some(Ok(Frame::data(frame.into()))))
    }
}

/// The next item for hyper. hyper flushes when a body is pending, so that is how a flush is asked for.
pub(super) fn poll_item(outlet: &mut Outlet, cx: &mut Context<'_>) -> Poll<Option<Result<Item, BrokenOff>>> {
    Poll::Ready(match ready!(outlet.poll_step(cx)) {
        Step::Write(Item::End(End::ThrownOut | End::Cut)) => Some(Err(BrokenOff)),
        Step::Write(Item::End(End::Complete | End::Shutdown | End::Replaced)) => None,
        Step::Write(item) => Some(Ok(item)),
        Step::Flush { more } => {
            if more {
                cx.waker().wake_by_ref();
            }
            return Poll::Pending;
        }
    })
}
