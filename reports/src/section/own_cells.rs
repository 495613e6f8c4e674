//! A run whose cells feed no row, cell by cell; of token streams what each transport adds at each pace.

use super::rows::{entry, heads};
use crate::compare::Comparison;
use crate::document::{Block, Table, Verdicts};
use crate::effects;
use crate::number::{self, NONE};
use crate::own_cells::{OwnCell, OwnCells};
use crate::picture;
use crate::text::{Language, filled};
use trial::{Figure, Quantile, Row, Scenario};
use wire::Transport;

/// Every cell with what it says; empty for a run that feeds rows, and for tool loops, whose arms have a table of their own.
pub(super) fn blocks(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let Some(own) = OwnCells::of(comparison).filter(|_| !effects::are_all(comparison)) else { return Vec::new() };
    let of = own.cells.iter().map(|cell| cell.cell.cell.section()).find(|section| section.id == "endpoints");
    let method = of.map(|section| Block::Note(lang.of(&section.method).to_owned()));
    [Block::Verdicts(verdicts(&own, lang)), Block::Note(own.arms.note(lang))].into_iter().chain(method).collect()
}

/// The cells one below the other.
pub(crate) fn verdicts(own: &OwnCells, lang: Language) -> Verdicts {
    let findings = own.findings(lang);
    Verdicts {
        heads: heads(lang.cell_head(), &own.arms, lang),
        runs: Vec::new(),
        entries: findings.iter().map(|(name, finding)| entry((*name).to_owned(), finding, lang)).collect(),
    }
}

/// What each transport adds to token streams, as a table and a chart; empty where no cell has a schedule.
pub(super) fn streams(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let Some(own) = OwnCells::of(comparison) else { return Vec::new() };
    if !own.cells.iter().any(OwnCell::is_scheduled) {
        return Vec::new();
    }
    let [base, _] = lang.sides(own.sides());
    let method = filled(lang.of(&Row::own(Scenario::Llm).method), &[("base", base)]);
    let notes = [method, lang.difference_note()].map(Block::Note);
    std::iter::once(Block::Table(pace_table(&own, lang))).chain(notes).chain(picture::pace(&own, lang)).collect()
}

/// One line for each paced cell: the difference beside the time between two tokens.
pub(crate) fn pace_table(own: &OwnCells, lang: Language) -> Table {
    let names = [Transport::Sse, Transport::WebSocket].map(|transport| lang.transport(transport));
    let [base, other] = lang.sides(own.sides());
    let of = |figure: String| names.map(|name| format!("{figure}, {name}"));
    let head = [lang.cell_head(), lang.llm_pace_head(), lang.llm_streams_head()]
        .into_iter()
        .chain(of(lang.llm_chart_axis()))
        .chain([lang.llm_difference_head(lang.llm_difference(&other, &base)), lang.llm_share_head()])
        .chain(of(lang.figure(Figure::BytesPerToken)));
    let rows = own.cells.iter().filter_map(|cell| stream(cell, lang));
    Table { caption: lang.llm_added_caption(), head: head.collect(), rows: rows.collect() }
}

/// One cell with a pace of its own.
fn stream(cell: &OwnCell, lang: Language) -> Option<Vec<String>> {
    let none = || NONE.to_owned();
    let both = |figure| cell.values(figure, lang);
    let setting = [
        cell.cell.cell.name.clone(),
        number::significant(cell.tokens_per_second()?),
        cell.cell.cell.workload.connections().to_string(),
    ];
    let difference = cell.added(Quantile::P50).map_or_else(none, |added| number::difference(&added));
    let share = cell.share(Quantile::P50).map_or_else(none, |share| number::small_share(share.abs()));
    let added = both(cell.judged(Quantile::P50)).into_iter().chain([difference, share]);
    Some(setting.into_iter().chain(added).chain(both(Figure::BytesPerToken)).collect())
}
