//! Trials that tables of thresholds start from, and the tests of loadgen's gate.

use trial::{ClientFacts, Distribution, Measurement, Metric, Outcome, Plan, SCHEMA, Scenario, Tool, Trial};

/// A measured trial of one second of warm-up and two of window, 1,000 events a second.
pub(super) fn trial(scenario: Scenario) -> Trial {
    let lines = match scenario {
        Scenario::Memory => "steps=[1,2,3,4]",
        Scenario::Llm => "workload='chat'",
        Scenario::Push | Scenario::Echo | Scenario::Relay => "rate=1000",
        _ => "",
    };
    let scenario = serde_json::to_value(scenario).expect("a word");
    let text = format!("name='p'\nwhy='w'\n[[cell]]\nname='a'\nwhy='w'\nscenario={scenario}\n{lines}\n");
    let cell = Plan::from_toml(&text).expect("a plan").cells.remove(0);
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
        layout: None,
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
