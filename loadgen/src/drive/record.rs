//! The record of a trial, whatever came of it.

use super::Order;
use crate::{host, timestamp, tool};
use servers::clock;
use trial::{ClientFacts, Figure, Metric, Outcome, Quantile, SCHEMA, Trial, Warning};
use wire::{MonoTime, Schedule};

/// When a trial began.
pub struct Started {
    at: MonoTime,
    wall: String,
}

impl Started {
    /// Now.
    pub fn now() -> Self {
        Self { at: clock::now(), wall: timestamp::now() }
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
        client: ClientFacts { pid: std::process::id(), threads: order.threads, cpus: host::cpus() },
        clock: None,
        noise: None,
        warnings: Vec::new(),
        outcome,
    }
}

/// What a reader of this trial's numbers must know.
pub fn warnings(trial: &Trial) -> Vec<Warning> {
    let mut warnings = builds(trial);
    let Outcome::Measured(measurement) = &trial.outcome else { return warnings };
    let p99_us = |metric| Figure::Duration(metric, Quantile::P99).of(measurement).map(|ns| ns / 1e3);
    let counters = &measurement.counters;
    if counters.lost > 0 && trial.cell.load.schedule != Schedule::Unpaced {
        let expected = counters.expected.unwrap_or(counters.received + counters.lost);
        warnings.push(Warning::EventsLost { lost: counters.lost, expected });
    }
    if let Some(p99_us) = p99_us(Metric::PacerLateness).filter(|&late| late > 5_000.0) {
        warnings.push(Warning::PacerLate { p99_us });
    }
    if let Some(p99_us) = p99_us(Metric::GeneratorLag).filter(|&late| late > 1_000.0) {
        warnings.push(Warning::GeneratorLate { p99_us });
    }
    if let Some(usage) = measurement.client.filter(|usage| usage.elapsed_ns > 0) {
        let share = 100.0 * usage.cpu_ns as f64 / (usage.elapsed_ns as f64 * trial.client.threads.max(1) as f64);
        if share > 80.0 {
            warnings.push(Warning::GeneratorBusy { share });
        }
    }
    if let Some(clock) = trial.clock.filter(|clock| !clock.same_clock && clock.bound_ns > 50_000) {
        warnings.push(Warning::ClockUncertain { bound_us: clock.bound_ns as f64 / 1e3 });
    }
    warnings
}

fn builds(trial: &Trial) -> Vec<Warning> {
    let server = trial.server.as_ref().map(|facts| ("server", facts.profile.as_str()));
    let both = [Some(("loadgen", trial.tool.profile.as_str())), server];
    let debug = both.into_iter().flatten().filter(|(_, profile)| *profile == "debug");
    debug.map(|(program, _)| Warning::DebugBuild { program: program.to_owned() }).collect()
}
