//! A server of our own and short trials against it, for the tests that need both ends.
#![allow(dead_code, reason = "each test binary uses its own part")]

use loadgen::drive::{self, Observer, Order};
use loadgen::interrupt::Interrupt;
use servers::{ServeOptions, Server};
use std::time::Duration;
use trial::{Arm, Cell, Load, Measurement, Outcome, Scenario};
use wire::{Faults, Preset, Rate, Schedule, Sharing, Transport};

/// A server on a free loopback port.
pub(crate) fn server() -> Server {
    Server::start(ServeOptions { threads: 1, ..ServeOptions::of(Preset::Equal) }).expect("a server starts")
}

/// 50 events of 256 B in a quarter of a second.
pub(crate) fn cell() -> Cell {
    let load = Load {
        connections: 1,
        schedule: Schedule::Constant,
        rate: Rate::per_second(200.0).unwrap(),
        payload_bytes: 256,
        sharing: Sharing::Private,
        ids: false,
        warmup: Duration::ZERO,
        window: Duration::from_millis(250),
        faults: Faults::default(),
    };
    Cell::alone("test", "a test".to_owned(), Scenario::Push, Transport::ALL.to_vec(), load)
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
    }
}

/// The measurement of one trial that must succeed.
pub(crate) async fn measured(server: &Server, cell: Cell, arm: impl Into<Arm>) -> Measurement {
    measured_at(server.url(), cell, arm).await
}

/// The same, against whatever serves there.
pub(crate) async fn measured_at(url: String, cell: Cell, arm: impl Into<Arm>) -> Measurement {
    let arm = arm.into();
    let trial = drive::trial(order_at(url, cell, arm), Observer::nobody()).await;
    match trial.outcome {
        Outcome::Measured(measurement) => *measurement,
        other => panic!("{arm}: {other:?}"),
    }
}

/// An observer, and what interrupts it.
pub(crate) fn interruptible() -> (Observer, impl FnOnce()) {
    let (interrupt, ring) = Interrupt::by_hand();
    (Observer { interrupt, log: None }, ring)
}
