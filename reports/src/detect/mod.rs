//! Validity checks that need several trials (reports/method/checks.md, rules 13, 15, 22, 24, 25, 26, 27 and 31). Each is a small pure function; none of them changes a number, and only unequal arms are refused.

mod acks;
mod drift;
mod position;
mod unequal;

pub use acks::{Acks, acks};
pub use drift::{LIMIT as DRIFT_LIMIT, SLICES, drifts};
pub use position::{is_effect, position_p};
pub use unequal::{Inequality, unequal, warning as unequal_warning};

use crate::compare::{CellComparison, Comparison, Contest, Estimability};
use crate::stats::median;
use crate::verdict::Verdict;
use trial::{Figure, Measurement, Warning};
use wire::Transport;

/// Below this, successive events may count as independent.
const DEPENDENCE: f64 = 0.10;

/// A detector that fired in a cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Detected<'c> {
    /// Name of the cell.
    pub cell: &'c str,
    /// What was found.
    pub warning: Warning,
}

/// Everything that comparing the arms of a run finds out about the ruler.
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
    let position = position.map(|p| Warning::PositionEffect { p });
    [refused, acknowledged(cell), drifting(cell), quantile, dependent(cell), unfit, position]
        .into_iter()
        .flatten()
        .collect()
}

/// Rule 13 for the first contest in which it fires. Over loopback segments are no network's and nothing is said.
fn acknowledged(cell: &CellComparison) -> Option<Warning> {
    let base = acks_of(cell, cell.base);
    cell.versus.iter().find_map(|versus| acks(base, acks_of(cell, versus.transport)))
}

fn acks_of(cell: &CellComparison, transport: Transport) -> Acks {
    let measured = cell.arm(transport).into_iter().flat_map(|arm| arm.measured());
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
    (trials as f64 > DRIFT_LIMIT * of as f64).then_some(Warning::Drifting { trials, of })
}

fn dependent(cell: &CellComparison) -> Option<Warning> {
    let found: Vec<f64> = measurements(cell).filter_map(|m| m.dependence).map(|found| found.rank_lag1).collect();
    median(&found).filter(|lag1| lag1.abs() > DEPENDENCE).map(|lag1| Warning::DependentEvents { lag1 })
}

fn not_estimable(contest: &Contest) -> Option<Warning> {
    match (contest.figure, contest.estimability) {
        (Figure::Duration(_, quantile), Estimability::Not { have, need }) => {
            Some(Warning::NotEstimable { quantile, have, need })
        }
        _ => None,
    }
}

fn unfit(contest: &Contest) -> Option<Warning> {
    let p = contest.null_adjusted_p.filter(|_| contest.verdict == Verdict::Unfit)?;
    Some(Warning::NullUnfit { p })
}
