//! What stands behind a row: blocks of text, tables and charts, in the order in which they are read. Refuses to know
//! HTML: `page` turns blocks into markup.

mod accounts;
mod agent;
mod beside;
mod breakdown;
mod capacity;
mod contests;
mod counts;
mod heap;
mod llm;
mod own_cells;
mod raw;

pub(crate) use agent::{effects as agent_effects, of_agent};
pub(crate) use breakdown::lines as breakdown_lines;
pub(crate) use capacity::of_capacity;
pub(crate) use own_cells::of_own_cells;

use crate::compare::{CellComparison, Comparison};
use crate::picture::{self, Picture};
use crate::row::study;
use crate::text::Language;
use trial::check::BearsOn;
use trial::{Action, Row, StopReason, Trial, Warning};
use wire::Role;

/// One piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Block {
    /// A heading below that of the row.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// A remark in smaller type.
    Note(String),
    /// What a reader must know before believing a number.
    Warning(String),
    /// A table.
    Table(Table),
    /// A chart.
    Chart(Picture),
    /// Text as it stood on the wire.
    Code {
        /// Whose text it is.
        title: String,
        /// The text.
        text: String,
    },
    /// Blocks that are closed at first.
    Fold {
        /// What is inside.
        summary: String,
        /// The blocks.
        blocks: Vec<Block>,
    },
}

/// A table; the first column names the row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Table {
    /// What it shows.
    pub(crate) caption: String,
    /// Names of the columns.
    pub(crate) head: Vec<String>,
    /// Cells.
    pub(crate) rows: Vec<Vec<String>>,
}

/// Everything behind a row: what its study says, then each of its cells.
pub(crate) fn of_row(comparison: &Comparison, row: Row, lang: Language) -> Vec<Block> {
    let cells = comparison.row(row).flat_map(|cell| {
        let blocks = of_cell(comparison, cell, lang);
        // One table compares all payloads: what each cell adds is for those who look for it.
        let fold = |blocks| vec![Block::Fold { summary: cell.cell.name.clone(), blocks }];
        if row == Row::NetworkOverhead { fold(blocks) } else { blocks }
    });
    // What browsers support is known without any cell; other rows have nothing to explain.
    let studied = row == Row::BrowserSupport || comparison.row(row).next().is_some();
    let study = if studied { study(row).evidence(comparison, lang) } else { Vec::new() };
    study.into_iter().chain(cells).collect()
}

/// Cells that feed no row; empty when there are none.
pub(crate) fn of_other_cells(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let others = comparison.cells.iter().filter(|cell| cell.cell.row.is_none());
    others.flat_map(|cell| of_cell(comparison, cell, lang)).collect()
}

fn of_cell(comparison: &Comparison, cell: &CellComparison, lang: Language) -> Vec<Block> {
    let mut blocks = vec![
        Block::Heading(cell.cell.name.clone()),
        Block::Text(lang.why(&cell.cell.why)),
        Block::Note(lang.load(cell.cell)),
    ];
    blocks.extend(stop_of(comparison, cell, lang).map(Block::Note));
    blocks.extend(outcomes(cell, lang));
    blocks.extend(llm::tables(cell, lang));
    let trials: Vec<&Trial> = cell.arms.iter().flat_map(|arm| &arm.trials).copied().collect();
    blocks.extend(trial_warnings(cell.cell.row, &trials, Action::Inform, lang).into_iter().map(Block::Warning));
    blocks.extend(accounts::remarks(cell, lang));
    blocks.extend(beside::remark(comparison, cell, lang));
    blocks.extend(beside::null_costs(comparison, cell, lang));
    blocks.extend(cell.versus.iter().flat_map(|versus| {
        let mut tables = contests::tables(comparison, cell, versus, lang);
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

/// Each kind of warning that matters to a row and has at least this consequence once, with the number of trials that it was
/// given to.
pub(crate) fn trial_warnings(row: Option<Row>, trials: &[&Trial], least: Action, lang: Language) -> Vec<String> {
    let mut kinds: Vec<(&Warning, usize)> = Vec::new();
    for trial in trials {
        for warning in distinct(&trial.warnings).filter(|warning| warning.action() >= least && matters(row, warning)) {
            match kinds.iter_mut().find(|(known, _)| known.is(warning.check())) {
                Some((_, times)) => *times += 1,
                None => kinds.push((warning, 1)),
            }
        }
    }
    let said = |(warning, times): (&Warning, usize)| match warning.action() {
        Action::Void if !row.is_some_and(Row::is_counted) => {
            lang.void_trials(lang.warning(warning), times, trials.len())
        }
        _ => lang.in_trials(lang.warning(warning), times, trials.len()),
    };
    kinds.into_iter().map(said).collect()
}

/// Each kind of warning of one trial once: both of its ends may have given it.
fn distinct(warnings: &[Warning]) -> impl Iterator<Item = &Warning> {
    let first = |(i, warning): &(usize, &Warning)| warnings[..*i].iter().all(|earlier| !earlier.is(warning.check()));
    warnings.iter().enumerate().filter(first).map(|(_, warning)| warning)
}

/// Lateness spoils durations and rates; what is counted to the byte does not depend on when it came.
fn matters(row: Option<Row>, warning: &Warning) -> bool {
    let counted = row.is_some_and(Row::is_counted);
    match warning.check().bears_on {
        BearsOn::Everything => true,
        BearsOn::Times => !counted,
        BearsOn::Counts => counted,
    }
}
