//! One answer as a timeline, and the times that follow from it. Pure: refuses to read a clock.

use crate::event::{EventError, Saying};
use crate::format::Format;
use trial::{Answered, Bursts, LlmCounts};
use wire::event_stamp;
use wire::{MonoTime, Stamp};

/// Most events of one answer; a peer that sends more is cut off.
pub const MAX_EVENTS: usize = 1 << 20;

/// One event as received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// When the read returned that brought its last byte.
    pub received: MonoTime,
    /// Which read of the answer that was.
    pub read: u32,
    /// Bytes of text; zero in an event without content.
    pub content_bytes: u32,
    /// The stamp of one of our own servers.
    pub stamp: Option<Stamp>,
}

/// One answer, whole or not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// When the request was due (open loop), or ready to be sent.
    pub begin: MonoTime,
    /// The first byte that came back.
    pub first_byte: Option<MonoTime>,
    /// Events in order.
    pub marks: Vec<Mark>,
    /// Output tokens as the API states them.
    pub stated_tokens: Option<u64>,
    /// The id under which a client may continue.
    pub response_id: Option<String>,
    /// Whether the API's end marker has come.
    pub ended: bool,
    /// What the API said instead of an answer.
    pub error: Option<(Option<u16>, String)>,
    /// Tokens of the output that were reasoning, as the API states them.
    pub reasoning_tokens: Option<u64>,
    /// Whether text of the reasoning was streamed.
    pub reasons_aloud: bool,
    /// When the client gave it up, and how many content events it had then.
    pub given_up: Option<(MonoTime, u64)>,
    /// Bytes of response heads.
    pub head_bytes: u64,
    /// Comments and pings.
    pub heartbeats: u64,
    /// Bytes of event payloads.
    pub payload_bytes: u64,
    /// Digest of the text of all content events, in order; see [`digest`].
    pub text: u64,
    reads: u32,
}

/// FNV-1a: enough to tell a wrong text or a wrong order from the right one.
const FNV_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

/// The digest of a whole text.
pub fn digest(text: &str) -> u64 {
    digested(FNV_BASIS, text)
}

fn digested(before: u64, text: &str) -> u64 {
    text.bytes().fold(before, |digest, byte| (digest ^ u64::from(byte)).wrapping_mul(FNV_PRIME))
}

impl Answer {
    /// Nothing has come yet.
    pub fn begun(begin: MonoTime) -> Self {
        Self { begin, text: FNV_BASIS, ..Self::default() }
    }

    /// A read has returned bytes.
    pub fn read(&mut self, at: MonoTime) {
        self.first_byte.get_or_insert(at);
        self.reads += 1;
    }

    /// One event of that read.
    ///
    /// # Errors
    /// [`EventError`] when the event is not what the API sends.
    pub fn event(&mut self, format: Format, data: &[u8], received: MonoTime) -> Result<(), EventError> {
        self.payload_bytes += data.len() as u64;
        let saying = Saying::read(format, data)?;
        let content_bytes = saying.content.as_ref().map_or(0, |text| text.len() as u32);
        if let Some(text) = &saying.content {
            self.text = digested(self.text, text);
        }
        self.marks.push(Mark { received, read: self.reads, content_bytes, stamp: event_stamp(data) });
        self.stated_tokens = saying.output_tokens.or(self.stated_tokens);
        self.reasoning_tokens = saying.reasoning_tokens.or(self.reasoning_tokens);
        self.reasons_aloud |= saying.reasons;
        self.response_id = saying.response_id.or(self.response_id.take());
        self.ended |= saying.ends;
        self.error = self.error.take().or(saying.error);
        Ok(())
    }

    /// Events with content.
    pub fn contents(&self) -> impl Iterator<Item = &Mark> {
        self.marks.iter().filter(|mark| mark.content_bytes > 0)
    }

    /// Whether it has this many content events.
    pub fn has_enough(&self, contents: Option<u32>) -> bool {
        contents.is_some_and(|enough| self.contents().take(enough as usize).count() == enough as usize)
    }

    /// The client wants no more of it.
    pub fn give_up(&mut self, at: MonoTime) {
        self.given_up = Some((at, self.contents().count() as u64));
    }

    /// Tokens of reasoning that the API states among the others and does not stream. They cost money and time before the
    /// first content; no event brings them. An API that states more of them than it states in all counts them apart.
    pub fn hidden_tokens(&self) -> u64 {
        let hidden = self.reasoning_tokens.filter(|_| !self.reasons_aloud).unwrap_or(0);
        self.stated_tokens.filter(|&stated| hidden < stated).map_or(0, |_| hidden)
    }

    /// Streamed tokens as the API states them. A zero beside content is no count: some servers put it where they have none.
    fn plausible_tokens(&self) -> Option<u64> {
        let streamed = self.stated_tokens.map(|stated| stated - self.hidden_tokens());
        streamed.filter(|&tokens| tokens > 0 || self.contents().next().is_none())
    }

    /// Output tokens that were streamed: as stated, else one for each content event.
    pub fn tokens(&self) -> u64 {
        self.plausible_tokens().unwrap_or_else(|| self.contents().count() as u64)
    }

    /// The times that an objective judges.
    pub fn times(&self) -> Answered {
        let (first, last) = (self.contents().next(), self.contents().last());
        let since = |mark: Option<&Mark>| mark.map(|mark| mark.received.nanos_since(self.begin));
        let spoken = first.zip(last).map(|(first, last)| last.received.nanos_since(first.received));
        let gaps = self.tokens().saturating_sub(1);
        let tpot_ns = spoken.filter(|_| gaps > 0).map(|ns| ns / gaps);
        Answered { ttft_ns: since(first), tpot_ns, e2e_ns: since(last) }
    }

    /// How the content events bunched together.
    pub fn bursts(&self) -> Bursts {
        let contents: Vec<&Mark> = self.contents().collect();
        let mut bursts = Bursts { events: contents.len() as u64, ..Bursts::default() };
        bursts.stamped = contents.iter().filter(|mark| mark.stamp.is_some()).count() as u64;
        let mut before: Option<MonoTime> = None;
        for read in contents.chunk_by(|a, b| a.read == b.read) {
            bursts.reads += 1;
            bursts.merged += read.len() as u64 - 1;
            // Sent apart as well: what the server itself held up and wrote at once, nobody collected.
            let stamps = || read.iter().filter_map(|mark| mark.stamp);
            let last = (stamps().map(|stamp| stamp.due).max(), stamps().map(|stamp| stamp.sent).max());
            let apart = |from: MonoTime, to: Option<MonoTime>| {
                to.is_some_and(|to| u128::from(to.nanos_since(from)) >= Bursts::APART.as_nanos())
            };
            let held =
                |mark: &&&Mark| mark.stamp.is_some_and(|stamp| apart(stamp.due, last.0) && apart(stamp.sent, last.1));
            bursts.held += read.iter().filter(held).count() as u64;
            if let Some(before) = before.filter(|_| read.len() > 1) {
                bursts.bursts += 1;
                let pause_ns = read[0].received.nanos_since(before);
                bursts.paused += u64::from(u128::from(pause_ns) >= Bursts::PAUSE.as_nanos());
            }
            before = Some(read[0].received);
        }
        bursts
    }

    /// Adds what this answer says to the counts; `counts.sent` is the caller's.
    pub fn count(&self, counts: &mut LlmCounts) {
        counts.answered += 1;
        counts.output_tokens += self.tokens();
        counts.hidden_tokens += self.hidden_tokens();
        counts.uncounted += u64::from(self.plausible_tokens().is_none());
        counts.content_bytes += self.contents().map(|mark| u64::from(mark.content_bytes)).sum::<u64>();
        counts.bursts.add(&self.bursts());
        if let Some(slo) = counts.slo {
            *counts.good.get_or_insert(0) += u64::from(slo.is_met(&self.times()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn at(ms: u64) -> MonoTime {
        MonoTime::from_nanos(1_000 * MS + ms * MS)
    }

    /// An answer of stamped content events: (due, received) in milliseconds; equal receipts are one read.
    fn answer(events: &[(u64, u64)]) -> Answer {
        let mut answer = Answer::begun(at(0));
        for (seq, &(due, received)) in events.iter().enumerate() {
            if answer.marks.last().is_none_or(|mark| mark.received != at(received)) {
                answer.read(at(received));
            }
            let stamp = Stamp { seq: seq as u64, due: at(due), fired: at(due), sent: at(due) };
            let mut data = br#"{"type":"response.output_text.delta","delta":"x""#.to_vec();
            wire::close_event(wire::StampKey::Obfuscation, &stamp, &mut data);
            answer.event(Format::OpenaiResponses, &data, at(received)).unwrap();
        }
        answer
    }

    #[test]
    fn times_follow_from_the_content_alone() {
        let mut answer = answer(&[(10, 11), (20, 21), (40, 41)]);
        answer.event(Format::OpenaiResponses, br#"{"type":"response.output_text.done"}"#, at(90)).unwrap();
        answer.stated_tokens = Some(7);
        let times = answer.times();
        assert_eq!(times, Answered { ttft_ns: Some(11 * MS), tpot_ns: Some(5 * MS), e2e_ns: Some(41 * MS) });
        assert_eq!(Answer::begun(at(0)).times(), Answered { ttft_ns: None, tpot_ns: None, e2e_ns: None });
    }

    #[test]
    fn a_stated_zero_beside_content_is_no_count() {
        let mut answer = answer(&[(10, 11), (20, 21), (40, 41)]);
        answer.stated_tokens = Some(0);
        let mut counts = LlmCounts::default();
        answer.count(&mut counts);
        assert_eq!((counts.output_tokens, counts.uncounted), (3, 1));
        assert_eq!(Answer { stated_tokens: Some(0), ..Answer::begun(at(0)) }.plausible_tokens(), Some(0));
    }

    #[test]
    fn reasoning_that_is_not_streamed_counts_for_no_rate() {
        let mut answer = answer(&[(10, 11), (20, 21), (40, 41)]);
        (answer.stated_tokens, answer.reasoning_tokens) = (Some(103), Some(100));
        let mut counts = LlmCounts::default();
        answer.count(&mut counts);
        assert_eq!((counts.output_tokens, counts.hidden_tokens, answer.times().tpot_ns), (3, 100, Some(15 * MS)));
        let apart = Answer { reasoning_tokens: Some(150), ..answer.clone() };
        assert_eq!((apart.tokens(), apart.hidden_tokens()), (103, 0), "not among the 103");
        answer.reasons_aloud = true;
        assert_eq!((answer.tokens(), answer.hidden_tokens()), (103, 0));
    }

    #[test]
    fn an_answer_is_given_up_with_what_it_had() {
        let mut answer = answer(&[(10, 11), (20, 21), (40, 41)]);
        assert_eq!([2, 3, 4].map(|enough| answer.has_enough(Some(enough))), [true, true, false]);
        assert!(!answer.has_enough(None));
        answer.give_up(at(41));
        assert_eq!(answer.given_up, Some((at(41), 3)));
    }

    #[test]
    fn collected_events_are_seen_by_their_due_times() {
        let even: Vec<_> = (0..30).map(|i| (i * 10, i * 10 + 1)).collect();
        assert_eq!(answer(&even).bursts().collected(), None);
        let held: Vec<_> = (0..30).map(|i| (i * 10, (i / 5 + 1) * 50)).collect();
        let bursts = answer(&held).bursts();
        assert_eq!((bursts.reads, bursts.merged, bursts.held), (6, 24, 24));
        assert_eq!(answer(&held).text, digest(&"x".repeat(30)));
        assert_eq!(bursts.collected(), Some((24, true)));
    }
}
