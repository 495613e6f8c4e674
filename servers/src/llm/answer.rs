//! One answer as a script: which event has which number, and what goes wrong with it. Refuses to know any format.

use super::format::{Answer, Format, Layout, Part};
use super::service::Place;
use crate::feed::{End, Lines, Script};
use script::Mishaps;
use std::io::Write as _;
use wire::{Stamp, close_event};

/// An answer in a format.
#[derive(Debug)]
pub(super) struct RenderedAnswer {
    format: &'static dyn Format,
    answer: Answer,
    layout: Layout,
    mishaps: Mishaps,
    _place: Place,
}

impl RenderedAnswer {
    pub(super) fn new(format: &'static dyn Format, answer: Answer, mishaps: Mishaps, place: Place) -> Self {
        Self { layout: format.layout(&answer), format, answer, mishaps, _place: place }
    }

    /// The script that says it.
    pub(super) fn script(self) -> Script {
        let all = (self.layout.accepted + self.layout.announced + self.answer.generation.events() + self.layout.closing)
            as u64;
        let Mishaps { error, cut, silent, .. } = self.mishaps;
        let past = |seq: Option<u64>| seq.map_or(all, |seq| seq.saturating_add(1).min(all));
        let count = past(error).min(past(cut));
        let end = if cut.is_some_and(|seq| seq + 1 == count) { End::Cut } else { End::Complete };
        let released = silent.map_or(count, |seq| seq.min(count));
        let offsets_ns = (0..released).map(|seq| self.due_ns(seq)).collect();
        Script { offsets_ns, count, end, lines: Box::new(self) }
    }

    /// The answer as one object.
    pub(super) fn to_whole(&self) -> Vec<u8> {
        let mut object = Vec::new();
        self.format.write_whole(&self.answer, &mut object);
        object
    }

    fn part(&self, seq: u64) -> Part {
        let (seq, opening) = (seq as usize, self.layout.accepted + self.layout.announced);
        let content = self.answer.generation.events();
        if seq < opening {
            Part::Opening(seq)
        } else if seq < opening + content {
            Part::Content(seq - opening)
        } else {
            Part::Closing(seq - opening - content)
        }
    }

    fn due_ns(&self, seq: u64) -> u64 {
        match self.part(seq) {
            Part::Opening(index) if index < self.layout.accepted => 0,
            Part::Opening(_) => self.answer.generation.first_content_ns(),
            Part::Content(index) => self.answer.generation.due_ns(index),
            Part::Closing(_) => self.answer.generation.last_content_ns(),
        }
    }

    /// A member that brings an event object, which still lacks its stamp and its brace, to the ordered size.
    fn enlarge(&self, begun: usize, bytes: usize, out: &mut Vec<u8>) {
        const OPENING: &[u8] = b",\"padding\":\"";
        let end = begun + bytes.saturating_sub(self.format.stamp_key().bytes() + 1 + 1);
        out.extend_from_slice(OPENING);
        out.resize(end.max(out.len()), b'x');
        out.push(b'"');
    }
}

impl Lines for RenderedAnswer {
    fn write(&self, stamp: &Stamp, out: &mut Vec<u8>) {
        let (seq, begun) = (stamp.seq, out.len());
        let takes_stamp = if self.mishaps.error == Some(seq) {
            self.format.write_failure(seq, out);
            true
        } else {
            self.format.write(self.part(seq), seq, &self.answer, out)
        };
        if let Some((_, bytes)) = self.mishaps.large.filter(|(large, _)| *large == seq && takes_stamp) {
            self.enlarge(begun, bytes, out);
        }
        if self.mishaps.invalid == Some(seq) {
            // No closing brace: not JSON, yet a whole event.
            let _ = write!(out, ",");
        } else if takes_stamp {
            close_event(self.format.stamp_key(), stamp, out);
        }
    }

    fn name(&self, seq: u64) -> Option<&'static str> {
        if self.mishaps.error == Some(seq) {
            self.format.failure_name()
        } else {
            self.format.name(self.part(seq), &self.answer)
        }
    }

    fn tokens(&self, seq: u64) -> u64 {
        match self.part(seq) {
            Part::Content(index) => u64::from(self.answer.generation.tokens_of(index)),
            Part::Opening(_) | Part::Closing(_) => 0,
        }
    }

    fn heartbeat(&self) -> Option<&'static [u8]> {
        self.format.heartbeat()
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.answer.generation.events() * 2 * size_of::<u64>()
    }
}
