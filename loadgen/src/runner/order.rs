//! The order of trials: rounds of blocks, shuffled by seed. Refuses to look at results: it is known before the run.

use reports::capacity::remaining;
use reports::compare::headline_tests;
use std::time::Duration;
use trial::{Arm, Asked, Cell, Layout, Plan, Start};

/// One trial of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) arm: Arm,
    pub(crate) block: u32,
    /// Attempt at the block, from 0.
    pub(crate) attempt: u32,
    pub(crate) position: u32,
    pub(crate) seed: u64,
}

impl Turn {
    /// What is drawn for the trial's processes, on a host with these CPUs: from the block's seed, and for each arm of the block
    /// by itself.
    pub(crate) fn layout(&self, cpus: &[usize]) -> Layout {
        let place = u64::from(self.attempt) << 32 | u64::from(self.position);
        let mut random = fastrand::Rng::with_seed(self.seed);
        let mut random = fastrand::Rng::with_seed(random.u64(..) ^ place);
        let mut start =
            || Start { environment_bytes: random.u16(..=Start::MOST_BYTES), cpu: random.choice(cpus).copied() };
        Layout { server: Some(start()), generator: start() }
    }
}

/// Neighbouring trials that hold each arm of a cell once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    /// Index of the cell in the plan.
    pub(crate) cell: usize,
    pub(crate) number: u32,
    pub(crate) attempt: u32,
    /// Its arms in the order in which they run.
    arms: Vec<Arm>,
    /// All arms of a block replay one schedule.
    seed: u64,
}

impl Block {
    /// One block of a cell, its order and seed drawn.
    pub(crate) fn draw(cell: usize, number: u32, mut arms: Vec<Arm>, random: &mut fastrand::Rng) -> Self {
        random.shuffle(&mut arms);
        Self { cell, number, attempt: 0, arms, seed: random.u64(..) }
    }

    /// Its trials, in order.
    pub(crate) fn turns(&self) -> impl Iterator<Item = Turn> + '_ {
        let Self { number: block, attempt, seed, .. } = *self;
        self.arms.iter().zip(0..).map(move |(&arm, position)| Turn { arm, block, attempt, position, seed })
    }

    /// The same block once more.
    pub(crate) fn again(self) -> Self {
        Self { attempt: self.attempt + 1, ..self }
    }
}

/// Blocks that a cell may come to: those of the plan, or up to the most for a timed cell with a headline figure.
pub(crate) fn most_blocks(plan: &Plan, cell: usize) -> u32 {
    let cell = &plan.cells[cell];
    let goes_on = cell.workload.is_timed() && cell.blocks > 1 && headline_tests(cell) > 0;
    plan.stop.max_blocks.filter(|_| goes_on).map_or(cell.blocks, |most| most.max(cell.blocks))
}

/// Expected length of a run in which every cell comes to all blocks that it may, and searches to as many steps as one can know.
pub(crate) fn longest(plan: &Plan) -> Duration {
    let blocks = (0..plan.cells.len()).map(|cell| plan.cells[cell].expected_block() * most_blocks(plan, cell));
    blocks.chain(plan.cells.iter().filter_map(Cell::search).map(of_search)).sum()
}

fn of_search(asked: Asked) -> Duration {
    let steps = u32::try_from(remaining(asked, &[])).unwrap_or(u32::MAX);
    let latency = asked.latency(1).into_iter().map(|cell| cell.expected_block() * cell.blocks);
    latency.sum::<Duration>() + asked.cell.expected_trial() * steps
}

/// Every block of a plan in the order in which they run, round by round over all cells, so that an early end leaves whole
/// blocks of everything; cells in a round and arms in a block are shuffled.
pub(crate) fn rounds(plan: &Plan, seed: u64) -> Vec<Vec<Block>> {
    let mut random = fastrand::Rng::with_seed(seed);
    let most = (0..plan.cells.len()).map(|cell| most_blocks(plan, cell)).max().unwrap_or(0);
    let mut round = |number| {
        let mut cells: Vec<_> = (0..plan.cells.len()).filter(|&cell| most_blocks(plan, cell) > number).collect();
        random.shuffle(&mut cells);
        let block = |cell: usize| Block::draw(cell, number, plan.cells[cell].arms_in(number), &mut random);
        cells.into_iter().map(block).collect()
    };
    (0..most).map(&mut round).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn plan(head: &str) -> Plan {
        let cell = |name: &str, blocks| format!("[[cell]]\nname='{name}'\nwhy='w'\nscenario='push'\nblocks={blocks}\n");
        Plan::from_toml(&format!("name='p'\nwhy='w'\n{head}\n{}{}{}", cell("a", 6), cell("b", 2), cell("c", 1)))
            .unwrap()
    }

    fn blocks(plan: &Plan, seed: u64) -> Vec<Block> {
        rounds(plan, seed).concat()
    }

    #[test]
    fn every_block_holds_every_arm_once_and_shares_its_seed() {
        let blocks = blocks(&plan(""), 7);
        assert_eq!(blocks.iter().map(|block| block.arms.len() as u64).sum::<u64>(), plan("").trials());
        for block in blocks {
            let turns: Vec<_> = block.turns().collect();
            assert_eq!(turns.iter().map(|turn| turn.arm).collect::<BTreeSet<_>>().len(), 3);
            assert_eq!(turns.iter().map(|turn| turn.seed).collect::<BTreeSet<_>>().len(), 1);
            assert_eq!(turns.iter().map(|turn| turn.position).collect::<Vec<_>>(), [0, 1, 2]);
            let again: Vec<_> = block.again().turns().collect();
            assert!(again.iter().zip(&turns).all(|(again, turn)| *again == Turn { attempt: 1, ..*turn }));
        }
    }

    #[test]
    fn the_order_depends_on_the_seed_and_on_nothing_else() {
        assert_eq!(blocks(&plan(""), 7), blocks(&plan(""), 7));
        assert_ne!(blocks(&plan(""), 7), blocks(&plan(""), 8));
        let orders: BTreeSet<_> = blocks(&plan(""), 7).into_iter().map(|block| block.arms).collect();
        assert!(orders.len() > 1, "arms are shuffled inside their blocks");
    }

    #[test]
    fn each_arm_of_a_block_draws_its_layout_from_the_seed() {
        let drawn = |seed| -> Vec<Layout> {
            let blocks = blocks(&plan(""), seed);
            blocks.iter().flat_map(|block| block.turns().map(|turn| turn.layout(&[2, 5])).collect::<Vec<_>>()).collect()
        };
        assert_eq!(drawn(7), drawn(7));
        let starts: Vec<Start> = drawn(7).iter().flat_map(|it| [it.server.unwrap(), it.generator]).collect();
        let sizes: BTreeSet<_> = starts.iter().map(|start| start.environment_bytes).collect();
        assert!(sizes.len() > starts.len() * 9 / 10 && *sizes.last().unwrap() <= Start::MOST_BYTES, "{sizes:?}");
        assert_eq!(starts.iter().map(|start| start.cpu).collect::<BTreeSet<_>>(), [Some(2), Some(5)].into());
        let block = &blocks(&plan(""), 7)[0];
        let again = block.clone().again();
        let first = |block: &Block| block.turns().next().unwrap().layout(&[]);
        assert!(first(block) != first(&again) && first(block).generator.cpu.is_none());
    }

    #[test]
    fn only_cells_with_blocks_go_on_to_the_most() {
        let plan = plan("max_blocks = 9");
        let count = |cell| blocks(&plan, 1).iter().filter(|block| block.cell == cell).count();
        assert_eq!((count(0), count(1), count(2)), (9, 9, 1));
    }

    #[test]
    fn controls_run_in_every_so_many_th_block_and_contestants_in_all() {
        let text = "name='p'\nwhy='w'\nblocks=7\ncontrols_every=3\n[[cell]]\nname='a'\nwhy='w'\nscenario='saturate'\n\
                    arms=['sse','websocket','raw-tcp']\n";
        let plan = Plan::from_toml(text).unwrap();
        let blocks = blocks(&plan, 7);
        let arms: Vec<_> = blocks.iter().map(|block| block.arms.len()).collect();
        assert_eq!(arms, [4, 2, 2, 4, 2, 2, 4]);
        let contestants: BTreeSet<_> = blocks[1].arms.iter().map(Arm::to_string).collect();
        assert_eq!(contestants, BTreeSet::from(["sse".to_owned(), "websocket".to_owned()]));
        assert_eq!((plan.trials(), plan.cells[0].expected_block()), (20, plan.cells[0].expected_trial() * 8 / 3));
        // Those of a damaged record are not counted one by one.
        assert_eq!(plan.cells[0].trials_in(u32::MAX), u64::from(u32::MAX) / 3 * 8);
    }

    #[test]
    fn controls_run_in_every_block_that_would_hold_the_base_alone() {
        let text = "name='p'\nwhy='w'\nblocks=2\ncontrols_every=2\n[[cell]]\nname='a'\nwhy='w'\nscenario='saturate'\n\
                    arms=['sse','raw-tcp']\n";
        let plan = Plan::from_toml(text).unwrap();
        assert_eq!(blocks(&plan, 7).iter().map(|block| block.arms.len()).collect::<Vec<_>>(), [3, 3]);
    }
}
