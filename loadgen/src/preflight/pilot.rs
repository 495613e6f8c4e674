//! A few blocks of equal arms before anything counts: how much two copies of one arm differ says what the run can resolve.
//!
//! A plan whose cells go on until their intervals are narrow needs none: its first blocks say the same, and count.
//! Shortened where the plan would otherwise wait too long for them. Their trials are not recorded: nothing is compared in
//! them. A deviation from four blocks is rough (within a factor of two, nine times in ten).

use crate::runner::RunOptions;
use crate::runner::order::Turn;
use crate::runner::process;
use crate::workload::processes;
use reports::compare::{headline_tests, headlines, independent};
use reports::stats::{blocks_needed, resolved_by};
use reports::verdict::Ratio;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use trial::{Arm, Cell, Distribution, Figure, Measurement, Outcome, Plan, Prediction, Preflight, Trial};
use wire::Transport;

/// Blocks of the pilot.
const BLOCKS: u32 = 4;
/// Trials of one block: an arm and its twin.
const ARMS: u32 = 2;
/// Most of a plan's length that a pilot may take, as a divisor.
const SHARE: u32 = 8;
/// Warm-up and window of a shortened trial.
const SHORT: (Duration, Duration) = (Duration::from_millis(300), Duration::from_millis(400));

/// Log ratios of equal arms, by figure.
type Differences = BTreeMap<Figure, Vec<f64>>;

/// Runs the pilot and notes what it predicts; returns how long trials really take over how long they were expected to.
pub(super) async fn run(plan: &Plan, options: &RunOptions, found: &mut Preflight) -> f64 {
    let cells = if plan.stop.max_blocks.is_some() { Vec::new() } else { chosen(plan) };
    let (begun, mut expected) = (Instant::now(), Duration::ZERO);
    let mut differences: Vec<Differences> = cells.iter().map(|_| Differences::new()).collect();
    for block in 0..BLOCKS {
        for ((planned, short), differences) in cells.iter().zip(&mut differences) {
            let [one, other] = pair(short, block, options).await;
            differ(planned, &one, &other, differences);
            expected += short.expected_trial() * ARMS;
        }
    }
    let family = plan.cells.iter().map(headline_tests).sum();
    found.pilot_blocks = if cells.is_empty() { 0 } else { BLOCKS };
    let predicted = cells.iter().zip(&differences).flat_map(|((planned, _), all)| predictions(planned, all, family));
    found.predictions.extend(predicted);
    let pace = begun.elapsed().as_secs_f64() / expected.as_secs_f64();
    if expected.is_zero() { 1.0 } else { pace.clamp(0.5, 5.0) }
}

/// Cells with a headline, as planned and as piloted, as many as fit.
fn chosen(plan: &Plan) -> Vec<(&Cell, Cell)> {
    let most = plan.expected_length() / SHARE;
    let cost = |cell: &Cell| cell.expected_trial() * ARMS * BLOCKS;
    // What takes several processes takes a minute to connect: too long for a pilot.
    let is_light = |cell: &Cell| processes(&cell.workload).is_ok_and(|processes| processes == 1);
    let is_judged = |cell: &Cell| cell.workload.is_timed() && cell.blocks > 1 && !figures(cell).is_empty();
    let wanted = || plan.cells.iter().filter(|cell| is_judged(cell) && is_light(cell));
    let whole = wanted().map(cost).sum::<Duration>() <= most;
    let mut left = most;
    let piloted = wanted().map(|cell| (cell, if whole { cell.clone() } else { shortened(cell) }));
    let fitting = piloted.take_while(|(_, cell)| {
        let fits = cost(cell) <= left;
        left = left.saturating_sub(cost(cell));
        fits
    });
    fitting.collect()
}

fn shortened(cell: &Cell) -> Cell {
    let mut short = cell.clone();
    if let Some(timing) = short.workload.timing_mut() {
        (timing.warmup, timing.window) = (timing.warmup.min(SHORT.0), timing.window.min(SHORT.1));
    }
    short
}

/// Headline figures of a cell, whatever the other arm.
fn figures(cell: &Cell) -> Vec<Figure> {
    cell.others().map(|other| headlines(cell, other)).find(|all| !all.is_empty()).unwrap_or_default()
}

/// One arm and its twin; who is first changes from block to block.
async fn pair(cell: &Cell, block: u32, options: &RunOptions) -> [Trial; 2] {
    let base = cell.base().unwrap_or(Arm::of(Transport::Sse));
    let turn = |twin, position| Turn {
        arm: Arm { twin, ..base },
        block,
        attempt: 0,
        position,
        seed: options.seed.wrapping_add(u64::from(block)),
    };
    let twin_first = block % 2 == 1;
    let (first, _) = process::watched(cell, &turn(twin_first, 0), options).await;
    let (second, _) = process::watched(cell, &turn(!twin_first, 1), options).await;
    if twin_first { [second, first] } else { [first, second] }
}

/// Notes the log ratio of each headline figure that the planned trials can estimate.
fn differ(planned: &Cell, one: &Trial, other: &Trial, differences: &mut Differences) {
    let (Outcome::Measured(x), Outcome::Measured(y)) = (&one.outcome, &other.outcome) else { return };
    for figure in figures(planned) {
        let values = figure.of(x).zip(figure.of(y)).filter(|_| will_be_estimable(planned, x, figure));
        if let Some(log) = values.map(|(x, y)| (y / x).ln()).filter(|log| log.is_finite()) {
            differences.entry(figure).or_default().push(log);
        }
    }
}

/// Whether a trial of the planned length has the events that a quantile needs.
fn will_be_estimable(planned: &Cell, piloted: &Measurement, figure: Figure) -> bool {
    let Figure::Duration(metric, quantile) = figure else { return true };
    let seen = independent(planned, piloted.distributions.get(&metric).map_or(0, Distribution::len)) as f64;
    let window = planned.workload.timing().unwrap_or_default().window;
    let longer = window.as_nanos() as f64 / piloted.window_ns.max(1) as f64;
    // Half a per cent of slack: a window of whole intervals holds one event more or less.
    seen * longer >= 0.995 * quantile.observations_needed() as f64
}

fn predictions(planned: &Cell, differences: &Differences, family: usize) -> Vec<Prediction> {
    let of = |(&figure, logs): (&Figure, &Vec<f64>)| {
        let deviation = Ratio::of(logs).filter(|ratio| ratio.blocks > 1)?.deviation;
        Some(Prediction {
            cell: planned.name.clone(),
            figure,
            deviation,
            resolves: resolved_by(planned.blocks as usize, deviation, family)?,
            blocks_needed: blocks_needed(deviation, figure.margin().ln_1p(), family) as u32,
        })
    };
    differences.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans;

    #[test]
    fn a_pilot_takes_its_share_of_the_plan_and_no_more() {
        for name in ["full", "llm"] {
            let plan = plans::built_in(name).unwrap().plan();
            let cells = chosen(&plan);
            let length: Duration = cells.iter().map(|(_, cell)| cell.expected_trial() * ARMS * BLOCKS).sum();
            assert!(!cells.is_empty() && length <= plan.expected_length() / SHARE, "{name}: {length:?}");
        }
    }

    #[test]
    fn figures_that_stay_inestimable_are_not_predicted() {
        let plan = plans::built_in("standard").unwrap().plan();
        let fan_out = plan.cells.iter().find(|cell| cell.name == "latency/fan-out").unwrap();
        let times: Distribution = std::iter::repeat_n(50_000, 8_000).collect();
        let distributions = [(trial::Metric::ResponseTime, times)].into();
        let x = Measurement { window_ns: 400_000_000, distributions, ..Measurement::default() };
        let p = |quantile| Figure::Duration(trial::Metric::ResponseTime, quantile);
        assert!(will_be_estimable(fan_out, &x, p(trial::Quantile::P50)));
        assert!(!will_be_estimable(fan_out, &x, p(trial::Quantile::P99)));
    }

    #[test]
    fn equal_arms_that_differ_predict_by_how_much() {
        let plan = plans::built_in("standard").unwrap().plan();
        let differences = Differences::from([(Figure::EventsPerSecond, vec![0.1, -0.1, 0.1, -0.1])]);
        let predictions = predictions(&plan.cells[3], &differences, 1);
        assert!((predictions[0].deviation - 0.1155).abs() < 1e-3 && predictions[0].blocks_needed > 40);
    }
}
