//! What of the layout of a trial moves a figure: the share of the variance between trials that a drawn factor explains, and how
//! often chance explains as much. Refuses to look at trials whose layout was not recorded.
//!
//! The logs of a figure are taken free of arm and block first; what is left goes into the ratios of blocks.

use crate::Records;
use crate::replicate::rounded;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use trial::{Arm, Cell, Figure, Metric, Outcome, Quantile, Scenario, Start, Trial};

/// Sizes of an environment are put into so many classes.
const CLASSES: usize = 8;
/// Fewest trials of a cell that are looked at.
const FEWEST_TRIALS: usize = 24;
/// The figures that are looked at, where a cell has them.
const FIGURES: [Figure; 4] = [
    Figure::Duration(Metric::JudgedTime, Quantile::P50),
    Figure::Duration(Metric::FirstEvent, Quantile::P50),
    Figure::EventsPerSecond,
    Figure::ServerCpuPerEvent,
];

/// Something that differs between trials by lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Factor {
    /// How long the server's environment is, in classes of 512 bytes.
    ServerEnvironment,
    /// How long the generator's is.
    GeneratorEnvironment,
    /// The CPU on which the server starts.
    ServerCpu,
    /// The CPU on which the generator starts.
    GeneratorCpu,
    /// Whether both start on one CPU.
    SharedCpu,
    /// The position in the block.
    Position,
}

impl Factor {
    /// Every factor.
    pub const ALL: [Self; 6] = [
        Self::ServerEnvironment,
        Self::GeneratorEnvironment,
        Self::ServerCpu,
        Self::GeneratorCpu,
        Self::SharedCpu,
        Self::Position,
    ];

    /// What a trial drew; `None` where that is not known.
    fn level(self, trial: &Trial) -> Option<usize> {
        let layout = trial.layout?;
        let class = |start: Start| {
            (usize::from(start.environment_bytes) * CLASSES / (usize::from(Start::MOST_BYTES) + 1)).min(CLASSES - 1)
        };
        match self {
            Self::ServerEnvironment => layout.server.map(class),
            Self::GeneratorEnvironment => Some(class(layout.generator)),
            Self::ServerCpu => layout.server?.cpu,
            Self::GeneratorCpu => layout.generator.cpu,
            Self::SharedCpu => Some(usize::from(layout.server?.cpu? == layout.generator.cpu?)),
            Self::Position => Some(trial.position as usize),
        }
    }
}

/// What a factor does to a figure of a cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// Name of the cell.
    pub cell: String,
    /// The figure.
    pub figure: Figure,
    /// The factor.
    pub factor: Factor,
    /// Trials.
    pub trials: usize,
    /// Standard deviation of the logs of the figure, free of arm and block.
    pub deviation: f64,
    /// Share of that variance, in `[0, 1]`, that lies between the factor's levels.
    pub share: f64,
    /// The share that chance gives in the mean: more levels get more of it.
    pub by_chance: f64,
    /// How often chance gives a share as large, levels being dealt anew within blocks.
    pub p: f64,
}

/// One trial in the regression.
struct Point {
    block: u32,
    arm: Arm,
    log: f64,
}

/// What each factor does to each figure of each cell of a run; levels are dealt anew `deals` times, by `seed`.
pub fn effects(records: &Records, seed: u64, deals: usize) -> Vec<Effect> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut found = Vec::new();
    for cell in &records.run.plan.cells {
        for figure in FIGURES.into_iter().filter(|figure| is_of(cell, *figure)) {
            for factor in Factor::ALL {
                found.extend(effect(records, (cell, figure, factor), &mut random, deals));
            }
        }
    }
    found
}

/// Whether a figure is the outcome of a cell and not set by its load.
fn is_of(cell: &Cell, figure: Figure) -> bool {
    match figure {
        Figure::Duration(Metric::FirstEvent, _) => cell.workload.scenario() == Scenario::Connect,
        Figure::EventsPerSecond => cell.workload.scenario() == Scenario::Saturate,
        _ => true,
    }
}

/// One factor; `None` where too few trials have the figure, or all have one level.
fn effect(
    records: &Records,
    (cell, figure, factor): (&Cell, Figure, Factor),
    random: &mut fastrand::Rng,
    deals: usize,
) -> Option<Effect> {
    let trials = records.trials.iter().filter(|trial| trial.cell == *cell && !trial.is_void());
    let known = trials.filter_map(|trial| {
        let Outcome::Measured(measurement) = &trial.outcome else { return None };
        let log = figure.of(measurement)?.ln();
        let point = Point { block: trial.block, arm: trial.arm, log };
        log.is_finite().then_some((point, factor.level(trial)?))
    });
    let (mut points, mut levels): (Vec<Point>, Vec<usize>) = known.unzip();
    if points.len() < FEWEST_TRIALS || levels.iter().all(|level| *level == levels[0]) {
        return None;
    }
    residuals(&mut points);
    let share = explained(&points, &levels);
    let blocks = members(&points);
    let (mut as_large, mut sum) = (0, 0.0);
    for _ in 0..deals {
        blocks.iter().for_each(|block| deal(block, &mut levels, random));
        let by_chance = explained(&points, &levels);
        (as_large, sum) = (as_large + usize::from(by_chance >= share), sum + by_chance);
    }
    let squares: f64 = points.iter().map(|point| point.log.powi(2)).sum();
    Some(Effect {
        cell: cell.name.clone(),
        figure,
        factor,
        trials: points.len(),
        deviation: rounded((squares / points.len() as f64).sqrt()),
        share: rounded(share),
        by_chance: rounded(sum / deals.max(1) as f64),
        p: rounded((as_large + 1) as f64 / (deals + 1) as f64),
    })
}

/// Takes arm and block out of the logs: by turns, for a block need not hold every arm.
fn residuals(points: &mut [Point]) {
    for _ in 0..20 {
        centre(points, |point| u64::from(point.block));
        let arms: Vec<Arm> = points.iter().map(|point| point.arm).collect();
        centre(points, |point| arms.iter().position(|arm| *arm == point.arm).unwrap_or(0) as u64);
    }
}

/// Takes the mean of its group off every log.
fn centre(points: &mut [Point], group: impl Fn(&Point) -> u64) {
    let mut sums: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
    for point in points.iter() {
        let (sum, count) = sums.entry(group(point)).or_default();
        (*sum, *count) = (*sum + point.log, *count + 1.0);
    }
    for point in points {
        let (sum, count) = sums[&group(point)];
        point.log -= sum / count;
    }
}

/// Share of the variance that lies between levels.
fn explained(points: &[Point], levels: &[usize]) -> f64 {
    let mut sums: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for (point, level) in points.iter().zip(levels) {
        let (sum, count) = sums.entry(*level).or_default();
        (*sum, *count) = (*sum + point.log, *count + 1.0);
    }
    let between: f64 = sums.values().map(|(sum, count)| sum * sum / count).sum();
    let all: f64 = points.iter().map(|point| point.log.powi(2)).sum();
    if all > 0.0 { between / all } else { 0.0 }
}

/// The points of each block, by index.
fn members(points: &[Point]) -> Vec<Vec<usize>> {
    let mut blocks: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    points.iter().enumerate().for_each(|(i, point)| blocks.entry(point.block).or_default().push(i));
    blocks.into_values().collect()
}

/// Deals the levels of a block's trials among them anew (Fisher and Yates).
fn deal(block: &[usize], levels: &mut [usize], random: &mut fastrand::Rng) {
    for last in (1..block.len()).rev() {
        levels.swap(block[last], block[random.usize(..=last)]);
    }
}
