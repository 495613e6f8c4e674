//! Whether one trial held the service level, and if not, why. Refuses to look at more than one trial.

use std::time::Duration;
use trial::check::generator;
use trial::{Figure, Measurement, Metric, Objective, Outcome, Quantile, Scenario, Slo, Trial, Usage, backlog_growth};

/// Least share of the offered events that must be delivered once the streams have drained.
const DELIVERED: f64 = 0.999;
/// Largest growth of the backlog, as a share of what is offered: the other side of [`DELIVERED`].
const GROWTH: f64 = 0.001;
/// Largest share of its own CPU that a generator may use.
const BUSY: f64 = 0.8;
/// Largest bound of a clock offset, as a share of the tightest response time.
const CLOCK: f64 = 0.1;

/// What one trial says about its load.
#[derive(Debug, Clone, PartialEq)]
pub enum Judgement {
    /// The service level held.
    Pass,
    /// It did not.
    Fail(Cause),
    /// The trial cannot tell: the instrument was at its limit, or nothing was measured.
    Invalid(Cause),
}

/// Why a trial did not pass.
#[derive(Debug, Clone, PartialEq)]
pub enum Cause {
    /// Too few of the events came at all.
    Undelivered {
        /// Delivered over offered.
        share: f64,
    },
    /// Events piled up.
    Backlog {
        /// Growth as a share of what was offered.
        growth: f64,
    },
    /// Too few of the events came in time.
    TooSlow {
        /// What had to hold.
        objective: Objective,
        /// Share of the events that were in time.
        share: f64,
    },
    /// The generator used too much of its CPU.
    GeneratorBusy {
        /// CPU over wall time and threads.
        share: f64,
    },
    /// The generator's own event loop was so late that the objective would have held without it.
    GeneratorLate {
        /// Its lateness at p99 in nanoseconds.
        p99_ns: f64,
    },
    /// Either, and its threads waited for a CPU: the host is full, and another thread would only wait as well.
    HostFull {
        /// Time that its threads waited for a CPU, as a share of the wall time.
        waited: f64,
    },
    /// Either, on a host whose CPUs had no time left for another thread.
    HostBusy {
        /// CPU time of the whole host over wall time and CPUs.
        share: f64,
    },
    /// The server failed while its threads waited for a CPU.
    ServerStarved {
        /// What it failed to do.
        broken: Box<Cause>,
        /// Time that its threads waited for a CPU, as a share of the wall time.
        waited: f64,
    },
    /// Two clocks that are not known well enough for this service level.
    ClockUncertain {
        /// Bound of the offset in nanoseconds.
        bound_ns: u64,
    },
    /// The trial has no measurement; its own words.
    NotMeasured(String),
}

impl Judgement {
    /// Why it is no pass.
    pub const fn cause(&self) -> Option<&Cause> {
        match self {
            Self::Pass => None,
            Self::Fail(cause) | Self::Invalid(cause) => Some(cause),
        }
    }
}

/// Judges a trial.
///
/// What passes has passed, however hard the generator had to work: its lateness is inside every response time. What fails
/// proves nothing about the server when the generator can have caused it. Two clocks can err either way.
pub fn judge(slo: &Slo, trial: &Trial) -> Judgement {
    let measurement = match &trial.outcome {
        Outcome::Unsupported(why) | Outcome::Failed(why) => return Judgement::Invalid(Cause::NotMeasured(why.clone())),
        Outcome::Measured(measurement) => measurement,
    };
    if let Some(cause) = uncertain(slo, trial) {
        return Judgement::Invalid(cause);
    }
    let Some(cause) = broken(slo, measurement) else { return Judgement::Pass };
    match excuse(&cause, measurement, trial) {
        Some(excuse) => Judgement::Invalid(excuse),
        None => Judgement::Fail(match measurement.server.and_then(|usage| usage.starved()) {
            Some(waited) => Cause::ServerStarved { broken: Box::new(cause), waited },
            None => cause,
        }),
    }
}

/// A clock offset that is not known well enough.
fn uncertain(slo: &Slo, trial: &Trial) -> Option<Cause> {
    let allowed_ns = CLOCK * slo.tightest().as_nanos() as f64;
    let clock = trial.clock.filter(|clock| !clock.same_clock && clock.bound_ns as f64 > allowed_ns);
    clock
        .filter(|_| trial.cell.workload.scenario() != Scenario::Relay)
        .map(|clock| Cause::ClockUncertain { bound_ns: clock.bound_ns })
}

/// How the generator can have caused a failure: it had no CPU left, or its own lateness is what broke an objective.
fn excuse(cause: &Cause, m: &Measurement, trial: &Trial) -> Option<Cause> {
    let busy = m.client.and_then(|usage| cpu_share(&usage, trial.client.threads)).filter(|share| *share > BUSY);
    let late = || match cause {
        Cause::TooSlow { objective, .. } => {
            let p99_ns = Figure::Duration(Metric::GeneratorLag, Quantile::P99).of(m)?;
            let limit = objective.limit + Duration::from_nanos(p99_ns as u64);
            too_slow(&Objective { limit, ..*objective }, m).is_none().then_some(Cause::GeneratorLate { p99_ns })
        }
        Cause::Undelivered { .. } | Cause::Backlog { .. } => None,
        Cause::GeneratorBusy { .. } | Cause::GeneratorLate { .. } => None,
        Cause::HostFull { .. } | Cause::HostBusy { .. } => None,
        Cause::ServerStarved { .. } | Cause::ClockUncertain { .. } | Cause::NotMeasured(_) => None,
    };
    let excuse = busy.map(|share| Cause::GeneratorBusy { share }).or_else(late)?;
    let full = || generator::full(trial, m).map(|share| Cause::HostBusy { share });
    let starved = m.client.and_then(|usage| usage.starved());
    starved.map(|waited| Cause::HostFull { waited }).or_else(full).or(Some(excuse))
}

fn cpu_share(usage: &Usage, threads: usize) -> Option<f64> {
    (usage.elapsed_ns > 0).then(|| usage.cpu_ns as f64 / (usage.elapsed_ns as f64 * threads.max(1) as f64))
}

/// What the server failed to do.
fn broken(slo: &Slo, m: &Measurement) -> Option<Cause> {
    let counters = &m.counters;
    let distinct = counters.received.saturating_sub(counters.duplicates);
    let offered = counters.expected.unwrap_or(distinct + counters.lost);
    let delivered = if offered > 0 { distinct as f64 / offered as f64 } else { 0.0 };
    let growth = backlog_growth(m).filter(|growth| *growth > GROWTH);
    let undelivered = (delivered < DELIVERED).then_some(Cause::Undelivered { share: delivered });
    let slow = || slo.objectives().iter().find_map(|objective| too_slow(objective, m));
    undelivered.or(growth.map(|growth| Cause::Backlog { growth })).or_else(slow)
}

/// An event that never came has waited for ever: it counts as one that was not in time.
fn too_slow(objective: &Objective, m: &Measurement) -> Option<Cause> {
    let limit_ns = u64::try_from(objective.limit.as_nanos()).unwrap_or(u64::MAX);
    let response = m.distributions.get(&Metric::ResponseTime);
    let in_time = response.map_or(0.0, |response| response.share_below(limit_ns) * response.len() as f64);
    let due = response.map_or(0, trial::Distribution::len) + m.counters.lost;
    let share = if due > 0 { in_time / due as f64 } else { 0.0 };
    (share < objective.share).then_some(Cause::TooSlow { objective: *objective, share })
}

#[cfg(test)]
mod tests;
