//! The charts of curves: percentile spectrum, timeline, memory slope and shift. Each turns its data into the axes,
//! layers and legend of a [`Plot`]; none computes a statistic.

use super::axis::{Axis, Scale};
use super::header::{Key, Swatch};
use super::pen::Point;
use super::plot::{Layer, Plot};
use super::points::{MOST, MOST_DOTS, drawable, thinned};
use super::{Chart, ChartError, ChartText, Colour, Text, Unit, at_most, render};

/// The most lines that a reader can follow in one chart.
const MOST_SERIES: usize = 8;

/// A named line.
#[derive(Debug, Clone)]
pub struct Series {
    /// Shown in the legend.
    pub name: Text,
    /// Whose values these are.
    pub colour: Colour,
    /// Each chart says what x and y are.
    pub points: Vec<(f64, f64)>,
}

/// How a line of a pair is told from its twin of the same colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stroke {
    /// A full line with filled dots.
    Solid,
    /// A dashed line with hollow dots.
    Dashed,
}

/// One arm of a timeline; both lines hold (seconds since the start, response time in nanoseconds).
#[derive(Debug, Clone)]
pub struct Arm {
    /// Shown in the legend, once with `p50` and once with `p99` after it.
    pub name: Text,
    /// Whose values these are.
    pub colour: Colour,
    /// The median of each second: a thin line.
    pub p50: Vec<(f64, f64)>,
    /// The 99th percentile of each second: a thick line.
    pub p99: Vec<(f64, f64)>,
}

/// Memory in use at one number of connections.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MemoryPoint {
    /// Open connections.
    pub connections: f64,
    /// Bytes in use by all of them.
    pub bytes: f64,
}

/// Memory over the number of connections, with the line fitted to it.
#[derive(Debug, Clone)]
pub struct MemoryLine {
    /// Shown in the legend; say the slope here.
    pub name: Text,
    /// Whose values these are.
    pub colour: Colour,
    /// Solid for one preset, dashed for the other.
    pub stroke: Stroke,
    /// What was measured.
    pub points: Vec<MemoryPoint>,
    /// Two ends of the fitted line.
    pub fit: Option<[MemoryPoint; 2]>,
}

/// How much one arm differs from another at one quantile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShiftPoint {
    /// In `(0, 1)`.
    pub quantile: f64,
    /// Ratio of the two arms at that quantile (the exponential of the log-ratio).
    pub ratio: f64,
    /// Lower and upper end of its interval, when there is one.
    pub interval: Option<(f64, f64)>,
}

/// Ratios along the quantiles of one cell.
#[derive(Debug, Clone)]
pub struct Shift {
    /// Shown in the legend.
    pub name: Text,
    /// Whose values these are.
    pub colour: Colour,
    /// One point for each quantile.
    pub points: Vec<ShiftPoint>,
}

/// Response time over the percentile, the tail stretched: points are (quantile in `[0, 1)`, nanoseconds). The maximum
/// (quantile 1) has no place on this axis and is left out.
pub fn percentile_spectrum(text: &ChartText, series: &[Series]) -> Result<Chart, ChartError> {
    at_most("series", series.len(), MOST_SERIES)?;
    let series = cleaned(series, Scale::Tail, Scale::Log);
    let all = || series.iter().flat_map(|s| s.points.iter().copied());
    let layers = series.iter().flat_map(spectrum_layers).collect();
    let keys = series.iter().map(|s| key(Swatch::Line, s.colour, &s.name)).collect();
    let x = Axis::tail(all().map(|p| p.0)).ok_or(ChartError::Empty)?;
    let y = Axis::log(all().map(|p| p.1), Unit::Time).ok_or(ChartError::Empty)?;
    render(text, &Plot { text, x, y, keys, layers })
}

/// A line and a dot where the data ends: how deep into the tail it reaches is part of the message.
fn spectrum_layers(series: &Series) -> [Layer; 2] {
    let ink = series.colour.ink();
    let last = series.points.last().copied().into_iter().collect();
    [Layer::Line { points: series.points.clone(), ink, width: 2.2 }, Layer::Dots { points: last, ink }]
}

/// Median and 99th percentile of the response time in each second. A second without a value breaks its line.
pub fn timeline(text: &ChartText, arms: &[Arm]) -> Result<Chart, ChartError> {
    at_most("arms", arms.len(), MOST_SERIES / 2)?;
    let all = || arms.iter().flat_map(|arm| arm.p50.iter().chain(&arm.p99)).copied();
    let shown = drawable(&all().collect::<Vec<_>>(), Scale::Linear, Scale::Log);
    let x = Axis::spanning(shown.iter().map(|p| p.0), Unit::Count).ok_or(ChartError::Empty)?;
    let y = Axis::log(shown.iter().map(|p| p.1), Unit::Time).ok_or(ChartError::Empty)?;
    let (mut layers, mut keys) = (Vec::new(), Vec::new());
    for arm in arms {
        layers.extend(unbroken(&arm.p50, arm.colour, 1.2));
        layers.extend(unbroken(&arm.p99, arm.colour, 2.2));
        keys.push(key(Swatch::Line, arm.colour, &arm.name.with(" p99")));
        keys.push(key(Swatch::ThinLine, arm.colour, &arm.name.with(" p50")));
    }
    render(text, &Plot { text, x, y, keys, layers })
}

/// One layer for each stretch of points without a gap; a stretch of one point is a dot.
fn unbroken(points: &[Point], colour: Colour, width: f64) -> impl Iterator<Item = Layer> {
    let has_place = |p: &Point| Scale::Linear.apply(p.0).is_some() && Scale::Log.apply(p.1).is_some();
    let ink = colour.ink();
    let points = thinned(points.to_vec(), MOST);
    let stretches: Vec<Vec<Point>> = points.split(|p| !has_place(p)).map(<[Point]>::to_vec).collect();
    stretches.into_iter().filter(|stretch| !stretch.is_empty()).map(move |points| match points.len() {
        1 => Layer::Dots { points, ink },
        _ => Layer::Line { points, ink, width },
    })
}

/// Memory over open connections: measured points and fitted lines.
pub fn memory(text: &ChartText, lines: &[MemoryLine]) -> Result<Chart, ChartError> {
    at_most("lines", lines.len(), MOST_SERIES)?;
    let all = || lines.iter().flat_map(|line| line.points.iter().chain(line.fit.iter().flatten()));
    let shown = drawable(&all().map(place).collect::<Vec<_>>(), Scale::Linear, Scale::Linear);
    let x = Axis::from_zero(shown.iter().map(|p| p.0), Unit::Count).ok_or(ChartError::Empty)?;
    let y = Axis::from_zero(shown.iter().map(|p| p.1), Unit::Bytes).ok_or(ChartError::Empty)?;
    let layers = lines.iter().flat_map(memory_layers).collect();
    let keys = lines.iter().map(|line| key(line.stroke.swatch(), line.colour, &line.name)).collect();
    render(text, &Plot { text, x, y, keys, layers })
}

fn memory_layers(line: &MemoryLine) -> Vec<Layer> {
    let ink = line.colour.ink();
    let above_zero = |p: &Point| p.0 >= 0.0 && p.1 >= 0.0;
    let points = thinned(line.points.iter().map(place).filter(above_zero).collect(), MOST_DOTS);
    let fit = line.fit.and_then(clipped);
    match line.stroke {
        Stroke::Solid => {
            let fit = fit.map(|fit| Layer::Line { points: fit.to_vec(), ink, width: 1.8 });
            fit.into_iter().chain([Layer::Dots { points, ink }]).collect()
        }
        Stroke::Dashed => {
            let fit = fit.map(|[from, to]| Layer::Dashes { from, to, ink });
            fit.into_iter().chain([Layer::Rings { points, ink }]).collect()
        }
    }
}

/// The part of a fitted line above zero connections and zero bytes, where the axes start.
fn clipped([a, b]: [MemoryPoint; 2]) -> Option<[Point; 2]> {
    let flip = |(x, y): Point| (y, x);
    let [a, b] = right_of_zero([place(&a), place(&b)])?;
    right_of_zero([flip(a), flip(b)]).map(|ends| ends.map(flip))
}

fn right_of_zero([a, b]: [Point; 2]) -> Option<[Point; 2]> {
    let crossing = (0.0, a.1 + (b.1 - a.1) * a.0 / (a.0 - b.0));
    match (a.0 >= 0.0, b.0 >= 0.0) {
        (true, true) => Some([a, b]),
        (true, false) => Some([a, crossing]),
        (false, true) => Some([crossing, b]),
        (false, false) => None,
    }
}

fn place(point: &MemoryPoint) -> Point {
    (point.connections, point.bytes)
}

impl Stroke {
    pub(super) fn swatch(self) -> Swatch {
        match self {
            Self::Solid => Swatch::Dot,
            Self::Dashed => Swatch::Ring,
        }
    }
}

/// The ratio of two distributions from the first to the last percentile, with its interval as a band around it.
pub fn shift(text: &ChartText, shifts: &[Shift]) -> Result<Chart, ChartError> {
    at_most("curves", shifts.len(), MOST_SERIES / 2)?;
    let all = || shifts.iter().flat_map(|shift| &shift.points).filter(|p| Scale::Logit.apply(p.quantile).is_some());
    let heights = all().flat_map(|p| [p.ratio].into_iter().chain(p.interval.into_iter().flat_map(<[f64; 2]>::from)));
    let x = Axis::logit(all().map(|p| p.quantile)).ok_or(ChartError::Empty)?;
    let y = Axis::ratio(heights).ok_or(ChartError::Empty)?;
    let mut layers = vec![Layer::Reference { y: 1.0 }];
    layers.extend(shifts.iter().flat_map(shift_layers));
    let keys = shifts.iter().map(|s| key(Swatch::Line, s.colour, &s.name)).collect();
    render(text, &Plot { text, x, y, keys, layers })
}

fn shift_layers(shift: &Shift) -> [Layer; 3] {
    let edge = |height: fn(&ShiftPoint) -> Option<f64>| {
        let points: Vec<Point> = shift.points.iter().filter_map(|p| Some((p.quantile, height(p)?))).collect();
        thinned(drawable(&points, Scale::Logit, Scale::Log), MOST)
    };
    let ink = shift.colour.ink();
    let points = edge(|p| Some(p.ratio));
    let (lower, upper) = (edge(|p| Some(p.interval?.0)), edge(|p| Some(p.interval?.1)));
    let dots = if points.len() <= MOST_DOTS { points.clone() } else { Vec::new() };
    [Layer::Band { upper, lower, ink }, Layer::Line { points, ink, width: 2.2 }, Layer::Dots { points: dots, ink }]
}

/// The series that have a point to show, with only those points.
fn cleaned(series: &[Series], x: Scale, y: Scale) -> Vec<Series> {
    let clean = |s: &Series| Series { points: thinned(drawable(&s.points, x, y), MOST), ..s.clone() };
    series.iter().map(clean).filter(|s| !s.points.is_empty()).collect()
}

fn key(swatch: Swatch, colour: Colour, name: &Text) -> Key {
    Key { swatch, ink: colour.ink(), name: name.clone() }
}
