//! Charts with an x and a y axis: layers of lines, bands, dots and fits over a light grid. Knows places, not meanings.

use super::axis::{Axis, Tick};
use super::colour::ink;
use super::header::{Key, small};
use super::pen::{Pen, Point, Rect};
use super::{ChartError, ChartText, Picture};
use plotters::style::{Color, RGBAColor};
use plotters_backend::DrawingBackend;

const HEIGHT: f64 = 318.0;
/// The y axis title stands above the plot, tick labels and the x axis title below it.
const ABOVE: f64 = 24.0;
const BELOW: f64 = 46.0;
/// Room on the right for half a tick label.
const RIGHT: f64 = 14.0;
const GAP: f64 = 8.0;

/// One mark of a plot; points are in the units of the axes.
pub(super) enum Layer {
    Line {
        points: Vec<Point>,
        ink: RGBAColor,
        width: f64,
    },
    Dashes {
        from: Point,
        to: Point,
        ink: RGBAColor,
    },
    /// Between an upper and a lower edge.
    Band {
        upper: Vec<Point>,
        lower: Vec<Point>,
        ink: RGBAColor,
    },
    Dots {
        points: Vec<Point>,
        ink: RGBAColor,
    },
    Rings {
        points: Vec<Point>,
        ink: RGBAColor,
    },
    /// The value everything is compared with.
    Reference {
        y: f64,
    },
}

/// A chart with two axes.
pub(super) struct Plot<'a> {
    pub text: &'a ChartText,
    pub x: Axis,
    pub y: Axis,
    pub keys: Vec<Key>,
    pub layers: Vec<Layer>,
}

impl Picture for Plot<'_> {
    fn keys(&self) -> Vec<Key> {
        self.keys.clone()
    }

    fn height(&self) -> f64 {
        HEIGHT
    }

    fn draw<DB: DrawingBackend>(&self, pen: &mut Pen<'_, DB>, area: Rect) -> Result<(), ChartError> {
        let gutter = self.y.ticks.iter().map(|tick| small().font.width(&tick.label)).fold(0.0, f64::max);
        let plot = Rect {
            left: area.left + gutter + GAP,
            top: area.top + ABOVE,
            right: area.right - RIGHT,
            bottom: area.bottom - BELOW,
        };
        let title = pen.word(&self.text.y).to_owned();
        pen.text((area.left, area.top + 8.0), &small().font.fit(&title, area.width()), small())?;
        draw_y(pen, plot, &self.y.ticks)?;
        draw_x(pen, plot, &self.x.ticks)?;
        let title = small().font.fit(pen.word(&self.text.x), area.width());
        pen.text((plot.right, area.bottom - 10.0), &title, small().ending())?;
        self.layers.iter().try_for_each(|layer| self.draw_layer(pen, plot, layer))
    }
}

impl Plot<'_> {
    fn draw_layer<DB: DrawingBackend>(
        &self,
        pen: &mut Pen<'_, DB>,
        plot: Rect,
        layer: &Layer,
    ) -> Result<(), ChartError> {
        let place = |points: &[Point]| -> Vec<Point> { points.iter().filter_map(|&p| self.place(plot, p)).collect() };
        match layer {
            Layer::Line { points, ink, width } => pen.path(&place(points), *ink, *width),
            Layer::Dashes { from, to, ink } => match (self.place(plot, *from), self.place(plot, *to)) {
                (Some(from), Some(to)) => pen.dashes(from, to, *ink, 1.8),
                _ => Ok(()),
            },
            Layer::Band { upper, lower, ink } => {
                let mut outline = place(upper);
                outline.extend(place(lower).into_iter().rev());
                pen.area(&outline, ink.mix(0.18))
            }
            Layer::Dots { points, ink } => place(points).into_iter().try_for_each(|at| pen.dot(at, 4.0, *ink)),
            Layer::Rings { points, ink } => place(points).into_iter().try_for_each(|at| pen.ring(at, 4.0, *ink)),
            Layer::Reference { y } => match self.y.at(*y) {
                Some(at) => {
                    let y = plot.bottom - at * plot.height();
                    pen.rule((plot.left, y), (plot.right, y), ink(0.75))
                }
                None => Ok(()),
            },
        }
    }

    /// Where a point of data lies in the drawing.
    fn place(&self, plot: Rect, (x, y): Point) -> Option<Point> {
        Some((plot.left + self.x.at(x)? * plot.width(), plot.bottom - self.y.at(y)? * plot.height()))
    }
}

fn draw_y<DB: DrawingBackend>(pen: &mut Pen<'_, DB>, plot: Rect, ticks: &[Tick]) -> Result<(), ChartError> {
    for tick in ticks {
        let y = plot.bottom - tick.at * plot.height();
        pen.rule((plot.left, y), (plot.right, y), ink(0.13))?;
        pen.text((plot.left - GAP, y), &tick.label, small().ending())?;
    }
    Ok(())
}

/// Ticks below the plot; a label that would touch its left neighbour is left out.
pub(super) fn draw_x<DB: DrawingBackend>(pen: &mut Pen<'_, DB>, plot: Rect, ticks: &[Tick]) -> Result<(), ChartError> {
    pen.rule((plot.left, plot.bottom), (plot.right, plot.bottom), ink(0.45))?;
    let mut free = f64::NEG_INFINITY;
    for tick in ticks {
        let x = plot.left + tick.at * plot.width();
        pen.rule((x, plot.bottom), (x, plot.bottom + 4.0), ink(0.45))?;
        let half = small().font.width(&tick.label) / 2.0;
        let centre = x.min(plot.right + RIGHT - half);
        if centre - half > free {
            pen.text((centre, plot.bottom + 15.0), &tick.label, small().centred())?;
            free = centre + half + GAP / 2.0;
        }
    }
    Ok(())
}
