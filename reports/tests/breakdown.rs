//! Where the time goes: the numbers of the bar, of its table and of the line are those of the records.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod synthetic;

use reports::compare::{Breakdown, Part};
use reports::{Comparison, Language, Records};
use trial::{Arm, Distribution, Measurement, Metric, Outcome, Scenario, Workload};
use wire::Transport;

/// Nanoseconds that a histogram keeps exactly.
const STAMPED: [(Metric, u64); 6] = [
    (Metric::PacerLateness, 700),
    (Metric::Queueing, 150),
    (Metric::SentToKernel, 250),
    (Metric::KernelToRead, 900),
    (Metric::ServiceTime, 1_150),
    (Metric::ResponseTime, 1_980),
];

/// Records of the single-stream cell with these durations and no others; WebSocket's are a tenth shorter.
fn records(durations: &[(Metric, u64)], scenario: Scenario) -> Records {
    let mut plan = synthetic::plan(7);
    plan.cells.retain(|cell| cell.name == "latency/single");
    let Workload::Push(push) = plan.cells[0].workload.clone() else { panic!("not pushed") };
    if scenario == Scenario::Relay {
        plan.cells[0].workload = push.relayed();
    }
    let mut records = synthetic::of_plan(plan);
    for trial in &mut records.trials {
        let shorter = if trial.arm.protocol == Transport::WebSocket { 10 } else { 0 };
        let all = |ns: u64| {
            let mut distribution = Distribution::new();
            (0..2_000).for_each(|_| distribution.record(ns - ns * shorter / 100));
            distribution
        };
        let distributions = durations.iter().map(|&(metric, ns)| (metric, all(ns))).collect();
        trial.outcome = Outcome::Measured(Box::new(Measurement { distributions, ..Measurement::default() }));
    }
    records
}

fn breakdown(comparison: &Comparison, transport: Transport) -> Option<Breakdown> {
    let cell = &comparison.cells[0];
    Breakdown::of(cell.cell, cell.arms.iter().find(|arm| arm.arm == Arm::of(transport)).unwrap())
}

#[test]
fn every_part_is_the_median_of_its_own_duration() {
    let records = records(&STAMPED, Scenario::Push);
    let comparison = Comparison::of(&records);
    let found = breakdown(&comparison, Transport::Sse).unwrap();
    let parts = [(Part::Timer, 700.0), (Part::Server, 150.0), (Part::Wire, 250.0), (Part::Client, 900.0)];
    assert_eq!(found, Breakdown { parts: parts.into(), whole_ns: 1_980.0 });
    assert_eq!(found.sum_ns(), 2_000.0, "medians need not add up to the whole");
    let websocket = breakdown(&comparison, Transport::WebSocket).unwrap();
    assert_eq!((websocket.part_ns(Part::Client), websocket.whole_ns), (Some(810.0), 1_782.0));
}

#[test]
fn without_kernel_stamps_wire_and_client_are_one_part() {
    let old: Vec<_> =
        STAMPED.into_iter().filter(|(m, _)| !matches!(m, Metric::SentToKernel | Metric::KernelToRead)).collect();
    let records = records(&old, Scenario::Push);
    let found = breakdown(&Comparison::of(&records), Transport::Sse).unwrap();
    let parts = [(Part::Timer, 700.0), (Part::Server, 150.0), (Part::WireAndClient, 1_150.0)];
    assert_eq!(found.parts, parts);
    // Where only the client's own way is known, as against another clock, nothing is made up.
    let without_whole: Vec<_> = old.into_iter().filter(|(metric, _)| *metric != Metric::ResponseTime).collect();
    let records = self::records(&without_whole, Scenario::Push);
    assert_eq!(breakdown(&Comparison::of(&records), Transport::Sse), None);
}

#[test]
fn bar_table_and_line_say_the_same_numbers() {
    let records = records(&STAMPED, Scenario::Push);
    let comparison = Comparison::of(&records);
    let line = "latency/single, SSE: timer 700 ns + server 150 ns + wire 250 ns + client 900 ns; response time 1.98 µs";
    let terminal = synthetic::terminal(&comparison, Language::English, 200, false);
    let flat = terminal.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains(line), "{terminal}");
    let markdown = synthetic::summary_markdown(&[comparison], Language::English);
    assert!(markdown.contains(&format!("- {line}")), "{markdown}");
    let directory = tempfile::TempDir::new().unwrap();
    let rendered = reports::render(std::slice::from_ref(&records), directory.path(), Language::English).unwrap();
    let page = std::fs::read_to_string(rendered.page).unwrap();
    for text in ["700 ns (35 %)", "900 ns (45 %)", ">2.00 µs<", ">1.98 µs<", "Where the time goes: latency/single"] {
        assert!(page.contains(text), "{text}");
    }
    assert!(rendered.files.iter().any(|file| file.ends_with("charts/latency-single-breakdown.png")));
    let chinese = synthetic::terminal(&Comparison::of(&records), Language::Chinese, 200, false);
    assert!(chinese.contains("客户端 900 ns"), "{chinese}");
}

#[test]
fn relayed_messages_name_the_publisher() {
    let records = records(&STAMPED, Scenario::Relay);
    let terminal = synthetic::terminal(&Comparison::of(&records), Language::English, 200, false);
    assert!(terminal.contains("publisher 150 ns + server and wire 250 ns"), "{terminal}");
}
