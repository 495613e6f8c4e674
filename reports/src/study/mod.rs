//! What a study of the method finds in runs made for it: null runs, runs with a known burden in one arm, short trials beside long
//! ones, and what of the layout of processes moves a figure. Refuses to measure; `scripts/study.sh` does.

mod effect;
mod page;

pub use effect::{Effect, Factor, effects};
pub use page::{Found, page};

use crate::compare::{CellComparison, Comparison};
use crate::replicate::rounded;
use crate::stats::{SignedRank, median, risk_of_each};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use trial::{Arm, Figure, Metric, Quantile, Workload};

/// A ratio that a run was made for, with its intervals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Start of the run, RFC 3339.
    pub started: String,
    /// The commit that was built.
    pub commit: String,
    /// The load, where runs of several are kept.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub load: String,
    /// The figure.
    pub figure: Figure,
    /// Nanoseconds of CPU for each event that were put into the other arm; `None` where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burn_ns: Option<u64>,
    /// Medians of both sides, in the figure's unit; of short and long trials the ratios of their arms.
    pub sides: [f64; 2],
    /// Second side over first.
    pub ratio: f64,
    /// Blocks that hold both.
    pub blocks: usize,
    /// 95 % interval.
    pub interval: [f64; 2],
    /// Headline tests of the report that the adjusted interval is for.
    pub family: usize,
    /// The interval at 1 − 0.05 / family.
    pub adjusted: [f64; 2],
}

impl Finding {
    /// Whether the adjusted interval excludes 1.
    pub fn differs(&self) -> bool {
        self.adjusted[0] > 1.0 || self.adjusted[1] < 1.0
    }

    /// From the logs of both sides by block; `None` where they share too few blocks for an interval.
    fn of(run: &Comparison, figure: Figure, sides: [&BTreeMap<u32, f64>; 2], family: usize) -> Option<Self> {
        let [first, second] = sides;
        let shared: Vec<[f64; 2]> = first.iter().filter_map(|(block, x)| Some([*x, *second.get(block)?])).collect();
        let logs: Vec<f64> = shared.iter().map(|[x, y]| y - x).collect();
        let ranks = SignedRank::of(&logs)?;
        let interval =
            |alpha| ranks.interval(alpha).map(|(low, high)| [low, high].map(|bound: f64| rounded(bound.exp())));
        let middle = |side: usize| median(&shared.iter().map(|both| both[side]).collect::<Vec<_>>());
        Some(Self {
            started: run.records.run.started.clone(),
            commit: run.records.run.tool.commit.clone(),
            load: String::new(),
            figure,
            burn_ns: None,
            sides: [rounded(middle(0)?.exp()), rounded(middle(1)?.exp())],
            ratio: rounded(ranks.estimate.exp()),
            blocks: ranks.blocks,
            interval: interval(risk_of_each(1))?,
            family,
            adjusted: interval(risk_of_each(family))?,
        })
    }
}

/// The response time by which arms are judged.
const JUDGED: Figure = Figure::Duration(Metric::JudgedTime, Quantile::P50);

/// A null run: the base of its first cell against its twin, by the median of judged times. `None` where it has too few blocks.
pub fn null(run: &Comparison) -> Option<Finding> {
    let cell = run.cells.first()?;
    let [base, twin] = [cell.base, cell.base.twin()].map(|arm| logs(cell, arm, JUDGED));
    Finding::of(run, JUDGED, [&base, &twin], 1)
}

/// A run of two cells of one load, of which the second burns CPU for each event: server CPU per event, second over first, as one of
/// `family` tests. `None` where it has too few blocks.
pub fn burn(run: &Comparison, family: usize) -> Option<Finding> {
    let [plain, burned] = pair(run)?;
    let figure = Figure::ServerCpuPerEvent;
    let sides = [plain, burned].map(|cell| logs(cell, cell.base, figure));
    let found = Finding::of(run, figure, [&sides[0], &sides[1]], family)?;
    let burn_ns = match &burned.cell.workload {
        Workload::Push(push) => Some(push.faults.burn.as_nanos() as u64),
        _ => None,
    };
    Some(Finding { burn_ns, ..found })
}

/// What `share` of the server's CPU time per event is, by the cell without a burden of a run of [`burn`]. Nanoseconds, at least 1.
pub fn calibrated(found: &Finding, share: f64) -> u64 {
    (share * found.sides[0]).round().max(1.0) as u64
}

/// A run of two cells of one load, the first with long trials, the second with short ones: the ratio of their arms' ratios, short over
/// long, by each figure. Figures with too few blocks are left out.
pub fn short_long(run: &Comparison) -> Vec<Finding> {
    let figures = [JUDGED, Figure::Duration(Metric::JudgedTime, Quantile::P90), Figure::ServerCpuPerEvent];
    let Some(cells) = pair(run) else { return Vec::new() };
    let load = cells[0].cell.name.split('/').next().unwrap_or_default();
    let of = |figure| {
        let ratios = cells.map(|cell| {
            let other = cell.versus.first().map(|versus| logs(cell, versus.arm, figure)).unwrap_or_default();
            let base = logs(cell, cell.base, figure);
            base.into_iter().filter_map(|(block, x)| Some((block, other.get(&block)? - x))).collect()
        });
        let found = Finding::of(run, figure, [&ratios[0], &ratios[1]], 1)?;
        Some(Finding { load: load.to_owned(), ..found })
    };
    figures.into_iter().filter_map(of).collect()
}

/// The two cells of a run.
fn pair<'a, 'r>(run: &'a Comparison<'r>) -> Option<[&'a CellComparison<'r>; 2]> {
    match run.cells.as_slice() {
        [first, second] => Some([first, second]),
        _ => None,
    }
}

/// The log of a figure in each block of an arm that has it.
fn logs(cell: &CellComparison, arm: Arm, figure: Figure) -> BTreeMap<u32, f64> {
    let values = cell.arm(arm).map(|trials| trials.values(figure)).unwrap_or_default();
    values.into_iter().map(|(block, value)| (block, value.ln())).filter(|(_, log)| log.is_finite()).collect()
}
