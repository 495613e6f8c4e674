//! What stands above every chart: title, subtitle and legend, wrapped to the chart's width. Draws no data.

use super::colour::ink;
use super::pen::{Pen, Point, Rect, Type};
use super::typeface::Font;
use super::{ChartError, ChartText, Medium, Text, WIDTH};
use plotters::style::RGBAColor;
use plotters::style::text_anchor::HPos;
use plotters_backend::DrawingBackend;

const TITLE: Font = Font { size: 17.0, bold: true };
const BODY: Font = Font { size: 14.0, bold: false };
const SMALL: Font = Font { size: 13.0, bold: false };

const TITLE_LINE: f64 = 22.0;
const LINE: f64 = 18.0;
const KEY_ROW: f64 = 22.0;
const GAP: f64 = 7.0;
/// Width of a legend's sample, the space after it, and the space after its name.
const SAMPLE: f64 = 20.0;
const AFTER_SAMPLE: f64 = 6.0;
const AFTER_NAME: f64 = 10.0;

/// Names and values of the data.
pub(super) fn body() -> Type {
    Type { font: BODY, ink: ink(1.0), side: HPos::Left }
}

/// Ticks, axis titles and remarks.
pub(super) fn small() -> Type {
    Type { font: SMALL, ink: ink(0.72), side: HPos::Left }
}

/// How the legend shows a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Swatch {
    Line,
    ThinLine,
    Ring,
    Block,
    Dot,
    Tick,
    /// An upright stroke.
    Mark,
}

/// One entry of the legend; without a name it is not shown.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub swatch: Swatch,
    pub ink: RGBAColor,
    pub name: Text,
}

/// The header of one chart in one medium, laid out.
pub(super) struct Header {
    title: Vec<String>,
    subtitle: Vec<String>,
    keys: Vec<(Key, String, Point)>,
    height: f64,
}

impl Header {
    pub(super) fn lay(text: &ChartText, keys: &[Key], medium: Medium) -> Self {
        let title = TITLE.wrap(text.title.on(medium), WIDTH, 2);
        let subtitle = BODY.wrap(text.subtitle.on(medium), WIDTH, 2);
        let words = title.len() as f64 * TITLE_LINE + subtitle.len() as f64 * LINE;
        let mut header = Self { title, subtitle, keys: Vec::new(), height: words + GAP };
        let mut at = 0.0;
        for key in keys.iter().filter(|key| !key.name.on(medium).is_empty()) {
            let name = BODY.fit(key.name.on(medium), WIDTH - SAMPLE - AFTER_SAMPLE);
            let width = SAMPLE + AFTER_SAMPLE + BODY.width(&name);
            if at == 0.0 || at + width > WIDTH {
                at = 0.0;
                header.height += KEY_ROW;
            }
            header.keys.push((key.clone(), name, (at, header.height - KEY_ROW / 2.0)));
            at += width + AFTER_NAME;
        }
        header.height += GAP;
        header
    }

    pub(super) fn height(&self) -> f64 {
        self.height
    }

    pub(super) fn draw<DB: DrawingBackend>(&self, pen: &mut Pen<'_, DB>) -> Result<(), ChartError> {
        let mut y = TITLE_LINE / 2.0;
        for line in &self.title {
            pen.text((0.0, y), line, Type { font: TITLE, ..body() })?;
            y += TITLE_LINE;
        }
        y += (LINE - TITLE_LINE) / 2.0;
        for line in &self.subtitle {
            pen.text((0.0, y), line, Type { font: BODY, ..small() })?;
            y += LINE;
        }
        for (key, name, at) in &self.keys {
            sample(pen, key, *at)?;
            pen.text((at.0 + SAMPLE + AFTER_SAMPLE, at.1), name, body())?;
        }
        Ok(())
    }
}

fn sample<DB: DrawingBackend>(pen: &mut Pen<'_, DB>, key: &Key, (x, y): Point) -> Result<(), ChartError> {
    let end = (x + SAMPLE, y);
    let middle = (x + SAMPLE / 2.0, y);
    let square = Rect { left: x + 4.0, top: y - 6.0, right: x + 16.0, bottom: y + 6.0 };
    match key.swatch {
        Swatch::Line => pen.line((x, y), end, key.ink, 2.5),
        Swatch::ThinLine => pen.line((x, y), end, key.ink, 1.2),
        Swatch::Ring => {
            pen.line((x, y), (x + 4.0, y), key.ink, 1.8)?;
            pen.line((x + 16.0, y), end, key.ink, 1.8)?;
            pen.ring(middle, 4.0, key.ink)
        }
        Swatch::Block => pen.block(square, key.ink),
        Swatch::Dot => {
            pen.line((x, y), end, key.ink, 1.8)?;
            pen.dot(middle, 4.0, key.ink)
        }
        Swatch::Tick => pen.line((x + 2.0, y), (x + 18.0, y), key.ink, 2.0),
        Swatch::Mark => pen.line((x + 10.0, y - 8.0), (x + 10.0, y + 8.0), key.ink, 2.5),
    }
}
