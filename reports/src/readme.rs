//! What a run puts into a README, and where. Refuses to touch anything outside of its two markers.

use crate::agent::Agent;
use crate::compare::Comparison;
use crate::findings::Findings;
use crate::markdown::{cells_table, claim, columns, escape, head, table};
use crate::number::{self, NONE};
use crate::own_cells::{OwnCell, OwnCells, percent, signed};
use crate::row::{Finding, RowVerdict};
use crate::text::Language;
use trial::{Figure, Quantile};
use wire::Transport;

/// The part of a README that a run fills: what stands between `<!-- pushbench:NAME -->` and `<!-- /pushbench:NAME -->`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `table`: the ten rows.
    Table,
    /// `streams`: language-model cells.
    Streams,
    /// `agent`: tool loops.
    Agent,
    /// `cells`: cells that feed no row and have no pace of tokens.
    Cells,
}

/// Why a part cannot be put into a README.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpliceError {
    /// A marker is not there, or there more than once.
    #[error("the marker {0} must stand in the file exactly once, it is there {1} times")]
    Marker(String, usize),
    /// The end stands before the start.
    #[error("the marker {end} stands before {start}")]
    Order {
        /// Where the part should begin.
        start: String,
        /// Where it should end.
        end: String,
    },
}

impl Part {
    fn markers(self) -> [String; 2] {
        let name = match self {
            Self::Table => "table",
            Self::Streams => "streams",
            Self::Agent => "agent",
            Self::Cells => "cells",
        };
        [format!("<!-- pushbench:{name} -->"), format!("<!-- /pushbench:{name} -->")]
    }
}

/// What a run has to say in a README, in English, and in which part of it.
pub fn readme_part(comparison: &Comparison) -> (Part, String) {
    if let Some(found) = Agent::of(comparison.records) {
        return (Part::Agent, loops(&found));
    }
    match OwnCells::of(comparison) {
        Some(own) if own.cells.iter().any(|cell| cell.gap_ns.is_some()) => (Part::Streams, streams(&own)),
        Some(own) => (Part::Cells, cells(&own)),
        None => (Part::Table, rows(comparison)),
    }
}

/// One line for each row of the table.
fn rows(comparison: &Comparison) -> String {
    let lang = Language::English;
    let findings = Findings::of(comparison, lang);
    let rows = findings.rows.iter().map(|(row, finding)| {
        let first = Finding { lines: finding.lines.iter().take(1).cloned().collect(), ..finding.clone() };
        let named = [lang.row(*row).to_owned(), claim(*row, lang)].into_iter();
        let columns = columns(&first, &findings.arms, lang);
        named.chain(columns).chain([verdict(&finding.verdict, lang)]).collect()
    });
    let note = escape(&findings.arms.note(lang));
    table(head(&findings.arms, lang), rows.collect()) + &format!("\n{note}\n\n{}\n", escape(&findings.answer(lang)))
}

/// What is said of a row, and on what it rests.
fn verdict(said: &RowVerdict, lang: Language) -> String {
    let (word, detail) = (said.word(lang), escape(&said.detail(lang)));
    if detail.is_empty() { format!("**{word}**") } else { format!("**{word}** – {detail}") }
}

/// The answer, and one line for each cell.
fn cells(own: &OwnCells) -> String {
    let lang = Language::English;
    let table = cells_table(&own.findings(lang), &own.arms, lang);
    format!("{}\n\n{table}\n{}\n", escape(&own.answer(lang)), escape(&own.arms.note(lang)))
}

/// The answer, and one line for each paced cell.
fn streams(own: &OwnCells) -> String {
    let lang = Language::English;
    let [sse, websocket] = [Transport::Sse, Transport::WebSocket].map(|transport| lang.transport(transport));
    let [base, other] = lang.sides(own.sides());
    let of = |figure: &str, transport: &str| format!("{figure}, {transport}");
    let (added, bytes) = (lang.llm_chart_axis(), lang.figure(Figure::BytesPerToken));
    let columns = [
        lang.llm_pace_head(),
        lang.llm_streams_head(),
        of(&added, sse),
        of(&added, websocket),
        lang.llm_difference_head(lang.llm_difference(&other, &base)),
        lang.llm_share_head(),
        of(&bytes, sse),
        of(&bytes, websocket),
    ];
    let rows = own.cells.iter().filter_map(|cell| stream(cell, lang));
    let table = table(columns.into(), rows.collect());
    format!("{}\n\n{table}\n{}\n", escape(&own.answer(lang)), escape(&lang.difference_note()))
}

/// One cell with a pace of its own.
fn stream(cell: &OwnCell, lang: Language) -> Option<Vec<String>> {
    let pace = number::significant(cell.tokens_per_second()?);
    let both = |figure| cell.values(figure, lang);
    let [sse, websocket] = both(cell.judged(Quantile::P50));
    let [sse_bytes, websocket_bytes] = both(Figure::BytesPerToken);
    let difference = cell.added(Quantile::P50).map_or_else(|| NONE.to_owned(), signed);
    let share = cell.share(Quantile::P50).map_or_else(|| NONE.to_owned(), |share| percent(share.abs()));
    let streams = cell.cell.cell.load.connections.to_string();
    Some(vec![pace, streams, sse, websocket, difference, share, sse_bytes, websocket_bytes])
}

/// What the vendors' number is made of, a line for each round trip.
fn loops(found: &Agent) -> String {
    let lang = Language::English;
    let said = [lang.agent(found), lang.agent_missing(found)].concat();
    said.iter().map(|line| format!("- {}\n", escape(line))).collect()
}

/// Puts a part between its two markers in a README, in place of what stands there.
///
/// # Errors
/// [`SpliceError`] unless each marker stands there exactly once, in order.
pub fn splice(readme: &str, part: Part, text: &str) -> Result<String, SpliceError> {
    let [start, end] = part.markers();
    let [from, to] = [find_once(readme, &start)?, find_once(readme, &end)?];
    match readme.get(..from + start.len()).filter(|_| from < to) {
        Some(head) => Ok(format!("{head}\n{}\n{}", text.trim(), &readme[to..])),
        None => Err(SpliceError::Order { start, end }),
    }
}

fn find_once(text: &str, marker: &str) -> Result<usize, SpliceError> {
    let mut places = text.match_indices(marker);
    match (places.next(), places.count()) {
        (Some((at, _)), 0) => Ok(at),
        (None, _) => Err(SpliceError::Marker(marker.to_owned(), 0)),
        (Some(_), more) => Err(SpliceError::Marker(marker.to_owned(), more + 1)),
    }
}
