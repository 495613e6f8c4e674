//! What disturbed a run: void trials count in no timed figure, noisy hosts are called so, cells say why they ended.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod synthetic;

use reports::{Comparison, Language, Records};
use synthetic::terminal;
use trial::check::{clock, events, generator, host, network, stalls};
use trial::{CellStop, Preflight, Redone, Row, StopReason, Trial, Warning};
use wire::Transport;

/// Three blocks of the standard plan.
fn records(change: impl Fn(&mut Trial)) -> Records {
    let mut records = synthetic::records(3);
    records.trials.iter_mut().for_each(change);
    records
}

fn text(records: &Records) -> String {
    terminal(&Comparison::of(records), Language::English, 110, false)
}

#[test]
fn a_void_trial_is_in_no_ratio() {
    let void = records(|trial| {
        if trial.block == 1 && trial.arm.protocol == Transport::WebSocket {
            trial.warnings = vec![generator::generator_saturated(97.0, None, None)];
        }
    });
    let comparison = Comparison::of(&void);
    for cell in comparison.row(Row::named("latency").unwrap()) {
        for contest in &cell.pair().unwrap().contests {
            assert!(contest.figure.is_exact() || contest.ratio.blocks == 2, "{} {:?}", cell.cell.name, contest.figure);
        }
    }
    assert!(text(&void).contains("they are void and left out"));
}

/// Cells of a row with numbers that may be compared.
fn comparable(comparison: &Comparison, row: &str) -> usize {
    comparison.row(Row::named(row).unwrap()).filter(|cell| cell.is_comparable()).count()
}

#[test]
fn lateness_voids_times_and_not_counts() {
    let late = records(|trial| trial.warnings = vec![stalls::pacer_late(9_000.0)]);
    let comparison = Comparison::of(&late);
    assert_eq!(comparable(&comparison, "latency"), 0);
    assert!(comparable(&comparison, "network-overhead") > 0);
    let text = text(&late);
    assert!(text.contains("every trial is void: events were released 9000"), "{text}");
}

#[test]
fn a_merely_late_pacer_voids_nothing() {
    let late = records(|trial| trial.warnings = vec![stalls::pacer_late(4_900.0)]);
    let comparison = Comparison::of(&late);
    assert_eq!(comparable(&comparison, "latency"), 2);
}

#[test]
fn a_warning_of_both_ends_counts_its_trial_once() {
    let twice = |program: &str| clock::debug_build(program.to_owned());
    let debug = records(|trial| trial.warnings = vec![twice("loadgen"), twice("server")]);
    assert!(text(&debug).contains("(in 18 of 18 trials)"), "{}", text(&debug));
}

#[test]
fn many_redone_blocks_make_a_noisy_host() {
    let mut noisy = records(|_| {});
    let redone = |cause: Warning| {
        let of = |block| Redone { cell: "latency/single".to_owned(), block, attempt: 0, causes: vec![cause.clone()] };
        (0..40).map(of).collect()
    };
    assert!(!text(&noisy).contains("noisy host"));
    noisy.redone = redone(events::trial_failed("the stream ended".to_owned()));
    assert!(!text(&noisy).contains("noisy host"), "a trial that failed is no noise");
    noisy.redone = redone(host::foreign_load(1.0));
    assert!(text(&noisy).contains("! noisy host: 40 blocks were run again"), "{}", text(&noisy));
}

#[test]
fn what_was_found_before_the_run_is_said_unless_it_only_informs() {
    let mut found = records(|_| {});
    let warnings = vec![network::metrics_kept(false), clock::clock_drift(80.0)];
    found.preflight = Some(Preflight { warnings, ..Preflight::default() });
    let text = text(&found);
    assert!(text.contains("80 ppm off the raw one") && !text.contains("tcp_no_metrics_save"), "{text}");
}

#[test]
fn a_cell_says_why_it_ended_unless_it_went_as_planned() {
    let mut ended = records(|_| {});
    let stop = |cell: &str, redone, reason| CellStop { cell: cell.to_owned(), blocks: 3, redone, reason };
    ended.end.as_mut().unwrap().stops = vec![
        stop("latency/single", 2, StopReason::Planned),
        stop("latency/fan-out", 0, StopReason::Width),
        stop("bidirectional/echo", 0, StopReason::Planned),
    ];
    let directory = tempfile::TempDir::new().unwrap();
    reports::render(&[ended.clone()], directory.path(), Language::English).unwrap();
    let page = std::fs::read_to_string(directory.path().join("report.html")).unwrap();
    assert!(page.contains("3 blocks count, 2 were run again for noise; stopped as planned"));
    assert!(page.contains("0 were run again for noise; stopped because the intervals are narrow enough"));
    assert_eq!(page.matches("were run again for noise").count(), 2);
}

#[test]
fn a_run_that_was_ended_by_hand_says_so() {
    let mut ended = records(|_| {});
    let end = ended.end.as_mut().unwrap();
    let stop = |reason| CellStop { cell: "latency/single".to_owned(), blocks: 1, redone: 0, reason };
    (end.trials, end.stops) = (5, vec![stop(StopReason::Interrupted)]);
    let planned = end.planned;
    assert!(text(&ended).contains(&format!("! stopped early: 5 of {planned} trials were run")), "{}", text(&ended));
    ended.end.as_mut().unwrap().stops = vec![stop(StopReason::Budget)];
    assert!(text(&ended).contains("! The run ended early: plan finished."), "{}", text(&ended));
}

#[test]
fn unequal_null_costs_are_said_beside_every_latency() {
    let page = |websocket: f64| {
        let mut records = records(|_| {});
        let rate = |per_second| wire::Rate::per_second(per_second).unwrap();
        let ceilings = [(Transport::Sse, rate(200_000.0)), (Transport::WebSocket, rate(websocket))].into();
        records.preflight = Some(Preflight { ceilings, ..Preflight::default() });
        let directory = tempfile::TempDir::new().unwrap();
        reports::render(&[records], directory.path(), Language::English).unwrap();
        std::fs::read_to_string(directory.path().join("report.html")).unwrap()
    };
    let (alike, apart) = (page(190_000.0), page(100_000.0));
    assert!(alike.contains("SSE 5.00 µs, WebSocket 5.26 µs an event, 5.3 % apart"));
    assert!(apart.contains("SSE 5.00 µs, WebSocket 10.0 µs an event, 100 % apart"));
    let warned = |page: &str| page.matches("⚠ </span>Null cost").count();
    assert_eq!(warned(&alike), 0);
    assert_eq!(warned(&apart), apart.matches("Null cost of each path").count());
}
