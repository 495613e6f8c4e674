//! Where a chart is drawn, whatever the medium.

use super::font::Font;
use super::mark::Point;
use super::{ChartError, Colour};
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind};
use plotters::style::RGBAColor;
use plotters::style::text_anchor::HPos;
use plotters_backend::DrawingBackend;

/// A drawing area of plotters that has `unit` pixels per drawing unit.
pub(super) struct Sheet<DB: DrawingBackend> {
    pub area: DrawingArea<DB, Shift>,
    pub unit: f64,
}

impl<DB: DrawingBackend> Sheet<DB> {
    pub(super) fn pixels(&self, units: f64) -> i32 {
        (units * self.unit).round() as i32
    }

    pub(super) fn write(&self, (x, y): Point, text: &str, font: Font, ink: RGBAColor) -> Result<(), ChartError> {
        let style = font.style(self.unit, ink, HPos::Left);
        drawn(self.area.draw_text(text, &style, (self.pixels(x), self.pixels(y))))
    }
}

/// What plotters did, or why not.
pub(super) fn drawn<T, E: std::error::Error + Send + Sync>(
    result: Result<T, DrawingAreaErrorKind<E>>,
) -> Result<T, ChartError> {
    result.map_err(|error| ChartError::Draw(error.to_string()))
}

/// Grey text.
pub(super) fn soft() -> RGBAColor {
    Colour::Ink.at(0.72)
}
