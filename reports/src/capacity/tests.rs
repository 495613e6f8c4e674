//! The search against made-up servers whose capacity is known.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use trial::Plan;

/// A cell that searches so, with so many blocks around the capacities; one has none.
fn asks(search: &str, blocks: u32) -> Cell {
    let head = "name='p'\nwhy='w'\n[[cell]]\nname='capacity'\nwhy='w'\nscenario='capacity'\nconnections=10\n";
    let plan = Plan::from_toml(&format!("{head}blocks={blocks}\nsearch={{ {search} }}\n"));
    plan.unwrap_or_else(|error| panic!("{error}")).cells.remove(0)
}

fn compared() -> Cell {
    asks("", 8)
}

/// Runs a search to its end against a responder.
fn searched(cell: &Cell, mut respond: impl FnMut(usize, Point) -> Judgement) -> Vec<Observation> {
    let (asked, mut seen) = (cell.search().unwrap(), Vec::new());
    while let Some(ask) = next(asked, &seen, 7) {
        assert!(seen.len() < 1_000, "the search does not end");
        let number = |arm| cell.arms.iter().position(|one| *one == arm).unwrap();
        seen.extend(arms(asked).map(|arm| Observation {
            point: ask.point,
            block: ask.block,
            arm,
            judgement: respond(number(arm), ask.point),
            events_per_second: 200_000.0,
        }));
    }
    seen
}

fn slow() -> Judgement {
    Judgement::Fail(Cause::Undelivered { share: 0.5 })
}

/// Servers that break at exactly these loads.
fn sharp<const N: usize>(capacities: [f64; N]) -> impl FnMut(usize, Point) -> Judgement {
    move |arm, point| if (point.load as f64) < capacities[arm] { Judgement::Pass } else { slow() }
}

fn found<'a>(cell: &'a Cell, seen: &[Observation]) -> Capacity<'a> {
    Capacity::from_observations(cell.search().unwrap(), seen, 7)
}

fn answers(found: &Capacity) -> Vec<Answer> {
    found.answers.iter().map(|(_, answer)| answer.clone()).collect()
}

/// Of two arms.
fn ratio(found: &Capacity) -> Result<CapacityRatio, NoRatio> {
    found.ratios[0].1
}

#[test]
fn the_first_load_is_a_twentieth_of_what_both_ends_can_move() {
    let cell = compared();
    let first = next(cell.search().unwrap(), &[], 7).unwrap();
    assert_eq!(first.point.stage, Stage::Saturated);
    let seen = searched(&cell, sharp([100_000.0, 100_000.0]));
    assert_eq!(seen[2].point, Point { stage: Stage::Search, load: 10_000 });
    let given = asks("start = 300", 8);
    assert_eq!(next(given.search().unwrap(), &[], 7).unwrap().point, Point { stage: Stage::Search, load: 300 });
}

#[test]
fn both_arms_are_tried_at_every_load_and_agreeing_trials_are_not_repeated() {
    let cell = asks("", 1);
    let seen = searched(&cell, sharp([60_000.0, 150_000.0]));
    for step in found(&cell, &seen).steps.chunks(2) {
        assert_eq!(step[0].point, step[1].point);
        assert_eq!((step[0].trials, step[1].trials), (2, 2));
    }
}

#[test]
fn one_stray_failure_is_outvoted_by_the_other_two_trials() {
    let cell = asks("", 1);
    let mut strays = BTreeMap::new();
    let seen = searched(&cell, |arm, point| {
        let first = *strays.entry((arm, point)).and_modify(|count| *count += 1).or_insert(0) == 0;
        if first && point.stage == Stage::Search { slow() } else { sharp([80_000.0; 2])(arm, point) }
    });
    let answers = answers(&found(&cell, &seen));
    assert!(matches!(answers[0], Answer::Found { holds, .. } if holds >= 76_000), "{answers:?}");
}

#[test]
fn a_failure_below_a_pass_is_noise_and_a_lucky_pass_is_not_expected() {
    let cell = asks("trials = 1, start = 1000", 1);
    let truth = [20_000.0, 30_000.0];
    let seen =
        searched(&cell, |arm, point| if (arm, point.load) == (0, 1_000) { slow() } else { sharp(truth)(arm, point) });
    for (answer, truth) in answers(&found(&cell, &seen)).iter().zip(truth) {
        let Answer::Found { holds, fails, .. } = answer else { panic!("{answer:?}") };
        assert!((*holds as f64) < truth && truth <= *fails as f64, "{answer:?}");
    }
}

#[test]
fn a_generator_at_its_limit_is_no_capacity() {
    let cell = compared();
    let seen = searched(&cell, |arm, point| match (arm, point.load) {
        (1, 50_000..) => Judgement::Invalid(Cause::GeneratorBusy { share: 0.93 }),
        (_, load) => sharp([30_000.0, f64::MAX])(arm, Point { load, ..point }),
    });
    let (capacity, answers) = (found(&cell, &seen), answers(&found(&cell, &seen)));
    assert!(matches!(answers[0], Answer::Found { .. }));
    let Answer::NotFound { holds: Some(holds), why: Shortfall::Instrument { at, .. } } = answers[1] else {
        panic!("{:?}", answers[1])
    };
    assert!(holds < 50_000 && at >= 50_000);
    assert_eq!(ratio(&capacity), Err(NoRatio::NotFound(cell.arms[1])));
    assert_eq!(capacity.all_hold(), answers[0].holds(), "what both hold is known all the same");
}

#[test]
fn a_service_level_that_never_holds_ends_the_search_below_the_first_load() {
    let cell = compared();
    let capacity = found(&cell, &searched(&cell, |_, _| slow()));
    for answer in &answers(&capacity) {
        assert!(
            matches!(answer, Answer::NotFound { holds: None, why: Shortfall::LowestFails { at: 312, .. } }),
            "{answer:?}"
        );
    }
    assert_eq!(capacity.all_hold(), None);
}

#[test]
fn a_limit_that_holds_is_said_to_hold() {
    let cell = asks("limit = 70000", 8);
    let capacity = found(&cell, &searched(&cell, |_, _| Judgement::Pass));
    let holds = Answer::NotFound { holds: Some(70_000), why: Shortfall::LimitHolds { at: 70_000 } };
    assert_eq!(answers(&capacity), [holds.clone(), holds]);
}

#[test]
fn a_search_that_was_cut_off_says_so_at_every_moment() {
    let cell = compared();
    let seen = searched(&cell, sharp([60_000.0, 70_000.0]));
    for kept in 0..seen.len() {
        let answers = answers(&found(&cell, &seen[..kept]));
        let known = |answer: &Answer| match answer {
            Answer::Found { holds, fails, .. } => fails > holds,
            Answer::NotFound { why, .. } => *why == Shortfall::Unfinished,
        };
        assert!(answers.iter().all(known), "after {kept}: {answers:?}");
    }
}

#[test]
fn the_ratio_is_that_of_the_edges_and_its_interval_holds_the_truth() {
    let mut random = fastrand::Rng::with_seed(3);
    let (cell, capacities) = (compared(), [100_000.0, 112_000.0]);
    // A soft edge: within a few percent of the capacity, either may happen.
    let seen = searched(&cell, |arm, point| {
        let excess = (point.load as f64 / capacities[arm]).ln() * 60.0;
        if random.f64() < 1.0 / (1.0 + excess.exp()) { Judgement::Pass } else { slow() }
    });
    let compared = ratio(&found(&cell, &seen)).unwrap();
    assert_eq!(compared.blocks, 8);
    assert!((compared.ratio.value / 1.12 - 1.0).abs() < 0.05, "{compared:?}");
    let interval = compared.ratio.interval.unwrap();
    assert!(interval.low < 1.12 && 1.12 < interval.high && interval.high / interval.low < 1.15, "{interval:?}");
    assert_eq!(ratio(&found(&cell, &seen)), Ok(compared), "the same seed, the same interval");
}

#[test]
fn capacities_far_apart_each_get_a_ladder_of_their_own() {
    let cell = compared();
    let seen = searched(&cell, sharp([40_000.0, 160_000.0]));
    let compared = ratio(&found(&cell, &seen)).unwrap();
    assert!((3.6..4.4).contains(&compared.ratio.value), "{compared:?}");
}

/// Three arms, of which the second is the base.
fn three() -> Cell {
    let arms = ["sse", "websocket", "websocket!library"].map(|arm| arm.parse().unwrap());
    Cell { arms: arms.to_vec(), base: Some(arms[1]), ..compared() }
}

#[test]
fn each_of_several_arms_is_compared_with_the_base() {
    let cell = three();
    let capacity = found(&cell, &searched(&cell, sharp([90_000.0, 100_000.0, 200_000.0])));
    assert_eq!(capacity.answers.iter().map(|(arm, _)| *arm).collect::<Vec<_>>(), [1, 0, 2].map(|arm| cell.arms[arm]));
    let ratios: Vec<_> = capacity.ratios.iter().map(|(arm, ratio)| (*arm, ratio.unwrap().ratio.value)).collect();
    assert_eq!(ratios.iter().map(|(arm, _)| *arm).collect::<Vec<_>>(), [0, 2].map(|arm| cell.arms[arm]));
    assert!((0.86..0.94).contains(&ratios[0].1) && (1.9..2.1).contains(&ratios[1].1), "{ratios:?}");
    let alone = Cell { arms: vec![cell.arms[0]], base: None, ..cell };
    let capacity = found(&alone, &searched(&alone, sharp([90_000.0])));
    assert!(matches!(capacity.answers[0].1, Answer::Found { .. }) && capacity.ratios.is_empty());
}

#[test]
fn an_arm_without_a_capacity_keeps_nothing_from_the_others() {
    let cell = three();
    let busy = || Judgement::Invalid(Cause::GeneratorBusy { share: 0.93 });
    let seen = searched(&cell, |arm, point| match (arm, point.load) {
        (2, 50_000..) => busy(),
        _ => sharp([90_000.0, 100_000.0, f64::MAX])(arm, point),
    });
    let capacity = found(&cell, &seen);
    assert!(capacity.ratios[0].1.is_ok() && capacity.ratios[1].1 == Err(NoRatio::NotFound(cell.arms[2])));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_two_capacities_are_bracketed_within_the_precision(base in 320.0..4e6_f64, other in 320.0..4e6_f64) {
        let cell = asks("", 1);
        let seen = searched(&cell, sharp([base, other]));
        prop_assert!(seen.len() < 140, "{} trials", seen.len());
        for (answer, truth) in answers(&found(&cell, &seen)).iter().zip([base, other]) {
            let Answer::Found { holds, fails, .. } = answer else { return Err(TestCaseError::fail(format!("{answer:?}"))) };
            prop_assert!((*holds as f64) < truth && truth <= *fails as f64, "{answer:?} for {truth}");
            prop_assert!(*fails as f64 / *holds as f64 <= 1.05 || fails - holds <= 1, "{answer:?}");
        }
    }

    #[test]
    fn small_numbers_of_connections_are_found_exactly(base in 2..60_u64, other in 2..60_u64) {
        let cell = asks("of = 'connections', start = 1", 1);
        let seen = searched(&cell, sharp([base as f64, other as f64]));
        for (answer, truth) in answers(&found(&cell, &seen)).iter().zip([base, other]) {
            let Answer::Found { holds, fails, .. } = answer else { return Err(TestCaseError::fail(format!("{answer:?}"))) };
            prop_assert!(*holds < truth && *fails >= truth && (fails - holds == 1 || *fails as f64 / *holds as f64 <= 1.05));
        }
    }

    #[test]
    fn a_server_of_chance_never_keeps_the_search_from_ending(seed: u64) {
        let mut random = fastrand::Rng::with_seed(seed);
        let cell = compared();
        let seen = searched(&cell, |_, _| match random.u8(..4) {
            0 => Judgement::Invalid(Cause::NotMeasured("gone".to_owned())),
            1 => slow(),
            _ => Judgement::Pass,
        });
        let unfinished = |answer: &Answer| matches!(answer, Answer::NotFound { why: Shortfall::Unfinished, .. });
        prop_assert!(!answers(&found(&cell, &seen)).iter().any(unfinished));
        prop_assert_eq!(remaining(cell.search().unwrap(), &seen), 0);
    }
}
