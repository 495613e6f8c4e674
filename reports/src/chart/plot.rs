//! A plot: marks and labels over two axes, drawn by plotters.

use super::axis::Axis;
use super::font::{BODY, SMALL};
use super::header::Header;
use super::{ChartError, ChartText, Colour, WIDTH, png, svg};
use plotters::chart::{ChartBuilder, LabelAreaPosition, MeshStyle};
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind};
use plotters::element::{
    Circle, DashedPathElement, Drawable, EmptyElement, PathElement, PointCollection, Polygon, Text as Words,
};
use plotters::style::text_anchor::HPos;
use plotters::style::{Color, RGBAColor, ShapeStyle, TRANSPARENT};
use plotters_backend::{BackendCoord, DrawingBackend, DrawingErrorKind};

/// The most entries of a legend, and names along an axis, that a reader can follow in one chart.
const MOST_KEYS: usize = 16;
const MOST_NAMES: usize = 40;
/// The most points that one mark keeps: more are not told apart.
const MOST_POINTS: usize = 200;
/// Between the ends of the y axis.
const HEIGHT: f64 = 248.0;
/// Between an axis and its labels.
const GAP: f64 = 8.0;
const TICK: f64 = GAP / 2.0;
/// Below the plot: tick labels, and the title of the axis where it has one.
const TICKS_BELOW: f64 = 26.0;
const TITLE_BELOW: f64 = 17.0;
/// Beside the plot: half a tick label.
pub(crate) const BESIDE: f64 = 26.0;

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

/// A chart with two axes.
#[derive(Clone)]
pub(crate) struct Plot {
    pub(crate) text: ChartText,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    /// The legend.
    pub(crate) keys: Vec<Key>,
    /// From the lowest to the one on top.
    pub(crate) marks: Vec<Mark>,
    pub(crate) labels: Vec<Label>,
    /// Height between the axes' ends, in drawing units.
    pub(crate) height: f64,
    /// Room to the right of the plot for words, in drawing units.
    pub(crate) right: f64,
    /// Room below its ticks for words.
    pub(crate) below: f64,
}

/// A drawing area of plotters that has `unit` pixels per drawing unit.
pub(super) struct Sheet<DB: DrawingBackend> {
    pub area: DrawingArea<DB, Shift>,
    pub unit: f64,
}

impl<DB: DrawingBackend> Sheet<DB> {
    pub(super) fn pixels(&self, units: f64) -> i32 {
        (units * self.unit).round() as i32
    }

    pub(super) fn write(
        &self,
        (x, y): Point,
        text: &str,
        font: super::font::Font,
        ink: RGBAColor,
    ) -> Result<(), ChartError> {
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

impl Plot {
    /// Two axes without anything between them.
    pub(crate) fn new(text: ChartText, x: Axis, y: Axis) -> Self {
        let (keys, marks, labels) = (Vec::new(), Vec::new(), Vec::new());
        Self { text, x, y, keys, marks, labels, height: HEIGHT, right: 0.0, below: 0.0 }
    }

    /// The room that values beside a plot take, in drawing units.
    pub(crate) fn room_for(values: impl Iterator<Item = String>) -> f64 {
        values.map(|value| BODY.width(&value)).fold(0.0, f64::max) + GAP
    }

    /// The beginning of `name` that leaves room for `other` at the end of its line.
    pub(crate) fn beside(name: &str, other: &str) -> String {
        BODY.fit(name, WIDTH - BODY.width(other) - GAP)
    }

    /// Draws it for the page: an `<svg>` element.
    ///
    /// # Errors
    /// [`ChartError`] with more in it than a reader can follow, or when plotters refuses.
    pub(crate) fn svg(&self) -> Result<String, ChartError> {
        let header = self.header()?;
        svg::svg(&self.text, self.whole_height(&header), |sheet| self.draw(sheet, &header))
    }

    /// Draws it as a picture: a PNG file.
    ///
    /// # Errors
    /// As [`Plot::svg`], and when it cannot be encoded.
    pub(crate) fn png(&self) -> Result<Vec<u8>, ChartError> {
        let header = self.header()?;
        png::png(self.whole_height(&header), |sheet| self.draw(sheet, &header))
    }

    fn header(&self) -> Result<Header, ChartError> {
        let names = |axis: &Axis| if axis.named { axis.ticks.len() } else { 0 };
        let counts = [
            ("entries", self.keys.len(), MOST_KEYS),
            ("rows", names(&self.y), MOST_NAMES),
            ("groups", names(&self.x), MOST_KEYS),
        ];
        match counts.into_iter().find(|(_, count, limit)| count > limit) {
            Some((what, count, limit)) => Err(ChartError::TooMany { what, count, limit }),
            None => Ok(Header::lay(&self.text, &self.keys)),
        }
    }

    fn under(&self) -> f64 {
        TICKS_BELOW + self.below + if self.text.x.is_empty() { 0.0 } else { TITLE_BELOW }
    }

    fn whole_height(&self, header: &Header) -> f64 {
        header.height() + self.height + self.under()
    }

    fn draw<DB: DrawingBackend>(&self, sheet: &Sheet<DB>, header: &Header) -> Result<(), ChartError> {
        header.draw(sheet)?;
        let (_, area) = sheet.area.split_vertically(sheet.pixels(header.height()));
        let (y, gutter) = self.y_axis();
        let right = self.right.max(BESIDE);
        let mut chart = drawn(
            ChartBuilder::on(&area)
                .margin_right(sheet.pixels(right))
                .y_label_area_size(sheet.pixels(gutter))
                .x_label_area_size(sheet.pixels(self.under()))
                .build_cartesian_2d(self.x_axis(WIDTH - gutter - right), y),
        )?;
        let mut mesh = chart.configure_mesh();
        self.style_mesh(&mut mesh, sheet);
        drawn(mesh.draw())?;
        for mark in &self.marks {
            for points in self.stretches(mark) {
                let alone = points.len() == 1 && matches!(mark.shape, Shape::Line(_) | Shape::Dashes);
                let shape = if alone { Shape::Dots } else { mark.shape };
                let element = Element { shape, ink: mark.ink, points, unit: sheet.unit };
                drawn(chart.draw_series([element]))?;
            }
        }
        let labels = self.labels.iter().filter(|label| self.has_place(&label.at)).map(|label| {
            let (font, ink) = if label.remark { (SMALL, soft()) } else { (BODY, Colour::Ink.solid()) };
            let by = (sheet.pixels(label.by.0), sheet.pixels(label.by.1));
            EmptyElement::at(label.at) + Words::new(label.text.clone(), by, font.style(sheet.unit, ink, label.side))
        });
        drawn(chart.draw_series(labels)).map(drop)
    }

    fn style_mesh<DB: DrawingBackend>(&self, mesh: &mut MeshStyle<'_, '_, Axis, Axis, DB>, sheet: &Sheet<DB>) {
        let font = |axis: &Axis| if axis.named { (BODY, Colour::Ink.solid()) } else { (SMALL, soft()) };
        let style = |(font, ink): (super::font::Font, _)| font.style(sheet.unit, ink, HPos::Left);
        let hairline = |opacity| Colour::Ink.at(opacity).stroke_width(sheet.pixels(1.0).unsigned_abs());
        mesh.disable_x_mesh()
            .bold_line_style(hairline(if self.y.named || self.x.named { 0.0 } else { 0.13 }))
            .light_line_style(TRANSPARENT)
            .axis_style(hairline(0.45))
            .set_tick_mark_size(LabelAreaPosition::Left, sheet.pixels(TICK))
            .set_tick_mark_size(LabelAreaPosition::Bottom, sheet.pixels(TICK))
            .x_label_style(style(font(&self.x)))
            .y_label_style(style(font(&self.y)))
            .axis_desc_style(style((SMALL, soft())));
        if self.y.ticks.iter().all(|(_, label)| label.is_empty()) {
            mesh.disable_y_axis();
        }
        let title = SMALL.fit(&self.text.x, WIDTH * 0.8);
        if !title.is_empty() {
            mesh.x_desc(title);
        }
    }

    /// The y axis with its labels cut to two fifths of the chart, and the room that they take.
    fn y_axis(&self) -> (Axis, f64) {
        let mut axis = self.y.clone();
        axis.ticks.iter_mut().for_each(|(_, label)| *label = BODY.fit(label, WIDTH * 0.4));
        let widest = axis.ticks.iter().map(|(_, label)| BODY.width(label)).fold(0.0, f64::max);
        (axis, widest.max(BESIDE - GAP) + GAP)
    }

    /// The x axis of a plot of this width, without the ticks whose labels would touch their left neighbour.
    fn x_axis(&self, width: f64) -> Axis {
        let mut axis = self.x.clone();
        let room = width / axis.ticks.len().max(1) as f64;
        if axis.named {
            axis.ticks.iter_mut().for_each(|(_, label)| *label = BODY.fit(label, room - TICK));
        }
        let font = if axis.named { BODY } else { SMALL };
        let mut free = f64::NEG_INFINITY;
        axis.ticks.retain(|(value, label)| {
            let (centre, half) = (self.x.at(*value).unwrap_or_default() * width, font.width(label) / 2.0);
            let fits = centre - half > free;
            free = if fits { centre + half + TICK } else { free };
            fits
        });
        axis
    }

    fn has_place(&self, &(x, y): &Point) -> bool {
        self.x.at(x).is_some() && self.y.at(y).is_some()
    }

    /// The points of a mark that have a place: lines broken where one has none, areas without it.
    fn stretches(&self, mark: &Mark) -> Vec<Vec<Point>> {
        let points = thinned(&mark.points);
        let stretches: Vec<Vec<Point>> = match mark.shape {
            Shape::Line(_) | Shape::Dashes => {
                points.split(|point| !self.has_place(point)).map(<[Point]>::to_vec).collect()
            }
            Shape::Dots | Shape::Rings => vec![points.into_iter().filter(|point| self.has_place(point)).collect()],
            // A corner without a place would turn the area into another one.
            Shape::Area => vec![points].into_iter().filter(|all| all.iter().all(|p| self.has_place(p))).collect(),
        };
        stretches.into_iter().filter(|stretch| !stretch.is_empty()).collect()
    }
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
