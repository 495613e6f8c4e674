//! What is found out once, before the first trial: this host's settings, its clock, the pacer, what the generator can
//! take, whether anybody else is at work, and how precise the run will be.
//!
//! Refuses to start a run that cannot be trusted at all; everything else is said and recorded.

mod ceiling;
mod clock;
mod fingerprint;
mod null_server;
mod pacer;
mod pilot;
mod quiet;

use crate::runner::RunOptions;
use crate::runner::order::longest;
use crate::{host, sources, workload};
use servers::pacer::Pacer;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use trial::check::{clock as clocks, generator, network, stalls};
use trial::{Action, Cell, Measurement, Metric, Pace, Plan, Preflight, Warning, Workload};
use wire::{Rate, Schedule, Transport};

/// How long the pacer is watched.
const PACER_WATCH: Duration = Duration::from_secs(1);
/// Most of a plan's length that waiting for a quiet host may take, as a divisor, and most in all.
const QUIET_SHARE: u32 = 20;
const QUIET_MOST: Duration = Duration::from_secs(60);

/// How much is found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Depth {
    /// Settings, clock and one look at who else is at work: two seconds.
    Quick,
    /// All of it, the pilot included.
    #[default]
    Full,
}

/// Where the run goes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Route {
    /// Whether the server is on another host.
    pub remote: bool,
}

/// Why nothing is measured.
#[derive(Debug, thiserror::Error)]
pub enum PreflightError {
    /// A check refuses.
    #[error("{0}")]
    Refused(Warning),
    /// A part of it could not be run.
    #[error("pre-flight: cannot {what}: {error}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the operating system says.
        error: std::io::Error,
    },
}

/// Runs the pre-flight of a plan.
///
/// # Errors
/// [`PreflightError`], one line that says what to do.
pub async fn run(plan: &Plan, options: &RunOptions, depth: Depth, route: Route) -> Result<Preflight, PreflightError> {
    admit(plan, options, route)?;
    let mut found = Preflight { fingerprint: fingerprint::read(), ..Preflight::default() };
    let clock = clock::Watch::begin();
    let limit = match depth {
        Depth::Quick => Duration::ZERO,
        Depth::Full => (plan.expected_length() / QUIET_SHARE).min(QUIET_MOST),
    };
    let quiet = quiet::gate(limit).await;
    if depth == Depth::Full {
        measure(plan, options, &mut found).await?;
    }
    let clock = clock.end();
    found.clock_drift_ppm = clock.drift_ppm;
    found.warnings.extend([clocks::step(clock.back_ns), clocks::drift(clock.drift_ppm)].into_iter().flatten());
    found.warnings.extend(settings(plan, &found, route));
    found.warnings.extend(quiet.warning());
    (found.quiet_samples, found.quiet) = (quiet.samples, quiet.quiet);
    let pace = if depth == Depth::Full { pilot::run(plan, options, &mut found).await } else { 1.0 };
    found.expected = expected(plan, options, pace);
    match found.warnings.iter().find(|warning| warning.action() == Action::Refuse) {
        Some(refused) => Err(PreflightError::Refused(refused.clone())),
        None => Ok(found),
    }
}

/// Refuses what this host cannot hold before any of it is tried.
fn admit(plan: &Plan, options: &RunOptions, route: Route) -> Result<(), PreflightError> {
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let near: &[SocketAddr] = if route.remote { &[] } else { &[anywhere] };
    for Cell { workload, .. } in &plan.cells {
        let processes = workload::processes(workload).map_err(PreflightError::Refused)?;
        let share = u64::from(workload.connections().div_ceil(processes));
        // Fresh servers are as many as the processes, and each is a destination of its own.
        let each = if options.target.is_some() { processes } else { 1 };
        let sources = sources::of(&options.sources, share * u64::from(each), near).len().max(1);
        host::admit(share, each, Some((anywhere, sources))).map_err(PreflightError::Refused)?;
    }
    Ok(())
}

/// Payload of what is read for a ceiling where the plan does not say it: lines of language models and jobs are about as short.
const SHORT_LINE_BYTES: usize = 64;

/// The pacer at the plan's highest rate, and what the generator takes of each transport.
async fn measure(plan: &Plan, options: &RunOptions, found: &mut Preflight) -> Result<(), PreflightError> {
    let Some((cell, offered)) = heaviest(plan, Workload::offered) else { return Ok(()) };
    let cannot = |what| move |error| PreflightError::System { what, error };
    let released = heaviest(plan, Workload::released).and_then(|(_, released)| Rate::per_second(released));
    let Some(rate) = released else { return Ok(()) };
    let payload_bytes = cell.workload.content().map_or(SHORT_LINE_BYTES, |content| content.payload_bytes);
    let pacer = Pacer::spawn().map_err(cannot("start a pacer"))?;
    found.pacer_lateness = pacer::lateness(&pacer.handle(), rate, PACER_WATCH).await;
    found.warnings.extend(late(rate, found));
    for transport in [Transport::Sse, Transport::WebSocket] {
        if !plan.cells.iter().flat_map(|cell| &cell.arms).any(|arm| arm.protocol == transport && arm.is_bare()) {
            continue;
        }
        let ceiling = ceiling::of(transport, payload_bytes, options.threads);
        if let Some(ceiling) = ceiling.await.map_err(cannot("start a null server"))? {
            found.ceilings.insert(transport, ceiling);
            found.warnings.extend(generator::near_ceiling(transport, offered, ceiling));
        }
    }
    Ok(())
}

/// The paced cell with the highest of one of its rates, and that rate.
fn heaviest(plan: &Plan, rate: impl Fn(&Workload) -> Option<f64>) -> Option<(&Cell, f64)> {
    let paced = plan.cells.iter().filter_map(|cell| Some((cell, rate(&cell.workload)?)));
    paced.max_by(|(_, a), (_, b)| a.total_cmp(b))
}

/// What the check of a trial says about the pacer, here about the pre-flight's.
fn late(rate: Rate, found: &Preflight) -> Option<Warning> {
    let lateness = BTreeMap::from([(Metric::PacerLateness, found.pacer_lateness.clone())]);
    let measurement = Measurement { distributions: lateness, ..Measurement::default() };
    stalls::pacer(Some(rate), &measurement)
}

/// What the host's settings give away.
fn settings(plan: &Plan, found: &Preflight, Route { remote }: Route) -> Vec<Warning> {
    let value = |name| found.fingerprint.get(name).map_or("", String::as_str);
    let is_burst = |pace: Pace| matches!(pace.schedule, Schedule::Burst { .. });
    let bursts = plan.cells.iter().any(|cell| cell.workload.pace().is_some_and(is_burst));
    let offload = fingerprint::gateway()
        .filter(|_| remote)
        .and_then(|interface| network::offload(&interface, &fingerprint::offloads(&interface).unwrap_or_default()));
    [
        clocks::source(value("clocksource")),
        network::host_bbr(value("net.ipv4.tcp_congestion_control"), remote),
        network::metrics(value("net.ipv4.tcp_no_metrics_save"), remote),
        network::slow_start(value("net.ipv4.tcp_slow_start_after_idle"), remote, bursts),
        offload,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// How long the run will take from here at most: its blocks at the pilot's pace, and no longer than its budget.
fn expected(plan: &Plan, options: &RunOptions, pace: f64) -> Duration {
    let length = Duration::from_secs(longest(plan).mul_f64(pace).as_secs().max(1));
    let left = plan.stop.budget.map(|budget| budget.saturating_sub(options.begun.elapsed()));
    left.map_or(length, |left| length.min(Duration::from_secs(left.as_secs())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(cells: &str) -> Plan {
        Plan::from_toml(&format!("name='p'\nwhy='w'\n{cells}")).unwrap()
    }

    #[test]
    fn the_heaviest_paced_cell_is_found() {
        let cell = |name: &str, rest: &str| format!("[[cell]]\nname='{name}'\nwhy='w'\n{rest}\n");
        let plan = plan(
            &[
                cell("a", "scenario='push'\nrate=5000"),
                cell("b", "scenario='push'\nrate=200\nconnections=100\nsharing='shared'"),
                cell("c", "scenario='saturate'"),
            ]
            .concat(),
        );
        let named = |(cell, rate): (&Cell, f64)| (cell.name.clone(), rate);
        assert_eq!(heaviest(&plan, Workload::offered).map(named), Some(("b".to_owned(), 20_000.0)));
        // One event for all readers is released once.
        assert_eq!(heaviest(&plan, Workload::released).map(named), Some(("a".to_owned(), 5_000.0)));
    }

    #[test]
    fn what_the_host_cannot_hold_is_refused() {
        let plan = plan("[[cell]]\nname='a'\nwhy='w'\nscenario='echo'\nconnections=100000\n");
        let refused = admit(&plan, &RunOptions::local(1, 1), Route::default()).unwrap_err().to_string();
        assert!(refused.starts_with("100000 connections "), "{refused}");
    }

    #[test]
    fn a_budget_bounds_what_is_expected() {
        let mut plan = plan("[[cell]]\nname='a'\nwhy='w'\nscenario='push'\n");
        let options = RunOptions::local(1, 1);
        assert!(expected(&plan, &options, 1.0) > Duration::from_secs(50));
        plan.stop.budget = Some(Duration::from_secs(30));
        assert!(expected(&plan, &options, 1.0) <= Duration::from_secs(30));
    }
}
