//! Stacked bars: the parts of a whole one after the other, a row for each arm, and a mark where the whole itself lies. Adds
//! nothing up but the lengths: whether parts and whole agree is for the reader to see.

use super::axis::{Axis, Scale};
use super::colour::ink;
use super::header::{Key, Swatch, body};
use super::pen::{Pen, Rect};
use super::plot::draw_x;
use super::{Chart, ChartError, ChartText, Colour, Picture, Text, Unit, at_most, render};
use plotters_backend::DrawingBackend;

const MOST_STACKS: usize = 12;
const MOST_KINDS: usize = 8;
const ROW: f64 = 36.0;
/// Room below the bars for ticks.
const FOOT: f64 = 34.0;
const GAP: f64 = 8.0;
/// Between two parts, so that neighbours are told apart without their colours.
const SEAM: f64 = 1.0;

/// One kind of part; every stack has them in this order.
#[derive(Debug, Clone)]
pub struct Kind {
    /// Shown in the legend.
    pub name: Text,
    /// The same in every stack.
    pub colour: Colour,
}

/// One bar.
#[derive(Debug, Clone)]
pub struct Stack {
    /// Left of the bar.
    pub name: Text,
    /// Length of each kind of part; `None`, and what is not finite or below zero, takes no room.
    pub parts: Vec<Option<f64>>,
    /// Where the whole lies, written beside the bar.
    pub whole: f64,
}

/// Horizontal stacks from zero; `whole` names the mark of the whole in the legend.
pub fn stacked(
    text: &ChartText,
    unit: Unit,
    kinds: &[Kind],
    whole: &Text,
    stacks: &[Stack],
) -> Result<Chart, ChartError> {
    at_most("stacks", stacks.len(), MOST_STACKS)?;
    at_most("parts", kinds.len(), MOST_KINDS)?;
    let lengths = stacks.iter().flat_map(|stack| [stack.parts().map(|(_, length)| length).sum(), stack.whole]);
    if !stacks.iter().any(|stack| stack.parts().next().is_some()) {
        return Err(ChartError::Empty);
    }
    let x = Axis::from_zero(lengths, unit).ok_or(ChartError::Empty)?;
    render(text, &Stacks { unit, kinds, whole, stacks, x })
}

impl Stack {
    /// The parts that have a length, with the index of their kind.
    fn parts(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        let length = |length: &Option<f64>| length.and_then(|x| Scale::Linear.apply(x)).filter(|x| *x >= 0.0);
        self.parts.iter().enumerate().filter_map(move |(kind, part)| Some((kind, length(part)?)))
    }
}

struct Stacks<'a> {
    unit: Unit,
    kinds: &'a [Kind],
    whole: &'a Text,
    stacks: &'a [Stack],
    x: Axis,
}

impl Picture for Stacks<'_> {
    fn keys(&self) -> Vec<Key> {
        let used = |kind: usize| self.stacks.iter().any(|stack| stack.parts().any(|(of, _)| of == kind));
        let kinds = self.kinds.iter().enumerate().filter(|(index, _)| used(*index));
        let part =
            |(_, kind): (usize, &Kind)| Key { swatch: Swatch::Block, ink: kind.colour.ink(), name: kind.name.clone() };
        let whole = Key { swatch: Swatch::Mark, ink: ink(1.0), name: self.whole.clone() };
        kinds.map(part).chain([whole]).collect()
    }

    fn height(&self) -> f64 {
        self.stacks.len() as f64 * ROW + FOOT
    }

    fn draw<DB: DrawingBackend>(&self, pen: &mut Pen<'_, DB>, area: Rect) -> Result<(), ChartError> {
        let width = |text: &str| body().font.width(text);
        let names = self.stacks.iter().map(|stack| width(pen.word(&stack.name))).fold(0.0, f64::max);
        let values = self.stacks.iter().map(|stack| width(&self.unit.show(stack.whole))).fold(0.0, f64::max);
        let left = area.left + names.min(area.width() * 0.3) + GAP;
        let plot = Rect { left, right: area.right - values - GAP, bottom: area.bottom - FOOT, ..area };
        draw_x(pen, plot, &self.x.ticks)?;
        for (n, stack) in self.stacks.iter().enumerate() {
            let top = plot.top + n as f64 * ROW;
            self.draw_stack(pen, Rect { top, bottom: top + ROW, ..plot }, stack)?;
        }
        pen.rule((left, plot.top), (left, plot.bottom), ink(0.45))
    }
}

impl Stacks<'_> {
    fn draw_stack<DB: DrawingBackend>(
        &self,
        pen: &mut Pen<'_, DB>,
        row: Rect,
        stack: &Stack,
    ) -> Result<(), ChartError> {
        let middle = (row.top + row.bottom) / 2.0;
        let name = body().font.fit(pen.word(&stack.name), row.left - GAP);
        pen.text((row.left - GAP, middle), &name, body().ending())?;
        let place = |value: f64| self.x.at(value).map(|at| row.left + at * row.width());
        let mut begun = 0.0;
        for (kind, length) in stack.parts() {
            let (from, to) = (place(begun), place(begun + length));
            if let (Some(left), Some(right), Some(kind)) = (from, to, self.kinds.get(kind)) {
                let right = (right - SEAM).max(left);
                pen.block(Rect { left, right, top: middle - 9.0, bottom: middle + 9.0 }, kind.colour.ink())?;
            }
            begun += length;
        }
        if let Some(x) = place(stack.whole.max(0.0)) {
            pen.line((x, middle - 14.0), (x, middle + 14.0), ink(1.0), 2.5)?;
        }
        pen.text((row.right + GAP, middle), &self.unit.show(stack.whole), body())
    }
}
