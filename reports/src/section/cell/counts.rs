//! Counts that can be zero: lost, repeated and damaged events of two arms with exact intervals and their difference. Refuses
//! to divide them.

use crate::compare::{ArmTrials, CellComparison, Versus};
use crate::document::{Block, Table};
use crate::number;
use crate::stats::binomial::{Count, difference};
use crate::text::Language;
use trial::{Counters, Scenario};

/// Risk of an interval.
const ALPHA: f64 = 0.05;

/// The table of one other transport against the base; `None` where nothing was expected, so nothing can be lost. Losses are
/// always shown, the rest where it happened.
pub(super) fn table(cell: &CellComparison, versus: &Versus, lang: Language) -> Option<Block> {
    let paced = matches!(cell.cell.workload.scenario(), Scenario::Push | Scenario::Echo);
    let (base, other) = (cell.arm(cell.base)?, cell.arm(versus.arm)?);
    let happened = |hits: fn(&Counters) -> u64| {
        [base, other].into_iter().flat_map(|arm| arm.measured()).any(|(_, m)| hits(&m.counters) > 0)
    };
    let kinds = KINDS.iter().enumerate().filter(|(index, (_, hits))| *index == 0 || happened(*hits));
    let rows: Vec<_> = kinds.filter_map(|(_, &(name, hits))| row(name(lang), base, other, hits)).collect();
    let [base, other] = lang.sides([cell.base, versus.arm]);
    let difference = lang.difference_head(&other, &base);
    let head = vec![lang.what_head(), base, other, difference];
    (paced && cell.cell.section().is_timed() && !rows.is_empty())
        .then(|| Block::Table(Table { caption: lang.counts_caption(), head, rows }))
}

type Kind = (fn(Language) -> String, fn(&Counters) -> u64);

const KINDS: [Kind; 3] = [
    (|lang| lang.lost_head(), |counters| counters.lost),
    (|lang| lang.duplicates_head(), |counters| counters.duplicates),
    (|lang| lang.corrupt_head(), |counters| counters.corrupt),
];

fn row(name: String, base: &ArmTrials, other: &ArmTrials, hits: fn(&Counters) -> u64) -> Option<Vec<String>> {
    let (base, other) = (count(base, hits)?, count(other, hits)?);
    let (between, bounds) = difference(base, other, ALPHA)?;
    Some(vec![name, text(base)?, text(other)?, per_million(between, bounds)])
}

/// All trials of an arm together; `None` where a trial does not know how many events it was to get.
fn count(arm: &ArmTrials, hits: fn(&Counters) -> u64) -> Option<Count> {
    let trials: Option<Vec<(u64, u64)>> =
        arm.measured().map(|(_, m)| Some((hits(&m.counters), m.counters.expected?))).collect();
    let (hits, of) = trials?.into_iter().fold((0, 0), |(hits, of), trial| (hits + trial.0, of + trial.1));
    (of > 0).then_some(Count { hits, of })
}

fn text(count: Count) -> Option<String> {
    let share = per_million(count.share()?, count.interval(ALPHA)?);
    Some(format!("{} / {} = {share}", number::count(count.hits), number::count(count.of)))
}

fn per_million(share: f64, (low, high): (f64, f64)) -> String {
    let [share, low, high] = [share, low, high].map(|share| number::significant(share * 1e6));
    format!("{share} [{low}, {high}] ppm")
}
