//! Records of one cell in which every duration of a trial is the same, so that what is made of them can be worked out by hand.

use reports::Records;
use reports::compare::{CellComparison, Comparison, Contest};
use trial::{Arm, Distribution, Figure, Measurement, Metric, Outcome};
use wire::Transport;

/// Records of the single-stream latency cell alone, every duration of a trial the same.
pub(crate) fn constant(blocks: u32, ns: impl Fn(Arm, u32) -> u64) -> Records {
    against(Transport::Sse, blocks, ns)
}

/// The same with a base of one's choice.
pub(crate) fn against(base: Transport, blocks: u32, ns: impl Fn(Arm, u32) -> u64) -> Records {
    let mut plan = super::plan(blocks);
    plan.cells.retain(|cell| cell.name == "latency/single");
    plan.cells.iter_mut().for_each(|cell| cell.base = Some(Arm::of(base)));
    let mut records = super::of_plan(plan);
    for trial in &mut records.trials {
        let value = ns(trial.arm, trial.block);
        let mut distribution = Distribution::new();
        (0..2_000).for_each(|_| distribution.record(value));
        change(&mut trial.outcome, |m| {
            m.distributions.clear();
            m.distributions.insert(Metric::ResponseTime, distribution.clone());
        });
    }
    records
}

pub(crate) fn change(outcome: &mut Outcome, change: impl FnOnce(&mut Measurement)) {
    if let Outcome::Measured(measurement) = outcome {
        change(measurement);
    }
}

pub(crate) fn the_cell<'a, 'r>(comparison: &'a Comparison<'r>, name: &str) -> &'a CellComparison<'r> {
    comparison.cells.iter().find(|cell| cell.cell.name == name).unwrap()
}

pub(crate) fn the_contest<'a>(comparison: &'a Comparison, figure: Figure) -> &'a Contest {
    the_cell(comparison, "latency/single").contest(figure).unwrap()
}
