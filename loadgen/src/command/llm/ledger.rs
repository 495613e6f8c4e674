//! Who asked what, block by block, until it is on disk. Refuses to send anything.

use super::{Campaign, LlmArgs};
use crate::drive::{self, Started, warnings};
use crate::journal::Journal;
use crate::llm::campaign::Turn;
use crate::llm::exchange::Done;
use crate::llm::score::Score;
use crate::timestamp;
use servers::clock;
use std::collections::BTreeMap;
use trial::{Arm, End, Line, LlmCounts, Outcome};
use wire::Transport;

/// Scores of every block and transport; a block goes to disk as soon as its last request has ended.
pub(super) struct Ledger<'a> {
    args: &'a LlmArgs,
    campaign: &'a Campaign,
    totals: BTreeMap<Transport, Score>,
    open: BTreeMap<(u32, Transport), (Score, Started)>,
    left: BTreeMap<(u32, Transport), usize>,
    trials: u64,
    failure: Option<anyhow::Error>,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(args: &'a LlmArgs, campaign: &'a Campaign) -> Self {
        let mut left = BTreeMap::new();
        campaign.turns.iter().for_each(|turn| *left.entry((turn.block, turn.transport)).or_insert(0) += 1);
        Self { args, campaign, totals: BTreeMap::new(), open: BTreeMap::new(), left, trials: 0, failure: None }
    }

    fn score(&self) -> Score {
        let args = self.args;
        let good = args.slo.map(|_| 0);
        let (format, model) = (args.format.to_string(), args.model.clone());
        let counts = LlmCounts { format, model, slo: args.slo, good, ..LlmCounts::default() };
        Score::of(counts, self.campaign.ours.as_ref().map(|session| session.clock.offset_ns))
    }

    pub(super) fn add(&mut self, turn: &Turn, done: &Done, journal: &mut Journal) {
        let (end, place, empty) = (clock::now(), (turn.block, turn.transport), self.score());
        self.totals.entry(turn.transport).or_insert_with(|| empty.clone()).add(done, end);
        self.open.entry(place).or_insert_with(|| (empty, Started::now())).0.add(done, end);
        let left = self.left.entry(place).or_insert(1);
        *left -= 1;
        if *left == 0 {
            self.finish(place, journal);
        }
    }

    /// Writes a block; the first failure is kept for the end.
    fn finish(&mut self, place: (u32, Transport), journal: &mut Journal) {
        let Some((score, started)) = self.open.remove(&place) else { return };
        let (measurement, found) = score.finish();
        let (block, transport) = place;
        let position = self.campaign.transports.iter().position(|known| *known == transport).unwrap_or(0) as u32;
        let order = drive::Order {
            cell: self.campaign.cell.clone(),
            arm: Arm::of(transport),
            block,
            attempt: 0,
            position,
            seed: self.args.seed,
            url: self.args.url.clone(),
            threads: 1,
            headers: Vec::new(),
            cacert: None,
            insecure: self.args.insecure,
        };
        let mut trial = drive::record(&order, &started, Outcome::Measured(Box::new(measurement)));
        if let Some(session) = &self.campaign.ours {
            (trial.server, trial.clock) = (Some(session.facts.clone()), Some(session.clock));
        }
        trial.warnings = warnings(&trial).into_iter().chain(found).collect();
        self.trials += 1;
        let written = journal.append(&Line::Trial(Box::new(trial)));
        self.failure = self.failure.take().or(written.err().map(Into::into));
    }

    /// Writes what is left of an interrupted run, and the end.
    pub(super) fn close(mut self, journal: &mut Journal, reason: &str) -> anyhow::Result<Vec<(Transport, Score)>> {
        let open: Vec<_> = self.open.keys().copied().collect();
        open.into_iter().for_each(|place| self.finish(place, journal));
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        let planned = self.left.len() as u64;
        let (reason, finished) = (reason.to_owned(), timestamp::now());
        journal.append(&Line::End(End { reason, finished, trials: self.trials, planned, stops: Vec::new() }))?;
        Ok(self.totals.into_iter().collect())
    }
}
