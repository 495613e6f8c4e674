//! What may be said about one ratio: the table of METHODOLOGY 1.7 as one pure function. Refuses to name a winner
//! that the interval does not name.

use crate::stats::{SignedRank, blocks_for_family, blocks_needed};

/// Fewest blocks with a 95 % interval.
pub const FEWEST_BLOCKS: usize = 6;

/// Risk of one false headline in the whole report.
const FAMILY_RISK: f64 = 0.05;

/// The ratio of two arms over the blocks that hold both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// Hodges–Lehmann ratio, other over base.
    pub value: f64,
    /// Blocks with both arms.
    pub blocks: usize,
    /// 95 % interval; `None` below six blocks.
    pub interval: Option<Interval>,
    /// 90 % interval, for equivalence.
    pub interval_90: Option<Interval>,
    /// Exact two-sided p-value of this ratio alone.
    pub p: f64,
    /// Standard deviation of the log ratios.
    pub deviation: f64,
}

/// Bounds of a ratio.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

impl Interval {
    fn exp((low, high): (f64, f64)) -> Self {
        Self { low: low.exp(), high: high.exp() }
    }

    const fn within(self, low: f64, high: f64) -> bool {
        low < self.low && self.high < high
    }
}

impl Ratio {
    /// From `ln(other / base)` of each block; `None` without any.
    pub fn of(log_ratios: &[f64]) -> Option<Self> {
        let ranks = SignedRank::of(log_ratios)?;
        Some(Self {
            value: ranks.estimate.exp(),
            blocks: ranks.blocks,
            interval: ranks.interval(0.05).map(Interval::exp),
            interval_90: ranks.interval(0.10).map(Interval::exp),
            p: ranks.p,
            deviation: ranks.deviation,
        })
    }
}

/// Where the other arm lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Above the base.
    Higher,
    /// Below the base.
    Lower,
}

impl Direction {
    /// Direction of a ratio.
    pub fn of(ratio: f64) -> Self {
        if ratio > 1.0 { Self::Higher } else { Self::Lower }
    }
}

/// What may be said about a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The null arm differs from its twin: the ruler is not fit today.
    RulerUnfit,
    /// Different.
    Different {
        /// Where the other arm lies.
        direction: Direction,
        /// Whether the whole interval lies beyond the margin, or the difference may be less than it.
        beyond_margin: bool,
    },
    /// The 90 % interval lies inside the margin (two one-sided tests).
    Equivalent,
    /// Neither.
    Unresolved {
        /// About so many more blocks would resolve a difference of the margin; none where there are as many, and the ratio
        /// itself lies at the edge of it.
        more_blocks: usize,
        /// Where the interval points when the figure is looked at alone, outside the family.
        leaning: Option<Direction>,
    },
    /// Too few blocks for an interval.
    TooFewBlocks,
    /// The arms differ in more than the transport: no ratio at all.
    Refused,
    /// Shown without a verdict: not a headline figure, or only its pooled value can be estimated.
    Exploratory,
}

/// Everything that a verdict rests on.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// Other against base.
    pub ratio: &'a Ratio,
    /// Margin of equivalence, as a share.
    pub margin: f64,
    /// p-value adjusted over the headline family.
    pub adjusted_p: f64,
    /// Headline figures in the report.
    pub family: usize,
    /// p-value of the null arm against its twin, adjusted over all null tests; `None` without a null arm.
    pub null_adjusted_p: Option<f64>,
    /// Share of the base value that is the instrument's own, in both arms alike.
    pub dilution: f64,
}

impl Verdict {
    /// The first condition of METHODOLOGY 1.7 that holds.
    ///
    /// Two refinements: an interval inside the margin is "equivalent" even when it excludes 1, and a diluted
    /// ratio must lie inside a margin that is diluted as much.
    pub fn of(evidence: Evidence<'_>) -> Self {
        let Evidence { ratio, margin, adjusted_p, .. } = evidence;
        if evidence.null_adjusted_p.is_some_and(|p| p < FAMILY_RISK) {
            return Self::RulerUnfit;
        }
        let (Some(wide), Some(narrow)) = (ratio.interval, ratio.interval_90) else {
            return Self::TooFewBlocks;
        };
        let (beyond, direction) = (beyond(wide, margin), Direction::of(ratio.value));
        let diluted = 1.0 + margin * (1.0 - evidence.dilution);
        if adjusted_p < FAMILY_RISK && beyond {
            Self::Different { direction, beyond_margin: true }
        } else if narrow.within(1.0 / diluted, diluted) {
            Self::Equivalent
        } else if adjusted_p < FAMILY_RISK && (wide.low > 1.0 || wide.high < 1.0) {
            Self::Different { direction, beyond_margin: false }
        } else {
            let needed = blocks_needed(ratio.deviation, margin).max(blocks_for_family(evidence.family));
            let more_blocks = needed.saturating_sub(ratio.blocks);
            Self::Unresolved { more_blocks, leaning: beyond.then_some(direction) }
        }
    }

    /// The verdict about exact counts: no interval, only the margin.
    pub fn exact(ratio: f64, margin: f64) -> Self {
        if ratio.ln().abs() > margin.ln_1p() {
            Self::Different { direction: Direction::of(ratio), beyond_margin: true }
        } else {
            Self::Equivalent
        }
    }

    /// Whether something is known: a difference or equivalence.
    pub const fn is_resolved(self) -> bool {
        matches!(self, Self::Different { .. } | Self::Equivalent)
    }
}

fn beyond(interval: Interval, margin: f64) -> bool {
    interval.low > 1.0 + margin || interval.high < 1.0 / (1.0 + margin)
}
