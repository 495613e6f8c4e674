//! What belongs beside every ratio of a cell: blocks that were run again, how hard the cell was loaded, what the instrument itself
//! costs on each path. Refuses to leave out what was not measured.

use crate::compare::{CellComparison, Comparison};
use crate::document::Block;
use crate::number;
use crate::stats::median;
use crate::text::Language;
use trial::{Figure, Scenario};
use wire::Transport;

/// One remark for the whole cell; `None` where nothing is timed.
pub(super) fn remark(comparison: &Comparison, cell: &CellComparison, lang: Language) -> Option<Block> {
    let timed = matches!(
        cell.cell.workload.scenario(),
        Scenario::Push | Scenario::Saturate | Scenario::Echo | Scenario::Connect
    );
    let counted = cell.cell.section().is_exact();
    let redone = comparison.records.redone.iter().filter(|redone| redone.cell == cell.cell.name).count();
    let blocks = cell.pair().and_then(|versus| versus.contests.first()).map(|contest| contest.ratio.blocks)?;
    let paced = offered(cell);
    let mut load = vec![ceiling(comparison, cell, paced, lang), busy(cell, lang)];
    // A load without a schedule is its own capacity.
    load.extend((cell.cell.workload.scenario() != Scenario::Saturate).then(|| capacity(comparison, paced, lang)));
    let load = lang.series(&load);
    (timed && !counted).then(|| Block::Note(lang.beside(lang.blocks(blocks), redone, load)))
}

/// Further apart than this, and the costs of the two paths are said beside every latency.
const NULL_COSTS_APART: f64 = 0.1;

/// What the generator pays for an event of either contestant, framed beforehand, over loopback: the null cost of each path.
/// As a warning where the two differ by more than a tenth; `None` for a cell without times of events, or unmeasured.
pub(super) fn null_costs(comparison: &Comparison, cell: &CellComparison, lang: Language) -> Option<Block> {
    offered(cell)?;
    let ceilings = &comparison.records.preflight.as_ref()?.ceilings;
    let cost_ns = |transport| Some(1e9 / ceilings.get(&transport)?.get());
    let (sse, websocket) = (cost_ns(Transport::Sse)?, cost_ns(Transport::WebSocket)?);
    let apart = sse.max(websocket) / sse.min(websocket) - 1.0;
    let said = lang.null_costs(number::duration(sse), number::duration(websocket), number::percent(apart));
    Some(if apart > NULL_COSTS_APART { Block::Warning(said) } else { Block::Note(said) })
}

/// Events a second that the plan offers a cell of timed events.
fn offered(cell: &CellComparison) -> Option<f64> {
    matches!(cell.cell.workload.scenario(), Scenario::Push | Scenario::Echo | Scenario::Relay)
        .then(|| cell.cell.workload.offered())?
}

/// The planned rate as a share of what the slower contestant delivered in this run without a schedule.
fn capacity(comparison: &Comparison, offered: Option<f64>, lang: Language) -> String {
    let delivered = comparison.saturated().filter_map(|cell| {
        let contest = cell.contest(Figure::EventsPerSecond)?;
        Some((cell.cell.name.as_str(), contest.base.min(contest.other)))
    });
    let least = delivered.min_by(|(_, a), (_, b)| a.total_cmp(b));
    offered.zip(least).map_or_else(
        || lang.capacity_unknown(),
        |(offered, (name, least))| lang.share_of_capacity(number::percent(offered / least), name),
    )
}

/// The planned rate as a share of the smaller ceiling of the generator.
fn ceiling(comparison: &Comparison, cell: &CellComparison, offered: Option<f64>, lang: Language) -> String {
    let ceilings = comparison.records.preflight.iter().flat_map(|preflight| &preflight.ceilings);
    let of_cell =
        ceilings.filter(|(transport, _)| cell.cell.arms.iter().any(|arm| arm.protocol == **transport && arm.is_bare()));
    let least = of_cell.map(|(_, rate)| rate.get()).fold(f64::INFINITY, f64::min);
    let share = offered.map(|offered| offered / least).filter(|_| least.is_finite());
    share.map_or_else(|| lang.ceiling_unknown(), |share| lang.share_of_ceiling(number::percent(share)))
}

/// Median over trials of the share of the host that was busy.
fn busy(cell: &CellComparison, lang: Language) -> String {
    let trials = cell.arms.iter().flat_map(|arm| &arm.trials);
    let shares: Vec<f64> = trials.filter_map(|trial| trial.noise.as_ref()?.busy).collect();
    median(&shares).map_or_else(|| lang.busy_unknown(), |share| lang.host_busy(number::percent(share)))
}
