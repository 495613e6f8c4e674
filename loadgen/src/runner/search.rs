//! A cell that searches for a capacity: asks `reports` which load is next, runs the arms at it, records each, asks again; then
//! what the load that all hold costs the floor.
//!
//! Refuses to decide anything: what is tried next and what was found follow from the records alone.

use super::order::Block;
use super::{Progress, RunOptions, failure, single};
use crate::floor_runs::FloorRuns;
use crate::interrupt::Interrupt;
use crate::journal::{Journal, JournalError};
use crate::print;
use reports::Capacity;
use reports::capacity::{Observation, next, remaining};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use trial::{Asked, CellStop, Line, StopReason};

/// Searches to the end, to an interrupt, or until the time of the run is used up: what was run, how it ended, and the load that
/// all arms hold. A trial that breaks under load is a part of the answer and no failure, unless there is nothing else.
pub(super) async fn run(
    asked: Asked<'_>,
    budget: Option<Duration>,
    options: &RunOptions,
    journal: &mut Journal,
    interrupt: &mut Interrupt,
    mut report: impl FnMut(&Progress),
) -> Result<(Progress, CellStop, Option<u64>), JournalError> {
    // The ceiling is what a search may come to: its judgement of each trial says whose limit that was.
    let watched = RunOptions { ceilings: BTreeMap::new(), ..options.clone() };
    let ends = budget.map(|budget| options.begun + budget);
    let (mut progress, mut seen, mut blocks) = (Progress { ends, ..Progress::default() }, Vec::new(), 0);
    let mut random = fastrand::Rng::with_seed(options.seed);
    let in_time = || ends.is_none_or(|end| Instant::now() < end);
    'search: while let Some(ask) = next(asked, &seen, options.seed).filter(|_| !interrupt.came() && in_time()) {
        let cell = asked.step(ask.point);
        for turn in Block::draw(0, ask.block, cell.arms.clone(), &mut random).turns() {
            expect(&mut progress, asked, &seen, format!("{} {}", cell.name, turn.arm));
            report(&progress);
            let trial = tokio::select! {
                trial = single(&cell, &turn, &watched) => trial,
                () = interrupt.wait() => break 'search,
            };
            progress.failures.extend(failure(&trial));
            progress.finished += 1;
            progress.expected_done += cell.expected_trial();
            seen.extend(Observation::of(asked, &trial));
            journal.append(&Line::Trial(Box::new(trial)))?;
        }
        blocks += 1;
    }
    if (progress.failures.len() as u64) < progress.finished {
        progress.failures.clear();
    }
    let reason = match (interrupt.came(), remaining(asked, &seen)) {
        (_, 0) => StopReason::Planned,
        (true, _) => StopReason::Interrupted,
        (false, _) => StopReason::Budget,
    };
    let load = Capacity::from_observations(asked, &seen, options.seed).all_hold();
    let load = load.filter(|_| reason == StopReason::Planned);
    if let Some(load) = load.filter(|_| options.target.is_none()) {
        floor(asked, load, journal, interrupt).await?;
    }
    expect(&mut progress, asked, &seen, String::new());
    let stop = CellStop { cell: asked.cell.name.clone(), blocks, redone: 0, reason };
    Ok((progress, stop, load))
}

/// What is still to be expected.
fn expect(progress: &mut Progress, asked: Asked, seen: &[Observation], current: String) {
    let left = remaining(asked, seen);
    progress.planned = progress.finished + left;
    progress.expected_left = asked.cell.expected_trial() * u32::try_from(left).unwrap_or(u32::MAX);
    progress.current = current;
}

/// What the load that all arms hold costs a plain writer and reader; never against a long-lived server, whose host may be
/// another one. Where the floor fails, the search has its answer all the same.
async fn floor(
    asked: Asked<'_>,
    load: u64,
    journal: &mut Journal,
    interrupt: &mut Interrupt,
) -> Result<(), JournalError> {
    let mut runs = FloorRuns::of(asked, load).begin();
    loop {
        let run = tokio::select! {
            run = runs.recv() => run,
            () = interrupt.wait() => None,
        };
        match run {
            Some(Ok(run)) => journal.append(&Line::Floor(run))?,
            Some(Err(error)) => print::note(format_args!("no floor at this load: {error}")),
            None => return Ok(()),
        }
    }
}
