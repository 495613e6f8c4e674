//! One-way times across two clocks: what may be said when the offset of the clocks is not known well. Refuses a ratio: of a
//! quotient, an unknown constant does not cancel.

use super::arm::ArmTrials;
use crate::stats::SignedRank;
use crate::verdict::Interval;
use trial::{Cell, Figure, Metric, Quantile, Scenario};

/// Largest bound of the clock offset, as a share of the median, at which a ratio still means something (reports/method/timing.md,
/// two hosts).
const BOUND_LIMIT: f64 = 0.1;
/// A time at or below the shortest that is recorded was cut off at zero by a wrong offset: no difference follows from it.
const CUT_OFF_NS: f64 = 1.0;

/// Other minus base: a constant error of the clock offset is in both, and cancels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// Hodges–Lehmann difference over blocks, nanoseconds.
    pub value_ns: f64,
    /// 95 % interval in nanoseconds; `None` below six blocks.
    pub interval_ns: Option<Interval>,
    /// Blocks with both arms.
    pub blocks: usize,
    /// Largest bound of the clock offset in any trial of either arm, nanoseconds.
    pub bound_ns: f64,
}

/// Whether a figure spans two clocks.
pub(super) const fn spans_two_clocks(cell: &Cell, figure: Figure) -> bool {
    matches!(cell.workload.scenario(), Scenario::Push | Scenario::Saturate | Scenario::Llm)
        && matches!(figure, Figure::Duration(Metric::ResponseTime | Metric::JudgedTime | Metric::ServiceTime, _))
}

/// The bound of the clock offset where it is too wide for ratios of this cell: above a tenth of a median.
pub(super) fn wide_bound(base: &ArmTrials, other: &ArmTrials) -> Option<f64> {
    let arms = [base, other];
    let clocks =
        arms.iter().flat_map(|arm| &arm.trials).filter_map(|trial| trial.clock).filter(|clock| !clock.same_clock);
    let bound_ns = clocks.map(|clock| clock.bound_ns as f64).max_by(f64::total_cmp)?;
    let median = |arm: &&ArmTrials| {
        let of = |metric| arm.median(Figure::Duration(metric, Quantile::P50));
        of(Metric::ResponseTime).or_else(|| of(Metric::ServiceTime))
    };
    let smallest = arms.iter().filter_map(median).min_by(f64::total_cmp)?;
    (bound_ns > BOUND_LIMIT * smallest).then_some(bound_ns)
}

impl Difference {
    /// The end of the interval that is farther from none: what the difference may be, not what it was.
    pub(crate) fn reach_ns(&self) -> Option<f64> {
        self.interval_ns.map(|bounds| bounds.low.abs().max(bounds.high.abs()))
    }

    /// Over the blocks that hold both arms; `None` without any.
    pub(crate) fn of(base: &ArmTrials, other: &ArmTrials, figure: Figure, bound_ns: f64) -> Option<Self> {
        let others = other.values(figure);
        let pairs = base.values(figure).into_iter().filter_map(|(block, x)| Some((x, *others.get(&block)?)));
        let differences: Vec<_> = pairs.filter(|(x, y)| x.min(*y) > CUT_OFF_NS).map(|(x, y)| y - x).collect();
        let ranks = SignedRank::of(&differences)?;
        let interval_ns = ranks.interval(0.05).map(|(low, high)| Interval { low, high });
        Some(Self { value_ns: ranks.estimate, interval_ns, blocks: ranks.blocks, bound_ns })
    }
}
