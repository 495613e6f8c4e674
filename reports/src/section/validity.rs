//! How far a run can be relied on: what the instrument found out about itself before, around and after the trials, as
//! blocks for the page. Refuses to repeat a result; where nothing was looked at it says "not measured".

mod checks;
mod preflight;

pub(super) use checks::selfcheck;
pub(super) use preflight::found as preflight_blocks;

use crate::compare::Comparison;
use crate::detect::{self, detected};
use crate::document::{Block, Table};
use crate::number;
use crate::text::Language;
use std::collections::BTreeSet;
use trial::{CellStop, Check, StopReason, Warning, check};

/// Most redone blocks that are listed one by one.
const LISTED: usize = 50;

/// Most cells that are named where a check fired.
const NAMED: usize = 3;

/// Everything that one run says about its instrument.
pub(super) fn blocks(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let intro = Block::Text(lang.validity_intro());
    let parts = [
        preflight::blocks(comparison, lang),
        redone(comparison, lang),
        stops(comparison, lang),
        fired(comparison, lang),
        checks::null_arms(comparison, lang),
    ];
    std::iter::once(intro).chain(parts.into_iter().flatten()).collect()
}

/// A table, or the sentence that says why there is none.
fn table_or(table: Table, otherwise: String) -> Block {
    if table.rows.is_empty() { Block::Note(otherwise) } else { Block::Table(table) }
}

fn redone(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let records = comparison.records;
    let listed = &records.redone[..records.redone.len().min(LISTED)];
    let none = if records.preflight.is_some() { lang.none_redone() } else { lang.no_gate() };
    let more = records.redone.len() - listed.len();
    let more = (more > 0).then(|| Block::Note(lang.more_redone(more)));
    let table = Table::of(
        lang.redone_caption(records.redone.len()),
        listed,
        [
            (lang.cell_head(), &|redone| redone.cell.clone()),
            (lang.attempt_head(), &|redone| format!("{}.{}", redone.block + 1, redone.attempt + 1)),
            (lang.cause_head(), &|redone| lang.list(redone.causes.iter().map(|cause| lang.warning(cause)))),
        ],
    );
    [Block::Heading(lang.redone_heading()), table_or(table, none)].into_iter().chain(more).collect()
}

/// Cells that stopped otherwise than planned, or ran a block again, one by one; the rest in a sentence.
fn stops(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let stops = comparison.records.end.as_ref().map_or(&[][..], |end| &end.stops);
    let told = |stop: &&CellStop| stop.reason != StopReason::Planned || stop.redone > 0;
    let listed: Vec<&CellStop> = stops.iter().filter(told).collect();
    let rest = stops.len() - listed.len();
    let rest = (rest > 0 && !listed.is_empty()).then(|| Block::Note(lang.rest_as_planned(rest)));
    let table = Table::of(
        lang.stops_caption(),
        &listed,
        [
            (lang.cell_head(), &|stop| stop.cell.clone()),
            (lang.blocks_head(), &|stop| stop.blocks.to_string()),
            (lang.redone_head(), &|stop| stop.redone.to_string()),
            (lang.reason_head(), &|stop| lang.stop_reason(stop.reason).to_owned()),
        ],
    );
    [Block::Heading(lang.stops_heading()), table_or(table, lang.no_stops())].into_iter().chain(rest).collect()
}

/// A check that fired: how often it was given, and where.
struct Fired<'a> {
    warning: &'a Warning,
    times: usize,
    cells: BTreeSet<&'a str>,
}

/// Every check that fired once: its name, what was found, what follows, where, how often.
fn fired(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let records = comparison.records;
    let trials = records.trials.iter().flat_map(|trial| trial.warnings.iter().map(|w| (trial.cell.name.as_str(), w)));
    let early = records.preflight.iter().flat_map(|preflight| &preflight.warnings);
    let of_run = records.run.warnings.iter().chain(early).map(|warning| ("", warning));
    let compared = detected(comparison);
    let compared = compared.iter().map(|found| (found.cell, &found.warning));
    let mut kinds: Vec<Fired> = Vec::new();
    for (cell, warning) in of_run.chain(trials).chain(compared) {
        match kinds.iter_mut().find(|kind| kind.warning.is(warning.check())) {
            Some(kind) => {
                kind.times += 1;
                kind.cells.insert(cell);
            }
            None => kinds.push(Fired { warning, times: 1, cells: BTreeSet::from([cell]) }),
        }
    }
    let place = |check: &Check| check::all().chain(detect::CHECKS.iter().copied()).position(|known| known == check);
    kinds.sort_by_key(|kind| place(kind.warning.check()));
    let table = Table::of(
        lang.checks_caption(),
        &kinds,
        [
            (lang.check_head(), &|fired| fired.warning.check().id.to_owned()),
            (lang.found_head(), &|fired| lang.warning(fired.warning)),
            (lang.action_head(), &|fired| lang.action(fired.warning.action())),
            (lang.cell_head(), &|fired| places(fired, lang)),
            (lang.times_head(), &|fired| number::count(fired.times as u64)),
        ],
    );
    vec![Block::Heading(lang.checks_heading()), table_or(table, lang.no_check())]
}

/// Where a warning was given: the first cells by name.
fn places(fired: &Fired, lang: Language) -> String {
    let name = |cell: &&str| if cell.is_empty() { lang.whole_run() } else { (*cell).to_owned() };
    let mut places: Vec<String> = fired.cells.iter().take(NAMED).map(name).collect();
    let more = fired.cells.len() - places.len();
    places.extend((more > 0).then(|| lang.more_cells_named(more)));
    lang.series(&places)
}
