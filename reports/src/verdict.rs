//! What may be said about one ratio: the table of METHOD, section 5, as one pure function. Refuses to name a
//! winner that the interval does not name.

pub use trial::Direction;

use crate::stats::correlation::{significant_lag1, widening};
use crate::stats::{FAMILY_RISK, SignedRank, blocks_needed, risk_of_each};

/// Fewest blocks with a 95 % interval.
pub const FEWEST_BLOCKS: usize = 6;

/// The ratio of two arms over the blocks that hold both.
#[derive(Debug, Clone, PartialEq)]
pub struct Ratio {
    /// Hodges–Lehmann ratio, other over base.
    pub value: f64,
    /// Blocks with both arms.
    pub blocks: usize,
    /// 95 % interval of this ratio alone; `None` below six blocks.
    pub interval: Option<Interval>,
    /// Exact two-sided p-value of this ratio alone.
    pub p: f64,
    /// Standard deviation of the log ratios.
    pub deviation: f64,
    /// Lag-1 correlation of successive blocks for which the ratio was [widened](Self::in_family); `None` where it was not.
    pub correlation: Option<f64>,
    /// Log ratios in the order of blocks.
    logs: Vec<f64>,
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
    pub const fn reach(self) -> f64 {
        self.high.max(1.0 / self.low).max(1.0)
    }

    /// Half of its width in logarithms.
    pub fn half_width(self) -> f64 {
        (self.high / self.low).ln() / 2.0
    }
}

impl Ratio {
    /// From `ln(other / base)` of each block in the order of time; `None` without any.
    pub fn of(log_ratios: &[f64]) -> Option<Self> {
        let ranks = SignedRank::of(log_ratios)?;
        Some(Self {
            value: ranks.estimate.exp(),
            blocks: ranks.blocks,
            interval: ranks.interval(0.05).map(Interval::exp),
            p: ranks.p,
            deviation: ranks.deviation,
            correlation: None,
            logs: log_ratios.to_vec(),
        })
    }

    /// The interval that misses the truth with probability at most `risk`; `None` where so few blocks allow none.
    pub fn interval_at(&self, risk: f64) -> Option<Interval> {
        SignedRank::of(&self.logs)?.interval(risk).map(Interval::exp)
    }

    /// The adjusted interval: all of a report's `family` such intervals hold their truths in 95 % of reports.
    pub fn adjusted(&self, family: usize) -> Option<Interval> {
        self.interval_at(risk_of_each(family))
    }

    /// The same ratio as one of a family. Where successive blocks are correlated, its intervals, its p-value and its deviation
    /// are [widened](widening) by what that takes from them.
    #[must_use]
    pub fn in_family(self, family: usize) -> Self {
        let Some(r) = significant_lag1(&self.logs, family).filter(|_| self.correlation.is_none()) else { return self };
        let (centre, factor) = (self.value.ln(), widening(r));
        // Every Walsh average moves away from the estimate by the same factor, hence every interval does.
        let wider: Vec<f64> = self.logs.iter().map(|log| centre + factor * (log - centre)).collect();
        Self::of(&wider).map_or(self, |wider| Self { correlation: Some(r), ..wider })
    }
}

/// What may be said about a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// Two copies of one arm lie farther apart than the margin, and this ratio is not beyond that: nothing may be claimed.
    Unfit,
    /// Different.
    Different {
        /// Where the other arm lies.
        direction: Direction,
        /// Whether the whole adjusted interval lies beyond the margin, or the difference may be less than it.
        beyond_margin: bool,
    },
    /// The adjusted interval of two one-sided tests lies inside the margin.
    Equivalent,
    /// Neither.
    Unresolved {
        /// About so many more blocks with the figure would settle it where the estimate lies, at least one; `None` where none
        /// would: two copies of one arm lie as far apart.
        more_blocks: Option<usize>,
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
    /// Headline figures in the report, which share its risk.
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
        let Evidence { ratio, margin, family, null_deviation, .. } = evidence;
        let Some(alone) = ratio.interval else { return Self::TooFewBlocks };
        let (adjusted, direction) = (ratio.adjusted(family), Direction::of(ratio.value));
        let one_sided = ratio.interval_at(2.0 * risk_of_each(family));
        let is_beyond = |factor| adjusted.is_some_and(|adjusted| adjusted.is_beyond(factor));
        let beyond = (1.0 + margin) * null_deviation;
        if is_beyond(beyond) {
            Self::Different { direction, beyond_margin: true }
        } else if one_sided.is_some_and(|interval| interval.is_within(evidence.within())) {
            Self::Equivalent
        } else if is_beyond(null_deviation) {
            Self::Different { direction, beyond_margin: false }
        } else if null_deviation > 1.0 + margin {
            Self::Unfit
        } else {
            let leaning = alone.is_beyond(beyond).then_some(direction);
            Self::Unresolved { more_blocks: evidence.more_blocks(), leaning }
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

impl Evidence<'_> {
    /// The factor that an equivalent ratio stays within.
    fn within(&self) -> f64 {
        (1.0 + self.margin * (1.0 - self.dilution)) / self.null_deviation
    }

    /// About how many more blocks settle the figure if the ratio stays where it is: what is farther decides, no difference or
    /// the edge of the margin. `None` where neither is on the way.
    fn more_blocks(&self) -> Option<usize> {
        let from_one = self.ratio.value.ln().abs();
        let distance = (from_one - self.null_deviation.ln()).max(self.within().ln() - from_one);
        let needed = blocks_needed(self.ratio.deviation, distance, self.family);
        (distance > 0.0).then(|| needed.saturating_sub(self.ratio.blocks).max(1))
    }
}
