//! Whatever a trial waits for, it ends: its thread's sockets stop being ready at the n-th poll.

use super::{Observer, Order, trial};
use client::stuck;
use servers::{ServeOptions, Server};
use std::thread;
use std::time::{Duration, Instant};
use trial::{Arm, Outcome, Scenario};
use wire::{Preset, Transport};

/// More than any of these trials may wait in all: for a connection, a head, an event, answers, readings of vitals.
const DEADLINE: Duration = Duration::from_secs(30);
/// Polls after which sockets stop, up to more than a trial needs.
const POLLS: std::ops::Range<usize> = 0..400;
const STEP: usize = 9;

fn order(url: String, scenario: Scenario, transport: Transport) -> Order {
    let lines = match scenario {
        Scenario::Llm => "workload='code'\ntokens=3\nspeed=20\nwindow='200ms'\nwarmup='0s'",
        Scenario::Handshake => "payload=128",
        Scenario::Connect => "payload=128\nwarmup='0s'\nwindow='200ms'",
        _ => "rate=50\npayload=128\nwarmup='0s'\nwindow='200ms'",
    };
    let word = serde_json::to_value(scenario).unwrap();
    let plan =
        format!("name='p'\nwhy='w'\n[[cell]]\nname='a'\nwhy='b'\nscenario={word}\n{lines}\ntransports=['{transport}']");
    Order {
        cell: trial::Plan::from_toml(&plan).unwrap().cells.remove(0),
        arm: Arm::of(transport),
        block: 0,
        attempt: 0,
        position: 0,
        seed: 7,
        url,
        threads: 1,
        headers: Vec::new(),
        cacert: None,
        insecure: false,
        connect_rate: None,
        sources: Vec::new(),
        foreign: None,
    }
}

/// Runs a trial whose sockets stop after so many polls; whether they did.
fn run(order: Order, polls: usize) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    stuck::after(polls);
    let (begin, name) = (Instant::now(), format!("{:?} over {}", order.cell.workload.scenario(), order.arm.protocol));
    let trial = runtime.block_on(trial(order, Observer::nobody()));
    let was_stuck = stuck::release();
    assert!(begin.elapsed() < DEADLINE * 5, "{name}, {polls} polls: {:?}", begin.elapsed());
    if !was_stuck {
        assert!(matches!(trial.outcome, Outcome::Measured(_)), "{name}: {:?}", trial.outcome);
    }
    was_stuck
}

#[test]
#[ignore = "half a minute: trials wait for seconds wherever a socket stops"]
fn a_trial_ends_wherever_its_sockets_stop() {
    let server = Server::start(ServeOptions { threads: 1, ..ServeOptions::of(Preset::Equal) }).unwrap();
    for (scenario, transport) in [
        (Scenario::Echo, Transport::Sse),
        (Scenario::Echo, Transport::WebSocket),
        (Scenario::Connect, Transport::Sse),
        (Scenario::Handshake, Transport::LongPoll),
        (Scenario::Push, Transport::Sse),
        (Scenario::Relay, Transport::WebSocket),
        (Scenario::Llm, Transport::WebSocket),
    ] {
        let trials = POLLS.step_by(STEP).map(|polls| {
            let order = order(server.url(), scenario, transport);
            thread::spawn(move || run(order, polls))
        });
        let stopped: Vec<bool> = trials.collect::<Vec<_>>().into_iter().map(|trial| trial.join().unwrap()).collect();
        assert!(stopped[0], "{scenario:?}: the first poll of all was not answered");
    }
}
