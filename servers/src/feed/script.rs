//! A stream that is written before it starts: what each event says and when it is due. Refuses to know any format.

use super::End;
use std::fmt::Debug;
use wire::Stamp;

/// The text of a script, by the number of the event: any reader may ask for any event, again and in any order.
pub(crate) trait Lines: Debug + Send + Sync {
    /// Appends the data of event `stamp.seq`, which is one line.
    fn write(&self, stamp: &Stamp, out: &mut Vec<u8>);

    /// The type of event `seq`, where SSE names it beside the data.
    fn name(&self, seq: u64) -> Option<&'static str>;

    /// Tokens of generated text in event `seq`.
    fn tokens(&self, seq: u64) -> u64;

    /// What a quiet SSE stream says instead of a comment.
    fn heartbeat(&self) -> Option<&'static [u8]>;

    /// Memory that the text takes until it is forgotten, about.
    fn bytes(&self) -> usize;
}

/// A written stream.
#[derive(Debug)]
pub(crate) struct Script {
    /// Due offsets of the events that will be released, in nanoseconds, never decreasing.
    pub(crate) offsets_ns: Vec<u64>,
    /// Events after which the stream ends; with fewer offsets than this it falls silent instead.
    pub(crate) count: u64,
    /// How it ends.
    pub(crate) end: End,
    pub(crate) lines: Box<dyn Lines>,
}

impl Script {
    /// Room for an event, made before its size is known.
    pub(crate) const TYPICAL_BYTES: usize = 384;

    /// Memory that the script takes, with the history of all that it releases.
    pub(crate) fn bytes(&self) -> usize {
        self.lines.bytes() + self.offsets_ns.len() * 3 * size_of::<u64>()
    }

    /// Whether event `seq` is the one in the middle of which the connection is cut.
    pub(crate) fn cuts(&self, seq: u64) -> bool {
        self.end == End::Cut && seq + 1 == self.count
    }
}

/// A script of nothing, for the tests of what carries one.
#[cfg(test)]
pub(crate) mod rig {
    use super::*;

    /// Tokens of each event.
    pub(crate) const TOKENS: u64 = 3;

    #[derive(Debug)]
    struct Blank;

    impl Lines for Blank {
        fn write(&self, _: &Stamp, out: &mut Vec<u8>) {
            out.push(b'x');
        }

        fn name(&self, _: u64) -> Option<&'static str> {
            None
        }

        fn tokens(&self, _: u64) -> u64 {
            TOKENS
        }

        fn heartbeat(&self) -> Option<&'static [u8]> {
            None
        }

        fn bytes(&self) -> usize {
            0
        }
    }

    /// So many events, all due at once.
    pub(crate) fn script(events: u64) -> Script {
        Script { offsets_ns: vec![0; events as usize], count: events, end: End::Complete, lines: Box::new(Blank) }
    }
}
