//! What answers of a language model came to: counts, an objective, and how events bunched together. Refuses to time anything.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Kinds of failure that are kept by name; what comes later is only counted.
pub const MAX_FAILURES: usize = 20;

/// Requests to a language model over one transport.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LlmCounts {
    /// The API, such as `openai-responses`.
    pub format: String,
    /// The model that was asked for.
    pub model: String,
    /// Requests sent, each counted once however often it was tried.
    pub sent: u64,
    /// Requests answered in full; every duration is theirs alone.
    pub answered: u64,
    /// Requests whose answer the client gave up on purpose; no duration is theirs, and they are no failures.
    pub cancelled: u64,
    /// Content events that the client had of them when it gave up.
    pub cancelled_events: u64,
    /// Content events of them that came after that, until the server took note. Over SSE nobody listens then.
    pub late_events: u64,
    /// What the server produced for them in vain; `None` where it does not say, or speaks for several arms together.
    pub in_vain: Option<InVain>,
    /// Requests that met the objective; `None` without one.
    pub good: Option<u64>,
    /// The objective.
    pub slo: Option<AnswerSlo>,
    /// Requests sent again after 429, 503 or 529, by count of repetitions.
    pub retries: u64,
    /// Output tokens of the answers, as far as they were streamed.
    pub output_tokens: u64,
    /// Tokens of reasoning that the API stated and did not stream.
    pub hidden_tokens: u64,
    /// Answers whose API stated no number of tokens: each content event of theirs counts as one.
    pub uncounted: u64,
    /// Bytes of text in content events.
    pub content_bytes: u64,
    /// Bytes received for the answers, heads of responses excluded.
    pub answer_bytes: u64,
    /// How content events bunched together.
    pub bursts: Bursts,
    /// Why requests failed, and how many of each; at most [`MAX_FAILURES`] kinds.
    pub failures: Vec<(String, u64)>,
}

impl LlmCounts {
    /// Adds the counts of other requests of the same kind.
    pub fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.answered += other.answered;
        self.cancelled += other.cancelled;
        self.cancelled_events += other.cancelled_events;
        self.late_events += other.late_events;
        self.in_vain = match (self.in_vain, other.in_vain) {
            (Some(a), Some(b)) => Some(a.plus(b)),
            (a, b) => a.or(b),
        };
        self.good = self.good.zip(other.good).map(|(a, b)| a + b).or(self.good).or(other.good);
        self.retries += other.retries;
        self.output_tokens += other.output_tokens;
        self.hidden_tokens += other.hidden_tokens;
        self.uncounted += other.uncounted;
        self.content_bytes += other.content_bytes;
        self.answer_bytes += other.answer_bytes;
        self.bursts.add(&other.bursts);
        other.failures.iter().for_each(|(why, count)| self.fail(why, *count));
    }

    /// Notes `count` requests that failed for the same reason.
    pub fn fail(&mut self, why: &str, count: u64) {
        let room = self.failures.len() < MAX_FAILURES;
        match self.failures.iter_mut().find(|(known, _)| known == why) {
            Some((_, times)) => *times += count,
            None if room => self.failures.push((why.to_owned(), count)),
            None => {}
        }
    }

    /// Requests without a complete answer that were not given up on purpose.
    pub const fn failed(&self) -> u64 {
        self.sent.saturating_sub(self.answered + self.cancelled)
    }

    /// The most common reason for a failure.
    pub fn main_failure(&self) -> Option<&str> {
        self.failures.iter().max_by_key(|(_, count)| *count).map(|(why, _)| why.as_str())
    }
}

/// What a server produced for answers that were given up, as it counts itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InVain {
    /// Answers that it gave up. Fewer than the client gave up when some had been sent to their end by then.
    pub answers: u64,
    /// Events of these that were due and released, but never handed to a socket.
    pub events: u64,
    /// Tokens of those events.
    pub tokens: u64,
    /// Events of any answer that were handed to a socket and not received: they were on the way, or in buffers.
    pub unread_events: u64,
}

impl InVain {
    const fn plus(self, other: Self) -> Self {
        Self {
            answers: self.answers + other.answers,
            events: self.events + other.events,
            tokens: self.tokens + other.tokens,
            unread_events: self.unread_events + other.unread_events,
        }
    }
}

/// How many content events each read brought. A read is the unit in which a client learns of events: all of one have one
/// time of receipt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bursts {
    /// Content events.
    pub events: u64,
    /// Reads that brought content.
    pub reads: u64,
    /// Reads that brought two content events or more, not counting the first of an answer.
    pub bursts: u64,
    /// Bursts at least 20 ms after the content before them.
    pub paused: u64,
    /// Content events in one read with a later one.
    pub merged: u64,
    /// Content events that carry the sender's stamp.
    pub stamped: u64,
    /// Content events in one read with one that was due, and sent, at least 5 ms later.
    pub held: u64,
}

impl Bursts {
    /// A pause between bursts that no sender of single events makes by chance.
    pub const PAUSE: Duration = Duration::from_millis(20);
    /// How far apart events of one read must have been due to prove that they were collected.
    pub const APART: Duration = Duration::from_millis(5);
    /// Content events below which nothing is concluded.
    const LEAST_EVENTS: u64 = 20;

    /// Adds the counts of other answers.
    pub const fn add(&mut self, other: &Self) {
        self.events += other.events;
        self.reads += other.reads;
        self.bursts += other.bursts;
        self.paused += other.paused;
        self.merged += other.merged;
        self.stamped += other.stamped;
        self.held += other.held;
    }

    /// Whether something on the way collects events: how many waited for a later one, and whether due times prove it.
    ///
    /// With stamps: a third of the events came together with one that was due and sent [`Bursts::APART`] later. Without them only the
    /// rhythm speaks: half of the events came in one read with a later one, and half of these bursts after a
    /// [`Bursts::PAUSE`]. A server that itself writes several events at a time looks the same then.
    pub const fn collected(&self) -> Option<(u64, bool)> {
        if self.events < Self::LEAST_EVENTS {
            return None;
        }
        if self.stamped == self.events {
            return if self.held * 3 >= self.events { Some((self.held, true)) } else { None };
        }
        let bunched = self.merged * 2 >= self.events && self.paused * 2 >= self.bursts && self.bursts > 0;
        if bunched { Some((self.merged, false)) } else { None }
    }
}

/// What an answer must keep to be a good one. A bound that is not set is met.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AnswerSlo {
    /// Most nanoseconds to the first content.
    pub ttft_ns: Option<u64>,
    /// Most nanoseconds for each output token after the first. An answer of one token meets it.
    pub tpot_ns: Option<u64>,
    /// Most nanoseconds to the last content.
    pub e2e_ns: Option<u64>,
}

/// The times of one complete answer that an objective judges, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// To the first content; `None` for an answer without any.
    pub ttft_ns: Option<u64>,
    /// For each token after the first; `None` below two tokens.
    pub tpot_ns: Option<u64>,
    /// To the last content; `None` for an answer without any.
    pub e2e_ns: Option<u64>,
}

impl AnswerSlo {
    /// Whether a complete answer meets every bound.
    pub fn is_met(&self, answer: &Answered) -> bool {
        let within = |bound: Option<u64>, took: Option<u64>| bound.is_none_or(|most| took.is_none_or(|ns| ns <= most));
        let spoke = answer.ttft_ns.is_some();
        spoke
            && within(self.ttft_ns, answer.ttft_ns)
            && within(self.tpot_ns, answer.tpot_ns)
            && within(self.e2e_ns, answer.e2e_ns)
    }
}

/// A text that is no objective.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}': expected bounds such as ttft=450ms,tpot=40ms (known: ttft, tpot, e2e)")]
pub struct ParseAnswerSloError(String);

impl FromStr for AnswerSlo {
    type Err = ParseAnswerSloError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut slo = Self::default();
        for word in text.split(',') {
            let bad = || ParseAnswerSloError(word.chars().take(40).collect());
            let (name, bound) = word.split_once('=').ok_or_else(bad)?;
            let bound = humantime::parse_duration(bound.trim()).map_err(|_| bad())?;
            let slot = match name.trim() {
                "ttft" => &mut slo.ttft_ns,
                "tpot" => &mut slo.tpot_ns,
                "e2e" => &mut slo.e2e_ns,
                _ => return Err(bad()),
            };
            *slot = Some(u64::try_from(bound.as_nanos()).map_err(|_| bad())?);
        }
        Ok(slo)
    }
}

impl fmt::Display for AnswerSlo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bounds = [("ttft", self.ttft_ns), ("tpot", self.tpot_ns), ("e2e", self.e2e_ns)];
        let said = bounds.into_iter().filter_map(|(name, bound)| {
            Some(format!(
                "{name}={}",
                humantime::format_duration(Duration::from_nanos(bound?)).to_string().replace(' ', "")
            ))
        });
        f.write_str(&said.collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn an_objective_is_met_when_every_bound_is() {
        let slo: AnswerSlo = "ttft=450ms,tpot=40ms".parse().unwrap();
        let answer = |ttft, tpot| Answered { ttft_ns: ttft, tpot_ns: tpot, e2e_ns: Some(1) };
        assert!(slo.is_met(&answer(Some(450 * MS), Some(40 * MS))));
        assert!(slo.is_met(&answer(Some(MS), None)), "one token has no gap");
        assert!(!slo.is_met(&answer(Some(451 * MS), Some(MS))));
        assert!(!slo.is_met(&answer(Some(MS), Some(41 * MS))));
        assert!(!slo.is_met(&answer(None, None)), "an answer that says nothing is not good");
    }

    #[test]
    fn objectives_round_trip_and_nonsense_is_refused() {
        for text in ["ttft=450ms,tpot=40ms", "e2e=1s500ms", "tpot=250us"] {
            assert_eq!(text.parse::<AnswerSlo>().unwrap().to_string(), text);
        }
        for text in ["", "ttft", "ttft=fast", "itl=3ms", "ttft=1ms;tpot=2ms", "ttft=-1s"] {
            assert!(text.parse::<AnswerSlo>().is_err(), "{text}");
        }
    }

    #[test]
    fn collecting_is_told_from_sending_fast() {
        let smooth =
            Bursts { events: 100, reads: 95, bursts: 5, merged: 5, stamped: 100, held: 3, ..Bursts::default() };
        assert_eq!(smooth.collected(), None);
        assert_eq!(Bursts { held: 34, ..smooth }.collected(), Some((34, true)));
        let foreign = Bursts { stamped: 0, held: 0, reads: 10, bursts: 9, paused: 8, merged: 90, ..smooth };
        assert_eq!(foreign.collected(), Some((90, false)));
        assert_eq!(Bursts { paused: 1, ..foreign }.collected(), None, "an unpaced sender fills reads without pauses");
        assert_eq!(Bursts { events: 10, stamped: 10, held: 9, ..smooth }.collected(), None, "too few to conclude");
        assert_eq!(Bursts::default().collected(), None);
    }

    #[test]
    fn failures_are_counted_by_reason_and_bounded() {
        let mut counts = LlmCounts { sent: 60, ..LlmCounts::default() };
        (0..50).for_each(|i| counts.fail(&format!("reason {i}"), 1));
        counts.fail("reason 3", 2);
        assert_eq!((counts.failures.len(), counts.main_failure()), (MAX_FAILURES, Some("reason 3")));
        assert_eq!(counts.failed(), 60);
    }
}
