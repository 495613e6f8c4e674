//! Marks and words that a plot draws, and how plotters draws a mark.

use plotters::element::{Circle, DashedPathElement, Drawable, PathElement, PointCollection, Polygon};
use plotters::style::text_anchor::HPos;
use plotters::style::{Color, RGBAColor, ShapeStyle};
use plotters_backend::{BackendCoord, DrawingBackend, DrawingErrorKind};

/// The most points that one mark keeps: more are not told apart.
const MOST_POINTS: usize = 200;

/// A place in the units of the axes.
pub(crate) type Point = (f64, f64);

/// How the points of a mark are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Shape {
    /// A line of this width; a point without a place breaks it.
    Line(f64),
    /// A dashed line.
    Dashes,
    /// A filled dot at each point.
    Dots,
    /// A hollow dot at each point.
    Rings,
    /// What the points enclose.
    Area,
}

/// Points that are drawn in one way.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    pub(crate) shape: Shape,
    pub(crate) ink: RGBAColor,
    /// In the units of the axes.
    pub(crate) points: Vec<Point>,
}

impl Mark {
    /// Points drawn in one way.
    pub(crate) fn new(shape: Shape, ink: RGBAColor, points: impl Into<Vec<Point>>) -> Self {
        Self { shape, ink, points: points.into() }
    }

    /// A filled rectangle between two corners.
    pub(crate) fn block(ink: RGBAColor, (left, top): Point, (right, bottom): Point) -> Self {
        Self::new(Shape::Area, ink, [(left, top), (right, top), (right, bottom), (left, bottom)])
    }

    /// A horizontal line with an upright stroke at either end.
    pub(crate) fn whisker(ink: RGBAColor, (low, high): (f64, f64), y: f64, cap: f64) -> [Self; 3] {
        let line = |from, to| Self::new(Shape::Line(2.0), ink, [from, to]);
        let end = |x| line((x, y - cap), (x, y + cap));
        [line((low, y), (high, y)), end(low), end(high)]
    }
}

/// One entry of the legend; without a name it is not shown.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) name: String,
    /// Its sample, in drawing units from the middle of where it stands.
    pub(crate) sample: Mark,
}

impl Key {
    /// An entry whose sample is drawn like the marks that it stands for.
    pub(crate) fn new(name: String, shape: Shape, ink: RGBAColor) -> Self {
        let points = match shape {
            Shape::Line(_) | Shape::Dashes => vec![(-10.0, 0.0), (10.0, 0.0)],
            Shape::Dots | Shape::Rings => vec![(0.0, 0.0)],
            Shape::Area => vec![(-6.0, -6.0), (6.0, -6.0), (6.0, 6.0), (-6.0, 6.0)],
        };
        Self { name, sample: Mark::new(shape, ink, points) }
    }

    /// An entry that stands for an upright stroke.
    pub(crate) fn upright(name: String, width: f64, ink: RGBAColor) -> Self {
        Self { name, sample: Mark::new(Shape::Line(width), ink, [(0.0, -8.0), (0.0, 8.0)]) }
    }
}

/// Words at a point.
#[derive(Clone)]
pub(crate) struct Label {
    /// In the units of the axes.
    pub(crate) at: Point,
    /// Moved by this many drawing units, to the right and downwards.
    pub(crate) by: Point,
    /// On which side of the text the point lies; vertically it is in its middle.
    pub(crate) side: HPos,
    pub(crate) text: String,
    /// Whether it is a remark, small and grey, and no name or value.
    pub(crate) remark: bool,
}

/// A mark as an element of plotters, whatever its coordinates are.
pub(super) struct Element<C> {
    pub shape: Shape,
    pub ink: RGBAColor,
    pub points: Vec<C>,
    /// Pixels per drawing unit.
    pub unit: f64,
}

impl<'a, C> PointCollection<'a, C> for &'a Element<C> {
    type Point = &'a C;
    type IntoIter = std::slice::Iter<'a, C>;

    fn point_iter(self) -> Self::IntoIter {
        self.points.iter()
    }
}

impl<C, DB: DrawingBackend> Drawable<DB> for Element<C> {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        mut points: I,
        backend: &mut DB,
        size: (u32, u32),
    ) -> Result<(), DrawingErrorKind<DB::ErrorType>> {
        let pixels = |units: f64| (units * self.unit).round() as u32;
        let stroke = |width| self.ink.stroke_width(pixels(width));
        // Elements of plotters draw the points that they are given here, not those that they were made of.
        let none = Vec::<BackendCoord>::new;
        let mut circles = |style: ShapeStyle| {
            let circle = Circle::new((0, 0), pixels(4.0), style);
            points.try_for_each(|point| circle.draw(std::iter::once(point), backend, size))
        };
        match self.shape {
            Shape::Dots => circles(self.ink.filled()),
            Shape::Rings => circles(stroke(1.5)),
            Shape::Line(width) => PathElement::new(none(), stroke(width)).draw(points, backend, size),
            Shape::Dashes => {
                DashedPathElement::new(none(), pixels(9.0), pixels(6.0), stroke(1.8)).draw(points, backend, size)
            }
            Shape::Area => Polygon::new(none(), self.ink).draw(points, backend, size),
        }
    }
}

/// At most [`MOST_POINTS`]: the lowest and the highest of each stretch, so that no spike is lost.
pub(super) fn thinned(points: &[Point]) -> Vec<Point> {
    if points.len() <= MOST_POINTS {
        return points.to_vec();
    }
    let extremes = |stretch: &[Point]| {
        let by_height = |a: &usize, b: &usize| stretch[*a].1.total_cmp(&stretch[*b].1);
        let places = || 0..stretch.len();
        let (low, high) = (places().min_by(by_height).unwrap_or(0), places().max_by(by_height).unwrap_or(0));
        [low.min(high), low.max(high)].map(|place| stretch[place])
    };
    points.chunks(points.len().div_ceil(MOST_POINTS / 2)).flat_map(extremes).collect()
}
