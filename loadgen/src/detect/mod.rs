//! The detectors of single trials and of the host: small pure functions from data to a warning (METHOD, section 6).
//!
//! Each states its threshold as a constant; what follows is `trial::Warning::action`. Refuses to read anything from the
//! system (that is `noise` and `preflight`) and to compare arms (that is `reports`).

pub mod generator;
pub mod host;
pub mod network;
pub mod stalls;
pub mod timing;

use trial::{Action, Measurement, Noise, Outcome, Scenario, Trial, Warning};

/// Everything that one trial's own record gives away.
pub fn of_trial(trial: &Trial) -> Vec<Warning> {
    let mut warnings = timing::debug_builds(trial);
    if let Some(server) = &trial.server {
        warnings.extend(network::of_server(server, is_remote(trial)));
    }
    if let Outcome::Measured(measurement) = &trial.outcome {
        warnings.extend(of_measurement(trial, measurement));
    }
    warnings
}

/// What the host did meanwhile that qualifies or voids a trial, beside the causes for running it again.
pub fn of_host(noise: &Noise, realtime: bool) -> Vec<Warning> {
    let speed = host::speed(noise).filter(|warning| warning.action() == Action::Warn);
    let throttled = host::throttled(noise, realtime);
    let memory = [host::swapping(noise), host::major_faults(noise)];
    let found = [speed, host::overflows(noise), host::idle(noise), throttled].into_iter().chain(memory);
    found.flatten().collect()
}

fn of_measurement(trial: &Trial, measurement: &Measurement) -> Vec<Warning> {
    let found = [
        generator::saturated(trial, measurement),
        generator::late(measurement),
        generator::queueing(trial.cell.scenario, measurement),
        generator::offered(trial, measurement),
        // Lateness that could make a trial void is attributed first: see `stalls`.
        timing::pacer(trial.cell.load.rate, measurement)
            .filter(|warning| is_paced(trial) && warning.action() < Action::Void),
        timing::closed_loop(&trial.cell),
        // A relay and an echo have one clock, whatever the server's says.
        timing::clock(trial.clock)
            .filter(|_| matches!(trial.cell.scenario, Scenario::Push | Scenario::Saturate | Scenario::Llm)),
        network::lost(trial, measurement),
        network::dropped(measurement),
        network::buffer_bound(measurement),
        network::repeated_syn(measurement),
        timing::buffered(measurement).filter(|_| trial.cell.llm.is_some()),
        network::plateau(measurement).filter(|_| is_remote(trial)),
    ];
    let stalled = stalls::stalls(trial, measurement).into_iter().filter(|_| is_paced(trial));
    found.into_iter().flatten().chain(stalled).collect()
}

/// Whether events have due times that a pacer could miss: what is due all at once is capacity.
fn is_paced(trial: &Trial) -> bool {
    trial.cell.llm.as_ref().is_none_or(trial::LlmLoad::is_paced)
}

/// Whether server and generator are on different hosts.
fn is_remote(trial: &Trial) -> bool {
    trial.clock.is_some_and(|clock| !clock.same_clock)
}

#[cfg(test)]
pub(crate) mod samples {
    //! Trials that tables of thresholds start from.

    use std::time::Duration;
    use trial::{ClientFacts, Distribution, Measurement, Metric, Outcome, Plan, SCHEMA, Scenario, Tool, Trial};

    /// A measured trial of one second of warm-up and two of window, 100 events a second.
    pub(crate) fn trial(scenario: Scenario) -> Trial {
        let mut plan =
            Plan::from_toml("name='p'\nwhy='w'\n[[cell]]\nname='a'\nwhy='w'\nscenario='push'\n").expect("a plan");
        let mut cell = plan.cells.remove(0);
        cell.scenario = scenario;
        cell.load.warmup = Duration::from_secs(1);
        Trial {
            schema: SCHEMA,
            tool: Tool { version: String::new(), commit: String::new(), profile: "release".to_owned() },
            arm: cell.arms()[0],
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
    pub(crate) fn timed(durations: &[(Metric, &[u64])]) -> Measurement {
        let mut measurement = Measurement::default();
        for (metric, values) in durations {
            let mut distribution = Distribution::new();
            values.iter().for_each(|us| distribution.record(us * 1_000));
            measurement.distributions.insert(*metric, distribution);
        }
        measurement
    }
}
