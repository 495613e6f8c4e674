//! What is known of one cell: what was asked of it, its tables, its charts, its trials.

mod accounts;
mod beside;
mod breakdown;
mod contests;
mod counts;
mod heap;
mod llm;
mod raw;

pub(super) use breakdown::lines as breakdown_lines;

use crate::compare::{CellComparison, Comparison};
use crate::document::Block;
use crate::picture;
use crate::text::Language;
use crate::warnings::trial_warnings;
use trial::{Action, StopReason, Trial};
use wire::Role;

/// Everything that is known of a cell.
pub(super) fn of_cell(comparison: &Comparison, cell: &CellComparison, lang: Language) -> Vec<Block> {
    let mut blocks = vec![
        Block::Heading(cell.cell.name.clone()),
        Block::Text(lang.why(&cell.cell.why)),
        Block::Note(lang.load(cell.cell)),
    ];
    blocks.extend(stop_of(comparison, cell, lang).map(Block::Note));
    blocks.extend(outcomes(cell, lang));
    blocks.extend(llm::tables(cell, lang));
    let trials: Vec<&Trial> = cell.arms.iter().flat_map(|arm| &arm.trials).copied().collect();
    blocks.extend(
        trial_warnings(cell.cell.section().counted, &trials, Action::Inform, lang).into_iter().map(Block::Warning),
    );
    blocks.extend(accounts::remarks(cell, lang));
    blocks.extend(beside::remark(comparison, cell, lang));
    blocks.extend(beside::null_costs(comparison, cell, lang));
    blocks.extend(cell.versus.iter().flat_map(|versus| {
        let mut tables = contests::tables(cell, versus, lang);
        tables.extend(counts::table(cell, versus, lang));
        let summary = || lang.contest_caption(&lang.arm(versus.arm), &lang.arm(cell.base));
        let contestant = versus.arm.protocol.role() == Role::Contestant;
        if contestant || tables.is_empty() { tables } else { vec![Block::Fold { summary: summary(), blocks: tables }] }
    }));
    blocks.extend(breakdown::blocks(cell, lang));
    blocks.extend(heap::table(cell, lang));
    blocks.extend(picture::of_cell(cell, lang));
    blocks.extend(raw::trials(cell, lang));
    blocks
}

/// Why the cell has as many blocks as it has, and how many were run again; nothing where it went as planned.
fn stop_of(comparison: &Comparison, cell: &CellComparison, lang: Language) -> Option<String> {
    let stops = &comparison.records.end.as_ref()?.stops;
    let stop = stops.iter().find(|stop| stop.cell == cell.cell.name)?;
    let plain = stop.reason == StopReason::Planned && stop.redone == 0;
    (!plain).then(|| lang.stopped(stop.blocks, stop.redone, lang.stop_reason(stop.reason)))
}

/// Arms that failed or cannot do this: a failure is a row like any other.
fn outcomes(cell: &CellComparison, lang: Language) -> impl Iterator<Item = Block> {
    cell.arms.iter().flat_map(move |arm| {
        let name = lang.arm(arm.arm);
        let failed = arm.failure().map(|why| Block::Warning(lang.failed(&name, why)));
        let unsupported = arm.unsupported().map(|why| Block::Note(lang.unsupported(&name, why)));
        [failed, unsupported].into_iter().flatten()
    })
}
