//! Why a reader may believe a run, or not: what the ruler found out about itself before, around and after the trials, as
//! blocks for the page. Refuses to repeat a result; where nothing was looked at it says "not measured".

mod checks;
mod preflight;

use crate::compare::Comparison;
use crate::detect::detected;
use crate::evidence::{Block, Table};
use crate::number::{self, NONE};
use crate::text::Language;
use std::collections::BTreeMap;
use trial::{StopReason, Warning};

/// Most redone blocks that are listed one by one.
const LISTED: usize = 50;

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

fn stops(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let stops = comparison.records.end.as_ref().map_or(&[][..], |end| &end.stops);
    let row = |stop: &trial::CellStop| {
        vec![stop.cell.clone(), stop.blocks.to_string(), stop.redone.to_string(), lang.stop_reason(stop.reason)]
    };
    let head = vec![lang.cell_head(), lang.blocks_head(), lang.redone_head(), lang.reason_head()];
    let rows = stops.iter().map(row).collect();
    vec![Block::Heading(lang.stops_heading()), table_or(lang.stops_caption(), head, rows, lang.no_stops())]
}

/// Every kind of warning once for each cell: rule, action, what was found, how often.
fn detectors(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let records = comparison.records;
    let trials = records.trials.iter().flat_map(|trial| trial.warnings.iter().map(|w| (trial.cell.name.as_str(), w)));
    let early = records.preflight.iter().flat_map(|preflight| &preflight.warnings);
    let of_run = records.run.warnings.iter().chain(early).map(|warning| ("", warning));
    let compared = detected(comparison);
    let compared = compared.iter().map(|found| (found.cell, &found.warning));
    let mut kinds: BTreeMap<(u8, &str, String), (&Warning, usize)> = BTreeMap::new();
    for (cell, warning) in of_run.chain(trials).chain(compared) {
        let kind = format!("{:?}", std::mem::discriminant(warning));
        let key = (warning.rule().unwrap_or(u8::MAX), cell, kind);
        kinds.entry(key).or_insert((warning, 0)).1 += 1;
    }
    let row = |((_, cell, _), (warning, times)): ((u8, &str, String), (&Warning, usize))| {
        let rule = warning.rule().map_or(NONE.to_owned(), |rule| rule.to_string());
        let place = if cell.is_empty() { lang.whole_run() } else { cell.to_owned() };
        vec![rule, lang.action(warning.action()), place, lang.warning(warning), number::count(times as u64)]
    };
    let head = [lang.rule_head(), lang.action_head(), lang.cell_head(), lang.found_head(), lang.times_head()].to_vec();
    let rows = kinds.into_iter().map(row).collect();
    let table = table_or(lang.detectors_caption(), head, rows, lang.no_detector());
    vec![Block::Heading(lang.detectors_heading()), table]
}

impl Language {
    fn stop_reason(self, reason: StopReason) -> String {
        match reason {
            StopReason::Planned => self.stopped_as_planned(),
            StopReason::Width => self.stopped_by_width(),
            StopReason::Cap => self.stopped_by_cap(),
            StopReason::Budget => self.stopped_by_budget(),
            StopReason::Interrupted => self.stopped_by_user(),
        }
    }
}
