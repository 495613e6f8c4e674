//! What may be said, as a table: METHODOLOGY 1.7 condition by condition.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use reports::verdict::{Direction, Evidence, Ratio, Verdict};

/// Blocks that all show about this ratio; the spread is that of the log ratios.
fn ratio(value: f64, spread: f64, blocks: u32) -> Ratio {
    let middle = f64::from(blocks - 1) / 2.0;
    let logs: Vec<f64> = (0..blocks).map(|i| value.ln() + spread * (f64::from(i) - middle) / middle.max(1.0)).collect();
    Ratio::of(&logs).unwrap()
}

fn verdict(ratio: &Ratio, adjusted_p: f64) -> Verdict {
    Verdict::of(evidence(ratio, adjusted_p))
}

fn evidence(ratio: &Ratio, adjusted_p: f64) -> Evidence<'_> {
    Evidence { ratio, margin: 0.05, adjusted_p, family: 4, null_adjusted_p: Some(0.6), dilution: 0.0 }
}

const fn different(direction: Direction, beyond_margin: bool) -> Verdict {
    Verdict::Different { direction, beyond_margin }
}

#[test]
fn the_first_condition_that_holds_decides() {
    let cases = [
        ("all far above", ratio(1.22, 0.02, 10), 0.01, different(Direction::Higher, true)),
        ("all far below", ratio(0.80, 0.02, 10), 0.01, different(Direction::Lower, true)),
        ("above, overlaps the margin", ratio(1.06, 0.02, 10), 0.01, different(Direction::Higher, false)),
        ("inside the margin", ratio(1.00, 0.02, 10), 0.9, Verdict::Equivalent),
        ("excludes 1, yet inside the margin", ratio(1.02, 0.005, 10), 0.01, Verdict::Equivalent),
        ("too few blocks", ratio(1.5, 0.01, 5), 0.06, Verdict::TooFewBlocks),
        ("one block", ratio(1.5, 0.0, 1), 1.0, Verdict::TooFewBlocks),
    ];
    for (what, ratio, p, expected) in cases {
        assert_eq!(verdict(&ratio, p), expected, "{what}: {ratio:?}");
    }
}

#[test]
fn what_the_family_forbids_only_leans() {
    let clear = ratio(0.5, 0.01, 6);
    let Verdict::Unresolved { more_blocks, leaning } = verdict(&clear, 0.125) else { panic!("must not be resolved") };
    assert_eq!((more_blocks, leaning), (2, Some(Direction::Lower)));
}

#[test]
fn wide_intervals_name_the_blocks_that_are_missing() {
    let wide = ratio(1.1, 0.3, 10);
    let Verdict::Unresolved { more_blocks, leaning } = verdict(&wide, 0.4) else { panic!("must not be resolved") };
    assert!(more_blocks > 50 && leaning.is_none(), "{more_blocks}");
    // As many blocks as the margin takes, and the ratio is as large as the margin: no number of blocks is promised.
    let edge = verdict(&ratio(1.05, 0.03, 24), 0.2);
    assert_eq!(edge, Verdict::Unresolved { more_blocks: 0, leaning: None });
}

#[test]
fn a_null_arm_that_differs_silences_everything() {
    let clear = ratio(0.5, 0.01, 10);
    let unfit = Evidence { null_adjusted_p: Some(0.04), ..evidence(&clear, 0.001) };
    assert_eq!(Verdict::of(unfit), Verdict::RulerUnfit);
    let without = Evidence { null_adjusted_p: None, ..evidence(&clear, 0.001) };
    assert_eq!(Verdict::of(without), different(Direction::Lower, true));
}

#[test]
fn a_diluted_ratio_must_fit_a_diluted_margin() {
    let close = ratio(1.03, 0.005, 10);
    assert_eq!(verdict(&close, 0.9), Verdict::Equivalent);
    let diluted = Evidence { dilution: 0.5, ..evidence(&close, 0.9) };
    assert!(matches!(Verdict::of(diluted), Verdict::Unresolved { .. }));
}

#[test]
fn exact_counts_need_no_interval() {
    assert_eq!(Verdict::exact(0.846, 0.005), different(Direction::Lower, true));
    assert_eq!(Verdict::exact(1.006, 0.005), different(Direction::Higher, true));
    assert_eq!(Verdict::exact(0.999, 0.005), Verdict::Equivalent);
    assert!(Verdict::exact(1.0, 0.005).is_resolved());
}
