//! Validity checks that need several trials (METHOD, section 6). Each is a small pure function; none of them
//! changes a number, and only unequal arms are refused.

mod acks;
mod drift;
mod position;

pub use acks::{Acks, acks};
pub use drift::{LIMIT as DRIFT_LIMIT, SLICES, drifts};
pub use position::{is_effect, position_p};

use crate::Records;
use crate::compare::{CONGESTION, CellComparison, Comparison, Contest, Estimability, Inequality};
use crate::stats::correlation::{self, widening};
use crate::stats::median;
use crate::verdict::Verdict;
use std::collections::BTreeSet;
use trial::check::BearsOn::{Counts, Times};
use trial::{Arm, Figure, Measurement, Quantile, Warning};

/// Below this, successive events may count as independent.
const DEPENDENCE: f64 = 0.10;
/// Most redone blocks, as a share of those and of the ones that count, before a run is called noisy.
const NOISY: f64 = 0.3;

trial::checks! {
    /// The arms are acknowledged differently: pure ACKs over data segments. Over loopback segments are no network's and
    /// nothing is said.
    ACKS_DIFFER acks_differ(base: f64, other: f64) = "acks-differ", Warn {
        when: "pure ACKs per data segment differ > {} % between arms", 100.0 * acks::LIMIT;
        en: "pure ACKs per data segment differ: {base:.2} and {other:.2}; bytes on the wire hold them: compare those";
        zh: "每个数据段的纯 ACK 数不同：{base:.2} 与 {other:.2}；线上字节包含它们，请比较线上字节";
        bears_on: Counts;
    }
    /// The arms use another congestion control.
    CONGESTION_DIFFERS congestion_differs(what: String) = "congestion-differs", Refuse {
        when: "arms differ";
        en: "arms with different congestion control were refused: {what}; run both with the same preset";
        zh: "两臂的拥塞控制不同，已拒绝比较：{what}；请以相同预设运行两者";
    }
    /// The arms differ in more than the transport.
    UNEQUAL_ARMS unequal_arms(what: String) = "unequal-arms", Refuse {
        when: "anything but the transport differs between arms";
        en: "unequal arms were refused: {what}; run both with the same server, flags and host";
        zh: "两臂不对等，已拒绝比较：{what}；请以相同的服务器、参数与主机运行两者";
        probe: Some("V20 unequal arms");
    }
    /// Trials were not in a steady state; they stay in every figure.
    DRIFTING drifting_trials(trials: u64, of: u64) = "drifting", Warn {
        when: "> {} % of the trials drift: over {} slices > {} % and Kendall p < {}", 100.0 * DRIFT_LIMIT, SLICES, 100.0 * drift::MARGIN, drift::RISK;
        en: "{trials} of {of} trials drift: their median rises or falls through the window; use a longer --warmup";
        zh: "{of} 次试验中有 {trials} 次在漂移：其中位数在窗口内持续上升或下降；请加长 --warmup";
        bears_on: Times;
    }
    /// Too few events for a quantile.
    NOT_ESTIMABLE too_few_events(quantile: Quantile, have: u64, need: u64) = "not-estimable", Inform {
        when: "independent events < 20 / (1 - q): {} for p99", Quantile::P99.observations_needed();
        en: "{quantile} is not estimable from {have} independent events, it takes {need}: use a longer --duration";
        zh: "{quantile} 无法由 {have} 个独立事件估计，需要 {need} 个：请加长 --duration";
        bears_on: Times;
    }
    /// Events depend on each other: the median over trials of the lag-1 rank autocorrelation.
    DEPENDENT_EVENTS dependent_events(lag1: f64) = "dependent-events", Inform {
        when: "lag-1 rank autocorrelation > {DEPENDENCE}";
        en: "successive events depend on each other (rank autocorrelation {lag1:.2}): the trial is the unit";
        zh: "相继的事件彼此相关（秩自相关 {lag1:.2}）：计数的是试验，不是事件";
        bears_on: Times;
    }
    /// Two copies of one arm differ by more than the margin, and nothing larger was found.
    NULL_UNFIT null_unfit(p: f64) = "null-unfit", Refuse {
        when: "two copies of one arm beyond the margin, the effect no larger";
        en: "two copies of one arm differ by more than the margin (p = {p:.3}) and the ratio is not beyond that: no verdict; quieten the host and run again";
        zh: "同一臂的两个副本相差超过界限（p = {p:.3}），而比值并未超出：不作结论；请让主机安静下来再运行";
        probe: Some("V9 A/A");
    }
    /// What ran first in a block matters.
    POSITION_EFFECT position_effect(p: f64) = "position-effect", Warn {
        when: "Friedman p < {} for the position", position::RISK;
        en: "the position inside a block matters (p = {p:.4}): something is carried over between trials; look for it";
        zh: "区组内的先后位置有影响（p = {p:.4}）：试验之间有东西残留；请查找原因";
        bears_on: Times;
    }
    /// Successive blocks resemble each other: intervals that took them as independent would be too narrow.
    BLOCK_CORRELATION block_correlation(figure: Figure, lag1: f64) = "block-correlation", Warn {
        when: "lag-1 correlation of block ratios above 0: one-sided p < {} / headline figures, from {} blocks", correlation::RISK, correlation::FEWEST;
        en: "successive blocks of {figure} resemble each other (lag-1 correlation {lag1:.2}): its interval is widened {:.2} times; look for what changes slowly", widening(lag1);
        zh: "{figure} 的相继区组彼此相似（滞后一阶相关 {lag1:.2}）：其区间已加宽至 {:.2} 倍；请查找缓慢变化的因素", widening(lag1);
        bears_on: Times;
    }
    /// So many blocks had to be run again that the whole run must be doubted.
    NOISY_HOST noise_everywhere(redone: u64, blocks: u64) = "noisy-host", Warn {
        when: "> {} % of blocks redone", 100.0 * NOISY;
        en: "noisy host: {redone} blocks were run again beside {blocks} that count; trust intervals, not numbers";
        zh: "主机嘈杂：除计入的 {blocks} 个区组外有 {redone} 个须重做；请相信区间，不要相信单个数字";
        bears_on: Times;
    }
}

/// The whole run's, for blocks that a busy host made it run again.
pub(crate) fn noisy_host(records: &Records) -> Option<Warning> {
    let counted: BTreeSet<_> = records.trials.iter().map(|trial| (&trial.cell.name, trial.block)).collect();
    let noise = |cause: &Warning| cause.check().noise;
    let redone = records.redone.iter().filter(|redone| redone.causes.iter().any(noise)).count();
    let all = redone + counted.len();
    (redone as f64 > NOISY * all as f64).then(|| noise_everywhere(redone as u64, counted.len() as u64))
}

/// The warning about arms that are unequal: one of its own where only the congestion control differs.
pub fn unequal_warning(unequal: &[Inequality]) -> Option<Warning> {
    let list = |each: &Inequality| format!("{} {} / {}", each.what, each.base, each.other);
    let what = unequal.iter().map(list).collect::<Vec<_>>().join(", ");
    let congestion = unequal.iter().all(|each| each.what == CONGESTION);
    match (unequal.is_empty(), congestion) {
        (true, _) => None,
        (false, true) => Some(congestion_differs(what)),
        (false, false) => Some(unequal_arms(what)),
    }
}

/// A check that fired in a cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Detected<'c> {
    /// Name of the cell.
    pub cell: &'c str,
    /// What was found.
    pub warning: Warning,
}

/// Everything that comparing the arms of a run finds out about the instrument.
pub fn detected<'c>(comparison: &'c Comparison) -> Vec<Detected<'c>> {
    let of_cell = |cell: &'c CellComparison| {
        in_cell(cell).into_iter().map(|warning| Detected { cell: cell.cell.name.as_str(), warning })
    };
    comparison.cells.iter().flat_map(of_cell).collect()
}

fn in_cell(cell: &CellComparison) -> Vec<Warning> {
    let refused = cell.versus.iter().find_map(|versus| unequal_warning(&versus.unequal));
    let contests = || cell.versus.iter().flat_map(|versus| &versus.contests).filter(|contest| contest.headline);
    let quantile = contests().find_map(not_estimable);
    let position = contests().filter_map(|contest| position_p(cell, contest.figure)).find(|&p| is_effect(p));
    let unfit = contests().find_map(unfit);
    let position = position.map(position_effect);
    [refused, acknowledged(cell), drifting(cell), quantile, dependent(cell), unfit, position]
        .into_iter()
        .flatten()
        .chain(contests().filter_map(correlated))
        .collect()
}

/// For the first contest in which arms are acknowledged differently.
fn acknowledged(cell: &CellComparison) -> Option<Warning> {
    let base = acks_of(cell, cell.base);
    cell.versus.iter().find_map(|versus| acks(base, acks_of(cell, versus.arm)))
}

fn acks_of(cell: &CellComparison, arm: Arm) -> Acks {
    let measured = cell.arm(arm).into_iter().flat_map(|arm| arm.measured());
    let spans = measured.filter_map(|(_, m)| m.layers).filter(|layers| !layers.loopback).map(|layers| layers.span);
    spans.fold(Acks { pure_acks: 0, data_segments: 0 }, |sum, span| Acks {
        pure_acks: sum.pure_acks + span.out.pure_acks(),
        data_segments: sum.data_segments + span.back.data_segments,
    })
}

fn measurements<'c>(cell: &'c CellComparison) -> impl Iterator<Item = &'c Measurement> {
    cell.arms.iter().flat_map(|arm| arm.measured()).map(|(_, measurement)| measurement)
}

fn drifting(cell: &CellComparison) -> Option<Warning> {
    let looked: Vec<bool> = measurements(cell).filter_map(drifts).collect();
    let (trials, of) = (looked.iter().filter(|drifts| **drifts).count() as u64, looked.len() as u64);
    (trials as f64 > DRIFT_LIMIT * of as f64).then(|| drifting_trials(trials, of))
}

fn dependent(cell: &CellComparison) -> Option<Warning> {
    let found: Vec<f64> = measurements(cell).filter_map(|m| m.dependence).map(|found| found.rank_lag1).collect();
    median(&found).filter(|lag1| lag1.abs() > DEPENDENCE).map(dependent_events)
}

fn not_estimable(contest: &Contest) -> Option<Warning> {
    match (contest.figure, contest.estimability) {
        (Figure::Duration(_, quantile), Estimability::Not { have, need }) => Some(too_few_events(quantile, have, need)),
        _ => None,
    }
}

fn correlated(contest: &Contest) -> Option<Warning> {
    Some(block_correlation(contest.figure, contest.ratio.correlation?))
}

fn unfit(contest: &Contest) -> Option<Warning> {
    let p = contest.null_adjusted_p.filter(|_| contest.verdict == Verdict::Unfit)?;
    Some(null_unfit(p))
}
