//! The record of a trial, whatever came of it.

use super::Order;
use crate::{host, timestamp, tool};
use client::redact::Secrets;
use servers::clock;
use std::time::Duration;
use trial::{ClientFacts, Outcome, SCHEMA, Trial};
use wire::MonoTime;

/// When a trial began.
pub struct Started {
    at: MonoTime,
    wall: String,
}

impl Started {
    /// Now.
    pub fn now() -> Self {
        Self::at(clock::now())
    }

    /// At an instant that is past.
    pub fn at(at: MonoTime) -> Self {
        Self { at, wall: timestamp::before(Duration::from_nanos(clock::now().nanos_since(at))) }
    }
}

/// The record of an order that has come to its end now; the caller adds what it knows about the server.
pub fn record(order: &Order, started: &Started, outcome: Outcome) -> Trial {
    Trial {
        schema: SCHEMA,
        tool: tool::facts(),
        cell: order.cell.clone(),
        arm: order.arm,
        block: order.block,
        attempt: order.attempt,
        position: order.position,
        seed: order.seed,
        started: started.wall.clone(),
        elapsed_ns: clock::now().nanos_since(started.at),
        server: None,
        client: ClientFacts {
            pid: std::process::id(),
            threads: order.threads,
            cpus: host::cpus(),
            sources: order.sources.clone(),
            processes: None,
        },
        clock: None,
        layout: None,
        noise: None,
        warnings: Vec::new(),
        outcome,
    }
}

/// Hides what a peer has repeated of the secrets, wherever a record quotes it.
pub(super) fn hide(trial: &mut Trial, secrets: &Secrets) {
    let hide = |text: &mut String| *text = secrets.hide(text);
    match &mut trial.outcome {
        Outcome::Measured(measurement) => {
            let heads = measurement.exchange.iter_mut();
            heads.flat_map(|heads| [&mut heads.request, &mut heads.response]).for_each(hide);
        }
        Outcome::Unsupported(why) | Outcome::Failed(why) => hide(why),
    }
    for warning in &mut trial.warnings {
        warning.texts_mut().for_each(hide);
    }
}
