//! Who asked what, block by block, until it is on disk. Refuses to send anything.
//!
//! It works on a thread of its own: to encode a block's histograms takes milliseconds, in which the thread that reads
//! would see no event.

use super::LlmArgs;
use super::campaign::Prepared;
use crate::journal::{Journal, JournalError};
use crate::timestamp;
use crate::workload::{self, Started};
use llm::campaign::Ended;
use llm::score::Score;
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use trial::check;
use trial::{Arm, ClockOffset, End, InVain, Line, Outcome};
use wire::{Facts, MonoTime, Transport};

/// Scores of every block and arm; a block goes to disk as soon as its last request has ended.
pub(super) struct Ledger {
    journal: Journal,
    order: workload::Order,
    arms: Vec<Arm>,
    ours: Option<(Facts, ClockOffset)>,
    empty: Score,
    totals: BTreeMap<Arm, Score>,
    /// With the begin of the earliest request.
    open: BTreeMap<(u32, Arm), (Score, MonoTime)>,
    left: BTreeMap<(u32, Arm), usize>,
    /// A run of one arm is one trial: what its server produced in vain is known, and written, at its end.
    waits: bool,
    trials: u64,
    failure: Option<JournalError>,
}

impl Ledger {
    pub(super) fn new(args: &LlmArgs, asked: &Prepared, journal: Journal) -> Self {
        let mut left = BTreeMap::new();
        asked.campaign.turns.iter().for_each(|turn| *left.entry((turn.block, turn.arm)).or_insert(0) += 1);
        let ours = asked.ours.as_ref().map(|session| (session.facts.clone(), session.clock));
        Self {
            journal,
            order: order(args, asked),
            arms: asked.cell.block_arms(),
            empty: asked.campaign.score(args.slo, ours.as_ref().map(|(_, clock)| clock.offset_ns)),
            ours,
            totals: BTreeMap::new(),
            open: BTreeMap::new(),
            left,
            waits: args.cancel_after.is_some() && asked.cell.block_arms().len() == 1,
            trials: 0,
            failure: None,
        }
    }

    /// Starts the thread; it ends, and gives the ledger back, when the sender is dropped.
    pub(super) fn keep(mut self) -> (Sender<Ended>, JoinHandle<Self>) {
        let (hand_over, heard): (_, Receiver<Ended>) = channel();
        let clerk = thread::spawn(move || {
            heard.into_iter().for_each(|ended| self.add(&ended));
            self
        });
        (hand_over, clerk)
    }

    fn add(&mut self, Ended { turn, done, at }: &Ended) {
        let place = (turn.block, turn.arm);
        let empty = || self.empty.clone();
        self.totals.entry(turn.arm).or_insert_with(empty).add(done, *at);
        let (score, begin) = self.open.entry(place).or_insert_with(|| (empty(), done.answer.begin));
        score.add(done, *at);
        *begin = done.answer.begin.min(*begin);
        let left = self.left.entry(place).or_insert(1);
        *left -= 1;
        if *left == 0 && !self.waits {
            self.finish(place);
        }
    }

    /// Writes a block; the first failure is kept for the end.
    fn finish(&mut self, place: (u32, Arm)) {
        let Some((score, begin)) = self.open.remove(&place) else { return };
        let (measurement, found) = score.finish();
        let (block, arm) = place;
        let position = self.arms.iter().position(|known| *known == arm).unwrap_or(0) as u32;
        let order = workload::Order { arm, block, position, ..self.order.clone() };
        let mut trial = workload::record(&order, &Started::at(begin), Outcome::Measured(Box::new(measurement)));
        if let Some((facts, clock)) = &self.ours {
            (trial.server, trial.clock) = (Some(facts.clone()), Some(*clock));
        }
        trial.warnings = check::of_trial(&trial).into_iter().chain(found).collect();
        self.trials += 1;
        let written = self.journal.append(&Line::Trial(Box::new(trial)));
        self.failure = self.failure.take().or(written.err());
    }

    /// Answers that were given up, and events received of all answers.
    pub(super) fn cancelled_and_received(&self) -> (u64, u64) {
        let each = self.totals.values().map(Score::cancelled_and_received);
        each.fold((0, 0), |(cancelled, received), (c, r)| (cancelled + c, received + r))
    }

    /// Writes what is left of a run that was interrupted or waits for its server's word `in_vain`, and the end.
    pub(super) fn close(mut self, reason: &str, in_vain: Option<InVain>) -> Result<Vec<(Arm, Score)>, JournalError> {
        if self.waits {
            self.open.values_mut().for_each(|(score, _)| score.note_in_vain(in_vain));
        }
        let open: Vec<_> = self.open.keys().copied().collect();
        open.into_iter().for_each(|place| self.finish(place));
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        let planned = self.left.len() as u64;
        let (reason, finished) = (reason.to_owned(), timestamp::now());
        self.journal.append(&Line::End(End { reason, finished, trials: self.trials, planned, stops: Vec::new() }))?;
        Ok(self.totals.into_iter().collect())
    }
}

/// What all trials of the run have in common. Headers stay out: they may hold a key.
fn order(args: &LlmArgs, asked: &Prepared) -> workload::Order {
    workload::Order {
        cell: asked.cell.clone(),
        arm: Arm::of(Transport::Sse),
        block: 0,
        attempt: 0,
        position: 0,
        seed: args.output.seed,
        url: args.url.clone(),
        threads: 1,
        headers: Vec::new(),
        cacert: None,
        insecure: args.insecure,
        connect_rate: None,
        sources: Vec::new(),
        foreign: None,
    }
}
