//! Whether the intervals of a cell are as narrow as its margins ask. Refuses to tell where they lie: a run that stopped
//! when it liked what it saw would find too much.

use reports::compare::{headlines_by, independent, principal, subject_and_judged};
use reports::stats::median;
use reports::verdict::{FEWEST_BLOCKS, Ratio};
use std::collections::{BTreeMap, BTreeSet};
use trial::{Arm, Cell, Distribution, Figure, Measurement, Metric, Outcome, Plan, Trial};

/// A half-width, as a share of the log margin, below which an interval can lie inside the margin or outside of it.
const HALF_WIDTH: f64 = 1.0 / 1.5;
/// The same as a share of the shortest time that matters. A ratio is estimated before it is known where it lies: an interval
/// narrower than this lies within that time unless the difference is most of it.
const HALF_WIDTH_OF_TIME: f64 = 1.0 / 3.0;

/// Durations that may stand in for a cell's [`principal`] one.
const STAND_INS: [Metric; 2] = [Metric::JudgedTime, Metric::ResponseTime];

/// Headline figures of every block so far.
#[derive(Debug)]
pub struct Widths<'a> {
    plan: &'a Plan,
    /// By cell and arm.
    seen: BTreeMap<(String, Arm), Seen>,
}

/// The trials of one arm of one cell.
#[derive(Debug, Default)]
struct Seen {
    /// The value of each block, by figure.
    values: BTreeMap<Figure, BTreeMap<u32, f64>>,
    /// Durations that some trial lacks.
    lacks: BTreeSet<Metric>,
    /// Quantiles that some trial has too few events for: only all trials together estimate them.
    short: BTreeSet<Figure>,
}

/// A headline figure of two arms.
struct Contest<'a> {
    figure: Figure,
    arms: [&'a Seen; 2],
}

impl<'a> Widths<'a> {
    /// Nothing seen yet of a plan.
    pub const fn of(plan: &'a Plan) -> Self {
        Self { plan, seen: BTreeMap::new() }
    }

    /// Takes a trial that counts.
    pub fn observe(&mut self, trial: &Trial) {
        let Outcome::Measured(measurement) = &trial.outcome else { return };
        let seen = self.seen.entry((trial.cell.name.clone(), trial.arm)).or_default();
        seen.lacks.extend(STAND_INS.iter().filter(|metric| !measurement.distributions.contains_key(metric)));
        for figure in figures(&trial.cell) {
            if !is_estimable(&trial.cell, measurement, figure) {
                seen.short.insert(figure);
            }
            if let Some(value) = figure.of(measurement) {
                seen.values.entry(figure).or_default().insert(trial.block, value);
            }
        }
    }

    /// Whether every headline figure but tails is known as well as its margin asks, or as well as the shortest time that
    /// matters; never with fewer blocks than any interval needs, nor without a figure. A tail's blocks are many times those of
    /// its median: it has the bound that they leave.
    pub fn are_narrow(&self, cell: &Cell) -> bool {
        let family = self.plan.cells.iter().map(|cell| self.contests(cell).len()).sum();
        let contests = self.contests(cell);
        let mut waited_for = contests.iter().filter(|contest| !contest.figure.is_tail()).peekable();
        waited_for.peek().is_some() && waited_for.all(|contest| self.is_narrow(contest, family))
    }

    /// Every headline contest of a cell that takes a test, by the durations that its verdicts use.
    fn contests(&self, cell: &Cell) -> Vec<Contest<'_>> {
        let seen = |arm| self.seen.get(&(cell.name.clone(), arm));
        let base = cell.base();
        let of = |other: Arm| {
            let arms = [base.and_then(seen)?, seen(other)?];
            let twin = base.and_then(|base| seen(base.twin()));
            let holds = |metric| arms.into_iter().chain(twin).all(|seen| !seen.lacks.contains(&metric));
            let [_, judged] = subject_and_judged(cell, holds);
            let is_tested = move |figure: &Figure| {
                let has_values = |seen: &Seen| !seen.short.contains(figure) && seen.values.contains_key(figure);
                !figure.is_exact() && arms.into_iter().all(has_values)
            };
            let figures = headlines_by(cell, other, judged).into_iter().filter(is_tested);
            Some(figures.map(|figure| Contest { figure, arms }).collect::<Vec<_>>())
        };
        cell.others().filter_map(of).flatten().collect()
    }

    fn is_narrow(&self, contest: &Contest, family: usize) -> bool {
        let figure = contest.figure;
        let [base, other] = contest.arms.map(|seen| &seen.values[&figure]);
        let logs = base.iter().filter_map(|(block, base)| Some((other.get(block)? / base).ln()));
        let ratio = Ratio::of(&logs.filter(|log| log.is_finite()).collect::<Vec<_>>());
        let Some(ratio) = ratio.filter(|ratio| ratio.blocks >= FEWEST_BLOCKS) else { return false };
        let Some(half_width) = ratio.in_family(family).adjusted(family).map(|interval| interval.half_width()) else {
            return false;
        };
        let in_time = || {
            let limit = figure.practical(self.plan.practical)?.as_nanos() as f64;
            let base = median(&base.values().copied().collect::<Vec<_>>())?;
            Some(half_width * base <= limit * HALF_WIDTH_OF_TIME)
        };
        half_width <= figure.margin().ln_1p() * HALF_WIDTH || in_time().unwrap_or(false)
    }
}

/// Every figure that is a headline of a cell, whichever duration its verdicts use.
fn figures(cell: &Cell) -> BTreeSet<Figure> {
    let judged = || STAND_INS.map(Some).into_iter().chain([principal(cell)]);
    cell.others().flat_map(|other| judged().flat_map(move |judged| headlines_by(cell, other, judged))).collect()
}

/// Whether one trial has the events that a figure takes; where it has not, only all trials together estimate it.
fn is_estimable(cell: &Cell, measurement: &Measurement, figure: Figure) -> bool {
    let Figure::Duration(metric, quantile) = figure else { return true };
    let durations = measurement.distributions.get(&metric).map_or(0, Distribution::len);
    independent(cell, durations) >= quantile.observations_needed()
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use std::time::Duration;
    use trial::{Counters, Quantile, Scenario};
    use wire::Transport;

    const P50: Quantile = Quantile::P50;

    fn plan(cell: &Cell) -> Plan {
        let text = "name='p'\nwhy='w'\n[[cell]]\nname='a'\nwhy='w'\nscenario='push'\n";
        Plan { cells: vec![cell.clone()], ..Plan::from_toml(text).unwrap() }
    }

    /// Trials of a cell whose arms differ by 30 %, and by `spread` more or less from block to block.
    fn trials(scenario: &Trial, blocks: u32, spread: f64, measured: impl Fn(f64) -> Measurement) -> Vec<Trial> {
        let arms = [(Transport::Sse, 0.0, 1.0), (Transport::WebSocket, spread, 1.3)];
        let trial = |block: u32, (arm, spread, factor): (Transport, f64, f64)| {
            let sign = if block % 4 < 2 { 1.0 } else { -1.0 };
            let outcome = Outcome::Measured(Box::new(measured(factor * f64::exp(sign * spread))));
            Trial { block, arm: Arm::of(arm), outcome, ..scenario.clone() }
        };
        (0..blocks).flat_map(|block| arms.map(|arm| trial(block, arm))).collect()
    }

    fn throughput(scale: f64) -> Measurement {
        let counters = Counters { in_window: (1e6 * scale) as u64, ..Counters::default() };
        Measurement { window_ns: 1_000_000_000, counters, ..Measurement::default() }
    }

    /// So many durations about a median of response times, and of judged times.
    fn timed(events: usize, response_ns: f64, judged_ns: f64) -> Measurement {
        let times = |ns: f64| std::iter::repeat_n(ns as u64, events).collect::<Distribution>();
        let distributions = [(Metric::ResponseTime, times(response_ns)), (Metric::JudgedTime, times(judged_ns))];
        Measurement { distributions: distributions.into(), ..Measurement::default() }
    }

    fn are_narrow(plan: &Plan, trials: &[Trial]) -> bool {
        let mut widths = Widths::of(plan);
        trials.iter().for_each(|trial| widths.observe(trial));
        widths.are_narrow(&plan.cells[0])
    }

    #[test]
    fn narrow_means_narrow_whatever_the_difference_is() {
        let scenario = samples::trial(Scenario::Saturate);
        let plan = plan(&scenario.cell);
        let narrow = |blocks, spread| are_narrow(&plan, &trials(&scenario, blocks, spread, throughput));
        assert!(narrow(12, 0.005), "a difference of 30 % that is known to 0.5 %");
        assert!(!narrow(12, 0.2), "a difference of 30 % that is known to 20 %");
        assert!(!narrow(5, 0.0), "five blocks have no interval");
    }

    #[test]
    fn the_contest_is_the_real_one_wherever_the_base_stands() {
        for base in [Transport::Sse, Transport::WebSocket] {
            let mut scenario = samples::trial(Scenario::Saturate);
            scenario.cell.arms = [Transport::WebSocket, Transport::Sse].map(Arm::of).to_vec();
            scenario.cell.base = Some(Arm::of(base));
            let trials = trials(&scenario, 12, 0.2, throughput);
            assert!(!are_narrow(&plan(&scenario.cell), &trials), "{base} against itself would be known exactly");
        }
    }

    #[test]
    fn the_figure_that_is_watched_is_the_one_that_is_judged() {
        let scenario = samples::trial(Scenario::Push);
        let plan = plan(&scenario.cell);
        let judged =
            |spread, measured: fn(f64) -> Measurement| are_narrow(&plan, &trials(&scenario, 12, spread, measured));
        assert!(judged(0.2, |scale| timed(20_000, 1e6 * scale, 1e6)), "response times vary, judged times do not");
        assert!(!judged(0.2, |scale| timed(20_000, 1e6, 1e6 * scale)), "judged times vary");
        let unwatched = |scale| {
            let mut measurement = timed(20_000, 1e6 * scale, 1e6);
            measurement.distributions.remove(&Metric::JudgedTime);
            measurement
        };
        assert!(!judged(0.2, unwatched), "without judged times response times are judged");
    }

    #[test]
    fn a_tail_is_not_waited_for() {
        let scenario = samples::trial(Scenario::Push);
        let plan = plan(&scenario.cell);
        // The medians of all trials agree, their tails do not.
        let tailed = |events: usize| {
            move |scale: f64| {
                let tail = (events / 50, (4e6 * scale) as u64);
                let times = || std::iter::repeat_n(1_000_000, events).chain(std::iter::repeat_n(tail.1, tail.0));
                let distributions = STAND_INS.map(|metric| (metric, times().collect::<Distribution>()));
                Measurement { distributions: distributions.into(), ..Measurement::default() }
            }
        };
        let narrow = |events| are_narrow(&plan, &trials(&scenario, 12, 0.3, tailed(events)));
        assert!(narrow(20_000), "a trial has enough for p99, which is not known");
        assert!(narrow(500), "a trial has too few for p99");
    }

    #[test]
    fn what_is_shorter_than_matters_need_not_be_known_better() {
        let scenario = samples::trial(Scenario::Push);
        let quick = trials(&scenario, 12, 0.1, |scale| timed(20_000, 4e4 * scale, 4e4 * scale));
        let of = |practical| Plan { practical, ..plan(&scenario.cell) };
        assert!(are_narrow(&of(None), &quick), "10 % of 40 µs");
        assert!(!are_narrow(&of(Some(Duration::from_micros(1))), &quick));
        assert_eq!(Figure::Duration(Metric::JudgedTime, P50).practical(None), Some(Duration::from_micros(20)));
    }

    #[test]
    fn nothing_measured_is_not_narrow() {
        assert!(!are_narrow(&plan(&samples::trial(Scenario::Push).cell), &[]));
    }
}
