//! When framed events are handed to the socket: one policy for all transports. Refuses to frame or to write.

use crate::feed::{Feed, Item};
use std::task::{Context, Poll};
use wire::Flush;

/// Bytes of payload after which a gathering policy writes, however few events they are.
pub(crate) const GATHER_BYTES: usize = 64 * 1024;

/// A feed that says when to flush.
#[derive(Debug)]
pub(crate) struct Outlet {
    feed: Feed,
    most: usize,
    events: usize,
    bytes: usize,
    held: Option<Item>,
}

/// What an endpoint does next.
#[derive(Debug)]
pub(crate) enum Step {
    /// Frame this and put it behind what is not yet flushed.
    Write(Item),
    /// Hand over all that was framed. `more` says that the next item is there already.
    Flush { more: bool },
}

/// What the library under an endpoint does with ready events when nobody asks.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Habit {
    /// It gathers what is ready until it finds its buffer full (hyper's bodies).
    Gathers,
    /// It writes each (a WebSocket's `send`, a socket's `write_all`).
    WritesEach,
}

impl Outlet {
    pub(crate) fn new(feed: Feed, flush: Flush, habit: Habit) -> Self {
        let most = match (flush, habit) {
            (Flush::Each, _) | (Flush::Library, Habit::WritesEach) => 1,
            (Flush::Ready, _) => Flush::READY_MAX,
            (Flush::Library, Habit::Gathers) => usize::MAX,
        };
        Self { feed, most, events: 0, bytes: 0, held: None }
    }

    pub(crate) const fn feed(&mut self) -> &mut Feed {
        &mut self.feed
    }

    /// The next step. After a [`Step::Flush`] without `more`, or when pending, the task is woken by the feed.
    #[inline]
    pub(crate) fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        let full = self.events >= self.most || (self.bytes >= GATHER_BYTES && self.most < usize::MAX);
        let item = self.held.take().map_or_else(|| self.feed.poll_next(cx), Poll::Ready);
        match item {
            Poll::Ready(item) if full => {
                self.held = Some(item);
                Poll::Ready(self.flush(true))
            }
            Poll::Ready(item) => {
                self.events += 1;
                self.bytes += self.size(&item);
                Poll::Ready(Step::Write(item))
            }
            Poll::Pending if self.events > 0 => Poll::Ready(self.flush(false)),
            Poll::Pending => Poll::Pending,
        }
    }

    const fn flush(&mut self, more: bool) -> Step {
        (self.events, self.bytes) = (0, 0);
        Step::Flush { more }
    }

    fn size(&self, item: &Item) -> usize {
        match item {
            Item::Event(_) => self.feed.payload_bytes(),
            Item::Message(message) => message.len(),
            Item::Heartbeat | Item::End(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests;
