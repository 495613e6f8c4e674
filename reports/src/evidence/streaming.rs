//! The first section of a run that asked language models: what each transport adds at each pace, as tables and a chart.

use super::{Block, Table};
use crate::compare::Comparison;
use crate::number::{self, NONE};
use crate::picture;
use crate::row::shown;
use crate::streaming::{Streamed, Streaming, percent, signed};
use crate::text::Language;
use trial::{Figure, Metric, Quantile};
use wire::Transport;

/// The section; empty for a run with other cells.
pub(crate) fn of_streaming(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let Some(streaming) = Streaming::of(comparison) else { return Vec::new() };
    let cells = &streaming.cells;
    let added = table(lang.llm_added_caption(), added_head(lang), cells, |cell| added_row(cell, comparison, lang));
    let beside = table(lang.llm_beside_caption(), beside_head(lang), cells, |cell| beside_row(cell, lang));
    let sentences = streaming
        .findings(lang)
        .into_iter()
        .map(|(name, finding)| Block::Text(format!("{name}: {}", finding.sentence)));
    let picture = picture::pace(&streaming, lang);
    let (added, beside) = (Block::Table(added), Block::Table(beside));
    [added, Block::Note(lang.llm_method())].into_iter().chain(picture).chain([beside]).chain(sentences).collect()
}

fn table(caption: String, head: Vec<String>, cells: &[Streamed], row: impl Fn(&Streamed) -> Vec<String>) -> Table {
    Table { caption, head, rows: cells.iter().map(row).collect() }
}

fn names(lang: Language) -> [&'static str; 2] {
    [Transport::Sse, Transport::WebSocket].map(|transport| lang.transport(transport))
}

fn added_head(lang: Language) -> Vec<String> {
    let [sse, websocket] = names(lang);
    let at = |quantile: Quantile| {
        [sse.to_owned(), websocket.to_owned(), lang.ratio_head(websocket, sse)].map(|head| format!("{quantile} {head}"))
    };
    let fixed = [lang.cell_head(), lang.llm_pace_head()];
    let apart = [lang.llm_difference(), lang.llm_share_head()];
    fixed
        .into_iter()
        .chain(at(Quantile::P50))
        .chain(apart)
        .chain(at(Quantile::P99))
        .chain([lang.verdict_head()])
        .collect()
}

fn added_row(cell: &Streamed, comparison: &Comparison, lang: Language) -> Vec<String> {
    let none = || NONE.to_owned();
    let at = |quantile| {
        let figure = Some(cell.judged(quantile)).filter(|figure| matches!(figure, Figure::Duration(..)));
        let known = figure.and_then(|figure| shown(cell.cell.contest(figure)?));
        known.unwrap_or_else(|| [none(), none(), none()])
    };
    let apart = [
        cell.added(Quantile::P50).map_or_else(none, signed),
        cell.share(Quantile::P50).map_or_else(none, |share| percent(share.abs())),
    ];
    let pace = cell.tokens_per_second().map_or_else(none, number::significant);
    let name = format!("{} ({})", cell.cell.cell.name, lang.streams(cell.cell.cell.load.connections));
    // From the pacer's release where its lateness would dilute the ratio.
    let name = if cell.cell.judged() == Some(Metric::DeliveryTime) { lang.since_fired(name) } else { name };
    let verdict = cell.headline().map_or_else(
        || cell.absent(lang),
        |contest| lang.verdict(contest, Transport::WebSocket.title(), comparison.family),
    );
    [name, pace].into_iter().chain(at(Quantile::P50)).chain(apart).chain(at(Quantile::P99)).chain([verdict]).collect()
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

fn beside_row(cell: &Streamed, lang: Language) -> Vec<String> {
    let pair = |figure| {
        let line = cell.line(figure, lang);
        line.map_or_else(|| NONE.to_owned(), |line| format!("{} / {}", line.sse, line.websocket))
    };
    std::iter::once(cell.cell.cell.name.clone()).chain(BESIDE.map(pair)).collect()
}
