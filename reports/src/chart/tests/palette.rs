//! The palette keeps its promises: legible on white and on black, apart for colour-blind readers.

use super::super::colour::PALETTE;

fn linear(channel: u8) -> f64 {
    let c = f64::from(channel) / 255.0;
    if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
}

/// WCAG 2.2, relative luminance.
fn luminance([r, g, b]: [u8; 3]) -> f64 {
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn every_colour_shows_on_white_and_on_black() {
    for (property, rgb) in &PALETTE[..10] {
        for page in [[255; 3], [0x0d, 0x11, 0x17]] {
            assert!(contrast(*rgb, page) >= 3.0, "{property} on {page:?}: {:.2}", contrast(*rgb, page));
        }
    }
}

/// Machado, Oliveira and Fernandes 2009, severity 1: protanopia, deuteranopia, tritanopia.
const BLINDNESS: [[[f64; 3]; 3]; 3] = [
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
];

/// Oklab of what such an eye sees of a colour.
fn seen(rgb: [u8; 3], eye: [[f64; 3]; 3]) -> [f64; 3] {
    let times = |m: [[f64; 3]; 3], v: [f64; 3]| m.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2]);
    let light = times(eye, rgb.map(linear)).map(|c| c.clamp(0.0, 1.0));
    let to_cones = [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ];
    let to_lab = [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ];
    times(to_lab, times(to_cones, light).map(f64::cbrt))
}

#[test]
fn arms_stay_apart_for_every_eye() {
    let arms = &PALETTE[..6];
    for eye in BLINDNESS {
        for (n, a) in arms.iter().enumerate() {
            for b in &arms[n + 1..] {
                let (x, y) = (seen(a.1, eye), seen(b.1, eye));
                let distance = x.iter().zip(y).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt();
                assert!(distance > 0.04, "{} and {}: {distance:.3}", a.0, b.0);
            }
        }
    }
}
