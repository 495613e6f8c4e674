//! Why a reader may believe a run, or not: what the ruler found out about itself before, around and after the trials, as
//! blocks for the page. Refuses to repeat a result; where nothing was looked at it says "not measured".

mod checks;
mod preflight;

use crate::compare::Comparison;
use crate::detect::{self, detected};
use crate::evidence::{Block, Table};
use crate::number;
use crate::text::Language;
use std::collections::BTreeSet;
use trial::{Check, StopReason, Warning, check};

/// Most redone blocks that are listed one by one.
const LISTED: usize = 50;

/// Most cells that are named where a check fired.
const NAMED: usize = 3;

/// Everything that one run says about its ruler.
pub(crate) fn of_run(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let intro = Block::Text(lang.belief_intro());
    let parts = [
        preflight::blocks(comparison, lang),
        redone(comparison, lang),
        stops(comparison, lang),
        fired(comparison, lang),
        checks::null_arms(comparison, lang),
        checks::selfcheck(comparison, lang),
    ];
    std::iter::once(intro).chain(parts.into_iter().flatten()).collect()
}

/// A table, or the sentence that says why there is none.
fn table_or(caption: String, head: Vec<String>, rows: Vec<Vec<String>>, otherwise: String) -> Block {
    if rows.is_empty() { Block::Note(otherwise) } else { Block::Table(Table { caption, head, rows }) }
}

fn redone(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let records = comparison.records;
    let row = |redone: &trial::Redone| {
        let causes = lang.list(redone.causes.iter().map(|cause| lang.warning(cause)));
        vec![redone.cell.clone(), format!("{}.{}", redone.block + 1, redone.attempt + 1), causes]
    };
    let rows: Vec<_> = records.redone.iter().take(LISTED).map(row).collect();
    let none = if records.preflight.is_some() { lang.none_redone() } else { lang.no_gate() };
    let head = vec![lang.cell_head(), lang.attempt_head(), lang.cause_head()];
    let more = records.redone.len().saturating_sub(LISTED);
    let more = (more > 0).then(|| Block::Note(lang.more_redone(more)));
    let table = table_or(lang.redone_caption(records.redone.len()), head, rows, none);
    [Block::Heading(lang.redone_heading()), table].into_iter().chain(more).collect()
}

/// Cells that stopped otherwise than planned, or ran a block again, one by one; the rest in a sentence.
fn stops(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let stops = comparison.records.end.as_ref().map_or(&[][..], |end| &end.stops);
    let told = |stop: &&trial::CellStop| stop.reason != StopReason::Planned || stop.redone > 0;
    let row = |stop: &trial::CellStop| {
        vec![
            stop.cell.clone(),
            stop.blocks.to_string(),
            stop.redone.to_string(),
            lang.stop_reason(stop.reason).to_owned(),
        ]
    };
    let head = vec![lang.cell_head(), lang.blocks_head(), lang.redone_head(), lang.reason_head()];
    let rows: Vec<_> = stops.iter().filter(told).map(row).collect();
    let rest = stops.len() - rows.len();
    let rest = (rest > 0 && !rows.is_empty()).then(|| Block::Note(lang.rest_as_planned(rest)));
    let table = table_or(lang.stops_caption(), head, rows, lang.no_stops());
    [Block::Heading(lang.stops_heading()), table].into_iter().chain(rest).collect()
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
    let head = vec![lang.check_head(), lang.found_head(), lang.action_head(), lang.cell_head(), lang.times_head()];
    let rows = kinds.iter().map(|kind| fired_row(kind, lang)).collect();
    let table = table_or(lang.checks_caption(), head, rows, lang.no_check());
    vec![Block::Heading(lang.checks_heading()), table]
}

fn fired_row(fired: &Fired, lang: Language) -> Vec<String> {
    let check = fired.warning.check().id.to_owned();
    let name = |cell: &&str| if cell.is_empty() { lang.whole_run() } else { (*cell).to_owned() };
    let mut places: Vec<String> = fired.cells.iter().take(NAMED).map(name).collect();
    let more = fired.cells.len() - places.len();
    places.extend((more > 0).then(|| lang.more_cells_named(more)));
    let action = lang.action(fired.warning.action());
    vec![check, lang.warning(fired.warning), action, lang.series(&places), number::count(fired.times as u64)]
}
