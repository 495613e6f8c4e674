//! A server with a clock of its own, seen from a host with another: offset, skew, and times that need neither.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bench_side;
mod front;

use bench_side::{cell_of, order, order_at, push, pushed, server};
use front::{address, front};
use loadgen::workload::{self, Observer};
use servers::{Disguise, ServeOptions, Server};
use std::process::{Command, Stdio};
use std::time::Duration;
use trial::{Arm, ClientKind, Measurement, Metric, Outcome, Pace, Push, Scenario, Timing, Trial};
use wire::{Preset, Transport};

const AHEAD_NS: i64 = 3_700_000_000;
const FAST_PPB: i64 = 50_000;

/// A server whose clock is 3.7 s ahead when it starts and gains 50 µs a second.
fn elsewhere() -> Server {
    let disguise = Disguise { boot_id: "elsewhere".to_owned(), offset_ns: AHEAD_NS, skew_ppb: FAST_PPB };
    let options = ServeOptions { threads: 1, disguise: Some(disguise), ..ServeOptions::of(Preset::Equal) };
    Server::start(options).expect("a server starts")
}

fn within(window_ms: u64) -> Timing {
    Timing { warmup: Duration::ZERO, window: Duration::from_millis(window_ms) }
}

async fn trial_of(server: &Server, scenario: Scenario, transport: Transport) -> Trial {
    let cell = cell_of(scenario, Push { timing: within(600), ..push() });
    workload::trial(order(server, cell, Arm::of(transport)), Observer::nobody()).await
}

fn measurement(trial: &Trial) -> &Measurement {
    let Outcome::Measured(measurement) = &trial.outcome else { panic!("{:?}", trial.outcome) };
    measurement
}

#[tokio::test]
async fn another_clock_is_found_within_its_bound_and_taken_out_of_every_time() {
    let server = elsewhere();
    for transport in [Transport::Sse, Transport::WebSocket] {
        let trial = trial_of(&server, Scenario::Push, transport).await;
        let clock = trial.clock.unwrap();
        assert!(!clock.same_clock && clock.samples >= 45, "two bursts and probes between them: {clock:?}");
        // The server gains 50 µs a second from its start on, which was some seconds ago at most.
        let truth = -AHEAD_NS..=-AHEAD_NS;
        let slack = i64::try_from(clock.bound_ns).unwrap();
        assert!(clock.offset_ns <= truth.end() + slack, "{clock:?}");
        assert!(clock.offset_ns >= truth.start() - slack - 60 * FAST_PPB, "{clock:?}");
        let m = measurement(&trial);
        let (response, service) = (&m.distributions[&Metric::ResponseTime], &m.distributions[&Metric::ServiceTime]);
        assert_eq!((response.len(), service.len(), m.counters.in_window), (120, 120, 120), "{transport}");
        assert!(response.max().unwrap() < 3_000_000_000, "the offset is no part of {:?}", response.max());
        assert_eq!(m.timeline.iter().map(|second| second.received).sum::<u64>(), 120);
        assert!(m.distributions.contains_key(&Metric::KernelToRead), "{transport}: on our own clock");
        assert!(!m.distributions.contains_key(&Metric::SentToKernel), "{transport}: between two clocks");
        assert_eq!(m.stamps.as_ref().unwrap().negative, 0, "{transport}");
    }
}

#[tokio::test]
async fn one_host_needs_no_estimate() {
    let trial = trial_of(&server(), Scenario::Push, Transport::Sse).await;
    let clock = trial.clock.unwrap();
    assert_eq!((clock.same_clock, clock.offset_ns, clock.bound_ns, clock.skew_ppb), (true, 0, 0, 0));
}

#[tokio::test]
async fn relayed_and_echoed_messages_do_not_care_what_the_server_thinks_of_the_time() {
    let server = elsewhere();
    for (scenario, metric) in [(Scenario::Relay, Metric::ResponseTime), (Scenario::Echo, Metric::RoundTrip)] {
        let trial = trial_of(&server, scenario, Transport::Sse).await;
        let times = &measurement(&trial).distributions[&metric];
        assert_eq!(times.len(), 120, "{scenario:?}");
        assert!(times.max().unwrap() < 3_000_000_000, "{scenario:?}");
        let stamped = measurement(&trial).distributions.contains_key(&Metric::SentToKernel);
        assert_eq!(stamped, scenario == Scenario::Relay, "messages are stamped and read by one clock");
        assert!(!trial.warnings.iter().any(|warning| warning.to_string().contains("clock offset")), "{scenario:?}");
    }
}

#[tokio::test]
async fn more_one_way_times_than_can_be_kept_are_refused() {
    let pace = Pace { rate: wire::Rate::per_second(1e6).unwrap(), ..push().pace };
    let cell = pushed(Push { pace, timing: within(5_000), ..push() });
    let trial = workload::trial(order(&elsewhere(), cell, Arm::of(Transport::Sse)), Observer::nobody()).await;
    assert!(matches!(&trial.outcome, Outcome::Unsupported(why) if why.contains("use a relay")), "{:?}", trial.outcome);
}

#[test]
fn a_comparison_with_another_host_relays_unless_it_is_told_not_to() {
    let server = elsewhere();
    let directory = tempfile::tempdir().unwrap();
    for (flag, scenario, says) in [(None, "relay", true), (Some("--one-way"), "push", false)] {
        let out = directory.path().join(scenario);
        let args =
            ["compare", "--allow-debug", "--preflight", "quick", "-c", "2", "-r", "100", "--shared", "--blocks", "1"];
        let output = Command::new(env!("CARGO_BIN_EXE_loadgen"))
            .args(args)
            .args(["-d", "200ms", "--warmup", "50ms"])
            .args(["--target", &server.url(), "-o", out.to_str().unwrap()])
            .args(flag)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words}");
        assert_eq!(words.contains("another host") && words.contains("relayed"), says, "{words}");
        let records = trial::container::text(&out).unwrap();
        assert_eq!(records.lines().filter(|line| line.contains("\"kind\":\"trial\"")).count(), 3);
        assert!(records.contains(&format!("\"scenario\":\"{scenario}\"")), "{scenario}");
    }
}

#[tokio::test]
async fn a_clock_and_streams_of_different_servers_are_told_apart_at_the_first_event() {
    let (asked, streamed) = (elsewhere(), server());
    let (facts, events) = (address(&asked.url()), address(&streamed.url()));
    let (url, _) = front(move |path| if path.starts_with("/sse") || path.starts_with("/web") { events } else { facts });
    for transport in [Transport::Sse, Transport::WebSocket] {
        for client in [ClientKind::Lean, ClientKind::Library] {
            let cell = pushed(Push { timing: within(60_000), ..push() });
            let order = order_at(url.clone(), cell, Arm::of(transport).read_by(client));
            let trial = workload::trial(order, Observer::nobody()).await;
            let Outcome::Failed(why) = &trial.outcome else { panic!("{:?}", trial.outcome) };
            assert!(why.contains("clock and stream are of different servers behind one name"), "{why}");
            assert!(trial.elapsed_ns < 30_000_000_000, "long before the window's end");
        }
    }
}
