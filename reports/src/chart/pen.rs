//! The pen: strokes, areas and words in drawing units, passed on to any plotters backend. It places nothing itself.
//!
//! plotters backends count in whole pixels, so one drawing unit is [`UNIT`] of theirs: curves keep a tenth of a unit.

use super::typeface::Font;
use super::{ChartError, Medium, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, IntoFont, RGBAColor, ShapeStyle, TextStyle};
use plotters_backend::{BackendStyle, DrawingBackend, DrawingErrorKind};

/// Backend units per drawing unit.
pub(super) const UNIT: f64 = 10.0;

/// plotters takes the height of a line and divides it by this to get the em.
const LINE_PER_EM: f64 = 1.24;

pub(super) type Point = (f64, f64);

/// A rectangle in drawing units, y downwards.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rect {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Rect {
    pub(super) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(super) fn height(&self) -> f64 {
        self.bottom - self.top
    }
}

/// How a text looks and on which side of its point it stands; vertically it is always centred.
#[derive(Clone, Copy)]
pub(super) struct Type {
    pub font: Font,
    pub ink: RGBAColor,
    pub side: HPos,
}

impl Type {
    pub(super) fn centred(self) -> Self {
        Self { side: HPos::Center, ..self }
    }

    /// Ends at its point.
    pub(super) fn ending(self) -> Self {
        Self { side: HPos::Right, ..self }
    }
}

/// Draws on one backend for one medium.
pub(super) struct Pen<'a, DB> {
    backend: &'a mut DB,
    medium: Medium,
}

impl<'a, DB: DrawingBackend> Pen<'a, DB> {
    pub(super) fn new(backend: &'a mut DB, medium: Medium) -> Self {
        Self { backend, medium }
    }

    /// The form of `text` that this drawing shows.
    pub(super) fn word<'t>(&self, text: &'t Text) -> &'t str {
        text.on(self.medium)
    }

    /// A horizontal or vertical hairline, moved to where pixels render it sharply.
    pub(super) fn rule(&mut self, from: Point, to: Point, ink: RGBAColor) -> Result<(), ChartError> {
        let sharp = |(x, y): Point| ((x * 2.0).round() / 2.0, (y * 2.0).round() / 2.0);
        self.line(sharp(from), sharp(to), ink, 1.0)
    }

    pub(super) fn line(&mut self, from: Point, to: Point, ink: RGBAColor, width: f64) -> Result<(), ChartError> {
        drawn(self.backend.draw_line(whole(from), whole(to), &stroke(ink, width)))
    }

    pub(super) fn path(&mut self, points: &[Point], ink: RGBAColor, width: f64) -> Result<(), ChartError> {
        drawn(self.backend.draw_path(points.iter().copied().map(whole), &stroke(ink, width)))
    }

    /// A dashed straight line. No line within a drawing is longer than `LONGEST`; one that leaves it ends there.
    pub(super) fn dashes(&mut self, from: Point, to: Point, ink: RGBAColor, width: f64) -> Result<(), ChartError> {
        const DASH: f64 = 9.0;
        const PERIOD: f64 = 15.0;
        const LONGEST: f64 = 1000.0;
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.hypot(dy);
        let dashes = (length / PERIOD).ceil().min(LONGEST / PERIOD) as usize;
        let at = |along: f64| (from.0 + dx * along / length, from.1 + dy * along / length);
        for dash in 0..dashes {
            let start = dash as f64 * PERIOD;
            self.line(at(start), at((start + DASH).min(length)), ink, width)?;
        }
        Ok(())
    }

    pub(super) fn area(&mut self, outline: &[Point], ink: RGBAColor) -> Result<(), ChartError> {
        drawn(self.backend.fill_polygon(outline.iter().copied().map(whole), &ink))
    }

    pub(super) fn block(&mut self, rect: Rect, ink: RGBAColor) -> Result<(), ChartError> {
        let (corner, other) = (whole((rect.left, rect.top)), whole((rect.right, rect.bottom)));
        drawn(self.backend.draw_rect(corner, other, &ink, true))
    }

    pub(super) fn dot(&mut self, centre: Point, radius: f64, ink: RGBAColor) -> Result<(), ChartError> {
        drawn(self.backend.draw_circle(whole(centre), (radius * UNIT) as u32, &ink, true))
    }

    pub(super) fn ring(&mut self, centre: Point, radius: f64, ink: RGBAColor) -> Result<(), ChartError> {
        drawn(self.backend.draw_circle(whole(centre), (radius * UNIT) as u32, &stroke(ink, 1.5), false))
    }

    pub(super) fn text(&mut self, at: Point, text: &str, look: Type) -> Result<(), ChartError> {
        let weight = if look.font.bold { FontStyle::Bold } else { FontStyle::Normal };
        let font = ("sans-serif", look.font.size * UNIT * LINE_PER_EM).into_font().style(weight);
        let style = TextStyle::from(font).color(&look.ink).pos(Pos::new(look.side, VPos::Center));
        drawn(self.backend.draw_text(text, &style, whole(at)))
    }
}

/// The em that a plotters text style asks for, in backend units.
pub(super) fn em(size: f64) -> f64 {
    size / LINE_PER_EM
}

fn whole((x, y): Point) -> (i32, i32) {
    ((x * UNIT).round() as i32, (y * UNIT).round() as i32)
}

fn stroke(ink: RGBAColor, width: f64) -> impl BackendStyle {
    ShapeStyle { color: ink.to_rgba(), filled: false, stroke_width: (width * UNIT).round() as u32 }
}

fn drawn<E: std::error::Error + Send + Sync>(result: Result<(), DrawingErrorKind<E>>) -> Result<(), ChartError> {
    result.map_err(|error| ChartError::Draw(error.to_string()))
}
