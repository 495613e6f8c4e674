//! Arms that differ in more than the transport get words instead of a ratio.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod synthetic;

use reports::detect::{CONGESTION_DIFFERS, UNEQUAL_ARMS, congestion_differs, detected, unequal_warning};
use reports::row::RowVerdict;
use reports::verdict::Verdict;
use reports::{Comparison, Language, Records, row};
use synthetic::terminal;
use trial::{Row, Trial};
use wire::{Facts, Transport};

/// A whole run in which something was done to every trial of one arm.
fn altered(alter: impl Fn(&mut Trial)) -> Records {
    let mut records = synthetic::records(8);
    let arm = |trial: &&mut Trial| trial.arm.protocol == Transport::WebSocket && trial.server.is_some();
    records.trials.iter_mut().filter(arm).for_each(alter);
    records
}

fn server(trial: &mut Trial) -> &mut Facts {
    trial.server.as_mut().unwrap()
}

/// Every contest of WebSocket against SSE is refused, nowhere is a ratio, and this is said.
fn is_refused(records: &Records, knob: &str) {
    let comparison = Comparison::of(records);
    assert_eq!((comparison.family, comparison.null_family), (0, 0), "{knob}: nothing is left to test");
    for cell in comparison.cells.iter().filter(|cell| cell.has_both() && cell.pair().is_some()) {
        let versus = cell.pair().unwrap();
        assert!(versus.unequal.iter().any(|found| found.what == knob), "{knob}: {:?}", versus.unequal);
        assert!(versus.contests.iter().all(|contest| contest.verdict == Verdict::Refused));
        assert!(versus.shifts.is_empty());
    }
    let latency = row::finding(&comparison, Row::named("latency").unwrap(), Language::English);
    assert!(matches!(&latency.verdict, RowVerdict::NotMeasured(why) if why.contains(knob)), "{latency:?}");
    assert!(latency.lines.is_empty());
    let found = detected(&comparison).into_iter().map(|found| found.warning);
    assert!(found.filter(|warning| warning.is(&CONGESTION_DIFFERS) || warning.is(&UNEQUAL_ARMS)).count() > 3);
    assert!(terminal(&comparison, Language::English, 100, false).contains("were refused"));
}

#[test]
fn a_knob_of_the_server_that_one_arm_alone_has_refuses_its_ratios() {
    is_refused(&altered(|trial| server(trial).tuning.nodelay ^= true), "nodelay");
    is_refused(&altered(|trial| server(trial).tuning.send_buffer_bytes = Some(4_096)), "send_buffer_bytes");
    let bbr = altered(|trial| server(trial).tuning.congestion_control = Some("bbr".to_owned()));
    is_refused(&bbr, "congestion_control");
    is_refused(&altered(|trial| server(trial).threads = 2), "server_threads");
    is_refused(&altered(|trial| server(trial).profile = "debug".to_owned()), "server_build");
    is_refused(&altered(|trial| server(trial).cpus = vec![1]), "server_cpus");
}

#[test]
fn so_does_another_generator_and_another_schedule() {
    let mut threads = synthetic::records(8);
    let websocket = |trial: &&mut Trial| trial.arm.protocol == Transport::WebSocket;
    threads.trials.iter_mut().filter(websocket).for_each(|trial| trial.client.threads = 4);
    is_refused(&threads, "client_threads");
    let mut seeds = synthetic::records(8);
    seeds.trials.iter_mut().filter(websocket).for_each(|trial| trial.seed += 1);
    is_refused(&seeds, "seed");
}

#[test]
fn one_trial_is_enough_and_other_cells_are_left_alone() {
    let mut records = synthetic::records(8);
    let single = |trial: &&mut Trial| trial.cell.name == "latency/single" && trial.block == 5 && trial.arm.twin;
    records.trials.iter_mut().filter(single).for_each(|trial| server(trial).tuning.nodelay = false);
    let comparison = Comparison::of(&records);
    let refused = |name: &str| {
        let cell = comparison.cells.iter().find(|cell| cell.cell.name == name).unwrap();
        !cell.unequal().is_empty()
    };
    assert!(refused("latency/single"), "the null arm must be equal, too");
    assert!(!refused("latency/fan-out"));
}

#[test]
fn congestion_control_alone_is_rule_15_and_equal_arms_are_no_rule() {
    let bbr = altered(|trial| server(trial).tuning.congestion_control = None);
    let comparison = Comparison::of(&bbr);
    let cell = comparison.cells.iter().find(|cell| cell.cell.name == "latency/single").unwrap();
    let warning = unequal_warning(cell.unequal()).unwrap();
    assert_eq!(warning, congestion_differs("congestion_control cubic / default".to_owned()));
    let equal = synthetic::records(8);
    assert!(Comparison::of(&equal).cells.iter().all(|cell| cell.unequal().is_empty()));
}
