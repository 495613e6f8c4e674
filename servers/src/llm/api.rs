//! The seam between an answer and the formats that it can be written in. Refuses to write any.

use super::answer::Answer;
use super::{chat::Chat, messages::Messages, responses::Responses};
use std::fmt::Debug;
use wire::llm::StampKey;

/// An API that official clients speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    /// OpenAI Chat Completions.
    Chat,
    /// OpenAI Responses.
    Responses,
    /// Anthropic Messages.
    Messages,
}

impl Api {
    pub(super) fn format(self) -> &'static dyn Format {
        match self {
            Self::Chat => &Chat,
            Self::Responses => &Responses,
            Self::Messages => &Messages,
        }
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
