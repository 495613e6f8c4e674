//! Overhead: columns in groups, one group per payload size, theory marked on each column. Computes neither.

use super::axis::{Axis, Scale};
use super::colour::ink;
use super::header::{Key, Swatch, body, small};
use super::pen::{Pen, Rect};
use super::unit::trimmed;
use super::{Chart, ChartError, ChartText, Colour, Picture, Text, Unit, at_most, render};
use plotters_backend::DrawingBackend;

const HEIGHT: f64 = 290.0;
const ABOVE: f64 = 40.0;
const BELOW: f64 = 46.0;
const MOST_GROUPS: usize = 8;
const MOST_COLUMNS: usize = 6;

/// One column.
#[derive(Debug, Clone)]
pub struct Column {
    /// Shown in the legend, once however many groups have it.
    pub name: Text,
    /// Whose value this is.
    pub colour: Colour,
    /// Bytes above the payload for each event, as measured.
    pub measured: f64,
    /// The same by the specification, when it can be computed.
    pub theory: Option<f64>,
}

/// Columns that stand together.
#[derive(Debug, Clone)]
pub struct ColumnGroup {
    /// Under the group: the payload size.
    pub label: Text,
    /// From left to right.
    pub columns: Vec<Column>,
}

/// Bytes above the payload per event, a group for each payload size; `theory` names the mark of the theoretical figure
/// in the legend.
pub fn overhead(text: &ChartText, theory: &Text, groups: &[ColumnGroup]) -> Result<Chart, ChartError> {
    at_most("groups", groups.len(), MOST_GROUPS)?;
    at_most("columns", groups.iter().map(|g| g.columns.len()).max().unwrap_or(0), MOST_COLUMNS)?;
    let columns = || groups.iter().flat_map(|group| &group.columns);
    let measured = columns().map(|column| column.measured);
    extent_exists(measured.clone())?;
    let heights = measured.chain(columns().filter_map(|column| column.theory));
    let y = Axis::from_zero(heights, Unit::Bytes).ok_or(ChartError::Empty)?;
    render(text, &Overhead { text, theory, groups, y })
}

fn extent_exists(mut values: impl Iterator<Item = f64>) -> Result<(), ChartError> {
    if values.any(|value| Scale::Linear.apply(value).is_some()) { Ok(()) } else { Err(ChartError::Empty) }
}

struct Overhead<'a> {
    text: &'a ChartText,
    theory: &'a Text,
    groups: &'a [ColumnGroup],
    y: Axis,
}

impl Picture for Overhead<'_> {
    fn keys(&self) -> Vec<Key> {
        let mut keys: Vec<Key> = Vec::new();
        for column in self.groups.iter().flat_map(|group| &group.columns) {
            if !keys.iter().any(|key| key.name == column.name) {
                keys.push(Key { swatch: Swatch::Block, ink: column.colour.ink(), name: column.name.clone() });
            }
        }
        if self.groups.iter().flat_map(|group| &group.columns).any(|column| column.theory.is_some()) {
            keys.push(Key { swatch: Swatch::Tick, ink: ink(1.0), name: self.theory.clone() });
        }
        keys
    }

    fn height(&self) -> f64 {
        HEIGHT
    }

    fn draw<DB: DrawingBackend>(&self, pen: &mut Pen<'_, DB>, area: Rect) -> Result<(), ChartError> {
        let plot = Rect { top: area.top + ABOVE, bottom: area.bottom - BELOW, ..area };
        let title = small().font.fit(pen.word(&self.text.y), area.width());
        pen.text((area.left, area.top + 8.0), &title, small())?;
        pen.rule((plot.left, plot.bottom), (plot.right, plot.bottom), ink(0.45))?;
        let width = plot.width() / self.groups.len() as f64;
        for (n, group) in self.groups.iter().enumerate() {
            let left = plot.left + n as f64 * width;
            self.draw_group(pen, Rect { left, right: left + width, ..plot }, group)?;
        }
        let title = small().font.fit(pen.word(&self.text.x), area.width());
        pen.text((area.right, area.bottom - 10.0), &title, small().ending())
    }
}

impl Overhead<'_> {
    fn draw_group<DB: DrawingBackend>(
        &self,
        pen: &mut Pen<'_, DB>,
        slot: Rect,
        group: &ColumnGroup,
    ) -> Result<(), ChartError> {
        let middle = (slot.left + slot.right) / 2.0;
        let label = body().font.fit(pen.word(&group.label), slot.width() - 6.0);
        pen.text((middle, slot.bottom + 15.0), &label, body().centred())?;
        let pitch = (slot.width() * 0.86 / group.columns.len() as f64).min(44.0);
        let left = middle - pitch * group.columns.len() as f64 / 2.0;
        for (n, column) in group.columns.iter().enumerate() {
            let left = left + n as f64 * pitch;
            self.draw_column(pen, Rect { left, right: left + pitch, ..slot }, column)?;
        }
        Ok(())
    }

    fn draw_column<DB: DrawingBackend>(
        &self,
        pen: &mut Pen<'_, DB>,
        slot: Rect,
        column: &Column,
    ) -> Result<(), ChartError> {
        let height = |value: f64| self.y.at(value.max(0.0)).map(|at| slot.bottom - at * slot.height());
        let Some(top) = height(column.measured) else { return Ok(()) };
        let middle = (slot.left + slot.right) / 2.0;
        pen.block(Rect { left: slot.left + 2.0, right: slot.right - 2.0, top, ..slot }, column.colour.ink())?;
        let theory = column.theory.and_then(height);
        if let Some(y) = theory {
            pen.line((slot.left, y), (slot.right, y), ink(1.0), 2.0)?;
        }
        let value = bytes(column.measured);
        if small().font.width(&value) <= slot.width() + 4.0 {
            pen.text((middle, top.min(theory.unwrap_or(top)) - 10.0), &value, small().centred())?;
        }
        Ok(())
    }
}

/// Bytes without the unit, which the axis title says, while the number is short enough.
fn bytes(value: f64) -> String {
    if value.abs() < 9999.5 { trimmed(value, usize::from(value.abs() < 99.95)) } else { Unit::Bytes.show(value) }
}
