//! The PNG: a plotters backend of pixels, several for each one of the file, whose mean smooths every edge.
//! plotters' own bitmap neither smooths polygons nor keeps the bearings of letters.

use super::font::{Font, LINE_PER_EM, X_HEIGHT};
use super::plot::{Sheet, drawn};
use super::{ChartError, WIDTH};
use plotters::prelude::IntoDrawingArea;
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontStyle,
};
use std::collections::HashMap;
use std::convert::Infallible;

/// Pixels of the file per drawing unit.
const DENSITY: usize = 2;
/// Pixels of the canvas per pixel of the file, in each direction.
const SAMPLES: usize = 2;
/// White around the drawing, in drawing units: nothing else keeps the words off the edge of a picture.
const MARGIN: f64 = 20.0;

/// Entries of the palette: solid colours and a dozen shades of each at its edges.
const COLOURS: usize = 64;

type Pixel = [u8; 3];
type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// Draws on a white canvas of `height` drawing units and encodes it.
pub(super) fn png(
    height: f64,
    draw: impl FnOnce(&Sheet<Canvas<'_>>) -> Result<(), ChartError>,
) -> Result<Vec<u8>, ChartError> {
    let unit = DENSITY * SAMPLES;
    let side = |length: f64| (length + 2.0 * MARGIN).ceil() as usize;
    let (width, height) = (side(WIDTH), side(height));
    let mut pixels = vec![[0xff; 3]; width * height * unit * unit];
    let area = Canvas { pixels: &mut pixels, width: width * unit }.into_drawing_area();
    let margin = MARGIN as i32 * unit as i32;
    let sheet = Sheet { area: area.margin(margin, margin, margin, margin), unit: unit as f64 };
    draw(&sheet)?;
    drawn(sheet.area.present())?;
    drop((sheet, area));
    encode(&reduced(&pixels, width * unit), width * DENSITY)
}

/// The mean of each square of [`SAMPLES`] by [`SAMPLES`] pixels.
fn reduced(pixels: &[Pixel], width: usize) -> Vec<Pixel> {
    let mean = |rows: &[Pixel], column: usize| -> Pixel {
        let square = rows.chunks_exact(width).flat_map(|row| &row[column..column + SAMPLES]);
        let sum = square.fold([0_u32; 3], |sum, pixel| [0, 1, 2].map(|n| sum[n] + u32::from(pixel[n])));
        sum.map(|channel| (channel / (SAMPLES * SAMPLES) as u32) as u8)
    };
    let rows = pixels.chunks_exact(width * SAMPLES);
    rows.flat_map(|rows| (0..width).step_by(SAMPLES).map(move |column| mean(rows, column))).collect()
}

/// Charts have few colours: a palette holds what the eye tells apart, in a third of the bytes.
fn encode(pixels: &[Pixel], width: usize) -> Result<Vec<u8>, ChartError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width as u32, (pixels.len() / width) as u32);
    encoder.set_deflate_compression(png::DeflateCompression::Level(9));
    encoder.set_filter(png::Filter::NoFilter);
    encoder.set_color(png::ColorType::Indexed);
    let (palette, indices) = indexed(pixels);
    encoder.set_palette(palette.concat());
    encoder.write_header()?.write_image_data(&indices)?;
    Ok(file)
}

/// The [`COLOURS`] that most pixels have, and for each pixel the place of the nearest.
fn indexed(pixels: &[Pixel]) -> (Vec<Pixel>, Vec<u8>) {
    let mut counts: HashMap<Pixel, usize> = HashMap::new();
    let runs = || pixels.chunk_by(|a, b| a == b);
    runs().for_each(|run| *counts.entry(run[0]).or_default() += run.len());
    let mut palette: Vec<Pixel> = counts.keys().copied().collect();
    palette.sort_by_key(|colour| (std::cmp::Reverse(counts.get(colour)), *colour));
    palette.truncate(COLOURS);
    let distance = |a: Pixel, b: Pixel| -> u32 { (0..3).map(|n| u32::from(a[n].abs_diff(b[n])).pow(2)).sum() };
    let nearest = |colour: Pixel| (0..palette.len()).min_by_key(|&n| distance(palette[n], colour)).unwrap_or_default();
    let places: HashMap<Pixel, u8> = counts.keys().map(|colour| (*colour, nearest(*colour) as u8)).collect();
    let indices = runs().flat_map(|run| std::iter::repeat_n(places[&run[0]], run.len())).collect();
    (palette, indices)
}

/// A plotters backend over a buffer of pixels.
pub(super) struct Canvas<'a> {
    pixels: &'a mut [Pixel],
    width: usize,
}

impl DrawingBackend for Canvas<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        (self.width as u32, (self.pixels.len() / self.width) as u32)
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return Ok(()) };
        if x < self.width
            && let Some(pixel) = self.pixels.get_mut(y * self.width + x)
        {
            let (r, g, b) = color.rgb;
            let mix =
                |old: u8, new: u8| (f64::from(old) + (f64::from(new) - f64::from(old)) * color.alpha).round() as u8;
            *pixel = [mix(pixel[0], r), mix(pixel[1], g), mix(pixel[2], b)];
        }
        Ok(())
    }

    /// Each stretch by itself with a round joint: the outline of a whole path crosses itself where the path turns back.
    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        let points: Vec<BackendCoord> = path.into_iter().collect();
        for (n, pair) in points.windows(2).enumerate() {
            self.draw_line(pair[0], pair[1], style)?;
            if n > 0 && style.stroke_width() > 6 {
                self.draw_circle(pair[0], style.stroke_width() / 2, &style.color(), true)?;
            }
        }
        Ok(())
    }

    fn draw_text<T: BackendTextStyle>(&mut self, text: &str, style: &T, (x, y): BackendCoord) -> Drawn {
        let font = Font { size: style.size() / LINE_PER_EM, bold: matches!(style.style(), FontStyle::Bold) };
        let left = match style.anchor().h_pos {
            HPos::Left => 0.0,
            HPos::Center => font.exact_width(text) / 2.0,
            HPos::Right => font.exact_width(text),
        };
        // As the SVG of plotters places the baseline.
        let down = match style.anchor().v_pos {
            VPos::Top => 0.76,
            VPos::Center => X_HEIGHT / 2.0,
            VPos::Bottom => -X_HEIGHT / 2.0,
        };
        let start = (f64::from(x) - left, f64::from(y) + down * font.size);
        let mut result = Ok(());
        font.draw(text, start, |at, cover| {
            if result.is_ok() {
                result = self.draw_pixel(at, style.color().mix(cover));
            }
        });
        result
    }
}
