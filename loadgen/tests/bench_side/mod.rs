//! A server of our own and short trials against it, for the tests that need both ends.
#![allow(dead_code, reason = "each test binary uses its own part")]

use loadgen::interrupt::Interrupt;
use loadgen::workload::{self, Observer, Order};
use servers::{ServeOptions, Server};
use std::time::Duration;
use trial::{Arm, Cell, Content, Measurement, Outcome, Pace, Push, Scenario, Timing, Workload};
use wire::{Carrier, Faults, Preset, Rate, Schedule, Sharing, Transport};

/// A server of every carrier on free loopback ports.
pub(crate) fn server() -> Server {
    let others = Carrier::ALL.into_iter().filter(|carrier| *carrier != Carrier::H1);
    let carriers = others.filter(|carrier| Arm::of(Transport::Sse).over(*carrier).supported().is_ok());
    let carriers = carriers.map(|carrier| (carrier, 0)).collect();
    Server::start(ServeOptions { threads: 1, carriers, ..ServeOptions::of(Preset::Equal) }).expect("a server starts")
}

/// Every protocol over every carrier, as far as it is supported for these events.
pub(crate) fn arms(cell: &Cell) -> impl Iterator<Item = Arm> + '_ {
    let all = Transport::ALL.into_iter().flat_map(|protocol| Carrier::ALL.map(|it| Arm::of(protocol).over(it)));
    all.filter(|arm| cell.workload.supports(*arm).is_ok())
}

/// 50 events of 256 B in a quarter of a second.
pub(crate) fn push() -> Push {
    Push {
        connections: 1,
        pace: Pace { schedule: Schedule::Constant, rate: Rate::per_second(200.0).unwrap() },
        sharing: Sharing::Private,
        content: Content { payload_bytes: 256, ids: false },
        timing: Timing { warmup: Duration::ZERO, window: Duration::from_millis(250) },
        faults: Faults::default(),
        stamps: true,
    }
}

/// A cell of all transports in which these events are pushed.
pub(crate) fn pushed(push: Push) -> Cell {
    cell_of(Scenario::Push, push)
}

/// A cell of all transports that does something else with these events.
pub(crate) fn cell_of(scenario: Scenario, push: Push) -> Cell {
    let Push { connections, pace, content, timing, ref faults, .. } = push;
    let workload = match scenario {
        Scenario::Push => Workload::Push(push),
        Scenario::Saturate => push.saturated(),
        Scenario::Relay => push.relayed(),
        Scenario::Echo => Workload::Echo { connections, pace, content, timing },
        Scenario::Connect => Workload::Connect { content, timing },
        Scenario::Memory => Workload::Memory { steps: vec![5, 10, 15, 20], content, faults: faults.clone() },
        Scenario::Handshake => Workload::Handshake { content },
        other => panic!("{other:?} has no pushed events"),
    };
    Cell::alone("test", "a test".to_owned(), workload, Transport::ALL.to_vec())
}

/// The same events, pushed.
pub(crate) fn cell() -> Cell {
    pushed(push())
}

/// One arm of a cell against a server.
pub(crate) fn order(server: &Server, cell: Cell, arm: Arm) -> Order {
    order_at(server.url(), cell, arm)
}

/// One arm of a cell against whatever serves there.
pub(crate) fn order_at(url: String, cell: Cell, arm: Arm) -> Order {
    Order {
        cell,
        arm,
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

/// The measurement of one trial that must succeed.
pub(crate) async fn measured(server: &Server, cell: Cell, arm: impl Into<Arm>) -> Measurement {
    measured_at(server.url(), cell, arm).await
}

/// The same, against whatever serves there.
pub(crate) async fn measured_at(url: String, cell: Cell, arm: impl Into<Arm>) -> Measurement {
    let arm = arm.into();
    let trial = workload::trial(order_at(url, cell, arm), Observer::nobody()).await;
    match trial.outcome {
        Outcome::Measured(measurement) => *measurement,
        other => panic!("{arm}: {other:?}"),
    }
}

/// An observer, and what interrupts it.
pub(crate) fn interruptible() -> (Observer, impl FnOnce()) {
    let (interrupt, ring) = Interrupt::by_hand();
    (Observer { interrupt, log: None, part: None }, ring)
}
