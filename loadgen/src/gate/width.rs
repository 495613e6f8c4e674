//! Whether the intervals of a cell are as narrow as its margins ask. Refuses to tell where they lie: a run that stopped
//! when it liked what it saw would find too much.

use reports::compare::{headlines, independent};
use reports::verdict::{FEWEST_BLOCKS, Ratio};
use std::collections::BTreeMap;
use trial::{Arm, Cell, Figure, Outcome, Trial};

/// A half-width, as a share of the log margin, below which an interval can lie inside the margin or outside of it.
const HALF_WIDTH: f64 = 1.0 / 1.5;

/// Headline figures of every block so far.
#[derive(Debug, Default)]
pub struct Widths {
    /// By cell, figure and arm: the value of each block.
    values: BTreeMap<(String, Figure, Arm), BTreeMap<u32, f64>>,
}

impl Widths {
    /// Takes a trial that counts.
    pub fn observe(&mut self, trial: &Trial) {
        let Outcome::Measured(measurement) = &trial.outcome else { return };
        for figure in figures(&trial.cell).filter(|&figure| is_estimable(trial, figure)) {
            if let Some(value) = figure.of(measurement) {
                let key = (trial.cell.name.clone(), figure, trial.arm);
                self.values.entry(key).or_default().insert(trial.block, value);
            }
        }
    }

    /// Whether every headline figure of a cell is known as well as its margin asks; never with fewer blocks than any
    /// interval needs, nor without a figure.
    pub fn are_narrow(&self, cell: &Cell) -> bool {
        let mut ratios = contests(cell).filter_map(|(other, figure)| self.ratio(cell, other, figure)).peekable();
        ratios.peek().is_some() && ratios.all(|(figure, ratio)| is_narrow(figure, &ratio))
    }

    fn ratio(&self, cell: &Cell, other: Arm, figure: Figure) -> Option<(Figure, Ratio)> {
        let of = |arm| self.values.get(&(cell.name.clone(), figure, arm));
        let (base, other) = (of(cell.base()?)?, of(other)?);
        let logs = base.iter().filter_map(|(block, base)| Some((other.get(block)? / base).ln()));
        Some((figure, Ratio::of(&logs.filter(|log| log.is_finite()).collect::<Vec<_>>())?))
    }
}

fn is_narrow(figure: Figure, ratio: &Ratio) -> bool {
    let half_width = ratio.interval.map(|interval| (interval.high / interval.low).ln() / 2.0);
    ratio.blocks >= FEWEST_BLOCKS && half_width.is_some_and(|half| half <= figure.margin().ln_1p() * HALF_WIDTH)
}

/// Every headline contest of a cell, against its base.
fn contests(cell: &Cell) -> impl Iterator<Item = (Arm, Figure)> {
    cell.others().flat_map(|other| headlines(cell, other).into_iter().map(move |figure| (other, figure)))
}

fn figures(cell: &Cell) -> impl Iterator<Item = Figure> {
    let mut figures: Vec<_> = contests(cell).map(|(_, figure)| figure).collect();
    figures.sort_unstable();
    figures.dedup();
    figures.into_iter()
}

/// A quantile that one trial has too few events for will not become narrow: it waits for nothing.
fn is_estimable(trial: &Trial, figure: Figure) -> bool {
    let Outcome::Measured(measurement) = &trial.outcome else { return false };
    let Figure::Duration(metric, quantile) = figure else { return true };
    let durations = measurement.distributions.get(&metric).map_or(0, trial::Distribution::len);
    independent(&trial.cell, durations) >= quantile.observations_needed()
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use trial::{Counters, Measurement, Scenario};
    use wire::Transport;

    /// Trials of a saturated cell whose throughput differs by `spread` from block to block.
    fn observed(blocks: u32, spread: f64) -> (Widths, Cell) {
        of_cell(samples::trial(Scenario::Saturate), blocks, spread)
    }

    fn of_cell(mut trial: Trial, blocks: u32, spread: f64) -> (Widths, Cell) {
        let mut widths = Widths::default();
        for block in 0..blocks {
            for (arm, factor) in [(Transport::Sse, 1.0), (Transport::WebSocket, 1.3)] {
                let sign = if block % 2 == 0 { 1.0 } else { -1.0 };
                let other = if arm == Transport::WebSocket { sign * spread } else { 0.0 };
                let in_window = (1e6 * factor * f64::exp(other)) as u64;
                let counters = Counters { in_window, ..Counters::default() };
                let measurement = Measurement { window_ns: 1_000_000_000, counters, ..Measurement::default() };
                (trial.block, trial.arm) = (block, Arm::of(arm));
                trial.outcome = Outcome::Measured(Box::new(measurement));
                widths.observe(&trial);
            }
        }
        (widths, trial.cell)
    }

    #[test]
    fn narrow_means_narrow_whatever_the_difference_is() {
        let narrow = |blocks, spread| {
            let (widths, cell) = observed(blocks, spread);
            widths.are_narrow(&cell)
        };
        assert!(narrow(12, 0.005), "a difference of 30 % that is known to 0.5 %");
        assert!(!narrow(12, 0.2), "a difference of 30 % that is known to 20 %");
        assert!(!narrow(5, 0.0), "five blocks have no interval");
    }

    #[test]
    fn the_contest_is_the_real_one_wherever_the_base_stands() {
        for base in [Transport::Sse, Transport::WebSocket] {
            let mut trial = samples::trial(Scenario::Saturate);
            trial.cell.arms = [Transport::WebSocket, Transport::Sse].map(Arm::of).to_vec();
            trial.cell.base = Some(Arm::of(base));
            let (widths, cell) = of_cell(trial, 12, 0.2);
            assert!(!widths.are_narrow(&cell), "{base} against itself would be known exactly");
            let arms: Vec<Arm> = contests(&cell).map(|(arm, _)| arm).collect();
            assert!(!arms.is_empty() && arms.iter().all(|arm| arm.protocol != base), "{base}: {arms:?}");
        }
    }

    #[test]
    fn nothing_measured_is_not_narrow() {
        let cell = samples::trial(Scenario::Push).cell;
        assert!(!Widths::default().are_narrow(&cell));
    }
}
