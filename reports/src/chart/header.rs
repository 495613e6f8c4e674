//! What stands above every plot: title, subtitle, legend and the title of the y axis, wrapped to the chart's width.

use super::font::{BODY, SMALL, TITLE};
use super::mark::{Element, Key, Mark, Point};
use super::sheet::{Sheet, drawn, soft};
use super::{ChartError, ChartText, Colour, WIDTH};
use plotters::chart::{ChartBuilder, SeriesLabelPosition};
use plotters::element::PathElement;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters_backend::DrawingBackend;

const TITLE_LINE: f64 = 22.0;
const LINE: f64 = 18.0;
const GAP: f64 = 7.0;
const KEY_LINE: f64 = 22.0;
/// Width of a legend's sample with the space after it, the middle of the sample, and the space after its name.
const SAMPLE: f64 = 26.0;
const SAMPLE_MIDDLE: f64 = 10.0;
const AFTER_NAME: f64 = 12.0;

/// The header of one chart in one medium, laid out.
pub(super) struct Header {
    title: Vec<String>,
    subtitle: Vec<String>,
    /// Entries of the legend with where they stand.
    keys: Vec<(Key, String, Point)>,
    y_title: String,
    height: f64,
}

impl Header {
    pub(super) fn lay(text: &ChartText, keys: &[Key]) -> Self {
        let title = TITLE.wrap(&text.heading(), WIDTH, 2);
        let subtitle = BODY.wrap(&text.subtitle, WIDTH, 2);
        let mut y = title.len() as f64 * TITLE_LINE + subtitle.len() as f64 * LINE + GAP;
        let (mut x, mut placed) = (0.0, Vec::new());
        for key in keys.iter().filter(|key| !key.name.is_empty()) {
            let name = BODY.fit(&key.name, WIDTH - SAMPLE);
            let width = SAMPLE + BODY.width(&name);
            if x > 0.0 && x + width > WIDTH {
                (x, y) = (0.0, y + KEY_LINE);
            }
            placed.push((key.clone(), name, (x, y)));
            x += width + AFTER_NAME;
        }
        let legend = if placed.is_empty() { 0.0 } else { KEY_LINE };
        let y_title = SMALL.fit(&text.y, WIDTH);
        let height = y + legend + GAP + if y_title.is_empty() { 0.0 } else { LINE };
        Self { title, subtitle, keys: placed, y_title, height }
    }

    pub(super) fn height(&self) -> f64 {
        self.height
    }

    pub(super) fn draw<DB: DrawingBackend>(&self, sheet: &Sheet<DB>) -> Result<(), ChartError> {
        let mut y = TITLE_LINE / 2.0;
        for line in &self.title {
            sheet.write((0.0, y), line, TITLE, Colour::Ink.solid())?;
            y += TITLE_LINE;
        }
        y += (LINE - TITLE_LINE) / 2.0;
        for line in &self.subtitle {
            sheet.write((0.0, y), line, BODY, soft())?;
            y += LINE;
        }
        for (key, name, place) in &self.keys {
            entry(sheet, key, name, *place)?;
        }
        if self.y_title.is_empty() {
            return Ok(());
        }
        sheet.write((0.0, self.height - GAP - LINE / 2.0), &self.y_title, SMALL, soft())
    }
}

/// One entry of the legend. plotters lists the series of a chart one below the other, over the data; here an entry is the
/// list of a chart whose one series has no points, so that several stand in a line above the plot.
fn entry<DB: DrawingBackend>(sheet: &Sheet<DB>, key: &Key, name: &str, place: Point) -> Result<(), ChartError> {
    let (unit, middle) = (sheet.unit, sheet.pixels(SAMPLE_MIDDLE));
    let Mark { shape, ink, points } = key.sample.clone();
    let mut chart = drawn(ChartBuilder::on(&sheet.area).build_cartesian_2d(0.0..1.0, 0.0..1.0))?;
    let none = std::iter::empty::<PathElement<(f64, f64)>>();
    drawn(chart.draw_series(none))?.label(name).legend(move |(x, y)| {
        let pixels = |units: f64| (units * unit).round() as i32;
        let points = points.iter().map(|(dx, dy)| (x + middle + pixels(*dx), y + pixels(*dy))).collect();
        Element { shape, ink, points, unit }
    });
    let style = BODY.style(unit, Colour::Ink.solid(), HPos::Left).pos(Pos::new(HPos::Left, VPos::Top));
    let mut list = chart.configure_series_labels();
    list.position(SeriesLabelPosition::Coordinate(sheet.pixels(place.0), sheet.pixels(place.1)));
    drawn(list.margin(0).legend_area_size(sheet.pixels(SAMPLE)).label_font(style).draw())
}
