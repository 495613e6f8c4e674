//! The first section of a run whose cells feed no row: of token streams with a schedule what each transport adds at each pace,
//! as tables and a chart; of other cells their figures.

use super::{Block, Table};
use crate::arms::Arms;
use crate::compare::Comparison;
use crate::number::{self, NONE};
use crate::own_cells::{OwnCell, OwnCells, percent, signed};
use crate::picture;
use crate::row::{Finding, shown};
use crate::text::Language;
use trial::{Arm, Figure, Metric, Quantile};
use wire::Transport;

/// The section; empty for a run that feeds rows.
pub(crate) fn of_own_cells(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let Some(own) = OwnCells::of(comparison) else { return Vec::new() };
    let findings = own.findings(lang);
    let (asked, others): (Vec<_>, Vec<_>) = own.cells.iter().zip(&findings).partition(|(cell, _)| cell.is_scheduled());
    let asked: Vec<&OwnCell> = asked.into_iter().map(|(cell, _)| cell).collect();
    let others: Vec<&(&str, Finding)> = others.into_iter().map(|(_, found)| found).collect();
    let streams = if asked.is_empty() { Vec::new() } else { streams(&own, &asked, comparison, lang) };
    let measured = (!others.is_empty()).then(|| Block::Table(measured(&others, &own.arms, lang)));
    let sentences = findings.iter().map(|(name, finding)| Block::Text(format!("{name}: {}", finding.sentence)));
    streams.into_iter().chain(measured).chain(sentences).collect()
}

/// Three tables, and how to read them.
fn streams(own: &OwnCells, asked: &[&OwnCell], comparison: &Comparison, lang: Language) -> Vec<Block> {
    let sides = comparison.sides();
    let added =
        table(lang.llm_added_caption(), added_head(sides, lang), asked, |cell| added_row(cell, comparison, lang));
    let tail = table(lang.llm_tail_caption(), tail_head(sides, lang), asked, |cell| tail_row(cell, lang));
    let beside = table(lang.llm_beside_caption(), beside_head(lang), asked, |cell| beside_row(cell, lang));
    let [added, tail, beside] = [added, tail, beside].map(Block::Table);
    [added, Block::Note(lang.llm_method(&lang.arm(sides[0])))]
        .into_iter()
        .chain(picture::pace(own, lang))
        .chain([tail, beside])
        .collect()
}

fn table(caption: String, head: Vec<String>, cells: &[&OwnCell], row: impl Fn(&OwnCell) -> Vec<String>) -> Table {
    Table { caption, head, rows: cells.iter().copied().map(row).collect() }
}

/// What each cell measured, line by line; its name and its verdict stand in the first.
fn measured(findings: &[&(&str, Finding)], arms: &Arms, lang: Language) -> Table {
    let lines = findings.iter().flat_map(|(name, finding)| {
        let said = std::iter::once((name.to_string(), finding.verdict.detail(lang)));
        let said = said.chain(std::iter::repeat_with(|| (String::new(), String::new())));
        said.zip(&finding.lines).map(|((name, verdict), line)| {
            [&name, &line.what].into_iter().chain(line.columns()).chain([&verdict]).cloned().collect()
        })
    });
    let head = [lang.cell_head(), lang.what_head()].into_iter().chain(arms.heads(lang)).chain([lang.verdict_head()]);
    Table { caption: lang.measured_caption(), head: head.collect(), rows: lines.collect() }
}

fn names(lang: Language) -> [&'static str; 2] {
    [Transport::Sse, Transport::WebSocket].map(|transport| lang.transport(transport))
}

fn added_head(sides: [Arm; 2], lang: Language) -> Vec<String> {
    let at = names(lang).map(|name| format!("{} {name}", Quantile::P50));
    let [base, other] = lang.sides(sides);
    [lang.cell_head(), lang.llm_pace_head()]
        .into_iter()
        .chain(at)
        .chain([
            lang.llm_difference_head(lang.llm_difference(&other, &base)),
            lang.llm_share_head(),
            lang.verdict_head(),
        ])
        .collect()
}

fn added_row(cell: &OwnCell, comparison: &Comparison, lang: Language) -> Vec<String> {
    let none = || NONE.to_owned();
    let pace = cell.tokens_per_second().map_or_else(none, number::significant);
    let [sse, websocket, _] = times(cell, Quantile::P50);
    let apart = cell.added(Quantile::P50).map_or_else(none, signed);
    let share = cell.share(Quantile::P50).map_or_else(none, |share| percent(share.abs()));
    let verdict = cell.headline().map_or_else(
        || cell.absent(lang),
        |contest| lang.verdict(contest, &lang.arm(contest.arms[1]), comparison.family),
    );
    vec![title(cell, lang), pace, sse, websocket, apart, share, verdict]
}

/// The cell and its streams.
fn title(cell: &OwnCell, lang: Language) -> String {
    format!("{} ({})", cell.cell.cell.name, lang.streams(cell.cell.cell.load.connections))
}

/// SSE, WebSocket and their ratio in the time that the cell is judged by.
fn times(cell: &OwnCell, quantile: Quantile) -> [String; 3] {
    let figure = Some(cell.judged(quantile)).filter(|figure| matches!(figure, Figure::Duration(..)));
    let known = figure.and_then(|figure| {
        let contest = cell.cell.contest(figure)?;
        let [base, other, ratio] = shown(contest)?;
        let [sse, websocket] = contest.in_columns([base, other]);
        Some([sse, websocket, ratio])
    });
    known.unwrap_or_else(|| std::array::from_fn(|_| NONE.to_owned()))
}

fn tail_head(sides: [Arm; 2], lang: Language) -> Vec<String> {
    let [sse, websocket] = names(lang);
    let at = |quantile: Quantile| {
        [sse.to_owned(), websocket.to_owned(), lang.over(sides)].map(|head| format!("{quantile} {head}"))
    };
    let [_, _, ratio] = at(Quantile::P50);
    std::iter::once(lang.cell_head()).chain(at(Quantile::P99)).chain([ratio]).collect()
}

fn tail_row(cell: &OwnCell, lang: Language) -> Vec<String> {
    let [_, _, ratio] = times(cell, Quantile::P50);
    std::iter::once(title(cell, lang)).chain(times(cell, Quantile::P99)).chain([ratio]).collect()
}

/// What stands beside the latency, each as `SSE / WebSocket`.
const BESIDE: [Figure; 5] = [
    Figure::Duration(Metric::FirstContent, Quantile::P50),
    Figure::Duration(Metric::InterChunk, Quantile::P50),
    Figure::TokensPerSecond,
    Figure::BytesPerToken,
    Figure::ServerCpuPerEvent,
];

fn beside_head(lang: Language) -> Vec<String> {
    let [sse, websocket] = names(lang);
    let figure = |figure| format!("{}: {sse} / {websocket}", lang.figure(figure));
    std::iter::once(lang.cell_head()).chain(BESIDE.map(figure)).collect()
}

fn beside_row(cell: &OwnCell, lang: Language) -> Vec<String> {
    let pair = |figure| match cell.values(figure, lang) {
        [sse, websocket] if sse == NONE && websocket == NONE => NONE.to_owned(),
        [sse, websocket] => format!("{sse} / {websocket}"),
    };
    std::iter::once(cell.cell.cell.name.clone()).chain(BESIDE.map(pair)).collect()
}
