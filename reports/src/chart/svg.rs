//! The SVG: what plotters wrote, made to live in a page. It drops plotters' font and size, gives the drawing a name for
//! screen readers, and swaps each palette colour for the CSS property that the page may set.
//!
//! Replacing text in the markup is safe because every pattern holds a `"`, which plotters escapes inside words.

use super::colour::{PALETTE, css};
use super::sheet::{Sheet, drawn};
use super::{ChartError, ChartText, WIDTH};
use crate::printed::one_line;
use plotters::prelude::{IntoDrawingArea, SVGBackend};

/// plotters counts in whole pixels: lines keep a tenth of a unit.
const UNIT: f64 = 10.0;

/// Draws on a canvas of `height` drawing units and returns an `<svg>` element.
pub(super) fn svg(
    text: &ChartText,
    height: f64,
    draw: impl FnOnce(&Sheet<SVGBackend<'_>>) -> Result<(), ChartError>,
) -> Result<String, ChartError> {
    let size = ((WIDTH * UNIT) as u32, (height * UNIT).ceil() as u32);
    let mut drawing = String::new();
    {
        let area = SVGBackend::with_string(&mut drawing, size).into_drawing_area();
        let sheet = Sheet { area, unit: UNIT };
        draw(&sheet)?;
        drawn(sheet.area.present())?;
    }
    let body = drawing.split_once(">\n").map_or("", |(_, body)| body);
    Ok(format!("{}{}", root(text, size), restyled(body)))
}

fn root(text: &ChartText, (width, height): (u32, u32)) -> String {
    let (title, subtitle) = (escaped(&text.heading()), escaped(&text.subtitle));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" role=\"img\" viewBox=\"0 0 {width} {height}\" \
         stroke-linejoin=\"round\" style=\"width:100%;max-width:40rem;height:auto;overflow:visible;font-variant-numeric:tabular-nums\">\n\
         <title>{title}</title>\n<desc>{title}. {subtitle}</desc>\n"
    )
}

fn restyled(body: &str) -> String {
    let mut body = body
        .replace(" font-family=\"sans-serif\"", "")
        .replace("font-weight=\"bold\"", "font-weight=\"600\"")
        .replace(" opacity=\"1\"", "")
        .replace(" text-anchor=\"start\"", "")
        .replace(" stroke=\"none\"", "")
        .replace(" \"/>", "\"/>")
        .replace("\n</text>", "</text>");
    for colour in PALETTE {
        let [r, g, b] = colour.1;
        body = body.replace(&format!("\"#{r:02X}{g:02X}{b:02X}\""), &format!("\"{}\"", css(colour)));
    }
    body
}

fn escaped(text: &str) -> String {
    one_line(text).trim().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
