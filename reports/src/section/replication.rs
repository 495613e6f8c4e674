//! How far runs of the committed set lie apart, beside the intervals of this run. Nothing where the set has none of its figures.

use crate::compare::{Comparison, Contest};
use crate::document::{Block, Table};
use crate::number;
use crate::replicate::{Spread, SpreadSet, committed, judged};
use crate::text::Language;

pub(super) fn blocks(comparison: &Comparison, lang: Language) -> Vec<Block> {
    of(comparison, committed(), lang)
}

fn of(comparison: &Comparison, set: &SpreadSet, lang: Language) -> Vec<Block> {
    let found = comparison.cells.iter().flat_map(judged);
    let found: Vec<(&Contest, &Spread)> =
        found.filter_map(|(key, contest, _)| Some((contest, set.find(&key)?))).collect();
    if found.is_empty() {
        return Vec::new();
    }
    let range = |[low, high]: [f64; 2]| format!("{}–{}", number::significant(low), number::times(high));
    let table = Table::of(
        lang.replication_caption(),
        &found,
        [
            (lang.figure_head(), &|(_, it)| format!("{}, {}", it.key.cell, lang.figure(it.key.figure))),
            (lang.this_run_head(), &|(contest, _)| number::ratio(&contest.ratio)),
            (lang.spread_head(), &|(_, it)| it.between_share().map_or(number::NONE.to_owned(), number::percent)),
            (lang.range_head(), &|(_, it)| range(it.range)),
            (lang.runs_head(), &|(_, it)| format!("{} ({})", it.runs, it.boots)),
        ],
    );
    vec![Block::Table(table), Block::Note(lang.replication_note(set.runs, set.boots))]
}
