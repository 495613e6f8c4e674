//! An answer as data, and what a format must say of it, event by event. Formats are pure: none of them paces or queues.

use script::{BYTES_PER_TOKEN, Generation, identifier};
use std::fmt::Debug;
use wire::StampKey;

/// When every answer claims to have been created (Unix time): a clock would make two runs of one seed differ.
pub(super) const CREATED: u64 = 1_764_547_200;

/// What an answer says.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) model: &'static str,
    pub(super) generation: Generation,
    /// Hex digits that name this answer, for the format to make its ids from.
    pub(super) id: String,
    pub(super) input_tokens: u64,
    pub(super) max_tokens: Option<u32>,
    pub(super) include_usage: bool,
    pub(super) previous: Option<String>,
}

/// Digits of an answer's id.
const ID_DIGITS: usize = 48;

impl Answer {
    /// An id that depends on the seed and on the history, so that two turns of one seed are told apart.
    pub(super) fn id(seed: u64, history_bytes: u64) -> String {
        identifier([seed, history_bytes], ID_DIGITS)
    }

    /// Input tokens, which nobody counts here: bytes divided by the mean of a token.
    pub(super) fn input_tokens(history_bytes: u64) -> u64 {
        (history_bytes as f64 / BYTES_PER_TOKEN).ceil() as u64
    }

    /// Output tokens.
    pub(super) const fn output_tokens(&self) -> u64 {
        self.generation.tokens() as u64
    }

    /// Bytes of the whole text.
    pub(super) fn text_bytes(&self) -> u64 {
        let mut text = Vec::new();
        self.append_all(&mut text);
        text.len() as u64
    }

    /// Appends the whole text.
    pub(super) fn append_all(&self, out: &mut Vec<u8>) {
        (0..self.generation.events()).for_each(|index| self.generation.append_text(index, out));
    }
}

/// Events around the content of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// Events before the content that are due at once, when the request is accepted.
    pub(super) accepted: usize,
    /// Events before the content that are due with it.
    pub(super) announced: usize,
    /// Events behind the content, due with the last of it.
    pub(super) closing: usize,
}

/// One event of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// One that goes before the content.
    Opening(usize),
    /// Content, by its number.
    Content(usize),
    /// One that comes behind the content.
    Closing(usize),
}

/// One API's way to say things: pure, by the number of the event.
pub(super) trait Format: Debug + Send + Sync {
    fn layout(&self, answer: &Answer) -> Layout;

    /// The member that holds the stamp.
    fn stamp_key(&self) -> StampKey;

    /// The event's type, where SSE names it beside the data.
    fn name(&self, part: Part, answer: &Answer) -> Option<&'static str>;

    /// Appends the event's object without its closing brace; `false` when it is no object and has no place for a stamp.
    fn write(&self, part: Part, seq: u64, answer: &Answer, out: &mut Vec<u8>) -> bool;

    /// Appends the event that says that the server failed, without its closing brace.
    fn write_failure(&self, seq: u64, out: &mut Vec<u8>);

    /// The type of that event.
    fn failure_name(&self) -> Option<&'static str>;

    /// Appends the answer as one object, for who wants no stream.
    fn write_whole(&self, answer: &Answer, out: &mut Vec<u8>);

    /// What a quiet SSE stream says instead of a comment.
    fn heartbeat(&self) -> Option<&'static [u8]> {
        None
    }
}
