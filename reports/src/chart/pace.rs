//! A time over a pace, both logarithmic: measured points of each line, joined. Knows no statistic.

use super::axis::{Axis, Scale};
use super::curves::Stroke;
use super::header::Key;
use super::plot::{Layer, Plot};
use super::points::drawable;
use super::{Chart, ChartError, ChartText, Colour, Text, Unit, at_most, render};

/// Most lines that stay apart.
const MOST_LINES: usize = 8;

/// One line; points are (events a second, nanoseconds), rising in the first.
#[derive(Debug, Clone)]
pub struct PaceLine {
    /// Shown in the legend.
    pub name: Text,
    /// Whose values these are.
    pub colour: Colour,
    /// Solid with dots, or dashed with rings.
    pub stroke: Stroke,
    /// What was measured.
    pub points: Vec<(f64, f64)>,
}

/// Time over pace.
pub fn pace(text: &ChartText, lines: &[PaceLine]) -> Result<Chart, ChartError> {
    at_most("lines", lines.len(), MOST_LINES)?;
    let lines: Vec<PaceLine> = lines
        .iter()
        .map(|line| PaceLine { points: drawable(&line.points, Scale::Log, Scale::Log), ..line.clone() })
        .collect();
    let all = || lines.iter().flat_map(|line| line.points.iter().copied());
    let x = Axis::log(all().map(|point| point.0), Unit::Count).ok_or(ChartError::Empty)?;
    let y = Axis::log(all().map(|point| point.1), Unit::Time).ok_or(ChartError::Empty)?;
    let layers = lines.iter().flat_map(layers).collect();
    let key = |line: &PaceLine| Key { swatch: line.stroke.swatch(), ink: line.colour.ink(), name: line.name.clone() };
    let keys = lines.iter().map(key).collect();
    render(text, &Plot { text, x, y, keys, layers })
}

fn layers(line: &PaceLine) -> Vec<Layer> {
    let (ink, points) = (line.colour.ink(), line.points.clone());
    match line.stroke {
        Stroke::Solid => vec![Layer::Line { points: points.clone(), ink, width: 2.2 }, Layer::Dots { points, ink }],
        Stroke::Dashed => {
            let dashes = points.windows(2).map(|pair| Layer::Dashes { from: pair[0], to: pair[1], ink });
            dashes.chain([Layer::Rings { points: points.clone(), ink }]).collect()
        }
    }
}
