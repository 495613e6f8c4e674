//! The charts of rows: plain bars and the forest of ratios, whose rows have their words above their marks so that long
//! names stay whole on a phone. Judges nothing: colours and intervals are given.

use super::axis::{Axis, Scale};
use super::colour::ink;
use super::header::{Key, Swatch, body, small};
use super::pen::{Pen, Rect};
use super::plot::draw_x;
use super::{Chart, ChartError, ChartText, Colour, Picture, Text, Unit, at_most, render};
use plotters::style::{Color, RGBAColor};
use plotters_backend::DrawingBackend;

/// The most rows before a chart becomes a list.
const MOST_ROWS: usize = 40;
const BAR_ROW: f64 = 32.0;
const FOREST_ROW: f64 = 42.0;
/// Room below the forest for ticks and for what each side means.
const FOOT: f64 = 50.0;
const GAP: f64 = 8.0;
/// How far the marks of the forest stay within its words: room for half a tick label.
const INSET: f64 = 14.0;

/// One bar.
#[derive(Debug, Clone)]
pub struct Bar {
    /// Left of the bar.
    pub name: Text,
    /// Whose value this is.
    pub colour: Colour,
    /// Length of the bar, in the chart's unit; a value that is not finite leaves the row with a dash.
    pub value: f64,
    /// Ends of the whisker.
    pub interval: Option<(f64, f64)>,
}

/// Horizontal bars from zero with their values written beside them.
pub fn bars(text: &ChartText, unit: Unit, bars: &[Bar]) -> Result<Chart, ChartError> {
    at_most("bars", bars.len(), MOST_ROWS)?;
    if !bars.iter().any(|bar| Scale::Linear.apply(bar.value).is_some()) {
        return Err(ChartError::Empty);
    }
    let whiskers = bars.iter().filter_map(|bar| bar.interval).flat_map(<[f64; 2]>::from);
    let lengths = bars.iter().map(|bar| bar.value).chain(whiskers);
    let x = Axis::from_zero(lengths, unit).ok_or(ChartError::Empty)?;
    render(text, &Bars { text, unit, bars, x })
}

struct Bars<'a> {
    text: &'a ChartText,
    unit: Unit,
    bars: &'a [Bar],
    x: Axis,
}

impl Picture for Bars<'_> {
    fn height(&self) -> f64 {
        self.bars.len() as f64 * BAR_ROW + BAR_ROW
    }

    fn draw<DB: DrawingBackend>(&self, pen: &mut Pen<'_, DB>, area: Rect) -> Result<(), ChartError> {
        let widest = |words: &mut dyn Iterator<Item = f64>| words.fold(0.0, f64::max);
        let names = widest(&mut self.bars.iter().map(|bar| body().font.width(pen.word(&bar.name))));
        let values = widest(&mut self.bars.iter().map(|bar| body().font.width(&self.unit.show(bar.value))));
        let left = area.left + names.min(area.width() * 0.4) + GAP;
        let plot = Rect { left, right: area.right - values - GAP, bottom: area.bottom - BAR_ROW, ..area };
        for (n, bar) in self.bars.iter().enumerate() {
            let top = plot.top + n as f64 * BAR_ROW;
            self.draw_bar(pen, Rect { top, bottom: top + BAR_ROW, ..plot }, bar)?;
        }
        pen.rule((left, plot.top), (left, plot.bottom), ink(0.45))?;
        let title = small().font.fit(pen.word(&self.text.x), area.width() - left);
        pen.text((left, area.bottom - BAR_ROW / 2.0), &title, small())
    }
}

impl Bars<'_> {
    fn draw_bar<DB: DrawingBackend>(&self, pen: &mut Pen<'_, DB>, row: Rect, bar: &Bar) -> Result<(), ChartError> {
        let middle = (row.top + row.bottom) / 2.0;
        let name = body().font.fit(pen.word(&bar.name), row.left - GAP);
        pen.text((row.left - GAP, middle), &name, body().ending())?;
        let place = |value: f64| self.x.at(value.max(0.0)).map(|at| row.left + at * row.width());
        let end = place(bar.value).unwrap_or(row.left);
        let block = Rect { right: end, top: middle - 9.0, bottom: middle + 9.0, ..row };
        pen.block(block, bar.colour.ink())?;
        let mut after = end;
        if let Some((low, high)) = bar.interval.and_then(|(low, high)| Some((place(low)?, place(high)?))) {
            whisker(pen, (low, high), middle, ink(0.9))?;
            after = after.max(high);
        }
        pen.text((after + GAP, middle), &self.unit.show(bar.value), body())
    }
}

/// One figure of the forest.
#[derive(Debug, Clone)]
pub struct ForestRow {
    /// Which cell and figure.
    pub name: Text,
    /// The ratio of the two arms; a row whose ratio is not finite and positive shows a dash.
    pub ratio: f64,
    /// Its interval.
    pub interval: Option<(f64, f64)>,
    /// The interval of the null arm: what the same cell differs from itself.
    pub null: Option<(f64, f64)>,
    /// Says which side it falls on, or that it falls on none.
    pub colour: Colour,
}

/// Ratios around 1, one line each.
#[derive(Debug, Clone)]
pub struct Forest {
    /// From top to bottom.
    pub rows: Vec<ForestRow>,
    /// Ratios within these count as the same.
    pub margin: Option<(f64, f64)>,
    /// What a ratio below 1 and one above 1 mean.
    pub sides: (Text, Text),
    /// Legend: the dot with its interval.
    pub ratio_name: Text,
    /// Legend: the interval of the null arm.
    pub null_name: Text,
    /// Legend: the margin.
    pub margin_name: Text,
}

/// Ratios with their intervals on a logarithmic axis around 1, over the margin and the null arm's own interval.
pub fn ratio_forest(text: &ChartText, forest: &Forest) -> Result<Chart, ChartError> {
    at_most("rows", forest.rows.len(), MOST_ROWS)?;
    if !forest.rows.iter().any(|row| Scale::Log.apply(row.ratio).is_some()) {
        return Err(ChartError::Empty);
    }
    let intervals = forest.rows.iter().flat_map(|row| [row.interval, row.null]).chain([forest.margin]).flatten();
    let ratios = forest.rows.iter().map(|row| row.ratio).chain(intervals.flat_map(<[f64; 2]>::from));
    let x = Axis::ratio(ratios).ok_or(ChartError::Empty)?;
    render(text, &Ratios { forest, x })
}

struct Ratios<'a> {
    forest: &'a Forest,
    x: Axis,
}

fn null_ink() -> RGBAColor {
    Colour::Null.ink().mix(0.5)
}

fn margin_ink() -> RGBAColor {
    ink(0.08)
}

impl Picture for Ratios<'_> {
    fn keys(&self) -> Vec<Key> {
        let Forest { ratio_name, null_name, margin_name, .. } = self.forest;
        let mut keys = vec![Key { swatch: Swatch::Dot, ink: ink(0.8), name: ratio_name.clone() }];
        if self.forest.rows.iter().any(|row| row.null.is_some()) {
            keys.push(Key { swatch: Swatch::Block, ink: null_ink(), name: null_name.clone() });
        }
        if self.forest.margin.is_some() {
            keys.push(Key { swatch: Swatch::Block, ink: margin_ink(), name: margin_name.clone() });
        }
        keys
    }

    fn height(&self) -> f64 {
        self.forest.rows.len() as f64 * FOREST_ROW + FOOT
    }

    fn draw<DB: DrawingBackend>(&self, pen: &mut Pen<'_, DB>, area: Rect) -> Result<(), ChartError> {
        let plot = Rect { left: area.left + INSET, right: area.right - INSET, bottom: area.bottom - FOOT, ..area };
        if let Some((left, right)) = self.forest.margin.and_then(|margin| self.span(plot, margin)) {
            pen.block(Rect { left, right, ..plot }, margin_ink())?;
        }
        draw_x(pen, plot, &self.x.ticks)?;
        for (n, row) in self.forest.rows.iter().enumerate() {
            let top = plot.top + n as f64 * FOREST_ROW;
            self.draw_row(pen, Rect { top, bottom: top + FOREST_ROW, ..plot }, row)?;
        }
        let (below, above) = &self.forest.sides;
        let room = area.width() / 2.0 - GAP;
        let foot = area.bottom - 12.0;
        let below = small().font.fit(&format!("← {}", pen.word(below)), room);
        let above = small().font.fit(&format!("{} →", pen.word(above)), room);
        pen.text((area.left, foot), &below, small())?;
        pen.text((area.right, foot), &above, small().ending())
    }
}

impl Ratios<'_> {
    fn draw_row<DB: DrawingBackend>(
        &self,
        pen: &mut Pen<'_, DB>,
        row: Rect,
        data: &ForestRow,
    ) -> Result<(), ChartError> {
        let (words, marks) = (row.top + 13.0, row.top + 31.0);
        let (left, right) = (row.left - INSET, row.right + INSET);
        let figures = figures(data);
        let room = right - left - body().font.width(&figures) - GAP;
        pen.text((left, words), &body().font.fit(pen.word(&data.name), room), body())?;
        pen.text((right, words), &figures, body().ending())?;
        // The line at 1 spares the words above it.
        if let Some((x, _)) = self.span(row, (1.0, 1.0)) {
            pen.rule((x, marks - 9.0), (x, marks + 9.0), ink(0.75))?;
        }
        if let Some((left, right)) = data.null.and_then(|null| self.span(row, null)) {
            pen.block(Rect { left, right, top: marks - 5.0, bottom: marks + 5.0 }, null_ink())?;
        }
        if let Some(ends) = data.interval.and_then(|interval| self.span(row, interval)) {
            whisker(pen, ends, marks, data.colour.ink())?;
        }
        match self.x.at(data.ratio) {
            Some(at) => pen.dot((row.left + at * row.width(), marks), 5.0, data.colour.ink()),
            None => Ok(()),
        }
    }

    /// Both ends of an interval in the drawing.
    fn span(&self, row: Rect, (low, high): (f64, f64)) -> Option<(f64, f64)> {
        let place = |value| Some(row.left + self.x.at(value)? * row.width());
        Some((place(low.min(high))?, place(high.max(low))?))
    }
}

/// The ratio and its interval in digits, a third decimal where two would not tell its ends apart.
fn figures(row: &ForestRow) -> String {
    match (Scale::Log.apply(row.ratio), row.interval) {
        (None, _) => "–".to_owned(),
        (Some(_), None) => Unit::Ratio.show(row.ratio),
        (Some(_), Some((low, high))) if low > 0.5 && high < 2.0 && high - low < 0.02 => {
            format!("{:.3}× [{low:.3}, {high:.3}]", row.ratio)
        }
        (Some(_), Some((low, high))) => {
            let [ratio, low, high] = [row.ratio, low, high].map(|value| Unit::Ratio.show(value));
            format!("{ratio} [{}, {}]", low.trim_end_matches('×'), high.trim_end_matches('×'))
        }
    }
}

fn whisker<DB: DrawingBackend>(
    pen: &mut Pen<'_, DB>,
    (low, high): (f64, f64),
    y: f64,
    ink: RGBAColor,
) -> Result<(), ChartError> {
    pen.line((low, y), (high, y), ink, 2.0)?;
    [low, high].into_iter().try_for_each(|x| pen.line((x, y - 4.0), (x, y + 4.0), ink, 2.0))
}
