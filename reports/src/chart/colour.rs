//! The palette: one colour per arm, the same in every chart, table and page.
//!
//! Each colour has a contrast of at least 3:1 on white and on a near-black page (WCAG 2.2, 1.4.11), so no chart depends
//! on the page knowing it is dark. Blue and orange carry the main comparison because every common form of colour
//! blindness keeps them apart. It styles nothing else.

use plotters::style::RGBAColor;

/// Whose value a mark shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Colour {
    /// Server-Sent Events.
    Sse,
    /// WebSocket.
    WebSocket,
    /// Long polling.
    LongPoll,
    /// The control row: the same payload on the same chunked response without event framing.
    Control,
    /// The raw TCP floor.
    Floor,
    /// The null arm: the same cell measured against itself.
    Null,
    /// Anything else; the number picks one of four.
    Neutral(u8),
}

/// Text and axes: becomes `currentColor` in the page.
pub(super) const INK: [u8; 3] = [0x1f, 0x23, 0x28];

/// CSS property and colour of everything that [`Colour`] can be.
pub(super) const PALETTE: [(&str, [u8; 3]); 10] = [
    ("--sse", [0x2f, 0x7f, 0xd6]),
    ("--websocket", [0xd9, 0x66, 0x0f]),
    ("--long-poll", [0x93, 0x50, 0xbd]),
    ("--control", [0x0d, 0x80, 0x74]),
    ("--floor", [0x96, 0x86, 0x55]),
    ("--null", [0x8e, 0x94, 0x9e]),
    ("--neutral-0", [0x5b, 0x78, 0xa8]),
    ("--neutral-1", [0xb8, 0x60, 0x7c]),
    ("--neutral-2", [0x5f, 0x8a, 0x4a]),
    ("--neutral-3", [0x96, 0x70, 0x60]),
];

impl Colour {
    fn index(self) -> usize {
        match self {
            Self::Sse => 0,
            Self::WebSocket => 1,
            Self::LongPoll => 2,
            Self::Control => 3,
            Self::Floor => 4,
            Self::Null => 5,
            Self::Neutral(n) => 6 + usize::from(n % 4),
        }
    }

    /// As a CSS value: the page's property when it sets one, else the palette's own colour.
    pub fn css(self) -> String {
        let (property, rgb) = PALETTE[self.index()];
        css(property, rgb)
    }

    pub(super) fn ink(self) -> RGBAColor {
        opaque(PALETTE[self.index()].1)
    }
}

pub(super) fn css(property: &str, [r, g, b]: [u8; 3]) -> String {
    format!("var({property},#{r:02x}{g:02x}{b:02x})")
}

pub(super) fn opaque([r, g, b]: [u8; 3]) -> RGBAColor {
    RGBAColor(r, g, b, 1.0)
}

/// Axes and text at `alpha` of the page's ink.
pub(super) fn ink(alpha: f64) -> RGBAColor {
    RGBAColor(INK[0], INK[1], INK[2], alpha)
}
