//! Where the time of a cell goes: bars, the same numbers as a table, and a line for places without pictures.

use crate::compare::{Breakdown, CellComparison, Comparison, Part};
use crate::document::{Block, Table};
use crate::number::{self, NONE};
use crate::picture;
use crate::text::Language;
use trial::{Arm, Scenario};
use wire::Transport;

/// Most cells that get lines of their own in a terminal; the evidence has all.
const MOST_CELLS: usize = 6;

/// Bars and table of a cell; empty where its events have no due times.
pub(super) fn blocks(cell: &CellComparison, lang: Language) -> Vec<Block> {
    let arms = of_arms(cell);
    if arms.is_empty() {
        return Vec::new();
    }
    let table = Block::Table(table(cell, &arms, lang));
    picture::breakdown(cell, &arms, lang).into_iter().chain([table]).collect()
}

/// A line for each contestant of the cells whose times are compared, and how many cells were left out; empty where nothing
/// was due.
pub(in crate::section) fn lines(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let timed = comparison.cells.iter().filter(|cell| cell.cell.section().is_timed());
    let found: Vec<_> = timed.map(|cell| (cell, of_arms(cell))).filter(|(_, arms)| !arms.is_empty()).collect();
    let contestant = |arm: &Arm| matches!(arm.protocol, Transport::Sse | Transport::WebSocket);
    let line = |(cell, arms): &(&CellComparison, Vec<(Arm, Breakdown)>)| {
        let arms = arms.iter().filter(|(arm, _)| contestant(arm));
        arms.map(|(arm, found)| line(cell, *arm, found, lang)).collect::<Vec<_>>()
    };
    let left_out = found.len().saturating_sub(MOST_CELLS);
    let more = (left_out > 0).then(|| lang.more_cells(left_out).trim_start().to_owned());
    let lines: Vec<String> = found.iter().take(MOST_CELLS).flat_map(line).chain(more).collect();
    if lines.is_empty() { Vec::new() } else { vec![Block::List(lines)] }
}

/// The arms that tell where their time goes, without the null arm.
fn of_arms(cell: &CellComparison) -> Vec<(Arm, Breakdown)> {
    let arms = cell.arms.iter().filter(|arm| !arm.arm.twin);
    arms.filter_map(|arm| Some((arm.arm, Breakdown::of(cell.cell, arm)?))).collect()
}

fn line(cell: &CellComparison, arm: Arm, found: &Breakdown, lang: Language) -> String {
    let relayed = cell.cell.workload.scenario() == Scenario::Relay;
    let part = |(part, ns): &(Part, f64)| format!("{} {}", lang.part(*part, relayed), number::duration(*ns));
    let parts: Vec<String> = found.parts.iter().map(part).collect();
    lang.breakdown_line(&cell.cell.name, lang.arm(arm), parts.join(" + "), number::duration(found.whole_ns))
}

/// A column for each part, with its share of the parts' sum.
fn table(cell: &CellComparison, arms: &[(Arm, Breakdown)], lang: Language) -> Table {
    let relayed = cell.cell.workload.scenario() == Scenario::Relay;
    let all = [Part::Timer, Part::Server, Part::Wire, Part::Client, Part::WireAndClient];
    let known = |part: &Part| arms.iter().any(|(_, found)| found.part_ns(*part).is_some());
    let parts: Vec<Part> = all.into_iter().filter(known).collect();
    let row = |(arm, found): &(Arm, Breakdown)| {
        let share = |ns: f64| format!("{} ({})", number::duration(ns), number::percent(ns / found.sum_ns()));
        let part = |part: &Part| found.part_ns(*part).map_or_else(|| NONE.to_owned(), share);
        let sums = [found.sum_ns(), found.whole_ns].map(number::duration);
        std::iter::once(lang.arm(*arm)).chain(parts.iter().map(part)).chain(sums).collect()
    };
    let heads = parts.iter().map(|part| lang.part(*part, relayed));
    Table {
        caption: lang.breakdown_caption(),
        head: std::iter::once(lang.arm_head())
            .chain(heads)
            .chain([lang.breakdown_sum(), lang.breakdown_whole()])
            .collect(),
        rows: arms.iter().map(row).collect(),
    }
}
