//! Trials of scenario `llm` against a server in the same process: exact counts, the same answers over both transports.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bench_side;

use loadgen::workload::{Observer, trial};
use trial::{Arm, Cell, Figure, Measurement, Metric, Outcome, Plan, Quantile, Trial};
use wire::Transport;

fn cell(lines: &str) -> Cell {
    let head = "name = 'p'\nwhy = 'w'\n[[cell]]\nname = 'a'\nwhy = 'b'\nscenario = 'llm'\nwarmup = '50ms'\n";
    Plan::from_toml(&format!("{head}{lines}\n")).unwrap().cells.remove(0)
}

/// One trial against a fresh server.
async fn run(cell: &Cell, transport: Transport) -> Trial {
    let server = bench_side::server();
    let trial = trial(bench_side::order(&server, cell.clone(), Arm::of(transport)), Observer::nobody()).await;
    drop(server);
    trial
}

fn measured(trial: &Trial) -> &Measurement {
    let Outcome::Measured(measurement) = &trial.outcome else { panic!("{:?}", trial.outcome) };
    measurement
}

/// What both transports must have in common, whatever the host was doing.
fn counts(m: &Measurement) -> (u64, u64, u64, u64, u64) {
    let llm = m.llm.as_ref().unwrap();
    (llm.sent, llm.answered, llm.output_tokens, llm.content_bytes, m.counters.received)
}

#[tokio::test]
async fn both_transports_bring_the_same_answers_event_by_event() {
    let cell = cell("workload = 'code'\nspeed = 4\ntokens = 25\nconnections = 3\nwindow = '500ms'");
    let mut found = Vec::new();
    for transport in [Transport::Sse, Transport::WebSocket] {
        let trial = run(&cell, transport).await;
        let m = measured(&trial);
        let llm = m.llm.as_ref().unwrap();
        assert_eq!((llm.answered, llm.output_tokens), (llm.sent, 25 * llm.sent));
        assert_eq!(m.server.unwrap().events, m.counters.received, "events sent are events received");
        assert_eq!((m.counters.expected, m.counters.lost), (Some(m.counters.received), 0));
        assert_eq!(m.distributions[&Metric::ResponseTime].len(), llm.output_tokens, "one an event, content alone");
        assert_eq!(m.distributions[&Metric::FirstContent].len(), llm.sent);
        assert_eq!(trial.client.threads, 1);
        for figure in [Figure::BytesPerToken, Figure::TokensPerSecond, Figure::ServerCpuPerEvent] {
            assert!(figure.of(m).is_some_and(|value| value > 0.0), "{figure:?}");
        }
        assert!(Figure::Duration(Metric::DeliveryTime, Quantile::P50).of(m).is_some());
        found.push(counts(m));
    }
    assert_eq!(found[0], found[1]);
    assert!(found[0].0 >= 3);
}

#[tokio::test]
async fn arrivals_and_capacity_are_measured_too() {
    for lines in [
        "workload = 'code'\nspeed = 20\ntokens = 9\narrival = 'gamma:0.5'\nrate = 40\nwindow = '300ms'",
        "workload = 'chat'\nspeed = 40\ntokens = 9\narrival = 'trace:azure2023_conv'\nwindow = '200ms'",
        "workload = 'max'\ntokens = 50\nwindow = '50ms'",
    ] {
        let cell = cell(lines);
        let trial = run(&cell, Transport::WebSocket).await;
        let m = measured(&trial);
        let llm = m.llm.as_ref().unwrap();
        assert!(llm.sent > 0 && llm.answered == llm.sent, "{lines}: {llm:?}");
        assert_eq!(m.server.unwrap().events, m.counters.received, "{lines}");
    }
}

#[tokio::test]
async fn a_transport_without_this_api_says_so() {
    let trial = run(&cell("workload = 'code'"), Transport::RawTcp).await;
    assert!(matches!(&trial.outcome, Outcome::Unsupported(why) if why.contains("asks no language model")));
}
