//! What a load costs at least, and what it cost our programs. Refuses to divide one by the other: they do not do the same.

use super::{Judgement, Observation};
use crate::Records;
use crate::stats::median;
use trial::{Arm, Asked, Figure, FloorRun, Measurement, Metric, Outcome, Quantile, Stage};

/// Medians over runs, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Costs {
    /// CPU time of the sending side for each event.
    pub server_cpu_ns: f64,
    /// CPU time of the receiving side for each event.
    pub client_cpu_ns: f64,
    /// Response time from the due time, p99.
    pub p99_ns: f64,
}

/// The floor of one arm at the load that all arms hold, and our programs beside it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Floor {
    /// The arm.
    pub arm: Arm,
    /// Its load, in the unit of the search.
    pub load: u64,
    /// Runs of the floor.
    pub runs: usize,
    /// What a plain writer and a plain reader took.
    pub plain: Costs,
    /// What our server and load generator took in the trials of the arm that held the nearest load, and that load; `None`
    /// where none held one or has the figures.
    pub ours: Option<(u64, Costs)>,
}

/// The floor of an arm; `None` where it was not run.
pub(super) fn of(asked: Asked, records: &Records, arm: Arm) -> Option<Floor> {
    let is_of = |run: &&FloorRun| run.cell == asked.cell.name && run.transport == arm.protocol && arm.is_bare();
    let runs: Vec<_> = records.floor.iter().filter(is_of).collect();
    let of = |cost: fn(&FloorRun) -> f64| median(&runs.iter().map(|run| cost(run)).collect::<Vec<_>>());
    let plain = Costs {
        server_cpu_ns: of(|run| run.writer_cpu_ns)?,
        client_cpu_ns: of(|run| run.reader_cpu_ns)?,
        p99_ns: of(|run| run.response_p99_ns as f64)?,
    };
    let load = runs.first()?.load;
    Some(Floor { arm, load, runs: runs.len(), plain, ours: ours(asked, records, arm, load) })
}

fn ours(asked: Asked, records: &Records, arm: Arm, load: u64) -> Option<(u64, Costs)> {
    let held: Vec<(u64, &Measurement)> = records
        .trials
        .iter()
        .filter_map(|trial| {
            let seen = Observation::of(asked, trial).filter(|seen| seen.judgement == Judgement::Pass)?;
            let Outcome::Measured(measurement) = &trial.outcome else { return None };
            let counts = seen.arm == arm && seen.point.stage != Stage::Saturated;
            counts.then_some((seen.point.load, &**measurement))
        })
        .collect();
    let nearest = held.iter().map(|one| one.0).min_by_key(|one| one.abs_diff(load))?;
    let of = |figure: Figure| {
        let at_load = held.iter().filter(|one| one.0 == nearest);
        median(&at_load.filter_map(|one| figure.of(one.1)).collect::<Vec<_>>())
    };
    let costs = Costs {
        server_cpu_ns: of(Figure::ServerCpuPerEvent)?,
        client_cpu_ns: of(Figure::ClientCpuPerEvent)?,
        p99_ns: of(Figure::Duration(Metric::ResponseTime, Quantile::P99))?,
    };
    Some((nearest, costs))
}
