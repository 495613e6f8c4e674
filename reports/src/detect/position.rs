//! An effect of the place inside a block, such as what a trial leaves behind for the next one.

use crate::compare::CellComparison;
use crate::stats::{friedman::friedman_p, median};
use std::collections::BTreeMap;
use trial::Figure;

/// Largest p-value that is no warning.
pub(super) const RISK: f64 = 0.01;
/// Fewest blocks for which the test's approximation holds.
const FEWEST_BLOCKS: usize = 6;

/// p-value of Friedman's test over complete blocks, each value taken relative to its arm; `None` for too few blocks, where
/// there is no test.
pub fn position_p(cell: &CellComparison, figure: Figure) -> Option<f64> {
    let mut blocks: BTreeMap<u32, BTreeMap<u32, f64>> = BTreeMap::new();
    for arm in &cell.arms {
        let values = arm.values(figure);
        let median = median(&values.values().copied().collect::<Vec<_>>()).filter(|&median| median > 0.0);
        for trial in &arm.trials {
            if let Some((value, median)) = values.get(&trial.block).zip(median) {
                blocks.entry(trial.block).or_default().insert(trial.position, value / median);
            }
        }
    }
    let rows = complete(blocks);
    friedman_p(&rows).filter(|_| rows.len() >= FEWEST_BLOCKS)
}

/// Whether a p-value is a warning.
pub fn is_effect(p: f64) -> bool {
    p < RISK
}

/// Values by position of the blocks that hold as many as most do.
fn complete(blocks: BTreeMap<u32, BTreeMap<u32, f64>>) -> Vec<Vec<f64>> {
    let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
    blocks.values().for_each(|block| *sizes.entry(block.len()).or_default() += 1);
    // Blocks with controls hold more trials than others do; of two sizes that are as frequent, the larger.
    let usual = sizes.into_iter().max_by_key(|&(_, blocks)| blocks).map_or(0, |(size, _)| size);
    blocks.into_values().filter(|block| block.len() == usual).map(|block| block.into_values().collect()).collect()
}
