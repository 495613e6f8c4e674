//! What a run puts into a README, and where. Refuses to touch anything outside of its two markers.

use crate::compare::Comparison;
use crate::document::{Block, Verdicts};
use crate::effects;
use crate::own_cells::OwnCells;
use crate::render::{blocks, joined, table, verdicts_table};
use crate::row::rows_of;
use crate::section::{Findings, answer, own_verdicts, pace_table, verdicts};
use crate::text::Language;

/// The part of a README that a run fills: what stands between `<!-- pushbench:NAME -->` and `<!-- /pushbench:NAME -->`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `table`: the rows.
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

/// What a run has to say in a README, in English, and in which part of it: the answer, a table, how that is to be read.
pub fn readme_part(comparison: &Comparison) -> (Part, String) {
    let lang = Language::English;
    let rows = rows_of(std::slice::from_ref(comparison));
    let findings = Findings::of(comparison, &rows, lang);
    let first_lines = |verdicts: Verdicts| verdicts_table(&verdicts.brief(), 0);
    let (part, table, note) = match OwnCells::of(comparison) {
        _ if effects::are_all(comparison) => (Part::Agent, String::new(), None),
        Some(own) if own.cells.iter().any(|cell| cell.gap_ns.is_some()) => {
            (Part::Streams, table(&pace_table(&own, lang)), Some(lang.difference_note()))
        }
        Some(own) => (Part::Cells, first_lines(own_verdicts(&own, lang)), Some(own.arms.note(lang))),
        None => {
            let table = verdicts(std::slice::from_ref(&findings), &[], lang);
            (Part::Table, first_lines(table), Some(findings.arms.note(lang)))
        }
    };
    let answer = blocks(&[Block::Answer(answer(comparison, &findings, lang))]);
    let note = note.map_or_else(String::new, |note| blocks(&[Block::Note(note)]));
    (part, joined([answer, table, note]))
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
