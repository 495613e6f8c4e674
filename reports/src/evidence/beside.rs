//! What belongs beside every ratio of a cell: blocks that were run again, how hard the cell was loaded. Refuses to leave out
//! what was not measured.

use super::Block;
use crate::compare::{CellComparison, Comparison};
use crate::number;
use crate::stats::median;
use crate::text::Language;
use trial::{Row, Scenario};

/// One remark for the whole cell; `None` where nothing is timed.
pub(super) fn remark(comparison: &Comparison, cell: &CellComparison, lang: Language) -> Option<Block> {
    let timed = matches!(cell.cell.scenario, Scenario::Push | Scenario::Saturate | Scenario::Echo | Scenario::Connect);
    let counted = matches!(cell.cell.row, Some(Row::Implementation | Row::NetworkOverhead));
    let redone = comparison.records.redone.iter().filter(|redone| redone.cell == cell.cell.name).count();
    let blocks = cell.websocket().and_then(|versus| versus.contests.first()).map(|contest| contest.ratio.blocks)?;
    let load = lang.series(&[ceiling(comparison, cell, lang), busy(cell, lang), lang.capacity_unknown()]);
    (timed && !counted).then(|| Block::Note(lang.beside(lang.blocks(blocks), redone, load)))
}

/// The planned rate as a share of the smaller ceiling of the generator.
fn ceiling(comparison: &Comparison, cell: &CellComparison, lang: Language) -> String {
    let ceilings = comparison.records.preflight.iter().flat_map(|preflight| &preflight.ceilings);
    let of_cell = ceilings.filter(|(transport, _)| cell.cell.transports.contains(transport));
    let least = of_cell.map(|(_, rate)| rate.get()).fold(f64::INFINITY, f64::min);
    let load = &cell.cell.load;
    let streams = if cell.cell.scenario == Scenario::Push { f64::from(load.connections) } else { 1.0 };
    let paced = matches!(cell.cell.scenario, Scenario::Push | Scenario::Echo);
    let share = Some(load.rate.get() * streams / least).filter(|_| paced && least.is_finite());
    share.map_or_else(|| lang.ceiling_unknown(), |share| lang.share_of_ceiling(number::percent(share)))
}

/// Median over trials of the share of the host that was busy.
fn busy(cell: &CellComparison, lang: Language) -> String {
    let trials = cell.arms.iter().flat_map(|arm| &arm.trials);
    let shares: Vec<f64> = trials.filter_map(|trial| trial.noise.as_ref()?.busy).collect();
    median(&shares).map_or_else(|| lang.busy_unknown(), |share| lang.host_busy(number::percent(share)))
}
