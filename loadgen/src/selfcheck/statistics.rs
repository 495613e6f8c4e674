//! Arithmetic that must be right: intervals, power, histograms, schedules. No server, no clock.

use super::bench::{Bench, plan};
use super::{Answer, Finding};
use crate::runner::order;
use rand::{RngExt as _, SeedableRng as _};
use rand_distr::{Exp1, StandardNormal};
use reports::proof;
use reports::stats::walsh_rank;
use reports::verdict::Ratio;
use script::Random;
use trial::{Distribution, Recording};
use wire::{Rate, Schedule};

/// Label shuffles in all, at least.
const SHUFFLES: usize = 2_000;
/// Comparisons for each known difference.
const DRAWS: usize = 1_000;
/// What is found at least of what a plan finds in 80 %: two standard errors of so many draws below that.
const LEAST_FOUND: f64 = 0.775;
/// Synthetic comparisons for each distribution, and blocks of each.
const SETS: usize = 1_000;
const BLOCKS: usize = 12;
/// The difference that is put into synthetic sets.
const FACTOR: f64 = 1.1;
/// Ranks of Walsh averages that bound a 95 % interval (METHOD, section 5).
const RANKS: [(usize, usize); 9] =
    [(6, 1), (8, 4), (10, 9), (12, 14), (15, 26), (20, 53), (24, 82), (30, 138), (40, 265)];

const NO_RECORDS: &str = "not measured: give a finished run with null arms (--records DIR)";

pub(super) fn replay(bench: &Bench) -> Answer {
    let Some(records) = &bench.records else { return Ok(Finding::NotRun(NO_RECORDS.to_owned())) };
    let arms = proof::null_arms(records).len();
    if arms == 0 {
        return Ok(Finding::NotRun("not measured: no null arm of that run has six blocks".to_owned()));
    }
    let found = proof::replay(records, bench.options.seed, SHUFFLES);
    let pass = (0.02..=0.08).contains(&found.share());
    let found = format!("{:.1} % of {} intervals miss 1", 100.0 * found.share(), found.intervals);
    Ok(Finding::Shown { found, pass })
}

pub(super) fn power(bench: &Bench) -> Answer {
    let Some(records) = &bench.records else { return Ok(Finding::NotRun(NO_RECORDS.to_owned())) };
    let (mut found, mut pass) = (Vec::new(), true);
    for factor in [1.05, 1.10, 1.25] {
        let power = proof::power(records, factor, 1, None, bench.options.seed, DRAWS);
        if power.draws == 0 {
            found.push(format!("{factor} out of reach of 60 blocks"));
            continue;
        }
        pass &= power.found_share() >= LEAST_FOUND && power.covered_share() >= 0.93;
        let [share, covered] = [power.found_share(), power.covered_share()].map(|share| 100.0 * share);
        found.push(format!("{factor} found in {share:.0} %, covered in {covered:.0} %"));
    }
    Ok(Finding::Shown { found: found.join(", "), pass })
}

pub(super) fn coverage() -> Finding {
    let mut random = Random::seed_from_u64(11);
    let (mut found, mut pass) = (Vec::new(), true);
    for (name, draw) in DISTRIBUTIONS {
        let held = (0..SETS).filter(|_| holds(&mut random, draw)).count();
        let share = held as f64 / SETS as f64;
        pass &= share >= 0.93;
        found.push(format!("{name} {:.1} %", 100.0 * share));
    }
    pass &= RANKS.iter().all(|&(blocks, rank)| walsh_rank(blocks, 0.05) == Some(rank));
    Finding::Shown { found: found.join(", "), pass }
}

/// Draws the logarithm of one value.
type Draw = fn(&mut Random) -> f64;

const DISTRIBUTIONS: [(&str, Draw); 3] = [("lognormal", lognormal), ("bimodal", bimodal), ("Pareto", pareto)];

fn lognormal(random: &mut Random) -> f64 {
    0.1 * random.sample::<f64, _>(StandardNormal)
}

fn bimodal(random: &mut Random) -> f64 {
    f64::from(random.random_bool(0.3)) + 0.05 * random.random::<f64>()
}

fn pareto(random: &mut Random) -> f64 {
    // Tail index 2: the logarithm of a Pareto variate is exponential.
    0.5 * random.sample::<f64, _>(Exp1)
}

/// Whether the interval of one synthetic comparison holds the difference. What drifts from block to block is in both arms.
fn holds(random: &mut Random, draw: Draw) -> bool {
    let mut drift = 0.0;
    let mut block = || {
        drift += 0.2 * random.random::<f64>();
        let (base, other) = (drift + draw(random), drift + draw(random) + FACTOR.ln());
        other - base
    };
    let logs: Vec<f64> = (0..BLOCKS).map(|_| block()).collect();
    let interval = Ratio::of(&logs).and_then(|ratio| ratio.interval);
    interval.is_some_and(|interval| (interval.low..=interval.high).contains(&FACTOR))
}

pub(super) fn histogram() -> Answer {
    const PARTS: u64 = 8;
    const VALUES: u64 = 1_000_000;
    let mut parts = vec![Recording::new(); PARTS as usize];
    // 1 µs to 1 s in steps of 1 µs, dealt out to the parts: every quantile is known.
    (1..=VALUES).for_each(|value| parts[(value % PARTS) as usize].record(value * 1_000));
    let mut merged = Distribution::new();
    for part in &parts {
        let text = serde_json::to_string(&part.finish()).map_err(|error| error.to_string())?;
        merged.merge(&serde_json::from_str(&text).map_err(|error| error.to_string())?);
    }
    let off = |q: f64| {
        let (found, expected) = (merged.quantile(q).unwrap_or_default() as f64, q * VALUES as f64 * 1e3);
        (found / expected - 1.0).abs()
    };
    let worst = [0.5, 0.9, 0.99, 0.999].into_iter().map(off).fold(0.0, f64::max);
    let found = format!("{} values, quantiles within {:.3} %", merged.len(), 100.0 * worst);
    Ok(Finding::Shown { found, pass: merged.len() == VALUES && worst <= 0.001 })
}

pub(super) fn seed() -> Finding {
    let plan = plan("push", "blocks=20");
    let orders = [7, 7, 8].map(|seed| order::rounds(&plan, seed));
    let rate = Rate::per_second(1_000.0).expect("a thousand is above zero");
    let dues = [7, 7, 8].map(|seed| {
        let dues = Schedule::Poisson.dues(rate, seed).into_iter().flatten();
        dues.take(10_000).collect::<Vec<u64>>()
    });
    let same = orders[0] == orders[1] && dues[0] == dues[1];
    let other = orders[0] != orders[2] && dues[0] != dues[2];
    let said = |yes| if yes { "equal" } else { "not equal" };
    let found = format!("20 blocks and 10,000 due times {}, of another seed {}", said(same), said(!other));
    Finding::Shown { found, pass: same && other }
}
