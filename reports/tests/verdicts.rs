//! What may be said, as a table: METHOD, section 5, condition by condition.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use reports::verdict::{Direction, Evidence, Ratio, Verdict, null_deviation};

/// Blocks that all show about this ratio; the spread is that of the log ratios.
fn ratio(value: f64, spread: f64, blocks: u32) -> Ratio {
    let middle = f64::from(blocks - 1) / 2.0;
    let logs: Vec<f64> = (0..blocks).map(|i| value.ln() + spread * (f64::from(i) - middle) / middle.max(1.0)).collect();
    Ratio::of(&logs).unwrap()
}

fn verdict(ratio: &Ratio, family: usize) -> Verdict {
    Verdict::of(evidence(ratio, family))
}

const fn evidence(ratio: &Ratio, family: usize) -> Evidence<'_> {
    Evidence { ratio, margin: 0.05, family, null_deviation: 1.0, dilution: 0.0 }
}

const fn different(direction: Direction, beyond_margin: bool) -> Verdict {
    Verdict::Different { direction, beyond_margin }
}

#[test]
fn the_first_condition_that_holds_decides() {
    let cases = [
        ("all far above", ratio(1.22, 0.02, 10), different(Direction::Higher, true)),
        ("all far below", ratio(0.80, 0.02, 10), different(Direction::Lower, true)),
        ("above, overlaps the margin", ratio(1.06, 0.02, 10), different(Direction::Higher, false)),
        ("inside the margin", ratio(1.00, 0.02, 10), Verdict::Equivalent),
        // That it is too small to matter is more than that it is not nothing.
        ("excludes 1, yet inside the margin", ratio(1.02, 0.005, 10), Verdict::Equivalent),
        ("too few blocks", ratio(1.5, 0.01, 5), Verdict::TooFewBlocks),
        ("one block", ratio(1.5, 0.0, 1), Verdict::TooFewBlocks),
    ];
    for (what, ratio, expected) in cases {
        assert_eq!(verdict(&ratio, 4), expected, "{what}: {ratio:?}");
    }
}

#[test]
fn equivalence_is_two_one_sided_tests_at_the_risk_of_each() {
    let edge = ratio(1.035, 0.019, 10);
    let [adjusted, one_sided] = [0.05, 0.10].map(|risk| edge.interval_at(risk / 4.0).unwrap().high);
    assert!(one_sided < 1.05 && adjusted > 1.05, "{one_sided} {adjusted}");
    assert_eq!(verdict(&edge, 4), Verdict::Equivalent);
    assert_ne!(verdict(&edge, 8), Verdict::Equivalent, "more figures share the risk");
}

#[test]
fn what_the_family_forbids_only_leans() {
    let clear = ratio(0.5, 0.01, 6);
    let Verdict::Unresolved { more_blocks, leaning } = verdict(&clear, 4) else { panic!("must not be resolved") };
    assert_eq!((more_blocks, leaning), (Some(3), Some(Direction::Lower)));
}

/// What is missing, where nothing is resolved and nothing leans.
fn missing(ratio: &Ratio, family: usize) -> usize {
    match verdict(ratio, family) {
        Verdict::Unresolved { more_blocks: Some(more), leaning: None } => more,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_not_resolved_says_what_was_learnt_and_how_many_blocks_settle_it() {
    let more = missing(&ratio(1.1, 0.3, 10), 4);
    assert!(more > 40, "{more}");
    // A ratio of 1 is settled at the edge of the margin, one at the edge where it leaves 1, one between them last.
    let more = |value| missing(&ratio(value, 0.2, 20), 4);
    assert!(
        more(1.025) > 2 * more(1.0) && more(1.025) > 2 * more(1.05),
        "{} {} {}",
        more(1.0),
        more(1.025),
        more(1.05)
    );
    let of_many = missing(&ratio(1.0, 0.2, 20), 40);
    assert!(of_many > more(1.0), "a larger family takes more");
}

#[test]
fn no_number_of_blocks_tells_a_ratio_from_copies_that_lie_as_far_apart() {
    let close = ratio(1.02, 0.1, 20);
    let unsettled = Evidence { null_deviation: 1.04, ..evidence(&close, 4) };
    assert!(matches!(Verdict::of(unsettled), Verdict::Unresolved { more_blocks: None, .. }));
}

/// What may be said beside a null arm with this ratio, by blocks that all show about it.
fn beside(null: &Ratio, effect: &Ratio) -> Verdict {
    let deviation = null_deviation(Some(null), Some(0.01));
    Verdict::of(Evidence { null_deviation: deviation, ..evidence(effect, 4) })
}

#[test]
fn a_null_arm_limits_what_may_be_claimed_and_refuses_nothing_that_is_far_larger() {
    let (higher, lower) = (Direction::Higher, Direction::Lower);
    // Its interval is [0.977, 0.998], much as in a run whose server had become 38 times slower.
    let slightly_off = || ratio(0.987, 0.018, 10);
    let off = || ratio(1.08, 0.02, 10);
    let cases = [
        ("38 times", slightly_off(), ratio(38.0, 0.05, 10), different(higher, true)),
        (
            "beyond the margin, not beyond margin and null",
            slightly_off(),
            ratio(1.08, 0.01, 10),
            different(higher, false),
        ),
        ("no larger than the null", slightly_off(), ratio(0.985, 0.003, 10), Verdict::Equivalent),
        ("in the margin, not with the null off it", slightly_off(), ratio(1.04, 0.005, 10), different(higher, false)),
        (
            "the null is beyond the margin, the ratio is not beyond the null",
            off(),
            ratio(1.07, 0.01, 10),
            Verdict::Unfit,
        ),
        ("either way", off(), ratio(0.95, 0.01, 10), Verdict::Unfit),
        ("nor is it equivalent", off(), ratio(1.0, 0.001, 10), Verdict::Unfit),
        ("far beyond a null that is beyond the margin", off(), ratio(0.5, 0.02, 10), different(lower, true)),
        ("beyond it, not by the margin", off(), ratio(1.14, 0.01, 10), different(higher, false)),
    ];
    for (what, null, effect, expected) in cases {
        assert_eq!(beside(&null, &effect), expected, "{what}: {null:?} {effect:?}");
    }
}

#[test]
fn a_null_arm_that_was_not_found_to_differ_takes_nothing_away() {
    let null = ratio(1.08, 0.02, 10);
    let deviation = null_deviation(Some(&null), Some(0.01));
    assert!((1.08..1.11).contains(&deviation), "{deviation}");
    let below = ratio(0.93, 0.02, 10);
    assert!((1.07..1.1).contains(&null_deviation(Some(&below), Some(0.01))), "{below:?}");
    for (null, p) in [(Some(&null), Some(0.06)), (Some(&null), None), (None, None)] {
        assert_eq!(null_deviation(null, p), 1.0);
    }
}

#[test]
fn a_diluted_ratio_must_fit_a_diluted_margin() {
    let close = ratio(1.03, 0.005, 10);
    assert_eq!(verdict(&close, 4), Verdict::Equivalent);
    let diluted = Evidence { dilution: 0.5, ..evidence(&close, 4) };
    assert_eq!(Verdict::of(diluted), different(Direction::Higher, false));
}

#[test]
fn exact_counts_need_no_interval() {
    assert_eq!(Verdict::exact(0.846, 0.005), different(Direction::Lower, true));
    assert_eq!(Verdict::exact(1.006, 0.005), different(Direction::Higher, true));
    assert_eq!(Verdict::exact(0.999, 0.005), Verdict::Equivalent);
    assert!(Verdict::exact(1.0, 0.005).is_resolved());
}
