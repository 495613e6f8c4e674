//! The PNG: a plotters backend on tiny-skia, because plotters' own bitmap neither smooths the edges of polygons nor
//! keeps the bearings of letters. Draws what it is told; it lays out nothing.

use super::pen::{Pen, UNIT, em};
use super::typeface::Font;
use super::{ChartError, Medium, WIDTH};
use plotters::style::text_anchor::HPos;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontStyle,
};
use std::collections::HashMap;
use std::convert::Infallible;
use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Shader, Stroke, Transform,
};

/// Pixels per drawing unit.
const DENSITY: f64 = 2.0;
/// White around the drawing, in drawing units: nothing else keeps the words off the edge of a picture.
const MARGIN: f64 = 20.0;

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// Draws on a white canvas of `height` drawing units and encodes it.
pub(super) fn png(
    height: f64,
    draw: impl FnOnce(&mut Pen<'_, Raster>) -> Result<(), ChartError>,
) -> Result<Vec<u8>, ChartError> {
    let side = |length: f64| ((length + 2.0 * MARGIN) * DENSITY).ceil() as u32;
    let mut pixels = Pixmap::new(side(WIDTH), side(height)).ok_or(ChartError::Empty)?;
    pixels.fill(Color::WHITE);
    let mut raster = Raster { pixels };
    draw(&mut Pen::new(&mut raster, Medium::Image))?;
    encode(&raster.pixels)
}

/// Charts have few colours: most fit a palette, which is a third of the bytes and of the time. The canvas is opaque, so
/// its alpha says nothing and is left out.
fn encode(pixels: &Pixmap) -> Result<Vec<u8>, ChartError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, pixels.width(), pixels.height());
    // The fastest level: the next ones take twice the time for a quarter of the bytes.
    encoder.set_deflate_compression(png::DeflateCompression::Level(1));
    encoder.set_filter(png::Filter::NoFilter);
    let fitting = [8, 6, 5, 4].into_iter().find_map(|bits| indexed(pixels, bits));
    let data = match fitting {
        Some((palette, indices)) => {
            encoder.set_color(png::ColorType::Indexed);
            encoder.set_palette(palette.concat());
            indices
        }
        None => {
            encoder.set_color(png::ColorType::Rgb);
            pixels.data().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect()
        }
    };
    encoder.write_header()?.write_image_data(&data)?;
    Ok(file)
}

/// The palette of the colours, their channels rounded to `bits` with white staying white, and each pixel's place in it;
/// `None` when a chart has more shades at its edges than the 256 of a palette.
fn indexed(pixels: &Pixmap, bits: u32) -> Option<(Vec<[u8; 3]>, Vec<u8>)> {
    let lost = (0xff_u16 >> bits) as u8;
    let round = |channel: u8| channel & !lost | (u16::from(channel) >> bits) as u8;
    let (mut palette, mut places) = (Vec::new(), HashMap::new());
    let mut indices = Vec::with_capacity(pixels.pixels().len());
    for run in pixels.pixels().chunk_by(|a, b| a == b) {
        let colour = [run[0].red(), run[0].green(), run[0].blue()].map(round);
        let place = *places.entry(colour).or_insert_with(|| {
            palette.push(colour);
            palette.len() - 1
        });
        indices.resize(indices.len() + run.len(), u8::try_from(place).ok()?);
    }
    Some((palette, indices))
}

/// A plotters backend whose pixels are [`UNIT`]ths of a drawing unit.
pub(super) struct Raster {
    pixels: Pixmap,
}

impl Raster {
    fn fill(&mut self, path: Option<Path>, color: BackendColor) -> Drawn {
        if let Some(path) = path {
            self.pixels.fill_path(&path, &paint(color), FillRule::Winding, to_pixels(), None);
        }
        Ok(())
    }

    fn stroke(&mut self, path: Option<Path>, style: &impl BackendStyle) -> Drawn {
        let stroke = Stroke {
            width: style.stroke_width() as f32,
            line_cap: LineCap::Butt,
            line_join: LineJoin::Round,
            ..Stroke::default()
        };
        if let Some(path) = path {
            self.pixels.stroke_path(&path, &paint(style.color()), &stroke, to_pixels(), None);
        }
        Ok(())
    }
}

fn to_pixels() -> Transform {
    let scale = (DENSITY / UNIT) as f32;
    let margin = (MARGIN * DENSITY) as f32;
    Transform::from_scale(scale, scale).post_translate(margin, margin)
}

fn paint(BackendColor { alpha, rgb: (r, g, b) }: BackendColor) -> Paint<'static> {
    let color = Color::from_rgba8(r, g, b, (alpha.clamp(0.0, 1.0) * 255.0).round() as u8);
    Paint { shader: Shader::SolidColor(color), ..Paint::default() }
}

fn polyline(points: impl IntoIterator<Item = BackendCoord>, close: bool) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (x, y) in points {
        // The first `line_to` of a path would start at the origin.
        if path.is_empty() { path.move_to(x as f32, y as f32) } else { path.line_to(x as f32, y as f32) }
    }
    if close {
        path.close();
    }
    path.finish()
}

impl DrawingBackend for Raster {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        let units = |pixels: u32| (f64::from(pixels) * UNIT / DENSITY) as u32;
        (units(self.pixels.width()), units(self.pixels.height()))
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        let dot = Rect::from_xywh(x as f32, y as f32, 1.0, 1.0).map(PathBuilder::from_rect);
        self.fill(dot, color)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.stroke(polyline([from, to], false), style)
    }

    fn draw_rect<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S, fill: bool) -> Drawn {
        let rect = Rect::from_ltrb(from.0 as f32, from.1 as f32, to.0 as f32, to.1 as f32).map(PathBuilder::from_rect);
        if fill { self.fill(rect, style.color()) } else { self.stroke(rect, style) }
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        self.stroke(polyline(path, false), style)
    }

    fn draw_circle<S: BackendStyle>(&mut self, (x, y): BackendCoord, radius: u32, style: &S, fill: bool) -> Drawn {
        let circle = PathBuilder::from_circle(x as f32, y as f32, radius as f32);
        if fill { self.fill(circle, style.color()) } else { self.stroke(circle, style) }
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, outline: I, style: &S) -> Drawn {
        self.fill(polyline(outline, true), style.color())
    }

    fn draw_text<T: BackendTextStyle>(&mut self, text: &str, style: &T, (x, y): BackendCoord) -> Drawn {
        let font = Font { size: em(style.size()), bold: matches!(style.style(), FontStyle::Bold) };
        let shift = match style.anchor().h_pos {
            HPos::Left => 0.0,
            HPos::Center => font.exact_width(text) / 2.0,
            HPos::Right => font.exact_width(text),
        };
        let mut path = PathBuilder::new();
        font.outline(text, (f64::from(x) - shift, f64::from(y) + font.half_x_height()), &mut path);
        self.fill(path.finish(), style.color())
    }
}
