//! `capacity`: the highest load that holds a service level, for both transports, and response times below it.

use super::flags::{ConnectionArgs, bytes, duration, rate};
use super::output::{BuildArgs, Ended, OutputArgs};
use super::reach;
use crate::capacity::{Search, Standing};
use crate::interrupt::Interrupt;
use crate::journal::Journal;
use crate::progress::Display;
use crate::runner::{self, Progress, RunOptions};
use crate::{print, timestamp};
use anyhow::Context as _;
use clap::{Args, ValueEnum};
use std::path::Path;
use std::time::Duration;
use trial::{
    Cadence, CapacityPlan, Cell, CellStop, Content, End, Line, Pace, Plan, Push, Run, Slo, StopRule, Timing, Variable,
    Workload,
};
use wire::{Faults, Preset, Rate, Schedule, Sharing, Transport};

/// Highest rate of one stream: what our servers admit.
const MAX_RATE: u64 = 1_000_000;
/// Most connections: what our servers admit.
const MAX_CONNECTIONS: u64 = 20_000;
/// Tick of the servers: a hundredth of the tightest service level that is asked for as a rule.
const TICK: Duration = Duration::from_micros(100);
/// Rounds of the floor: the median of three leaves out one that the host disturbed.
const FLOOR_ROUNDS: u32 = 3;
/// Blocks of each latency cell: as few as six headline figures (p50 and p99 at three loads) take.
const LATENCY_BLOCKS: u32 = 8;

/// What is raised until the service level breaks.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Of {
    /// Events a second over all connections
    Rate,
    /// Connections, each at --rate
    Connections,
}

/// Flags of `capacity`.
#[derive(Debug, Args)]
pub struct CapacityArgs {
    /// What must hold: quantile=response time, several with commas (p99=10ms,p99.9=50ms)
    #[arg(long, value_name = "SLO", default_value = "p99=10ms")]
    slo: Slo,
    /// What is raised: the rate at a fixed number of connections, or connections at a fixed rate each
    #[arg(long, value_enum, value_name = "WHAT", default_value = "rate")]
    of: Of,
    /// Connections (with --of connections: where the search begins)
    #[arg(short, long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    connections: u32,
    /// Events a second on each connection (with --of connections)
    #[arg(short, long, value_name = "RATE", default_value = "10", value_parser = rate)]
    rate: Rate,
    /// Payload size
    #[arg(long, value_name = "BYTES", default_value = "128", value_parser = bytes)]
    payload: usize,
    /// One topic shared by all connections (fan-out)
    #[arg(long)]
    shared: bool,
    /// Least time from one round of releases to the next: without one, a timer for each event is what gives out first
    /// [default: 100us, or what the server of --target has]
    #[arg(long, value_name = "TIME", conflicts_with = "target", value_parser = duration)]
    tick: Option<Duration>,
    /// First load, in the unit of --of [default: 5 % of what both ends move unpaced]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    start: Option<u64>,
    /// The two transports; the first is the base of the ratio
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_values = ["sse", "websocket"])]
    transports: Vec<Transport>,
    /// Server knobs: what the libraries do (stock), or the same for all (equal)
    #[arg(long, value_name = "stock|equal", default_value = "equal")]
    preset: Preset,
    /// A first look in about a minute: one short trial a step, brackets of 15 %, no backlog test, no ratio, no latency cells
    #[arg(long)]
    quick: bool,
    /// Leave out the response times at 25, 50 and 75 % of the smaller capacity
    #[arg(long)]
    no_latency: bool,
    /// Measured window of each trial [default: 3s, quick 1s]
    #[arg(short, long, value_name = "TIME", value_parser = duration)]
    duration: Option<Duration>,
    /// Warm-up before each window [default: 1s, quick 500ms]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    warmup: Option<Duration>,
    /// Measure this long-lived server instead of starting fresh ones (`loadgen serve` on another host)
    #[arg(long, value_name = "URL")]
    target: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    build: BuildArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Searches and says what was found.
pub fn main(args: CapacityArgs) -> anyhow::Result<u8> {
    let mut search = args.search()?;
    args.build.refuse_debug()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let out = args.output.directory();
    let ended = runtime.block_on(measure(&args, &mut search, &out))?;
    args.output.conclude(&out)?;
    if ended.interrupted {
        print::say(format_args!("interrupted after {} trials; what was measured is kept", ended.finished));
        return Ok(130);
    }
    // A trial that breaks under load is a part of the answer, unless there is nothing else.
    match ended.failures.first() {
        Some(first) if ended.failures.len() as u64 == ended.finished => {
            anyhow::bail!("all {} trials failed; the first: {first}", ended.finished)
        }
        _ => Ok(0),
    }
}

async fn measure(args: &CapacityArgs, search: &mut Search, out: &Path) -> anyhow::Result<Ended> {
    let mut interrupt = Interrupt::listen()?;
    if let Some(url) = &args.target {
        let session = reach(url, &args.connection).await?;
        args.build.refuse_debug_of("server", &session.facts.profile)?;
        search.cell.cadence = Cadence::of(&session.facts.tuning);
    }
    let mut journal = args.output.open(out, args.run(search))?;
    let options = args.connection.run_options(args.output.seed, args.target.clone())?;
    let mut display = Display::new(args.output.json);
    let standing = search.run(&options, &mut journal, &mut interrupt, |progress| display.show(progress)).await?;
    display.finish();
    floor(args, search, &standing, &mut journal, &mut interrupt).await?;
    let (latency, stops) = latency(args, search, &standing, &options, &mut journal, &mut interrupt).await?;
    let searched = standing.progress;
    let (finished, planned) = (searched.finished + latency.finished, searched.planned + latency.planned);
    let failures = [searched.failures, latency.failures].concat();
    let interrupted = interrupt.came();
    let reason = if interrupted { "interrupted" } else { "plan finished" }.to_owned();
    let end = End { reason, finished: timestamp::now(), trials: finished, planned, stops };
    journal.append(&Line::End(end))?;
    Ok(Ended { interrupted, finished, planned, failures })
}

/// What the load that both arms hold costs a plain writer and reader, where that is known; never against a long-lived server,
/// whose host may be another one. Where the floor fails, the search has its answer all the same.
async fn floor(
    args: &CapacityArgs,
    search: &Search,
    standing: &Standing,
    journal: &mut Journal,
    interrupt: &mut Interrupt,
) -> anyhow::Result<()> {
    let found = search.found(standing, args.output.seed);
    let runs = search.floor_runs(&found, if args.quick { 1 } else { FLOOR_ROUNDS });
    let Some(runs) = runs.filter(|_| args.target.is_none() && !interrupt.came()) else { return Ok(()) };
    let mut runs = runs.begin();
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

/// Response times below the smaller capacity, where that is known and wanted.
async fn latency(
    args: &CapacityArgs,
    search: &Search,
    standing: &Standing,
    options: &RunOptions,
    journal: &mut Journal,
    interrupt: &mut Interrupt,
) -> anyhow::Result<(Progress, Vec<CellStop>)> {
    if args.quick || args.no_latency || interrupt.came() {
        return Ok(<_>::default());
    }
    let Some(plan) = search.latency_plan(&search.found(standing, args.output.seed), LATENCY_BLOCKS) else {
        return Ok(<_>::default());
    };
    let mut display = Display::new(args.output.json);
    let latency = runner::trials(&plan, options, journal, interrupt, |progress| display.show(progress)).await?;
    display.finish();
    Ok(latency)
}

impl CapacityArgs {
    fn search(&self) -> anyhow::Result<Search> {
        let arms = <[Transport; 2]>::try_from(self.transports.clone());
        let arms = arms.ok().filter(|[base, other]| base != other);
        let arms = arms.context("--transports takes two different transports: a capacity is compared with another")?;
        let (of, start, limit) = match self.of {
            Of::Rate => (Variable::Rate, self.start, MAX_RATE * u64::from(self.connections)),
            Of::Connections => (Variable::Connections, self.start.or(Some(self.connections.into())), MAX_CONNECTIONS),
        };
        let plan = CapacityPlan {
            slo: self.slo.clone(),
            of,
            arms,
            start,
            limit,
            trials: if self.quick { 1 } else { 3 },
            precision: if self.quick { 1.15 } else { 1.05 },
            knee_blocks: if self.quick { 0 } else { 8 },
        };
        let push = self.push();
        Ok(Search { plan, cell: self.cell(arms, push.clone()), push })
    }

    /// The streams whose load is raised.
    fn push(&self) -> Push {
        let [warmup, window] = if self.quick { [500, 1000] } else { [1000, 3000] }.map(Duration::from_millis);
        Push {
            connections: self.connections,
            pace: Pace { schedule: Schedule::Constant, rate: self.rate },
            sharing: if self.shared { Sharing::Shared } else { Sharing::Private },
            content: Content { payload_bytes: self.payload, ids: false },
            timing: Timing { warmup: self.warmup.unwrap_or(warmup), window: self.duration.unwrap_or(window) },
            faults: Faults::default(),
            stamps: true,
        }
    }

    /// What is the same at every step.
    fn cell(&self, arms: [Transport; 2], push: Push) -> Cell {
        let why = format!("the highest load that holds {}", self.slo);
        let cadence = Cadence { tick: self.tick.unwrap_or(TICK), ..Cadence::default() };
        Cell { preset: self.preset, cadence, ..Cell::alone("capacity", why, Workload::Push(push), arms.to_vec()) }
    }

    /// The first line of the records. The plan has no cells: which trials are run follows from their results.
    fn run(&self, search: &Search) -> Run {
        let plan = Plan {
            name: "capacity".to_owned(),
            why: search.cell.why.clone(),
            cells: Vec::new(),
            stop: StopRule::default(),
            verdicts: true,
            practical: None,
        };
        let capacity = Some(search.plan.clone());
        Run { capacity, ..self.output.first_line(plan, self.target.as_ref()) }
    }
}
