//! Why a reader may believe a run, or not: what the ruler found out about itself before, around and after the trials, as
//! blocks for the page. Refuses to repeat a result; where nothing was looked at it says "not measured".

mod checks;
mod preflight;

use crate::compare::Comparison;
use crate::detect::detected;
use crate::evidence::{Block, Table};
use crate::number::{self, NONE};
use crate::text::Language;
use std::collections::BTreeSet;
use std::mem::discriminant;
use trial::{StopReason, Warning};

/// Most redone blocks that are listed one by one.
const LISTED: usize = 50;

/// Most cells that are named where a detector fired.
const NAMED: usize = 3;

/// Everything that one run says about its ruler.
pub(crate) fn of_run(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let intro = Block::Text(lang.belief_intro());
    let parts = [
        preflight::blocks(comparison, lang),
        redone(comparison, lang),
        stops(comparison, lang),
        detectors(comparison, lang),
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

/// A kind of warning: how often it was given, and where.
struct Fired<'a> {
    warning: &'a Warning,
    times: usize,
    cells: BTreeSet<&'a str>,
}

/// Every kind of warning once: rule, what was found, what follows, where, how often.
fn detectors(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let records = comparison.records;
    let trials = records.trials.iter().flat_map(|trial| trial.warnings.iter().map(|w| (trial.cell.name.as_str(), w)));
    let early = records.preflight.iter().flat_map(|preflight| &preflight.warnings);
    let of_run = records.run.warnings.iter().chain(early).map(|warning| ("", warning));
    let compared = detected(comparison);
    let compared = compared.iter().map(|found| (found.cell, &found.warning));
    let mut kinds: Vec<Fired> = Vec::new();
    for (cell, warning) in of_run.chain(trials).chain(compared) {
        match kinds.iter_mut().find(|kind| discriminant(kind.warning) == discriminant(warning)) {
            Some(kind) => {
                kind.times += 1;
                kind.cells.insert(cell);
            }
            None => kinds.push(Fired { warning, times: 1, cells: BTreeSet::from([cell]) }),
        }
    }
    kinds.sort_by_key(|kind| kind.warning.rule().unwrap_or(u8::MAX));
    let head = vec![lang.rule_head(), lang.found_head(), lang.action_head(), lang.cell_head(), lang.times_head()];
    let rows = kinds.iter().map(|kind| fired_row(kind, lang)).collect();
    let table = table_or(lang.detectors_caption(), head, rows, lang.no_detector());
    vec![Block::Heading(lang.detectors_heading()), table]
}

fn fired_row(fired: &Fired, lang: Language) -> Vec<String> {
    let rule = fired.warning.rule().map_or(NONE.to_owned(), |rule| rule.to_string());
    let name = |cell: &&str| if cell.is_empty() { lang.whole_run() } else { (*cell).to_owned() };
    let mut places: Vec<String> = fired.cells.iter().take(NAMED).map(name).collect();
    let more = fired.cells.len() - places.len();
    places.extend((more > 0).then(|| lang.more_cells_named(more)));
    let action = lang.action(fired.warning.action());
    vec![rule, lang.warning(fired.warning), action, lang.series(&places), number::count(fired.times as u64)]
}
