//! What is measured begins once connections stand: opened at the rate that was asked for, and counted as they were planned.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bench_side;

use bench_side::{measured, push, pushed, server};
use servers::Server;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;
use std::thread;
use std::time::Duration;
use trial::check::events::{CONNECTING_OUTLASTED, STREAMS_FAILED, WINDOW_MISSED};
use trial::check::generator::OFFERED_SHORT;
use trial::{Arm, Measurement, Outcome, Pace, Push, Timing, Trial, check};
use wire::{Rate, Schedule, Sharing, Transport};

/// Connections and connections a second: more than a second of connecting.
const SLOWLY: [&str; 4] = ["-c", "60", "--connect-rate", "50"];

/// The record of `run` with these flags, which must succeed.
fn run(url: &str, args: &[&str]) -> (Trial, Measurement) {
    let output = Command::new(env!("CARGO_BIN_EXE_loadgen")).args(["run", url, "--json"]).args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let trial: Trial = serde_json::from_slice(&output.stdout).unwrap();
    let Outcome::Measured(measurement) = trial.outcome.clone() else { panic!("{:?}", trial.outcome) };
    (trial, *measurement)
}

fn warns(trial: &Trial, check: &check::Check) -> bool {
    trial.warnings.iter().any(|warning| warning.is(check))
}

/// A stream of our own server as anybody's.
fn endless(server: &Server) -> String {
    format!("{}/sse?rate=50&heartbeat=off", server.url())
}

/// A peer whose streams say one thing each: so many are answered, and left open or closed behind it.
fn peer(answered: usize, stays: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/events", listener.local_addr().unwrap());
    thread::spawn(move || {
        let mut open = Vec::new();
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            if number < answered {
                let head =
                    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\ndata: a\n\n";
                let _ = stream.write_all(head);
            }
            if stays || number >= answered {
                open.push(stream);
            }
        }
    });
    url
}

#[test]
fn a_window_opens_when_all_streams_of_a_foreign_endpoint_stand() {
    let server = server();
    let (trial, m) = run(&endless(&server), &[&SLOWLY[..], &["-d", "400ms"]].concat());
    assert_eq!((m.counters.connections, m.window_ns), (60, 400_000_000));
    // 60 streams of 50 events a second: 1,200 in the window; with the first ten of them open there would be 200.
    assert!(m.counters.in_window > 600, "{:?}", m.counters);
    assert_eq!(trial.warnings, []);
}

#[test]
fn one_stream_is_measured_from_its_first_event_on() {
    let (trial, m) = run(&peer(1, false), &["-d", "300ms"]);
    assert_eq!((m.counters.in_window, m.counters.received, &trial.warnings[..]), (1, 1, &[][..]));
}

#[test]
fn streams_that_are_over_before_all_stand_are_counted() {
    let (trial, m) = run(&peer(60, false), &[&SLOWLY[..], &["-d", "300ms"]].concat());
    assert_eq!((m.counters.connections, m.counters.received, m.counters.in_window), (60, 60, 60));
    assert!(m.window_ns >= 1_100_000_000, "the whole run: {} ns", m.window_ns);
    assert!(warns(&trial, &WINDOW_MISSED), "{:?}", trial.warnings);
}

#[test]
fn streams_that_say_nothing_once_all_stand_are_counted() {
    let (trial, m) = run(&peer(60, true), &[&SLOWLY[..], &["-d", "300ms", "--timeout", "300ms"]].concat());
    assert!(warns(&trial, &WINDOW_MISSED) && m.counters.in_window == 60, "{:?}", trial.warnings);
}

#[test]
fn streams_that_are_over_before_the_window_are_named() {
    let server = server();
    // Each ends a fifth of a second after it began: most of them while others are still to be opened.
    let short = format!("{}/sse?rate=50&count=10&heartbeat=off", server.url());
    let (trial, m) = run(&short, &[&SLOWLY[..], &["-d", "1s"]].concat());
    assert!(warns(&trial, &CONNECTING_OUTLASTED) && m.counters.received == 600, "{:?}", trial.warnings);
}

#[test]
fn a_window_does_not_wait_for_ever_for_streams_that_are_not_answered() {
    let args = [&SLOWLY[..], &["-d", "300ms", "--timeout", "300ms"]].concat();
    let (trial, m) = run(&peer(30, true), &args);
    assert_eq!((m.counters.connections, m.counters.received), (60, 30));
    assert!(warns(&trial, &STREAMS_FAILED), "{:?}", trial.warnings);
}

#[test]
fn our_servers_are_connected_to_at_the_rate_that_is_asked_for() {
    let server = server();
    let (trial, m) = run(&server.url(), &["-t", "1", "-c", "20", "--connect-rate", "10", "-d", "200ms"]);
    assert_eq!((m.counters.connections, m.counters.lost), (20, 0));
    assert!(trial.elapsed_ns >= 1_900_000_000, "19 pauses of 100 ms: {} ns", trial.elapsed_ns);
}

#[test]
fn a_comparison_connects_at_the_rate_that_is_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let load =
        ["-t", "1", "-c", "10", "--connect-rate", "10", "-r", "100", "--blocks", "1", "-d", "200ms", "--warmup", "0s"];
    let output = Command::new(env!("CARGO_BIN_EXE_loadgen"))
        .args(["compare", "--allow-debug", "--preflight", "quick", "--json", "-o"])
        .arg(directory.path())
        .args(load)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let trials = lines.lines().filter(|line| line.contains(r#""kind":"trial""#));
    let took: Vec<_> = trials.map(|line| serde_json::from_str::<Trial>(line).unwrap().elapsed_ns).collect();
    assert!(took.len() > 1 && took.iter().all(|&ns| ns >= 900_000_000), "9 pauses of 100 ms: {took:?}");
}

/// A hundred streams that say something every five seconds, for two: 40 events are due.
fn seldom() -> Push {
    let rate = Rate::per_second(0.2).unwrap();
    let timing = Timing { warmup: Duration::ZERO, window: Duration::from_secs(2) };
    Push { connections: 100, pace: Pace { schedule: Schedule::Constant, rate }, timing, ..push() }
}

#[tokio::test]
async fn events_that_are_due_behind_the_window_are_not_lost() {
    let server = server();
    for transport in [Transport::Sse, Transport::WebSocket] {
        let cell = pushed(seldom());
        let m = measured(&server, cell.clone(), transport).await;
        assert_eq!((m.counters.expected, m.counters.lost, m.counters.connections), (Some(40), 0, 100), "{transport}");
        assert!(
            m.server.is_some(),
            "{transport}: a schedule that nobody reads must not take longer than an answer may"
        );
        let trial = recorded(cell, Arm::of(transport), m);
        assert!(!check::of_trial(&trial).iter().any(|warning| warning.is(&OFFERED_SHORT)), "{transport}");
    }
}

/// A record of that measurement.
fn recorded(cell: trial::Cell, arm: Arm, measurement: Measurement) -> Trial {
    let order = bench_side::order_at(String::new(), cell, arm);
    loadgen::workload::record(&order, &loadgen::workload::Started::now(), Outcome::Measured(Box::new(measurement)))
}

#[tokio::test]
async fn streams_of_a_group_keep_their_places_and_random_schedules_their_counts() {
    let server = server();
    let pace = Pace { schedule: Schedule::Poisson, rate: Rate::per_second(20.0).unwrap() };
    for sharing in [Sharing::Private, Sharing::Shared] {
        let push = Push { connections: 7, pace, sharing, ..push() };
        let due: u64 = match sharing {
            Sharing::Private => (0..7).map(|index| pace.due_on(7, (index, 7), push.timing.whole()).unwrap()).sum(),
            Sharing::Shared => 7 * pace.due_within(7, push.timing.whole()).unwrap(),
        };
        let m = measured(&server, pushed(push), Transport::Sse).await;
        assert_eq!((m.counters.expected, m.counters.lost), (Some(due), 0), "{sharing:?}");
    }
}
