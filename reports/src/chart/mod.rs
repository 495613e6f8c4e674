//! Plain data in, one chart out: an SVG that lives inside the report page and a PNG that stands alone.
//!
//! Both are the same picture: every chart is drawn once, generically over plotters' [`DrawingBackend`], on a canvas
//! 540 units wide, so that text stays legible on a phone. The SVG takes font and ink (`currentColor`) from the page and
//! the colours of the arms from CSS properties such as `--sse`, so it follows light, dark and print; the PNG is opaque
//! and carries its own font.
//!
//! This module knows nothing of records, trials or verdicts, reads no file and never panics on data: a value that a
//! scale cannot show (NaN, infinite, zero on a logarithmic axis) is left out, and a chart left with nothing to show is a
//! [`ChartError::Empty`]. The same input always gives the same bytes.
//!
//! [`DrawingBackend`]: plotters_backend::DrawingBackend

mod axis;
mod colour;
mod columns;
mod curves;
mod header;
mod markup;
mod pace;
mod pen;
mod plot;
mod points;
mod raster;
mod rows;
mod stacked;
#[cfg(test)]
mod tests;
mod typeface;
mod unit;

pub use colour::Colour;
pub use columns::{Column, ColumnGroup, overhead};
pub use curves::{
    Arm, MemoryLine, MemoryPoint, Series, Shift, ShiftPoint, Stroke, memory, percentile_spectrum, shift, timeline,
};
pub use pace::{PaceLine, pace};
pub use rows::{Bar, Forest, ForestRow, bars, ratio_forest};
pub use stacked::{Kind, Stack, stacked};
pub use unit::Unit;

use header::{Header, Key};
use pen::{Pen, Rect};
use plotters_backend::DrawingBackend;

/// Width of every chart in drawing units; in the page one unit is at most 1.2 CSS pixels.
pub const WIDTH: f64 = 540.0;

/// A finished chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// An `<svg>` element to put inside an HTML page: no background, no font, no fixed size, no id.
    pub svg: String,
    /// A PNG file, 1160 pixels wide, white behind.
    pub png: Vec<u8>,
}

/// Why a chart was not drawn.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    /// No value could be placed on the chart's scales.
    #[error("nothing to draw: no value fits the chart's scales")]
    Empty,
    /// More things were given than one chart can show legibly.
    #[error("{count} {what} do not fit one chart (at most {limit})")]
    TooMany {
        /// What there was too much of, a plural noun.
        what: &'static str,
        /// How many were given.
        count: usize,
        /// The most that fit.
        limit: usize,
    },
    /// The drawing library refused.
    #[error("cannot draw: {0}")]
    Draw(String),
    /// The picture could not be encoded.
    #[error("cannot encode the PNG: {0}")]
    Png(#[from] png::EncodingError),
}

/// A label in two forms: the page may be in any language, the PNG's bundled font covers Latin script only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    /// Shown in the SVG.
    pub page: String,
    /// Shown in the PNG: English.
    pub image: String,
}

impl Text {
    /// `page` in the language of the page, `image` in English.
    pub fn new(page: impl Into<String>, image: impl Into<String>) -> Self {
        Self { page: page.into(), image: image.into() }
    }

    /// The same text with `suffix`, which needs no translation.
    fn with(&self, suffix: &str) -> Self {
        Self { page: format!("{}{suffix}", self.page), image: format!("{}{suffix}", self.image) }
    }

    fn on(&self, medium: Medium) -> &str {
        match medium {
            Medium::Page => &self.page,
            Medium::Image => &self.image,
        }
    }
}

impl<S: Into<String>> From<S> for Text {
    /// The same words in both.
    fn from(both: S) -> Self {
        let both = both.into();
        Self { page: both.clone(), image: both }
    }
}

/// The words around a chart. Empty ones take no room.
#[derive(Debug, Clone, Default)]
pub struct ChartText {
    /// What the chart says; at most two lines.
    pub title: Text,
    /// How to read it, in grey under the title; at most two lines.
    pub subtitle: Text,
    /// Title of the x axis, with its unit.
    pub x: Text,
    /// Title of the y axis, with its unit.
    pub y: Text,
    /// For readers who do not see the chart: the `<desc>` of the SVG.
    pub description: String,
}

/// Where a drawing goes, hence which form of each [`Text`] it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Medium {
    Page,
    Image,
}

/// One kind of chart: what its legend lists, how tall it is and how it is drawn.
trait Picture {
    fn keys(&self) -> Vec<Key> {
        Vec::new()
    }

    /// Height in drawing units, without the header.
    fn height(&self) -> f64;

    fn draw<DB: DrawingBackend>(&self, pen: &mut Pen<'_, DB>, area: Rect) -> Result<(), ChartError>;
}

fn render(text: &ChartText, picture: &impl Picture) -> Result<Chart, ChartError> {
    let page = Header::lay(text, &picture.keys(), Medium::Page);
    let page_height = page.height() + picture.height();
    let svg = markup::svg(text, page_height, |pen| compose(pen, &page, picture))?;

    let image = Header::lay(text, &picture.keys(), Medium::Image);
    let image_height = image.height() + picture.height();
    let png = raster::png(image_height, |pen| compose(pen, &image, picture))?;
    Ok(Chart { svg, png })
}

fn compose<DB: DrawingBackend>(
    pen: &mut Pen<'_, DB>,
    header: &Header,
    picture: &impl Picture,
) -> Result<(), ChartError> {
    header.draw(pen)?;
    let top = header.height();
    picture.draw(pen, Rect { left: 0.0, top, right: WIDTH, bottom: top + picture.height() })
}

fn at_most(what: &'static str, count: usize, limit: usize) -> Result<(), ChartError> {
    if count > limit { Err(ChartError::TooMany { what, count, limit }) } else { Ok(()) }
}
