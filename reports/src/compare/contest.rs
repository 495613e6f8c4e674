//! One figure of two arms: ratio over blocks, null arm, whether a quantile can be estimated at all.

use super::arm::{ArmTrials, independent};
use super::dilution::Dilution;
use super::figures::{figures, is_headline, subject_and_judged};
use super::one_way::{Difference, spans_two_clocks, wide_bound};
use super::pooled::{Pooled, Shift, shifts};
use super::unequal::{Inequality, unequal};
use crate::verdict::{Evidence, FEWEST_BLOCKS, Interval, Ratio, Verdict, null_deviation};
use std::time::Duration;
use trial::{Arm, Cell, Figure, Measurement, Metric, Quantile, Scenario, Trial};
use wire::Transport;

/// One other arm against the base of a cell.
#[derive(Debug, Clone)]
pub struct Versus {
    /// The arm that is not the base.
    pub arm: Arm,
    /// Every figure that both have.
    pub contests: Vec<Contest>,
    /// The duration that is judged, over the whole distribution, pooled.
    pub shifts: Vec<Shift>,
    /// The instrument's part of the judged duration in both arms, where it is not small.
    pub dilution: Option<Dilution>,
    /// The duration by which the verdict is given: the scenario's own, less what an idle timer beside the server was late
    /// where every trial had one.
    pub judged: Option<Metric>,
    /// What differs beside the arm: unless empty, every ratio is refused.
    pub unequal: Vec<Inequality>,
}

/// How a quantile can be estimated from what was observed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Estimability {
    /// In each trial.
    PerTrial,
    /// Only from all trials together.
    Pooled(Shift),
    /// Not at all.
    Not {
        /// Independent observations of all trials of the smaller arm.
        have: u64,
        /// Independent observations that it takes.
        need: u64,
    },
    /// Only the difference between the arms: the times themselves span two clocks that are not known well enough.
    Difference(Difference),
}

/// The largest difference, either way, that a 95 % interval leaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    /// As a share of the base.
    pub share: f64,
    /// In the unit of the figure.
    pub value: f64,
}

/// One figure of base and other.
#[derive(Debug, Clone)]
pub struct Contest {
    /// The figure.
    pub figure: Figure,
    /// Base and other.
    pub arms: [Arm; 2],
    /// Median over trials, base.
    pub base: f64,
    /// Median over trials, other.
    pub other: f64,
    /// Other over base; for exact counts the ratio of the medians.
    pub ratio: Ratio,
    /// Blocks that hold both arms, with or without the figure.
    pub blocks: usize,
    /// Null twin over base.
    pub null: Option<Ratio>,
    /// Whether the figure belongs to the headline family.
    pub headline: bool,
    /// Whether its quantile can be estimated.
    pub estimability: Estimability,
    /// Share of the base value that is the instrument's own, where that is not small.
    pub dilution: f64,
    /// The interval that a claim rests on: all those of the headline family hold their truths in 95 % of reports. `None`
    /// where the figure was not tested, or blocks are too few for so large a family.
    pub adjusted: Option<Interval>,
    /// p-value times the size of the headline family; `None` where the figure was not tested.
    pub adjusted_p: Option<f64>,
    /// p-value of the null arm times the number of null arms; `None` where it was not tested.
    pub null_adjusted_p: Option<f64>,
    /// *No practical difference*: the adjusted interval of the difference lies within so many nanoseconds. `None` where it does
    /// not, and of figures without such a limit.
    pub practical: Option<f64>,
    /// What may be said.
    pub verdict: Verdict,
}

impl Contest {
    /// What was concluded about SSE and WebSocket, said of this one: the other way round where it is the base.
    pub fn verdict_of(&self, transport: Transport) -> Verdict {
        if self.arms[1].protocol == transport { self.verdict } else { self.verdict.reversed() }
    }

    /// The ratio of SSE or WebSocket over the one that it is held against.
    pub fn ratio_of(&self, transport: Transport) -> f64 {
        if self.arms[1].protocol == transport { self.ratio.value } else { 1.0 / self.ratio.value }
    }

    /// Something said of base and other, in the order of the columns: SSE first, unless neither is SSE.
    pub(crate) fn in_columns<T>(&self, [base, other]: [T; 2]) -> [T; 2] {
        if self.arms[1].protocol == Transport::Sse { [other, base] } else { [base, other] }
    }

    /// How far two copies of one arm were found apart, as a factor: see [`null_deviation`].
    pub fn null_deviation(&self) -> f64 {
        null_deviation(self.null.as_ref(), self.null_adjusted_p)
    }

    /// A figure that both arms have, before anything is judged.
    fn of(cell: &Cell, figure: Figure, base: &ArmTrials, other: &ArmTrials, twin: Option<&ArmTrials>) -> Option<Self> {
        // What anybody's endpoint sends need not be the same in each trial.
        let is_exact = figure.is_exact() && cell.workload.scenario() != Scenario::Read;
        let (base_median, other_median) = (base.median(figure)?, other.median(figure)?);
        let ratio =
            if is_exact { Ratio::of(&[(other_median / base_median).ln()]) } else { paired(base, other, figure) }?;
        Some(Self {
            figure,
            arms: [base.arm, other.arm],
            base: base_median,
            other: other_median,
            verdict: if is_exact { Verdict::exact(ratio.value, figure.margin()) } else { Verdict::Exploratory },
            ratio,
            blocks: base.blocks().iter().filter(|&block| other.blocks().contains(block)).count(),
            null: twin.and_then(|twin| paired(base, twin, figure)).filter(|_| !is_exact),
            headline: false,
            estimability: Estimability::PerTrial,
            dilution: 0.0,
            adjusted: None,
            adjusted_p: None,
            null_adjusted_p: None,
            practical: None,
        })
    }

    /// Whether a test of the headline family was made.
    pub fn is_tested(&self) -> bool {
        self.is_judged() && self.ratio.blocks >= FEWEST_BLOCKS
    }

    /// Whether a verdict of the headline family is given: its arms are equal, and every trial estimates it.
    pub(super) fn is_judged(&self) -> bool {
        self.headline && self.estimability == Estimability::PerTrial && self.verdict != Verdict::Refused
    }

    /// The largest difference that the 95 % interval and the null arm leave, of typical trials or, where one trial is too short, of
    /// all pooled; a share of the whole base value, the instrument's own part included. `None` without an interval of a ratio that
    /// may be shown.
    pub fn bound(&self) -> Option<Bound> {
        let (reach, base) = match self.estimability {
            _ if self.verdict == Verdict::Refused => return None,
            Estimability::PerTrial => (self.ratio.interval?.reach() * self.null_deviation(), self.base),
            Estimability::Pooled(shift) => (shift.ratio.interval?.reach(), shift.base.value),
            Estimability::Not { .. } | Estimability::Difference(_) => return None,
        };
        let share = reach - 1.0;
        Some(Bound { share, value: share * base })
    }

    /// About how many more blocks of its cell settle an open figure, of which some cells have a value in every n-th block alone;
    /// `None` where it is not open, or no number of blocks would.
    pub(crate) fn more_blocks(&self) -> Option<usize> {
        let Verdict::Unresolved { more_blocks, .. } = self.verdict else { return None };
        Some(more_blocks? * self.blocks.div_ceil(self.ratio.blocks.max(1)).max(1))
    }

    /// Gives the verdict, once the whole report's family is known. `limit`: the shortest time that matters.
    pub(super) fn judge(&mut self, family: usize, null_adjusted_p: Option<f64>, limit: Option<Duration>) {
        self.null_adjusted_p = null_adjusted_p;
        if self.is_tested() {
            self.ratio = self.ratio.clone().in_family(family);
            self.adjusted = self.ratio.adjusted(family);
            self.adjusted_p = Some((self.ratio.p * family as f64).min(1.0));
        }
        self.practical = self.no_practical_difference(limit);
        self.verdict = Verdict::of(Evidence {
            ratio: &self.ratio,
            margin: self.figure.margin(),
            family,
            null_deviation: self.null_deviation(),
            dilution: self.dilution,
        });
    }

    /// The limit in nanoseconds that the difference stays within: the adjusted interval, and what two copies of one arm add.
    fn no_practical_difference(&self, limit: Option<Duration>) -> Option<f64> {
        let limit_ns = self.figure.practical(limit)?.as_nanos() as f64;
        let apart = self.null_deviation();
        let adjusted = self.adjusted?;
        let ends = [adjusted.low / apart - 1.0, adjusted.high * apart - 1.0];
        ends.iter().all(|share| (share * self.base).abs() < limit_ns).then_some(limit_ns)
    }
}

impl Versus {
    /// Compares every figure of the cell's scenario that both arms have.
    pub(super) fn of(cell: &Cell, base: &ArmTrials, other: &ArmTrials, twin: Option<&ArmTrials>, seed: u64) -> Self {
        let arms = || [Some(base), Some(other), twin].into_iter().flatten();
        let [subject, judged] = subject_and_judged(cell, |metric| arms().all(|arm| knows(arm, metric)));
        let diluted = [subject, judged].map(|metric| Some((metric?, Dilution::of(metric?, base, other)?)));
        let dilution = diluted[1].map(|(_, dilution)| dilution);
        let others: Vec<&Trial> =
            other.trials.iter().chain(twin.iter().flat_map(|twin| &twin.trials)).copied().collect();
        let unequal = unequal(&base.trials, &others);
        let blocks: Vec<u32> = base.blocks().into_iter().filter(|block| other.blocks().contains(block)).collect();
        let mut pools = Pools { cell, arms: [base, other], blocks, seed, known: Vec::new() };
        let bound_ns = wide_bound(base, other);
        let across = |figure| bound_ns.filter(|_| spans_two_clocks(cell, figure));
        let contest = |figure| {
            let mut contest = Contest::of(cell, figure, base, other, twin)?;
            contest.headline = is_headline(cell, other.arm, figure, judged);
            contest.estimability = match (pools.estimability(figure), across(figure)) {
                (Estimability::PerTrial, Some(bound_ns)) => {
                    Estimability::Difference(Difference::of(base, other, figure, bound_ns)?)
                }
                // Pooling mends a lack of events, not of knowledge about clocks.
                (Estimability::Pooled(_), Some(_)) => pools.too_few(figure),
                (estimability, _) => estimability,
            };
            let of_figure =
                |(metric, _): &&(Metric, Dilution)| matches!(figure, Figure::Duration(of, _) if of == *metric);
            if let Some((_, dilution)) = diluted.iter().flatten().find(of_figure) {
                contest.dilution = (dilution.base.total_ns() / contest.base).min(1.0);
            }
            if !unequal.is_empty() {
                contest.verdict = Verdict::Refused;
            }
            Some(contest)
        };
        let contests = figures(cell.workload.scenario()).into_iter().filter_map(contest).collect();
        let one_clock = |metric: &Metric| across(Figure::Duration(*metric, Quantile::P50)).is_none();
        let pooled = judged.filter(|_| unequal.is_empty()).filter(one_clock);
        let shifts = pooled.map_or_else(Vec::new, |metric| pools.of(metric).shifts.clone());
        Self { arm: other.arm, contests, shifts, dilution, judged, unequal }
    }

    /// The contest about a figure.
    pub fn contest(&self, figure: Figure) -> Option<&Contest> {
        self.contests.iter().find(|contest| contest.figure == figure)
    }
}

/// Whether every trial of an arm that has numbers holds a duration; older records lack some, foreign servers others.
fn knows(arm: &ArmTrials, metric: Metric) -> bool {
    arm.measured().all(|(_, measurement)| measurement.distributions.contains_key(&metric))
}

/// Ratio over the blocks that hold both arms.
fn paired(base: &ArmTrials, other: &ArmTrials, figure: Figure) -> Option<Ratio> {
    Ratio::of(&log_ratios(base, other, figure))
}

/// `ln(other / base)` of each block that holds both arms.
pub(super) fn log_ratios(base: &ArmTrials, other: &ArmTrials, figure: Figure) -> Vec<f64> {
    let others = other.values(figure);
    let logs = base.values(figure).into_iter().filter_map(|(block, x)| Some((others.get(&block)? / x).ln()));
    logs.filter(|log| log.is_finite()).collect()
}

/// Pooled comparisons, one for each metric, made when first asked for.
struct Pools<'a, 'r> {
    cell: &'a Cell,
    arms: [&'a ArmTrials<'r>; 2],
    blocks: Vec<u32>,
    seed: u64,
    known: Vec<Pool>,
}

struct Pool {
    metric: Metric,
    shifts: Vec<Shift>,
    /// Independent observations of all trials, smaller arm.
    independent: u64,
    /// Independent observations of the smallest trial.
    least: u64,
}

impl Pools<'_, '_> {
    fn of(&mut self, metric: Metric) -> &Pool {
        let index = self.known.iter().position(|pool| pool.metric == metric).unwrap_or_else(|| {
            let pool = self.make(metric);
            self.known.push(pool);
            self.known.len() - 1
        });
        &self.known[index]
    }

    fn make(&self, metric: Metric) -> Pool {
        let [base, other] = self.arms.map(|arm| arm.pooled(metric, &self.blocks));
        let count = |pool: &Pooled| independent(self.cell, pool.len());
        let durations = |m: &Measurement| m.distributions.get(&metric).map_or(0, trial::Distribution::len);
        let least = self.arms.iter().flat_map(|arm| arm.measured()).map(|(_, m)| durations(m)).min().unwrap_or(0);
        Pool {
            metric,
            independent: count(&base).min(count(&other)),
            least: independent(self.cell, least),
            shifts: shifts(&base, &other, self.seed),
        }
    }

    /// That one trial has too few events for a quantile.
    fn too_few(&mut self, figure: Figure) -> Estimability {
        match figure {
            Figure::Duration(metric, quantile) => {
                Estimability::Not { have: self.of(metric).least, need: quantile.observations_needed() }
            }
            _ => Estimability::PerTrial,
        }
    }

    fn estimability(&mut self, figure: Figure) -> Estimability {
        let Figure::Duration(metric, quantile) = figure else {
            return Estimability::PerTrial;
        };
        let (need, pool) = (quantile.observations_needed(), self.of(metric));
        let at = pool.shifts.iter().find(|shift| shift.share == quantile.share());
        match at {
            _ if pool.least >= need => Estimability::PerTrial,
            Some(shift) if pool.independent >= need => Estimability::Pooled(*shift),
            _ => Estimability::Not { have: pool.independent, need },
        }
    }
}
