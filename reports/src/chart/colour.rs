//! Colours by meaning: an arm has the same colour in every chart of a cell.
//!
//! Each colour has a contrast of at least 3:1 on white and on a near-black page (WCAG 2.2, 1.4.11), so no chart depends
//! on the page knowing it is dark. Blue and orange carry the main comparison because every common form of colour
//! blindness keeps them apart.

use plotters::style::RGBAColor;

/// Whose value a mark shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Colour {
    /// Server-Sent Events.
    Sse,
    /// WebSocket.
    WebSocket,
    /// Any other arm; the number is its place among these and picks one of three.
    Other(usize),
    /// The null arm: the same cell measured against itself.
    Null,
    /// A part of a whole; the number picks one of four.
    Part(usize),
    /// Text and axes: becomes `currentColor` in the page.
    Ink,
}

/// CSS value and colour of everything that [`Colour`] can be; the page may set the properties.
pub(super) const PALETTE: [(&str, [u8; 3]); 11] = [
    ("--sse", [0x2f, 0x7f, 0xd6]),
    ("--websocket", [0xd9, 0x66, 0x0f]),
    ("--other-0", [0x93, 0x50, 0xbd]),
    ("--other-1", [0x0d, 0x80, 0x74]),
    ("--other-2", [0x96, 0x86, 0x55]),
    ("--null", [0x8e, 0x94, 0x9e]),
    ("--part-0", [0x5b, 0x78, 0xa8]),
    ("--part-1", [0xb8, 0x60, 0x7c]),
    ("--part-2", [0x5f, 0x8a, 0x4a]),
    ("--part-3", [0x96, 0x70, 0x60]),
    ("", [0x1f, 0x23, 0x28]),
];

impl Colour {
    /// The colour at an opacity from 0 to 1.
    pub(crate) fn at(self, opacity: f64) -> RGBAColor {
        let place = match self {
            Self::Sse => 0,
            Self::WebSocket => 1,
            Self::Other(n) => 2 + n % 3,
            Self::Null => 5,
            Self::Part(n) => 6 + n % 4,
            Self::Ink => 10,
        };
        let [r, g, b] = PALETTE[place].1;
        RGBAColor(r, g, b, opacity)
    }

    /// The colour, opaque.
    pub(crate) fn solid(self) -> RGBAColor {
        self.at(1.0)
    }
}

/// A colour of the palette as a value of CSS.
pub(super) fn css((property, [r, g, b]): (&str, [u8; 3])) -> String {
    if property.is_empty() { "currentColor".to_owned() } else { format!("var({property},#{r:02x}{g:02x}{b:02x})") }
}
