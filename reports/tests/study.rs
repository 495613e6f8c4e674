//! What a study finds in runs in which the truth was put in.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod synthetic;

use reports::study::{Factor, Found, burn, calibrated, effects, null, page, short_long};
use reports::{Comparison, Records};
use trial::{Arm, Layout, Measurement, Outcome, Plan, Start, Trial};
use wire::Transport;

fn cell(name: &str, keys: &str) -> String {
    format!("[[cell]]\nname='{name}'\nwhy='w'\nscenario='push'\nrate=2000\n{keys}\n")
}

fn records(cells: &[String]) -> Records {
    synthetic::of_plan(Plan::from_toml(&format!("name='p'\nwhy='w'\n{}", cells.concat())).unwrap())
}

fn measured(trial: &mut Trial) -> &mut Measurement {
    match &mut trial.outcome {
        Outcome::Measured(measurement) => measurement,
        _ => panic!("not measured"),
    }
}

/// Multiplies the server's CPU time of some trials.
fn charge(records: &mut Records, factor: impl Fn(&Trial) -> f64) {
    for trial in &mut records.trials {
        let factor = factor(trial);
        let usage = measured(trial).server.as_mut().unwrap();
        usage.cpu_ns = (usage.cpu_ns as f64 * factor) as u64;
    }
}

#[test]
fn a_null_run_has_one_interval() {
    let found = null(&Comparison::of(&records(&[cell("study/null", "arms=['sse']\nnull=true\nblocks=8")]))).unwrap();
    assert_eq!((found.figure.to_string().as_str(), found.blocks, found.family), ("judged:p50", 8, 1));
    assert!(found.interval[0] < found.ratio && found.ratio < found.interval[1] && found.interval == found.adjusted);
    let few = records(&[cell("study/null", "arms=['sse']\nnull=true\nblocks=5")]);
    assert_eq!(null(&Comparison::of(&few)), None);
}

fn burned(factor: f64) -> Records {
    let keys = "arms=['sse']\nnull=false\nblocks=30";
    let mut records =
        records(&[cell("study/plain", keys), cell("study/burned", &format!("{keys}\nfaults='burn:500ns'"))]);
    charge(&mut records, |trial| if trial.cell.name == "study/burned" { factor } else { 1.0 });
    records
}

#[test]
fn a_burden_is_found_and_calibrated() {
    let found = burn(&Comparison::of(&burned(1.5)), 12).unwrap();
    assert!(found.differs() && found.burn_ns == Some(500) && found.blocks == 30, "{found:?}");
    assert!(found.adjusted[0] < found.interval[0] && found.interval[1] < found.adjusted[1], "{found:?}");
    assert_eq!(calibrated(&found, 0.8), (0.8 * found.sides[0]).round() as u64);
    assert_eq!(calibrated(&found, 0.0), 1);
}

#[test]
fn short_and_long_trials_are_compared_by_the_ratio_of_their_ratios() {
    let keys = "arms=['sse', 'websocket']\nnull=false\nblocks=20";
    let mut records = records(&[
        cell("busy/long", &format!("{keys}\nwindow='2s'")),
        cell("busy/short", &format!("{keys}\nwindow='300ms'")),
    ]);
    let websocket = Arm::of(Transport::WebSocket);
    charge(&mut records, |trial| if trial.cell.name == "busy/short" && trial.arm == websocket { 1.4 } else { 1.0 });
    let found = short_long(&Comparison::of(&records));
    let of = |id: &str| found.iter().find(|it| it.figure.to_string() == id).unwrap();
    assert!(of("cpu").differs() && (1.2..1.6).contains(&of("cpu").ratio), "{found:?}");
    assert!(!of("judged:p50").differs() && of("cpu").load == "busy", "{found:?}");
}

/// A run whose trials have drawn their layouts, and in which a server that starts on the generator's CPU takes more of it.
fn drawn(shared: f64) -> Records {
    let mut records = records(&[cell("study/layout", "arms=['sse', 'websocket']\nnull=true\nblocks=40")]);
    let mut random = fastrand::Rng::with_seed(3);
    let mut start = || Start { environment_bytes: random.u16(..=Start::MOST_BYTES), cpu: Some(random.usize(..2)) };
    records.trials.iter_mut().for_each(|trial| {
        trial.layout = Some(Layout { server: Some(start()), generator: start() });
    });
    charge(&mut records, |trial| {
        let layout = trial.layout.unwrap();
        if layout.server.unwrap().cpu == layout.generator.cpu { shared } else { 1.0 }
    });
    records
}

#[test]
fn the_factor_that_moves_a_figure_is_named_and_no_other() {
    let found = effects(&drawn(1.2), 1, 400);
    let cpu = |factor| found.iter().find(|it| it.figure.to_string() == "cpu" && it.factor == factor).unwrap();
    let shared = cpu(Factor::SharedCpu);
    assert!(shared.p < 0.003 && shared.share > 0.3 && shared.trials == 120, "{shared:?}");
    for factor in [Factor::ServerEnvironment, Factor::Position, Factor::ServerCpu] {
        assert!(cpu(factor).p > 0.003 && cpu(factor).share < shared.share / 2.0, "{:?}", cpu(factor));
    }
    // Eight levels of 120 trials explain some 7/119 by chance.
    assert!((0.03..0.12).contains(&cpu(Factor::ServerEnvironment).by_chance));
    assert_eq!(found, effects(&drawn(1.2), 1, 400), "the same seed deals alike");
}

#[test]
fn trials_without_a_layout_are_not_looked_at() {
    let mut records = drawn(1.2);
    records.trials.iter_mut().for_each(|trial| trial.layout = None);
    assert_eq!(effects(&records, 1, 10), []);
}

#[test]
fn the_page_says_what_is_there_and_what_is_not() {
    let none = page(&Found::default());
    assert_eq!(none.matches("Not measured yet.").count(), 5, "{none}");
    let null = null(&Comparison::of(&records(&[cell("study/null", "arms=['sse']\nnull=true\nblocks=8")]))).unwrap();
    let whole = page(&Found {
        null: vec![null; 3],
        burn: burn(&Comparison::of(&burned(1.5)), 12).into_iter().collect(),
        short_long: Vec::new(),
        effects: effects(&drawn(1.5), 1, 400),
        coverage: Some("| AR(1) |\n".to_owned()),
    });
    for said in [
        "each with 8 blocks: 3. In 0 of them",
        "In 1 of them the adjusted interval, at 1 − 0.05 / 12, excludes 1.",
        "both on one first CPU moves cpu of study/layout",
        "| AR(1) |",
    ] {
        assert!(whole.contains(said), "{said}: {whole}");
    }
    assert_eq!(whole.matches("Not measured yet.").count(), 1);
}
