//! Charts of cells: which numbers go into which picture, with which words. Refuses to draw: `chart` does.

mod breakdown;
mod curves;
mod pace;
mod ratios;

pub(crate) use breakdown::breakdown;
pub(crate) use curves::{memory, shift, spectrum, timeline};
pub(crate) use pace::pace;
pub(crate) use ratios::{bars, forest, overhead};

use crate::chart::{Chart, ChartError, ChartText, Colour, Text};
use crate::compare::{ArmTrials, CellComparison};
use crate::document::{Block, Picture};
use crate::text::Language;
use trial::{Arm, Cell, Row, Scenario};
use wire::Transport;

/// Every picture of a cell's own; rows whose cells are compared in one picture make theirs themselves.
pub(crate) fn of_cell(cell: &CellComparison, lang: Language) -> Vec<Block> {
    match cell.cell.row {
        None => match cell.cell.scenario {
            Scenario::Push | Scenario::Relay | Scenario::Echo | Scenario::Connect | Scenario::Llm => {
                durations(cell, lang)
            }
            Scenario::Saturate => bars(cell, trial::Figure::EventsPerSecond, lang).into_iter().collect(),
            Scenario::Memory => memory(&[cell], lang).into_iter().collect(),
            Scenario::Handshake | Scenario::Codec | Scenario::Browser | Scenario::Exact => Vec::new(),
        },
        Some(Row::Latency | Row::Bidirectional | Row::ConnectTime) => durations(cell, lang),
        Some(
            Row::ProtocolType
            | Row::Implementation
            | Row::BrowserSupport
            | Row::NetworkOverhead
            | Row::ClientLibrary
            | Row::Throughput
            | Row::Memory,
        ) => Vec::new(),
    }
}

fn durations(cell: &CellComparison, lang: Language) -> Vec<Block> {
    let Some(metric) = cell.judged() else {
        return Vec::new();
    };
    let shifts = cell.versus.iter().map(|versus| shift(cell, versus, metric, lang));
    std::iter::once(spectrum(cell, metric, lang)).chain(shifts).chain([timeline(cell, lang)]).flatten().collect()
}

/// A chart as a block of evidence; a chart without anything to show is left out.
fn block(chart: Result<Chart, ChartError>, caption: String, name: String) -> Option<Block> {
    match chart {
        Ok(chart) => Some(Block::Chart(Picture { chart, caption, name })),
        Err(ChartError::Empty) => None,
        Err(problem) => Some(Block::Warning(format!("{name}: {problem}"))),
    }
}

/// A text in the language of the page and in English for the PNG.
fn both(lang: Language, text: impl Fn(Language) -> String) -> Text {
    Text::new(text(lang), text(Language::English))
}

fn chart_text(
    lang: Language,
    title: impl Fn(Language) -> String,
    subtitle: impl Fn(Language) -> String,
    x: impl Fn(Language) -> String,
    y: impl Fn(Language) -> String,
) -> ChartText {
    ChartText {
        description: format!("{}. {}", title(lang), subtitle(lang)),
        title: both(lang, title),
        subtitle: both(lang, subtitle),
        x: both(lang, x),
        y: both(lang, y),
    }
}

/// The colour of an arm in a cell: that of its protocol, for the first arm of the cell that has it, and one of the neutral ones
/// for each that follows.
pub(crate) fn colour(arm: Arm, cell: &Cell) -> Colour {
    let again = |(i, one): (usize, &Arm)| cell.arms[..i].iter().any(|earlier| earlier.protocol == one.protocol);
    let repeated = cell.arms.iter().enumerate().filter(|one| again(*one)).map(|(_, one)| *one);
    match repeated.zip(0..).find(|(one, _)| *one == arm) {
        _ if arm.twin => Colour::Null,
        Some((_, index)) => Colour::Neutral(index),
        None => of_protocol(arm.protocol),
    }
}

/// The one colour of a protocol.
pub(crate) const fn of_protocol(protocol: Transport) -> Colour {
    match protocol {
        Transport::Sse => Colour::Sse,
        Transport::WebSocket => Colour::WebSocket,
        Transport::LongPoll => Colour::LongPoll,
        Transport::HttpStream => Colour::Control,
        Transport::RawTcp => Colour::Floor,
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
