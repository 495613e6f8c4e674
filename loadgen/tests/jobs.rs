//! Trials that watch jobs, against a server in the same process: every event that is due comes, over both transports.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bench_side;

use loadgen::workload::{Observer, Order, trial};
use trial::{Arm, Cell, Figure, Measurement, Metric, Outcome, Plan, Trial, Workload};
use wire::Transport;

fn cell(lines: &str) -> Cell {
    let head = "name = 'p'\nwhy = 'w'\n[[cell]]\nname = 'a'\nwhy = 'b'\nscenario = 'push'\nwarmup = '50ms'\n";
    Plan::from_toml(&format!("{head}{lines}\n")).unwrap().cells.remove(0)
}

/// One trial against a fresh server.
async fn run(cell: &Cell, transport: Transport) -> (Trial, Order) {
    let server = bench_side::server();
    let order = bench_side::order(&server, cell.clone(), Arm::of(transport));
    let trial = trial(order.clone(), Observer::nobody()).await;
    drop(server);
    (trial, order)
}

fn measured(trial: &Trial) -> &Measurement {
    let Outcome::Measured(measurement) = &trial.outcome else { panic!("{:?}", trial.outcome) };
    measurement
}

#[tokio::test]
async fn every_event_of_a_job_comes_over_both_transports() {
    for lines in [
        "job = 'train'\nrate = 5\nspeed = 40\nconnections = 4\nwindow = '400ms'",
        "job = 'predict'\nspeed = 40\nconnections = 12\nwindow = '300ms'",
    ] {
        let cell = cell(lines);
        let Workload::Job(job) = &cell.workload else { panic!("no job") };
        for transport in [Transport::Sse, Transport::WebSocket] {
            let (trial, order) = run(&cell, transport).await;
            let m = measured(&trial);
            let dues = |index| job.dues(order.seed, index).0.len() as u64;
            let due: u64 = (0..job.connections).map(dues).sum();
            assert_eq!(m.counters.expected, Some(due), "{lines} {transport}");
            // A read that brings the last event of the window may bring the next one, too.
            assert!(m.counters.received >= due, "{lines} {transport}: {} of {due}", m.counters.received);
            let damage = [m.counters.lost, m.counters.corrupt, m.counters.duplicates, m.counters.reordered];
            assert_eq!(damage, [0; 4], "{lines} {transport}");
            assert_eq!(m.distributions[&Metric::ResponseTime].len(), m.counters.in_window);
            assert!(m.counters.in_window > 0 && m.server.unwrap().events > 0, "{lines} {transport}");
            assert!(Figure::BytesPerEvent.of(m).is_some_and(|bytes| bytes > 100.0), "{lines} {transport}");
        }
    }
}

#[tokio::test]
async fn a_transport_that_watches_no_job_says_so() {
    let (trial, _) = run(&cell("job = 'train'"), Transport::RawTcp).await;
    assert!(matches!(&trial.outcome, Outcome::Unsupported(why) if why == "raw-tcp watches no job"));
}
