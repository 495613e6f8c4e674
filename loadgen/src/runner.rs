//! A run: blocks in order, each trial appended and flushed before the next begins, blocks that were noisy or lack a number
//! once more, an end for a stated reason.
//!
//! Refuses to look at results: what a trial measured is recorded, and of it only the width of intervals comes back.

pub(crate) mod joint;
pub(crate) mod order;
pub(crate) mod process;
mod search;
mod standing;

use crate::interrupt::Interrupt;
use crate::journal::{Journal, JournalError};
use crate::workload::Foreign;
use crate::{gate, host, timestamp};
use order::Block;
use standing::Standing;
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::{Duration, Instant};
use trial::check::host::Calm;
use trial::check::{self, events, generator};
use trial::{Arm, Cell, CellStop, End, Line, Noise, Outcome, Plan, Redone, StopReason, Trial, Warning, Workload};
use wire::{Rate, Transport};

/// Where trials are run and how.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Seed of orders and schedules.
    pub seed: u64,
    /// Base URL of a long-lived server; `None` starts a fresh one for each trial.
    pub target: Option<String>,
    /// Process of that server, when it is on this host.
    pub target_pid: Option<u32>,
    /// Worker threads of a generator.
    pub threads: usize,
    /// Headers for every request.
    pub headers: Vec<(String, String)>,
    /// CA file for https targets.
    pub cacert: Option<std::path::PathBuf>,
    /// Whether certificates go unchecked.
    pub insecure: bool,
    /// Connections opened a second; `None` for the default.
    pub connect_rate: Option<Rate>,
    /// Addresses that connections come from, in turn; none: chosen where that is needed, else by the kernel.
    pub sources: Vec<IpAddr>,
    /// Endpoints of others and what to ask them for, by the arms that read them.
    pub endpoints: BTreeMap<Arm, (String, Foreign)>,
    /// When the run began, pre-flight included: its budget counts from here.
    pub begun: Instant,
    /// What the generator takes from a null server; empty when that was not measured.
    pub ceilings: BTreeMap<Transport, Rate>,
}

impl RunOptions {
    /// For fresh servers on this host, from now on, without headers.
    pub fn local(seed: u64, threads: usize) -> Self {
        Self {
            seed,
            target: None,
            target_pid: None,
            threads,
            headers: Vec::new(),
            cacert: None,
            insecure: false,
            connect_rate: None,
            sources: Vec::new(),
            endpoints: BTreeMap::new(),
            begun: Instant::now(),
            ceilings: BTreeMap::new(),
        }
    }
}

/// What has been run so far.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// Trials on disk that count.
    pub finished: u64,
    /// Trials that the run may come to.
    pub planned: u64,
    /// Blocks that were run again.
    pub redone: u64,
    /// Expected length of what is finished.
    pub expected_done: Duration,
    /// Expected length of what is left, blocks that are run again included.
    pub expected_left: Duration,
    /// When the budget ends; `None` without one.
    pub ends: Option<Instant>,
    /// The trial that runs now.
    pub current: String,
    /// Texts of trials that failed.
    pub failures: Vec<String>,
}

impl Progress {
    /// This, and a part of the run that comes after it.
    fn and(&self, part: &Self) -> Self {
        Self {
            finished: self.finished + part.finished,
            planned: self.planned + part.planned,
            redone: self.redone + part.redone,
            expected_done: self.expected_done + part.expected_done,
            expected_left: self.expected_left + part.expected_left,
            ends: part.ends,
            current: part.current.clone(),
            failures: [&self.failures[..], &part.failures].concat(),
        }
    }
}

/// Runs a plan to its end, to an interrupt, or to a write that fails: first its blocks, then one search after the other.
///
/// # Errors
/// [`JournalError`] when a record cannot be written.
pub async fn run(
    plan: &Plan,
    options: &RunOptions,
    journal: &mut Journal,
    interrupt: &mut Interrupt,
    mut report: impl FnMut(&Progress),
) -> Result<Progress, JournalError> {
    let of_cells = |cells| Plan { cells, ..plan.clone() };
    let cells = plan.cells.iter().filter(|cell| cell.search().is_none()).cloned().collect();
    let (mut progress, mut stops) = trials(&of_cells(cells), options, journal, interrupt, &mut report).await?;
    for asked in plan.cells.iter().filter_map(Cell::search) {
        let mut so_far = |part: &Progress| report(&progress.and(part));
        let (searched, stop, load) =
            search::run(asked, plan.stop.budget, options, journal, interrupt, &mut so_far).await?;
        progress = progress.and(&searched);
        let (latency, so_far) = (load.map(|load| asked.latency(load)), |part: &Progress| report(&progress.and(part)));
        let latency = of_cells(latency.unwrap_or_default());
        let (compared, ended) = trials(&latency, options, journal, interrupt, so_far).await?;
        progress = progress.and(&compared);
        stops.extend([stop].into_iter().chain(ended));
    }
    let budget = stops.iter().any(|stop| stop.reason == StopReason::Budget);
    let reason = match (interrupt.came(), budget) {
        (true, _) => "interrupted",
        (false, true) => "time used up",
        (false, false) => "plan finished",
    };
    journal.append(&Line::End(End {
        reason: reason.to_owned(),
        finished: timestamp::now(),
        trials: progress.finished,
        // A cell that may go on until its intervals are narrow comes to more trials than its plan has at least.
        planned: progress.planned.max(plan.trials()),
        stops,
    }))?;
    Ok(progress)
}

/// Runs the blocks of a plan without searches; and how each cell came to its end.
async fn trials(
    plan: &Plan,
    options: &RunOptions,
    journal: &mut Journal,
    interrupt: &mut Interrupt,
    report: impl FnMut(&Progress),
) -> Result<(Progress, Vec<CellStop>), JournalError> {
    if plan.cells.is_empty() {
        return Ok(<_>::default());
    }
    let mut run = Runner { plan, options, journal, interrupt, report, standing: Standing::new(plan, options) };
    'run: for round in order::rounds(plan, options.seed) {
        let mut queue = VecDeque::from(round);
        while let Some(block) = queue.pop_front() {
            match run.block(block).await? {
                Next::GoOn => {}
                // Behind the other cells of its round: what disturbed it may have gone by then.
                Next::Again(block) => queue.push_back(block),
                Next::End => break 'run,
            }
        }
    }
    (run.report)(&run.standing.progress);
    let stops = run.standing.stops(run.interrupt.came());
    Ok((run.standing.progress, stops))
}

/// Runs one trial with a watch over the host, of no plan.
pub(crate) async fn single(cell: &Cell, turn: &order::Turn, options: &RunOptions) -> Trial {
    let (mut trial, noise) = process::watched(cell, turn, options).await;
    annotate(&mut trial, &noise, Calm::default(), options);
    trial.noise = Some(noise);
    trial
}

/// What comes behind a block.
enum Next {
    GoOn,
    Again(Block),
    End,
}

struct Runner<'a, R> {
    plan: &'a Plan,
    options: &'a RunOptions,
    journal: &'a mut Journal,
    interrupt: &'a mut Interrupt,
    report: R,
    standing: Standing<'a>,
}

impl<R: FnMut(&Progress)> Runner<'_, R> {
    async fn block(&mut self, block: Block) -> Result<Next, JournalError> {
        if !self.standing.admits(&block) {
            return Ok(Next::GoOn);
        }
        let (mut trials, mut causes) = (Vec::new(), Vec::new());
        for turn in block.turns() {
            let Some((trial, found)) = self.trial(block.cell, &turn).await? else {
                self.standing.progress.finished += trials.len() as u64;
                return Ok(Next::End);
            };
            trials.push(trial);
            causes.extend(found);
        }
        let lost: Vec<Warning> = trials.iter().filter_map(lost).collect();
        let replaced = !lost.is_empty() && self.standing.replaces(&block);
        if !replaced && (causes.is_empty() || !self.standing.grants(&block)) {
            self.standing.counted(&block, &trials);
            return Ok(Next::GoOn);
        }
        causes.extend(lost);
        let Block { cell, number, attempt, .. } = block;
        let cell = self.plan.cells[cell].name.clone();
        self.journal.append(&Line::Redone(Redone { cell, block: number, attempt, causes: distinct(causes) }))?;
        Ok(Next::Again(block.again()))
    }

    /// Runs and records one trial; with it, the causes for running its block again. `None` when the user ends the run.
    async fn trial(&mut self, cell: usize, turn: &order::Turn) -> Result<Option<(Trial, Vec<Warning>)>, JournalError> {
        self.standing.begins(cell, turn);
        (self.report)(&self.standing.progress);
        let watched = tokio::select! {
            watched = process::watched(&self.plan.cells[cell], turn, self.options) => watched,
            () = self.interrupt.wait() => return Ok(None),
        };
        let (mut trial, noise) = watched;
        let calm = self.standing.calm(cell, Arm { twin: false, ..turn.arm }, &noise);
        let validity = gate::Validity::of(&trial.warnings);
        let causes = if trial.cell.workload.is_timed() {
            gate::causes(&noise, calm, has_quantiles(&trial.cell), &validity)
        } else {
            Vec::new()
        };
        annotate(&mut trial, &noise, calm, self.options);
        trial.noise = Some(noise);
        self.journal.append(&Line::Trial(Box::new(trial.clone())))?;
        Ok(Some((trial, causes)))
    }
}

/// Gives a trial the warnings that come from outside of it. Noise bears on timed cells only: bytes are bytes.
fn annotate(trial: &mut Trial, noise: &Noise, calm: Calm, options: &RunOptions) {
    if !trial.cell.workload.is_timed() {
        return;
    }
    let transport = trial.arm.protocol;
    let ceiling = options.ceilings.get(&transport).filter(|_| trial.arm.is_bare());
    let load = trial.cell.workload.offered().zip(ceiling);
    trial.warnings.extend(load.and_then(|(offered, &ceiling)| generator::near_ceiling(transport, offered, ceiling)));
    trial.warnings.extend(check::host::of_noise(noise, calm, has_quantiles(&trial.cell)));
    trial.warnings.extend(check::host::of_host(noise, host::is_realtime()));
}

/// Whether the figures of a cell are quantiles; a saturated one and tool loops have means alone.
fn has_quantiles(cell: &Cell) -> bool {
    !matches!(cell.workload, Workload::Saturate { .. } | Workload::ToolLoop(_))
}

/// Each kind of cause once.
fn distinct(causes: Vec<Warning>) -> Vec<Warning> {
    let mut kinds: Vec<Warning> = Vec::new();
    for cause in causes {
        if !kinds.iter().any(|known| known.check() == cause.check()) {
            kinds.push(cause);
        }
    }
    kinds
}

/// Why a trial has no number that counts, where another attempt may have one. What a transport cannot do it cannot do the next
/// time, and a load near the generator's ceiling would be as near.
fn lost(trial: &Trial) -> Option<Warning> {
    match &trial.outcome {
        Outcome::Failed(why) => Some(events::trial_failed(why.clone())),
        Outcome::Unsupported(_) => None,
        Outcome::Measured(_) => trial.voided_by().filter(|why| !why.is(&generator::CEILING_NEAR)).cloned(),
    }
}

/// The text of a trial that failed.
fn failure(trial: &Trial) -> Option<String> {
    match &trial.outcome {
        Outcome::Failed(why) => Some(format!("{} {}: {why}", trial.cell.name, trial.arm)),
        Outcome::Measured(_) | Outcome::Unsupported(_) => None,
    }
}
