//! Trials that tables of thresholds start from, and the tests of loadgen's gate.

use std::time::Duration;
use trial::{ClientFacts, Distribution, Measurement, Metric, Outcome, Plan, SCHEMA, Scenario, Tool, Trial};

/// A measured trial of one second of warm-up and two of window, 100 events a second.
pub(super) fn trial(scenario: Scenario) -> Trial {
    let mut plan =
        Plan::from_toml("name='p'\nwhy='w'\n[[cell]]\nname='a'\nwhy='w'\nscenario='push'\n").expect("a plan");
    let mut cell = plan.cells.remove(0);
    cell.scenario = scenario;
    cell.load.warmup = Duration::from_secs(1);
    Trial {
        schema: SCHEMA,
        tool: Tool { version: String::new(), commit: String::new(), profile: "release".to_owned() },
        arm: cell.block_arms()[0],
        cell,
        block: 0,
        attempt: 0,
        position: 0,
        seed: 0,
        started: String::new(),
        elapsed_ns: 3_000_000_000,
        server: None,
        client: ClientFacts { threads: 1, ..ClientFacts::default() },
        clock: None,
        noise: None,
        warnings: Vec::new(),
        outcome: Outcome::Measured(Box::default()),
    }
}

/// A measurement in which one duration has these values, in microseconds.
pub(super) fn timed(durations: &[(Metric, &[u64])]) -> Measurement {
    let mut measurement = Measurement::default();
    for (metric, values) in durations {
        let mut distribution = Distribution::new();
        values.iter().for_each(|us| distribution.record(us * 1_000));
        measurement.distributions.insert(*metric, distribution);
    }
    measurement
}
