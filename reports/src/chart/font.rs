//! The bundled font: how wide a text is, how it wraps and the pixels of its letters. Latin script only; a letter that
//! the font lacks is measured by a guess (one em when it is East Asian) and drawn as an empty box, never an error.

use crate::printed::one_line;
use ab_glyph::{Font as _, FontRef, PxScale, point};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, FontStyle, IntoFont, RGBAColor, TextStyle};
use std::sync::LazyLock;
use unicode_width::UnicodeWidthChar as _;

/// Inter 4.1 under the SIL Open Font License, cut down to Latin, digits, arrows and signs; see `assets/fonts`.
static REGULAR: LazyLock<FontRef<'static>> =
    LazyLock::new(|| face(include_bytes!("../../assets/fonts/Inter-Regular.ttf")));
static SEMIBOLD: LazyLock<FontRef<'static>> =
    LazyLock::new(|| face(include_bytes!("../../assets/fonts/Inter-SemiBold.ttf")));

/// Height of its `x`, in em.
pub(super) const X_HEIGHT: f64 = 0.546;

/// A text longer than this many characters is cut before it is measured: no chart has room for more.
const LONGEST: usize = 400;

/// The page draws the words in a font of its own. The widest in common use, DejaVu Sans and Verdana, need up to this
/// many times the room of the bundled one (measured on tick labels and names: 1.02 to 1.12; `1.4×` alone 1.21).
const WIDEST: f64 = 1.13;

/// plotters takes the height of a line and divides it by this to get the em.
pub(super) const LINE_PER_EM: f64 = 1.24;

/// Titles.
pub(super) const TITLE: Font = Font { size: 17.0, bold: true };
/// Names and values of the data.
pub(super) const BODY: Font = Font { size: 14.0, bold: false };
/// Ticks, axis titles and remarks.
pub(super) const SMALL: Font = Font { size: 13.0, bold: false };

/// Weight and size of the em: in drawing units to lay out, in pixels to draw.
#[derive(Debug, Clone, Copy)]
pub(super) struct Font {
    pub size: f64,
    pub bold: bool,
}

fn face(bytes: &'static [u8]) -> FontRef<'static> {
    FontRef::try_from_slice(bytes).expect("the bundled font is a valid TrueType file")
}

impl Font {
    fn face(self) -> &'static FontRef<'static> {
        if self.bold { &SEMIBOLD } else { &REGULAR }
    }

    /// The font as plotters takes it, where a drawing unit has `unit` pixels.
    pub(super) fn style(self, unit: f64, ink: RGBAColor, side: HPos) -> TextStyle<'static> {
        let weight = if self.bold { FontStyle::Bold } else { FontStyle::Normal };
        let font = ("sans-serif", self.size * unit * LINE_PER_EM).into_font().style(weight);
        TextStyle { color: ink.to_backend_color(), ..TextStyle::from(font) }.pos(Pos::new(side, VPos::Center))
    }

    fn advance(self, letter: char) -> f64 {
        let glyph = self.face().glyph_id(letter);
        let em = f64::from(self.face().units_per_em().unwrap_or(1.0));
        match letter.width() {
            _ if glyph.0 != 0 => f64::from(self.face().h_advance_unscaled(glyph)) / em * self.size,
            Some(2) => self.size,
            _ => self.size * 0.65,
        }
    }

    /// Width of `text` in the bundled font.
    pub(super) fn exact_width(self, text: &str) -> f64 {
        text.chars().map(|letter| self.advance(letter)).sum()
    }

    /// Room to keep for `text`: enough for [`WIDEST`] fonts.
    pub(super) fn width(self, text: &str) -> f64 {
        self.exact_width(text) * WIDEST
    }

    /// `text`, or its beginning and `…` when it is wider than `room`.
    pub(super) fn fit(self, text: &str, room: f64) -> String {
        let text = printable(text);
        if self.width(&text) <= room {
            return text;
        }
        let kept = &text[..self.break_at(&text, room - self.width("…"), false)];
        format!("{}…", kept.trim_end())
    }

    /// `text` over at most `lines` lines no wider than `room`, broken at spaces or beside East Asian characters.
    pub(super) fn wrap(self, text: &str, room: f64, lines: usize) -> Vec<String> {
        let mut rest = printable(text);
        let mut wrapped = Vec::new();
        while !rest.is_empty() {
            if wrapped.len() + 1 == lines {
                wrapped.push(self.fit(&rest, room));
                break;
            }
            let next = rest.split_off(self.break_at(&rest, room, true));
            wrapped.push(rest.trim_end().to_owned());
            rest = next.trim_start().to_owned();
        }
        wrapped
    }

    /// The byte at which a line of `text` ends: within `room`, between `words` where there is such a place.
    fn break_at(self, text: &str, room: f64, words: bool) -> usize {
        let (mut used, mut best) = (0.0, None);
        for (at, letter) in text.char_indices() {
            if words && at > 0 && (letter == ' ' || letter.width() == Some(2)) {
                best = Some(at);
            }
            used += self.advance(letter) * WIDEST;
            if used > room && (at > 0 || !words) {
                return best.unwrap_or(at);
            }
        }
        text.len()
    }

    /// Every pixel that `text` covers, and how much of it, its baseline starting at `(x, y)`.
    pub(super) fn draw(self, text: &str, (x, y): (f64, f64), mut dot: impl FnMut((i32, i32), f64)) {
        let face = self.face();
        let scale = PxScale::from(face.height_unscaled() / face.units_per_em().unwrap_or(1.0) * self.size as f32);
        let mut x = x;
        for letter in text.chars() {
            let glyph = face.glyph_id(letter).with_scale_and_position(scale, point(x as f32, y as f32));
            if let Some(outline) = face.outline_glyph(glyph) {
                let corner = outline.px_bounds().min;
                let (left, top) = (corner.x as i32, corner.y as i32);
                outline.draw(|x, y, cover| dot((left + x as i32, top + y as i32), f64::from(cover)));
            }
            x += self.advance(letter);
        }
    }
}

/// At most [`LONGEST`] characters, control characters (XML forbids most) as spaces.
fn printable(text: &str) -> String {
    one_line(&text.trim().chars().take(LONGEST).collect::<String>())
}
