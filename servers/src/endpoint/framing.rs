//! The bytes of one item on transports without a library. Refuses to write them anywhere.

use crate::feed::{Event, Feed, Item};
use std::io::Write as _;

/// Turns items into bytes.
pub(super) trait Framing: Send + Unpin + 'static {
    /// Appends the frame of `item`; nothing where the transport has no frame for it.
    fn frame(&self, item: Item, feed: &mut Feed, out: &mut Vec<u8>);

    /// Most bytes of an event's frame beside its payload: a buffer that fits exactly is handed on without another allocation.
    fn margin(&self) -> usize;
}

/// Payloads as they are, one behind the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bare;

impl Framing for Bare {
    #[inline]
    fn frame(&self, item: Item, feed: &mut Feed, out: &mut Vec<u8>) {
        match item {
            Item::Event(event) => feed.render(&event, out),
            Item::Message(message) => out.extend_from_slice(&message),
            Item::Heartbeat | Item::End(_) => {}
        }
    }

    fn margin(&self) -> usize {
        0
    }
}

/// The event-stream format (WHATWG HTML, section 9.2.6).
#[derive(Debug, Clone, Copy)]
pub(super) struct EventStream {
    pub(super) ids: bool,
}

/// The shortest comment: a line that every parser skips.
pub(super) const COMMENT: &[u8] = b":\n\n";

impl Framing for EventStream {
    #[inline]
    fn frame(&self, item: Item, feed: &mut Feed, out: &mut Vec<u8>) {
        match item {
            Item::Event(event) => self.frame_event(&event, feed, out),
            Item::Message(message) => {
                out.extend_from_slice(b"data: ");
                out.extend_from_slice(&message);
                out.extend_from_slice(b"\n\n");
            }
            Item::Heartbeat => {
                let own = feed.script().and_then(|script| script.lines.heartbeat());
                out.extend_from_slice(own.unwrap_or(COMMENT));
            }
            Item::End(_) => {}
        }
    }

    fn margin(&self) -> usize {
        const DATA: usize = "data: \n\n".len();
        // 20 digits are enough for any number.
        if self.ids { "id: \n".len() + 20 + DATA } else { DATA }
    }
}

impl EventStream {
    #[inline]
    fn frame_event(self, event: &Event, feed: &mut Feed, out: &mut Vec<u8>) {
        if let Some(name) = feed.script().and_then(|script| script.lines.name(event.seq)) {
            out.extend_from_slice(b"event: ");
            out.extend_from_slice(name.as_bytes());
            out.push(b'\n');
        }
        if self.ids {
            // Writing to a Vec cannot fail.
            let _ = writeln!(out, "id: {}", event.seq);
        }
        out.extend_from_slice(b"data: ");
        feed.render(event, out);
        out.extend_from_slice(b"\n\n");
        if feed.script().is_some_and(|script| script.cuts(event.seq)) {
            out.truncate(out.len() / 2);
        }
    }
}
