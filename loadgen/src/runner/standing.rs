//! Where a run stands: blocks that count, time that is left, how calm each load can be. Pure but for the clock of the
//! budget; decides who goes on, never by what was measured but by how well it is known.

use super::order::{Block, Turn, most_blocks};
use super::{Progress, RunOptions, failure};
use crate::gate::{Allowance, Widths};
use reports::compare::headline_tests;
use reports::stats::blocks_for_family;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use trial::check::host::Calm;
use trial::{Arm, Cell, CellStop, Noise, Plan, StopReason, Trial};

/// Share of the budget by which planned blocks may overrun it.
const GRACE: f64 = 0.1;

/// Everything that a run remembers between blocks.
pub(super) struct Standing<'a> {
    plan: &'a Plan,
    begun: Instant,
    first_trial: Instant,
    /// For blocks that were noisy.
    allowance: Allowance,
    /// For blocks that hold a trial without a number that counts, beside those.
    replacements: Allowance,
    widths: Widths<'a>,
    calm: BTreeMap<(usize, Arm), Calm>,
    tallies: Vec<Tally>,
    /// For the user.
    pub(super) progress: Progress,
}

/// One cell so far.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    blocks: u32,
    redone: u32,
    reason: Option<StopReason>,
    /// A block stayed without a number after its last attempt: that is no chance, and no further one is tried again.
    beyond_repair: bool,
}

impl<'a> Standing<'a> {
    pub(super) fn new(plan: &'a Plan, options: &RunOptions) -> Self {
        let most = |cell: usize| most_blocks(plan, cell);
        let cells = || (0..plan.cells.len()).map(|cell| (&plan.cells[cell], most(cell)));
        let progress = Progress {
            planned: cells().map(|(cell, most)| cell.trials_in(most)).sum(),
            expected_left: cells().map(|(cell, most)| cell.expected_block() * most).sum(),
            ends: plan.stop.budget.map(|budget| options.begun + budget),
            ..Progress::default()
        };
        Self {
            plan,
            begun: options.begun,
            first_trial: Instant::now(),
            allowance: Allowance::of(plan.expected_length(), plan.stop.redo),
            replacements: Allowance::of(plan.expected_length(), plan.stop.redo),
            widths: Widths::of(plan),
            calm: BTreeMap::new(),
            tallies: vec![Tally::default(); plan.cells.len()],
            progress,
        }
    }

    /// Whether a block is run: not when its cell is known well enough, nor when there is no time for it. What was planned may
    /// overrun the budget by [`GRACE`]: a cell that lacks its last block can lose every verdict of its family.
    pub(super) fn admits(&mut self, block: &Block) -> bool {
        let cost = self.paced(self.plan.cells[block.cell].expected_block());
        let reason = if self.tallies[block.cell].reason.is_some() {
            None
        } else if self.is_known(block.cell) {
            Some(StopReason::Width)
        } else if self.time_left(block.number < self.plan.cells[block.cell].blocks).is_some_and(|left| left < cost) {
            Some(StopReason::Budget)
        } else {
            return true;
        };
        let tally = &mut self.tallies[block.cell];
        tally.reason = tally.reason.or(reason);
        self.take_off(block);
        false
    }

    /// Whether a cell that may go on has its blocks, enough of them for its family, and narrow intervals.
    fn is_known(&self, cell: usize) -> bool {
        let plan = &self.plan.cells[cell];
        let blocks = self.tallies[cell].blocks;
        most_blocks(self.plan, cell) > plan.blocks && blocks >= self.fewest(cell) && self.widths.are_narrow(plan)
    }

    /// Fewest blocks after which a cell may end: those of the plan, those that its family takes, and so many that its null arm could
    /// be found to differ.
    fn fewest(&self, cell: usize) -> u32 {
        let plan = &self.plan.cells[cell];
        let of_all = |cell: &dyn Fn(&Cell) -> bool| {
            let tests = self.plan.cells.iter().filter(|&one| cell(one)).map(headline_tests).sum();
            blocks_for_family(tests) as u32
        };
        let with_controls = if plan.null { of_all(&|cell| cell.null) } else { 1 };
        plan.blocks.max(of_all(&|_| true)).max((with_controls - 1) * plan.controls_every + 1)
    }

    /// A trial begins.
    pub(super) fn begins(&mut self, cell: usize, turn: &Turn) {
        let (plan, most) = (&self.plan.cells[cell], most_blocks(self.plan, cell));
        let again = if turn.attempt > 0 { format!(" (again, {})", turn.attempt) } else { String::new() };
        self.progress.current = format!("{} {} block {}/{most}{again}", plan.name, turn.arm, turn.block + 1);
    }

    /// The calmest trial of this arm in this cell before this one, which is taken in. The first is its own measure.
    pub(super) fn calm(&mut self, cell: usize, arm: Arm, noise: &Noise) -> Calm {
        let now = Calm::of(noise);
        let calm = self.calm.entry((cell, arm)).or_insert(now);
        let before = *calm;
        *calm = calm.least(now);
        before
    }

    /// Whether a block may be run again; takes the time for it if so. What is still to be run for the first time comes first.
    pub(super) fn grants(&mut self, block: &Block) -> bool {
        let cost = self.plan.cells[block.cell].expected_block();
        let wanted = self.paced(self.owed(block));
        let in_time = self.time_left(false).is_none_or(|left| wanted <= left);
        let granted = self.allowance.grant(block.attempt, cost, in_time);
        self.redone(block, granted)
    }

    /// Whether a block that lacks a number is run again; takes the time for it if so. It may overrun the budget as a planned
    /// block may: without it the cell has one block less than its verdict takes.
    pub(super) fn replaces(&mut self, block: &Block) -> bool {
        let cost = self.plan.cells[block.cell].expected_block();
        let wanted = self.paced(self.owed(block));
        let in_time = self.time_left(true).is_none_or(|left| wanted <= left);
        let chance = !self.tallies[block.cell].beyond_repair;
        let granted = chance && self.replacements.grant(block.attempt, cost, in_time);
        self.tallies[block.cell].beyond_repair |= !granted && block.attempt > 0;
        self.redone(block, granted)
    }

    /// What is to be run in any case: the planned blocks that are left, and this one, which may be one beyond them.
    fn owed(&self, block: &Block) -> Duration {
        let going = self.plan.cells.iter().zip(&self.tallies).filter(|(_, tally)| tally.reason.is_none());
        let planned = going.map(|(cell, tally)| cell.expected_block() * cell.blocks.saturating_sub(tally.blocks)).sum();
        let cell = &self.plan.cells[block.cell];
        if block.number < cell.blocks { planned } else { planned + cell.expected_block() }
    }

    fn redone(&mut self, block: &Block, granted: bool) -> bool {
        if granted {
            self.tallies[block.cell].redone += 1;
            self.progress.redone += 1;
            self.progress.expected_done += self.plan.cells[block.cell].expected_block();
        }
        granted
    }

    /// A block counts.
    pub(super) fn counted(&mut self, block: &Block, trials: &[Trial]) {
        self.tallies[block.cell].blocks += 1;
        trials.iter().filter(|trial| !trial.is_void()).for_each(|trial| self.widths.observe(trial));
        let cost = self.plan.cells[block.cell].expected_block();
        let progress = &mut self.progress;
        progress.failures.extend(trials.iter().filter_map(failure));
        progress.finished += trials.len() as u64;
        progress.expected_done += cost;
        progress.expected_left = progress.expected_left.saturating_sub(cost);
    }

    /// How every cell came to its end.
    pub(super) fn stops(&self, interrupted: bool) -> Vec<CellStop> {
        let stop = |(cell, tally): (usize, &Tally)| {
            let (plan, most) = (&self.plan.cells[cell], most_blocks(self.plan, cell));
            let ended = if most > plan.blocks { StopReason::Cap } else { StopReason::Planned };
            let reason = match tally.reason {
                Some(reason) => reason,
                None if interrupted && tally.blocks < most => StopReason::Interrupted,
                None => ended,
            };
            CellStop { cell: plan.name.clone(), blocks: tally.blocks, redone: tally.redone, reason }
        };
        self.tallies.iter().enumerate().map(stop).collect()
    }

    /// Blocks of a cell that will not come are no longer waited for.
    fn take_off(&mut self, block: &Block) {
        let plan = &self.plan.cells[block.cell];
        let progress = &mut self.progress;
        progress.expected_left = progress.expected_left.saturating_sub(plan.expected_block());
        progress.planned = progress.planned.saturating_sub(plan.arms_in(block.number).len() as u64);
    }

    /// What is left of the budget, with its grace for a planned block; `None` without one.
    fn time_left(&self, planned: bool) -> Option<Duration> {
        let grace = if planned { GRACE } else { 0.0 };
        self.plan.stop.budget.map(|budget| budget.mul_f64(1.0 + grace).saturating_sub(self.begun.elapsed()))
    }

    /// An expected length at the pace of the run so far.
    fn paced(&self, expected: Duration) -> Duration {
        let done = self.progress.expected_done.as_secs_f64();
        let pace = if done > 2.0 { (self.first_trial.elapsed().as_secs_f64() / done).clamp(0.5, 5.0) } else { 1.0 };
        expected.mul_f64(pace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::order;
    use proptest::prelude::*;

    fn plan(head: &str) -> Plan {
        let cell = |name: &str| format!("[[cell]]\nname='{name}'\nwhy='w'\nscenario='push'\nblocks=2\nwindow='1s'\n");
        Plan::from_toml(&format!("name='p'\nwhy='w'\nblocks=2\n{head}\n{}{}", cell("a"), cell("b"))).unwrap()
    }

    /// Runs every block in imagination; each is noisy when `noisy` says so. How the cells ended.
    fn played(plan: &Plan, noisy: impl Fn(&Block) -> bool) -> (Vec<CellStop>, Progress) {
        let mut standing = Standing::new(plan, &RunOptions::local(1, 1));
        for round in order::rounds(plan, 1) {
            let mut queue = std::collections::VecDeque::from(round);
            while let Some(block) = queue.pop_front() {
                if !standing.admits(&block) {
                    continue;
                }
                if noisy(&block) && standing.grants(&block) {
                    queue.push_back(block.again());
                } else {
                    standing.counted(&block, &[]);
                }
            }
        }
        (standing.stops(false), standing.progress)
    }

    #[test]
    fn a_calm_run_ends_as_planned() {
        let (stops, progress) = played(&plan(""), |_| false);
        assert!(stops.iter().all(|stop| (stop.blocks, stop.redone, stop.reason) == (2, 0, StopReason::Planned)));
        assert_eq!((progress.expected_left, progress.redone), (Duration::ZERO, 0));
    }

    #[test]
    fn a_noisy_block_is_run_again_and_counts_once() {
        let plan = plan("redo = 1");
        let (stops, progress) = played(&plan, |block| (block.cell, block.number, block.attempt) == (0, 1, 0));
        assert_eq!((stops[0].blocks, stops[0].redone, stops[1].redone), (2, 1, 0));
        assert_eq!(progress.redone, 1);
    }

    #[test]
    fn blocks_are_run_again_although_the_budget_is_too_short_for_the_most_of_each_cell() {
        let plan = plan("redo = 1\nmax_blocks = 1000\nbudget = '2m'");
        let mut standing = Standing::new(&plan, &RunOptions::local(1, 1));
        let blocks = order::rounds(&plan, 1).concat();
        assert!(standing.grants(&blocks[0]) && standing.replaces(&blocks[0]));
        let short =
            Plan { stop: trial::StopRule { budget: Some(Duration::from_secs(3)), ..plan.stop }, ..plan.clone() };
        let mut standing = Standing::new(&short, &RunOptions::local(1, 1));
        assert!(!standing.grants(&blocks[0]), "planned blocks come first");
    }

    #[test]
    fn a_block_that_lacks_a_number_is_replaced_beside_those_that_are_noisy() {
        let plan = plan("redo = 0.5");
        let mut standing = Standing::new(&plan, &RunOptions::local(1, 1));
        let blocks = order::rounds(&plan, 1).concat();
        let noisy: Vec<bool> = blocks.iter().map(|block| standing.grants(block)).collect();
        let lost: Vec<bool> = blocks.iter().map(|block| standing.replaces(block)).collect();
        // Half of four blocks each, and neither takes from the other.
        assert_eq!((noisy, lost), (vec![true, true, false, false], vec![true, true, false, false]));
        assert_eq!(standing.progress.redone, 4);
    }

    #[test]
    fn what_fails_every_time_is_given_up_after_one_block() {
        let plan = plan("redo = 1");
        let mut standing = Standing::new(&plan, &RunOptions::local(1, 1));
        let mut blocks: Vec<Block> = order::rounds(&plan, 1).concat();
        blocks.retain(|block| block.cell == 0);
        let (second, first) = (blocks.remove(1), blocks.remove(0));
        let again = first.clone().again();
        let third = again.clone().again();
        assert_eq!([&first, &again, &third].map(|block| standing.replaces(block)), [true, true, false]);
        assert!(!standing.replaces(&second), "the cell is beyond repair");
    }

    #[test]
    fn noise_without_end_ends_all_the_same() {
        let plan = plan("");
        let (stops, _) = played(&plan, |_| true);
        assert!(stops.iter().all(|stop| stop.blocks == 2));
        // 30 % of four blocks is one.
        assert_eq!(stops.iter().map(|stop| stop.redone).sum::<u32>(), 1);
    }

    proptest! {
        #[test]
        fn whatever_is_noisy_every_planned_block_counts_once_and_redoing_keeps_its_share(
            noisy in proptest::collection::vec(any::<bool>(), 12), redo in 0.0..1.0f64,
        ) {
            let plan = plan(&format!("redo = {redo}"));
            let (stops, progress) = played(&plan, |block| noisy[block.cell * 6 + block.number as usize * 3 + block.attempt as usize]);
            prop_assert!(stops.iter().all(|stop| (stop.blocks, stop.reason) == (2, StopReason::Planned)));
            let redone = stops.iter().map(|stop| u64::from(stop.redone)).sum::<u64>();
            prop_assert_eq!(progress.redone, redone);
            prop_assert!(redone as f64 <= redo * 4.0 + 1e-9, "{} of four blocks at {}", redone, redo);
        }
    }

    #[test]
    fn a_budget_stops_every_cell_and_says_so() {
        let plan = plan("budget = '1ms'");
        let (stops, progress) = played(&plan, |_| false);
        assert!(stops.iter().all(|stop| (stop.blocks, stop.reason) == (0, StopReason::Budget)));
        assert_eq!((progress.planned, progress.expected_left), (0, Duration::ZERO));
    }

    #[test]
    fn cells_that_are_never_narrow_run_to_the_cap() {
        let (stops, _) = played(&plan("max_blocks = 4"), |_| false);
        assert!(stops.iter().all(|stop| (stop.blocks, stop.reason) == (4, StopReason::Cap)));
    }

    #[test]
    fn no_cell_ends_before_its_null_arm_could_be_found_to_differ() {
        // Two cells with two headline figures each: a difference takes eight blocks, hence a null arm fifteen, of which it is in every second.
        for (every, fewest) in [(1, 8), (2, 15)] {
            let plan = plan(&format!("max_blocks = 60\ncontrols_every = {every}"));
            assert_eq!(Standing::new(&plan, &RunOptions::local(1, 1)).fewest(0), fewest);
        }
    }

    #[test]
    fn calm_is_the_least_so_far() {
        let plan = plan("");
        let mut standing = Standing::new(&plan, &RunOptions::local(1, 1));
        let wait = |server| Noise { server_wait: Some(server), ..Noise::default() };
        let calm: Vec<f64> = [0.3, 0.5, 0.1, 0.4]
            .map(|server| standing.calm(0, Arm::of(wire::Transport::Sse), &wait(server)).server)
            .into();
        assert_eq!(calm, [0.3, 0.3, 0.3, 0.1]);
    }
}
