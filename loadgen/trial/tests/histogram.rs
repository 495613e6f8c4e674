//! Distributions against what they were made from: split over recorders, saved, reopened, merged; and against another port
//! of HdrHistogram, whose answers are stored (`reference/hdr_port.py`).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use trial::{Distribution, Recording};

const RECORDERS: usize = 8;

/// A million durations with a heavy tail: 1 µs to some seconds.
fn million() -> Vec<u64> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..1_000_000).map(|_| (1_000.0 * (1.0 - draw()).powf(-1.2)).min(5e9) as u64).collect()
}

#[test]
fn a_million_durations_survive_eight_recorders_the_disk_and_the_merge() {
    let mut values = million();
    let mut recorders = vec![Recording::new(); RECORDERS];
    values.iter().enumerate().for_each(|(i, &value)| recorders[i % RECORDERS].record(value));
    let saved = recorders.iter().map(|recorder| serde_json::to_string(&recorder.finish()).unwrap());
    let mut merged = Distribution::new();
    saved.for_each(|text| merged.merge(&serde_json::from_str(&text).unwrap()));
    values.sort_unstable();
    assert_eq!(merged.len(), 1_000_000);
    assert_eq!(merged.counts().map(|(_, count)| count).sum::<u64>(), 1_000_000);
    for q in [0.01, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0] {
        let exact = values[((q * 1e6) as usize).clamp(1, 1_000_000) - 1] as f64;
        let stored = merged.quantile(q).unwrap() as f64;
        assert!((stored / exact - 1.0).abs() <= 0.001, "{q}: {stored} for {exact}");
    }
}

/// What `encoded.txt` was made from.
fn squares() -> Distribution {
    (1..=10_000_u64).map(|i| 1_000 + i * i * 37).collect()
}

const ENCODED: &str = include_str!("reference/encoded.txt");

#[test]
fn what_schemas_1_to_3_hold_is_read_here_and_by_another_port() {
    let ours = squares();
    let stored: Distribution = serde_json::from_str(&format!("\"{}\"", ENCODED.trim())).unwrap();
    assert_eq!(stored, ours, "the stored text is a distribution of ours");
    let theirs: Vec<u64> =
        include_str!("reference/port.txt").split_whitespace().map(|number| number.parse().unwrap()).collect();
    let [count, least, most, quantiles @ ..] = theirs.as_slice() else { panic!("{theirs:?}") };
    assert_eq!(*count, ours.len());
    // Ports agree on the bucket and may name either end of it: one part in a thousand.
    let close = |a: u64, b: u64| (a as f64 / b as f64 - 1.0).abs() <= 0.001;
    assert!(close(ours.quantile(0.0).unwrap(), *least) && close(ours.max().unwrap(), *most));
    assert_eq!(quantiles.len(), 4);
    for (q, theirs) in [0.5, 0.9, 0.99, 0.999].into_iter().zip(quantiles) {
        assert!(close(ours.quantile(q).unwrap(), *theirs), "{q}: {:?} and {theirs}", ours.quantile(q));
    }
}
