//! The bundled font: how wide a text is, how it wraps and the outlines of its letters. Latin script only; a letter that
//! the font lacks is measured by a guess (one em when it is East Asian) and drawn as an empty box, never an error.

use crate::printed::one_line;
use std::sync::LazyLock;
use ttf_parser::{Face, OutlineBuilder};

/// Inter 4.1 under the SIL Open Font License, cut down to Latin, digits, arrows and signs; see `assets/fonts`.
static REGULAR: LazyLock<Face<'static>> =
    LazyLock::new(|| face(include_bytes!("../../assets/fonts/Inter-Regular.ttf")));
static SEMIBOLD: LazyLock<Face<'static>> =
    LazyLock::new(|| face(include_bytes!("../../assets/fonts/Inter-SemiBold.ttf")));

/// A text longer than this many characters is cut before it is measured: no chart has room for more.
const LONGEST: usize = 400;

/// The page draws the words in a font of its own. The widest in common use, DejaVu Sans and Verdana, need up to this
/// many times the room of the bundled one (measured on tick labels and names: 1.02 to 1.12; `1.4×` alone 1.21).
const WIDEST: f64 = 1.13;

/// Weight and size (of the em, in drawing units) of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Font {
    pub size: f64,
    pub bold: bool,
}

fn face(bytes: &'static [u8]) -> Face<'static> {
    Face::parse(bytes, 0).expect("the bundled font is a valid TrueType file")
}

impl Font {
    fn face(self) -> &'static Face<'static> {
        if self.bold { &SEMIBOLD } else { &REGULAR }
    }

    fn scale(self) -> f64 {
        self.size / f64::from(self.face().units_per_em())
    }

    /// Half the height of an `x`: how far the baseline is below the middle of a line.
    pub(super) fn half_x_height(self) -> f64 {
        f64::from(self.face().x_height().unwrap_or(1000)) * self.scale() / 2.0
    }

    fn advance(self, letter: char) -> f64 {
        match self.face().glyph_index(letter).and_then(|glyph| self.face().glyph_hor_advance(glyph)) {
            Some(advance) => f64::from(advance) * self.scale(),
            None if is_wide(letter) => self.size,
            None => self.size * 0.65,
        }
    }

    /// Width of `text` in the bundled font, in drawing units.
    pub(super) fn exact_width(self, text: &str) -> f64 {
        text.chars().map(|letter| self.advance(letter)).sum()
    }

    /// Room to keep for `text`, in drawing units: enough for [`WIDEST`] fonts.
    pub(super) fn width(self, text: &str) -> f64 {
        self.exact_width(text) * WIDEST
    }

    /// `text`, or its beginning and `…` when it is wider than `room`.
    pub(super) fn fit(self, text: &str, room: f64) -> String {
        let text = printable(text);
        if self.width(&text) <= room {
            return text;
        }
        let room = room / WIDEST - self.advance('…');
        let mut used = 0.0;
        let kept: String = text
            .chars()
            .take_while(|&letter| {
                used += self.advance(letter);
                used <= room
            })
            .collect();
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
            let next = rest.split_off(self.break_at(&rest, room));
            wrapped.push(rest.trim_end().to_owned());
            rest = next.trim_start().to_owned();
        }
        wrapped
    }

    /// The byte at which a line of `text` ends: its last opportunity to break within `room`.
    fn break_at(self, text: &str, room: f64) -> usize {
        let room = room / WIDEST;
        let (mut used, mut best) = (0.0, None);
        for (at, letter) in text.char_indices() {
            if at > 0 && (letter == ' ' || is_wide(letter)) {
                best = Some(at);
            }
            used += self.advance(letter);
            if used > room && at > 0 {
                return best.unwrap_or(at);
            }
        }
        text.len()
    }

    /// Adds the outlines of `text` to `path`, its baseline starting at `(x, y)`, y downwards.
    pub(super) fn outline(self, text: &str, (x, y): (f64, f64), path: &mut tiny_skia::PathBuilder) {
        let mut pen = Outline { path, scale: self.scale() as f32, x: x as f32, y: y as f32 };
        for letter in text.chars() {
            let glyph = self.face().glyph_index(letter).unwrap_or_default();
            self.face().outline_glyph(glyph, &mut pen);
            pen.x += self.advance(letter) as f32;
        }
    }
}

/// At most [`LONGEST`] characters, control characters (XML forbids most) as spaces.
fn printable(text: &str) -> String {
    one_line(&text.trim().chars().take(LONGEST).collect::<String>())
}

/// East Asian scripts, whose characters fill a square and may be broken between.
fn is_wide(letter: char) -> bool {
    matches!(letter, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ff60}' | '\u{20000}'..='\u{3fffd}')
}

/// Glyph outlines (font units, y upwards) into a path (drawing units, y downwards).
struct Outline<'a> {
    path: &'a mut tiny_skia::PathBuilder,
    scale: f32,
    x: f32,
    y: f32,
}

impl Outline<'_> {
    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        (self.x + x * self.scale, self.y - y * self.scale)
    }
}

impl OutlineBuilder for Outline<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.place(x1, y1), self.place(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.place(x1, y1), self.place(x2, y2), self.place(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}
