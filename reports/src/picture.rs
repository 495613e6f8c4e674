//! Charts of cells: which numbers go into which picture, with which words. Refuses to draw: `chart` does.

mod bars;
mod curves;
mod forest;
#[cfg(test)]
mod tests;

pub(crate) use bars::{bars, breakdown, overhead};
pub(crate) use curves::{memory, pace, shift, spectrum, timeline};
pub(crate) use forest::forest;

use crate::chart::{ChartError, ChartText, Colour, Plot};
use crate::compare::{ArmTrials, CellComparison};
use crate::document::{Block, Picture};
use crate::text::Language;
use trial::{Arm, Scenario};
use wire::Transport;

/// Every picture of a cell's own; rows whose cells are compared in one picture make theirs themselves.
pub(crate) fn of_cell(cell: &CellComparison, lang: Language) -> Vec<Block> {
    match &cell.cell.row {
        None => match cell.cell.workload.scenario() {
            Scenario::Push | Scenario::Relay | Scenario::Echo | Scenario::Connect | Scenario::Read | Scenario::Llm => {
                durations(cell, lang)
            }
            Scenario::Saturate => bars(cell, trial::Figure::EventsPerSecond, lang).into_iter().collect(),
            Scenario::Memory => memory(&[cell], lang).into_iter().collect(),
            Scenario::ToolLoop => bars(cell, trial::Figure::TurnOverhead, lang).into_iter().collect(),
            Scenario::Handshake | Scenario::Codec | Scenario::Browser | Scenario::Exact => Vec::new(),
            Scenario::Capacity => Vec::new(),
        },
        Some(row) if row.is_timed() => durations(cell, lang),
        Some(_) => Vec::new(),
    }
}

fn durations(cell: &CellComparison, lang: Language) -> Vec<Block> {
    let Some(metric) = cell.judged() else {
        return Vec::new();
    };
    let shifts = cell.versus.iter().map(|versus| shift(cell, versus, metric, lang));
    std::iter::once(spectrum(cell, metric, lang)).chain(shifts).chain([timeline(cell, lang)]).flatten().collect()
}

/// A plot as a block of evidence, the picture in English; one without anything to show is left out.
fn block(
    lang: Language,
    caption: String,
    name: String,
    plot: impl Fn(Language) -> Result<Plot, ChartError>,
) -> Option<Block> {
    let svg = plot(lang).and_then(|plot| plot.svg());
    match svg.and_then(|svg| Ok((svg, plot(Language::English)?.png()?))) {
        Ok((svg, png)) => Some(Block::Chart(Picture { svg, png, caption, name })),
        Err(ChartError::Empty) => None,
        Err(problem) => Some(Block::Warning(format!("{name}: {problem}"))),
    }
}

/// The words around a chart whose axes say enough.
fn without_titles(title: String, subtitle: String) -> ChartText {
    ChartText { title, subtitle, ..ChartText::default() }
}

/// The colour of an arm in every chart of a cell: the first SSE and the first WebSocket have theirs, the others take what
/// is left in the order of the cell.
fn colour(cell: &CellComparison, arm: Arm) -> Colour {
    let arms = || cell.cell.arms.iter().copied().filter(|arm| !arm.twin);
    let first = |protocol| arms().find(|arm| arm.protocol == protocol);
    let (sse, websocket) = (first(Transport::Sse), first(Transport::WebSocket));
    let others = || arms().filter(|arm| Some(*arm) != sse && Some(*arm) != websocket);
    match Some(arm) {
        _ if arm.twin => Colour::Null,
        arm if arm == sse => Colour::Sse,
        arm if arm == websocket => Colour::WebSocket,
        _ => Colour::Other(others().position(|other| other == arm).unwrap_or_default()),
    }
}

/// Arms with numbers that are no null twins.
fn shown_arms<'a, 'r>(cell: &'a CellComparison<'r>) -> impl Iterator<Item = &'a ArmTrials<'r>> {
    cell.arms.iter().filter(|arm| !arm.arm.twin && arm.is_measured())
}

/// A file name from a cell's name and the kind of chart.
fn file_name(cell: &str, kind: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    // A name from a foreign plan may be of any length.
    let cell: String = cell.chars().take(80).map(safe).collect();
    format!("{}-{kind}", cell.trim_matches('-'))
}
