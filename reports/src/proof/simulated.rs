//! Comparisons whose truth is known, since it was put in: noise of many shapes, figures at the edges of what may be claimed.
//! Refuses records.

use crate::stats::{SignedRank, blocks_needed};
use crate::verdict::{Direction, Evidence, Ratio, Verdict};
use std::f64::consts::TAU;

/// Standard deviation of the logarithm of a trial; that of a block's log ratio is the square root of two times it.
const SPREAD: f64 = 0.1;

/// How trials of one arm scatter, in logarithms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Noise {
    /// Lognormal trials.
    Normal,
    /// Student's t with three degrees of freedom.
    HeavyTails,
    /// Three trials in ten take 1.8 times as long, such as those whose process was placed badly.
    Bimodal,
    /// Pareto trials with a tail index of 1.5.
    Pareto,
    /// One arm becomes 20 % slower over the run; the truth is its mean.
    Drift,
    /// Log ratios of successive blocks are correlated, first order.
    Correlated(f64),
}

impl Noise {
    /// Every shape that the study looks at, with its name.
    pub const ALL: [(&str, Self); 7] = [
        ("normal", Self::Normal),
        ("Student's t, 3 degrees of freedom", Self::HeavyTails),
        ("bimodal trials", Self::Bimodal),
        ("Pareto", Self::Pareto),
        ("drift of one arm by 20 %", Self::Drift),
        ("AR(1) 0.2", Self::Correlated(0.2)),
        ("AR(1) 0.5", Self::Correlated(0.5)),
    ];

    /// Log ratios of so many blocks whose true ratio is `exp(truth)`.
    pub fn log_ratios(self, truth: f64, blocks: usize, random: &mut fastrand::Rng) -> Vec<f64> {
        let mut before = SPREAD * normal(random);
        let block = |n: usize| {
            let noise = match self {
                Self::Drift => 0.2 * ((n as f64 + 0.5) / blocks as f64 - 0.5) + self.trial(random) - self.trial(random),
                Self::Correlated(r) => {
                    before = r * before + (1.0 - r * r).sqrt() * SPREAD * normal(random);
                    before
                }
                _ => self.trial(random) - self.trial(random),
            };
            truth + noise
        };
        (0..blocks).map(block).collect()
    }

    /// The logarithm of one trial.
    fn trial(self, random: &mut fastrand::Rng) -> f64 {
        match self {
            Self::Normal | Self::Drift | Self::Correlated(_) => SPREAD * normal(random),
            Self::HeavyTails => {
                let squares: f64 = (0..3).map(|_| normal(random).powi(2)).sum();
                SPREAD * normal(random) / (squares / 3.0).sqrt()
            }
            Self::Bimodal => SPREAD / 2.0 * normal(random) + if random.u8(..10) < 3 { 1.8_f64.ln() } else { 0.0 },
            Self::Pareto => -(1.0 - random.f64()).ln() / 1.5,
        }
    }
}

/// A standard normal number (Box and Muller).
fn normal(random: &mut fastrand::Rng) -> f64 {
    (-2.0 * (1.0 - random.f64()).ln()).sqrt() * (TAU * random.f64()).cos()
}

/// How often 95 % intervals hold the truth; shares in `[0, 1]`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Coverage {
    /// Of intervals that take blocks as independent.
    pub plain: f64,
    /// Of intervals that are widened where blocks are found to be correlated.
    pub widened: f64,
    /// Runs in which they are found to be.
    pub warned: f64,
    /// Of the widened intervals of those runs; `None` without any.
    pub where_warned: Option<f64>,
}

/// Simulates `runs` of one figure with so many blocks; its family is `family` figures.
pub fn coverage(noise: Noise, blocks: usize, family: usize, runs: usize, seed: u64) -> Coverage {
    let (mut random, truth) = (fastrand::Rng::with_seed(seed), 1.1_f64.ln());
    let holds = |ratio: &Ratio| ratio.interval.is_some_and(|it| it.low <= 1.1 && 1.1 <= it.high);
    let mut counts = [0_usize; 4];
    for _ in 0..runs {
        let Some(plain) = Ratio::of(&noise.log_ratios(truth, blocks, &mut random)) else { continue };
        let held = holds(&plain);
        let ratio = plain.in_family(family);
        let (warned, widened) = (ratio.correlation.is_some(), holds(&ratio));
        let found = [held, widened, warned, warned && widened];
        counts.iter_mut().zip(found).for_each(|(count, found)| *count += usize::from(found));
    }
    let [plain, widened, warned, _] = counts.map(|count| count as f64 / runs as f64);
    let where_warned = (counts[2] > 0).then(|| counts[3] as f64 / counts[2] as f64);
    Coverage { plain, widened, warned, where_warned }
}

/// Where the truth of every figure of a report lies: where a claim is nearest to being right though it is false.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// No difference: every difference that is claimed is false.
    One,
    /// Just inside of the margin: every difference beyond it is false.
    Inside,
    /// Just outside of it: every equivalence is false.
    Outside,
}

impl Edge {
    /// Every edge, with its name.
    pub const ALL: [(&str, Self); 3] = [
        ("no difference", Self::One),
        ("just inside of the margin", Self::Inside),
        ("just outside of it", Self::Outside),
    ];

    /// The true log ratio, a millionth from the edge.
    fn truth(self, margin: f64) -> f64 {
        match self {
            Self::One => 0.0,
            Self::Inside => margin.ln_1p() - 1e-6,
            Self::Outside => margin.ln_1p() + 1e-6,
        }
    }

    /// By what noise is weaker, so that intervals fit into the margin; not where they would hide what excludes 1.
    const fn quieter(self) -> f64 {
        match self {
            Self::One => 1.0,
            Self::Inside | Self::Outside => 4.0,
        }
    }

    fn is_false(self, verdict: Verdict) -> bool {
        match verdict {
            Verdict::Different { direction, beyond_margin } => match self {
                Self::One => true,
                Self::Inside => beyond_margin || direction == Direction::Lower,
                Self::Outside => direction == Direction::Lower,
            },
            Verdict::Equivalent => self == Self::Outside,
            _ => false,
        }
    }
}

/// What the report of simulated figures may risk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Report {
    /// Figures.
    pub figures: usize,
    /// Figures among which the verdicts share the risk; as many as the figures, unless it is shown what happens otherwise.
    pub family: usize,
    /// Blocks of each figure.
    pub blocks: usize,
}

/// Share of `runs` with any false claim, each a report of figures at an edge of a margin of 5 %.
pub fn false_claims(edge: Edge, report: Report, runs: usize, seed: u64) -> f64 {
    const MARGIN: f64 = 0.05;
    let mut random = fastrand::Rng::with_seed(seed);
    let mut is_wrong = || {
        let noise = Noise::Normal.log_ratios(0.0, report.blocks, &mut random);
        let ratio = Ratio::of(&noise.iter().map(|log| edge.truth(MARGIN) + log / edge.quieter()).collect::<Vec<_>>())?;
        let family = report.family;
        let evidence = Evidence { ratio: &ratio, margin: MARGIN, family, null_deviation: 1.0, dilution: 0.0 };
        Some(edge.is_false(Verdict::of(evidence)))
    };
    // Every figure is drawn, so that reports of other families see the same noise.
    let wrong = (0..runs).filter(|_| (0..report.figures).filter(|_| is_wrong() == Some(true)).count() > 0).count();
    wrong as f64 / runs as f64
}

/// Share of `runs` in which a ratio of `factor` is told from 1 with the blocks that it is said to take, among `family` figures.
pub fn found(noise: Noise, factor: f64, family: usize, runs: usize, seed: u64) -> (usize, f64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let many = noise.log_ratios(0.0, 2_000, &mut random);
    let blocks = blocks_needed(crate::stats::sample_deviation(&many), factor.ln(), family);
    let risk = crate::stats::risk_of_each(family);
    let is_found = |_: &usize| {
        let interval =
            SignedRank::of(&noise.log_ratios(factor.ln(), blocks, &mut random)).and_then(|it| it.interval(risk));
        interval.is_some_and(|(low, high)| low > 0.0 || high < 0.0)
    };
    (blocks, (0..runs).filter(is_found).count() as f64 / runs as f64)
}
