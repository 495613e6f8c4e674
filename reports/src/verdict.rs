//! What may be said about one ratio: the table of METHOD, section 5, as one pure function. Refuses to name a
//! winner that the interval does not name.

pub use trial::Direction;

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

    /// Whether it lies between `1 / factor` and `factor`; never for a factor up to 1.
    const fn is_within(self, factor: f64) -> bool {
        1.0 / factor < self.low && self.high < factor
    }

    /// Whether it lies above `factor`, or below `1 / factor`, as a whole.
    const fn is_beyond(self, factor: f64) -> bool {
        self.low > factor || self.high < 1.0 / factor
    }

    /// The end that is farther from 1, as a factor of at least 1.
    const fn reach(self) -> f64 {
        self.high.max(1.0 / self.low).max(1.0)
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

/// What may be said about a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Two copies of one arm lie farther apart than the margin, and this ratio is not beyond that: nothing may be claimed.
    Unfit,
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
    /// How far two copies of one arm lie apart, as a factor: see [`null_deviation`].
    pub null_deviation: f64,
    /// Share of the base value that is the instrument's own, in both arms alike.
    pub dilution: f64,
}

/// How far the null arm lies from its twin, as a factor of at least 1: the end of its 95 % interval that is farther from 1.
/// 1 where the two were not found to differ (adjusted p from 5 % on, or no test): its noise is then in the ratio's own interval.
pub fn null_deviation(null: Option<&Ratio>, adjusted_p: Option<f64>) -> f64 {
    let differs = adjusted_p.is_some_and(|p| p < FAMILY_RISK);
    null.filter(|_| differs).and_then(|null| null.interval).map_or(1.0, Interval::reach)
}

impl Verdict {
    /// The first condition of METHOD, section 5, that holds.
    ///
    /// The null arm widens what a difference must exceed, and narrows what counts as equivalent, by its own deviation. An
    /// interval inside the margin is "equivalent" even when it excludes 1: that it is too small to matter is the more
    /// that is known. A diluted ratio must lie inside a margin that is diluted as much.
    pub fn of(evidence: Evidence<'_>) -> Self {
        let Evidence { ratio, margin, null_deviation, .. } = evidence;
        let (Some(wide), Some(narrow)) = (ratio.interval, ratio.interval_90) else {
            return Self::TooFewBlocks;
        };
        let (proven, direction) = (evidence.adjusted_p < FAMILY_RISK, Direction::of(ratio.value));
        let beyond = wide.is_beyond((1.0 + margin) * null_deviation);
        if proven && beyond {
            Self::Different { direction, beyond_margin: true }
        } else if narrow.is_within((1.0 + margin * (1.0 - evidence.dilution)) / null_deviation) {
            Self::Equivalent
        } else if proven && wide.is_beyond(null_deviation) {
            Self::Different { direction, beyond_margin: false }
        } else if null_deviation > 1.0 + margin {
            Self::Unfit
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

    /// The same about the base, where it was about the other arm.
    pub const fn reversed(self) -> Self {
        match self {
            Self::Different { direction, beyond_margin } => {
                Self::Different { direction: direction.reversed(), beyond_margin }
            }
            Self::Unresolved { more_blocks, leaning: Some(direction) } => {
                Self::Unresolved { more_blocks, leaning: Some(direction.reversed()) }
            }
            Self::Unfit
            | Self::Equivalent
            | Self::Unresolved { leaning: None, .. }
            | Self::TooFewBlocks
            | Self::Refused
            | Self::Exploratory => self,
        }
    }

    /// Whether something is known: a difference or equivalence.
    pub const fn is_resolved(self) -> bool {
        matches!(self, Self::Different { .. } | Self::Equivalent)
    }
}
