//! A run against an earlier one: unpaired in time, so what changed between them, the host included, is in the ratio. Refuses
//! to call anything a regression that lies within the margin.

use super::{Checked, Standing, null_deviation};
use crate::compare::{ArmTrials, CellComparison, Comparison, Contest};
use crate::number;
use crate::stats::median;
use crate::text::Language;
use crate::verdict::{FEWEST_BLOCKS, Interval};
use std::collections::BTreeSet;
use trial::{Cell, Direction, Figure};

/// Draws of the bootstrap.
const DRAWS: usize = 2_000;

/// What makes the two runs less comparable.
pub(super) fn notes(current: &Comparison, baseline: &Comparison, lang: Language) -> Vec<String> {
    let [now, then] = [current, baseline].map(|comparison| &comparison.records.run);
    let hosts = [&now.host, &then.host].map(|host| format!("{}, {}, {} CPUs", host.cpu, host.kernel, host.cpus.len()));
    let [now_host, then_host] = hosts;
    let moved = (now_host != then_host).then(|| lang.other_host(now_host, then_host));
    let names = |comparison: &Comparison| -> BTreeSet<String> {
        comparison.cells.iter().map(|cell| cell.cell.name.clone()).collect()
    };
    let (now_cells, then_cells) = (names(current), names(baseline));
    let alone: Vec<String> = now_cells.symmetric_difference(&then_cells).cloned().collect();
    let alone = (!alone.is_empty()).then(|| lang.only_in_one(lang.series(&alone)));
    [Some(lang.unpaired(then.started.clone())), moved, alone].into_iter().flatten().collect()
}

/// Every headline figure of every transport in the cells that both runs have.
pub(super) fn check(current: &Comparison, baseline: &Comparison, lang: Language) -> Vec<Checked> {
    let find = |name: &str| baseline.cells.iter().find(|cell| cell.cell.name == name);
    let pairs = current.cells.iter().filter_map(|cell| Some((cell, find(&cell.cell.name)?)));
    let checks: Vec<Checked> = pairs.flat_map(|(now, then)| check_cell(now, then, lang)).collect();
    if checks.is_empty() {
        let (what, found) = (lang.baseline(), lang.nothing_in_common());
        return vec![Checked { cell: String::new(), what, found, standing: Standing::Unmeasured }];
    }
    checks
}

fn check_cell(now: &CellComparison, then: &CellComparison, lang: Language) -> Vec<Checked> {
    let contests = [now, then].into_iter().flat_map(|cell| &cell.versus).flat_map(|versus| &versus.contests);
    let headlines = contests.filter(|contest| contest.headline);
    let figures: BTreeSet<Figure> = headlines.map(|contest: &Contest| contest.figure).collect();
    let arms = now.arms.iter().filter(|arm| !arm.arm.twin);
    let pairs: Vec<_> = arms.filter_map(|arm| Some((arm, then.arm(arm.arm)?))).collect();
    let of = |figure: &Figure| {
        pairs.iter().filter_map(|(new, old)| check_arm(*figure, [now, then], [new, old], lang)).collect::<Vec<_>>()
    };
    figures.iter().flat_map(of).collect()
}

fn check_arm(figure: Figure, cells: [&CellComparison; 2], arms: [&ArmTrials; 2], lang: Language) -> Option<Checked> {
    let [new_values, old_values] = arms.map(|arm| arm.values(figure).into_values().collect::<Vec<f64>>());
    let old = median(&old_values)?;
    let what = format!("{} · {}", lang.figure(figure), lang.arm(arms[0].arm));
    let checked = |found, standing| Some(Checked { cell: cells[0].cell.name.clone(), what, found, standing });
    if arms[0].lacks_numbers() {
        return checked(lang.unmeasured(), Standing::Unmeasured);
    }
    let ratio = median(&new_values)? / old;
    if !same_load(cells.map(|cell| cell.cell)) {
        return checked(lang.other_load(), Standing::Unmeasured);
    }
    if new_values.len().min(old_values.len()) < FEWEST_BLOCKS {
        return checked(lang.too_few_trials(FEWEST_BLOCKS), Standing::Unmeasured);
    }
    let interval = bootstrap(&old_values, &new_values);
    let apart = cells.map(|cell| null_deviation(cell, figure)).into_iter().fold(1.0, f64::max);
    let (found, standing) = (
        lang.times_the_baseline(number::bracketed(number::times(ratio), Some(interval))),
        standing(figure, interval, apart),
    );
    // What did not cross may have moved all the same: how far at most.
    let bound =
        (standing == Standing::Passed).then(|| lang.no_change_larger(lang.share_or_factor(interval.reach() * apart)));
    checked(lang.series(&std::iter::once(found).chain(bound).collect::<Vec<_>>()), standing)
}

/// Whether two cells ask for the same, whatever they say about why and how often.
fn same_load([a, b]: [&Cell; 2]) -> bool {
    // Whether reads are stamped is how a cell is measured, not what it asks for.
    let unstamped = |cell: &Cell| {
        let mut workload = cell.workload.clone();
        workload.set_stamps(false);
        workload
    };
    (a.preset, a.flush, a.cadence) == (b.preset, b.flush, b.cadence) && unstamped(a) == unstamped(b)
}

/// Crossed where the whole interval lies on the worse side of the margin and of what two copies of one arm differ by in
/// either run; where they differ by more than the margin, nothing smaller may be claimed.
fn standing(figure: Figure, interval: Interval, apart: f64) -> Standing {
    let margin = 1.0 + figure.margin();
    let is_worse = match figure.better() {
        Direction::Higher => interval.high < 1.0 / (margin * apart),
        Direction::Lower => interval.low > margin * apart,
    };
    match is_worse {
        true => Standing::Crossed,
        false if apart > margin => Standing::Invalid,
        false => Standing::Passed,
    }
}

/// 95 % of the ratios of medians when trials of each run are drawn anew, with replacement and a fixed seed.
fn bootstrap(old: &[f64], new: &[f64]) -> Interval {
    let mut random = fastrand::Rng::with_seed(1);
    let mut drawn = |values: &[f64]| {
        let draws: Vec<f64> = (0..values.len()).map(|_| values[random.usize(..values.len())]).collect();
        median(&draws).unwrap_or(f64::NAN)
    };
    let mut ratios: Vec<f64> = (0..DRAWS).map(|_| drawn(new) / drawn(old)).collect();
    ratios.sort_by(f64::total_cmp);
    Interval { low: ratios[DRAWS / 40], high: ratios[DRAWS - 1 - DRAWS / 40] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worse_is_less_where_more_is_better() {
        let (half, twice) = (Interval { low: 0.4, high: 0.6 }, Interval { low: 1.8, high: 2.2 });
        for figure in [Figure::EventsPerSecond, Figure::TokensPerSecond, Figure::SloAttainment] {
            assert_eq!([half, twice].map(|ratio| standing(figure, ratio, 1.0)), [Standing::Crossed, Standing::Passed]);
        }
        let cpu = [half, twice].map(|ratio| standing(Figure::ServerCpuPerEvent, ratio, 1.0));
        assert_eq!(cpu, [Standing::Passed, Standing::Crossed]);
    }
}
