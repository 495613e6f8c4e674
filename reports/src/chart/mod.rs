//! Charts: marks over two axes, drawn by plotters once for the page (SVG) and once for a file (PNG).
//!
//! The SVG takes font and ink (`currentColor`) from the page and the colours of the arms from CSS properties such as
//! `--sse`, so it follows light, dark and print; the PNG is opaque and carries its own font. Charts are 540 units wide,
//! so that text stays legible on a phone.
//!
//! This module knows nothing of records, trials or verdicts, reads no file and never panics on data: a value that a
//! scale cannot show (NaN, infinite, zero on a logarithmic axis) is left out, and a chart left with nothing to show is a
//! [`ChartError::Empty`]. The same input always gives the same bytes.

mod axis;
mod colour;
mod font;
mod header;
mod mark;
mod plot;
mod png;
mod sheet;
mod svg;
#[cfg(test)]
mod tests;
mod unit;

pub(crate) use axis::{Axis, ENDS};
pub(crate) use colour::Colour;
pub(crate) use mark::{Key, Label, Mark, Point, Shape};
pub(crate) use plot::{BESIDE, Plot};
pub(crate) use unit::Unit;

/// Width of every chart in drawing units; in the page one unit is at most 1.2 CSS pixels.
const WIDTH: f64 = 540.0;

/// Why a chart was not drawn.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChartError {
    /// No value could be placed on the chart's scales.
    #[error("nothing to draw: no value fits the chart's scales")]
    Empty,
    /// More things were given than one chart can show legibly.
    #[error("{count} {what} do not fit one chart (at most {limit})")]
    TooMany { what: &'static str, count: usize, limit: usize },
    /// The drawing library refused.
    #[error("cannot draw: {0}")]
    Draw(String),
    /// The picture could not be encoded.
    #[error("cannot encode the PNG: {0}")]
    Png(#[from] ::png::EncodingError),
}

/// The words around a chart. Empty ones take no room. Those of a PNG are English: its font covers Latin script only.
#[derive(Debug, Clone, Default)]
pub(crate) struct ChartText {
    /// What the chart says; at most two lines.
    pub(crate) title: String,
    /// How to read it, in grey under the title; at most two lines.
    pub(crate) subtitle: String,
    /// Title of the x axis, with its unit.
    pub(crate) x: String,
    /// Title of the y axis, with its unit.
    pub(crate) y: String,
}

impl ChartText {
    /// The title with a capital, though it may begin with the name of a quantity, as those stand in the middle of sentences.
    fn heading(&self) -> String {
        let mut rest = self.title.chars();
        rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
    }
}
