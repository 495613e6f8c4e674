//! `capacity`: the highest load that holds a service level, for each arm, and response times below it: a plan of one cell, run
//! like any other.

use super::endpoints::Endpoints;
use super::flags::{arm, bytes, duration, rate};
use super::measure::MeasureArgs;
use crate::preflight::Depth;
use clap::{Args, ValueEnum};
use std::time::{Duration, Instant};
use trial::{Arm, Cadence, Cell, Plan, Push, Search, Slo, Timing, Variable, Workload};
use wire::{Preset, Rate};

/// Tick of the servers: a hundredth of the tightest service level that is asked for as a rule.
const TICK: Duration = Duration::from_micros(100);
/// Blocks around the capacities, and of each latency cell: as few as six headline figures (p50 and p99 at three loads) take.
const BLOCKS: u32 = 8;

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
    /// What is compared, such as sse or websocket!library; the first is the base of every ratio
    #[arg(long, alias = "transports", value_name = "LIST", value_delimiter = ',', default_values = ["sse", "websocket"], value_parser = arm)]
    arms: Vec<Arm>,
    /// Server knobs: what the libraries do (stock), or the same for all (equal)
    #[arg(long, value_name = "stock|equal", default_value = "equal")]
    preset: Preset,
    /// A first look in about a minute: one short trial a step, brackets of 15 %, no backlog test, no ratio, no latency cells
    #[arg(long)]
    quick: bool,
    /// Leave out the response times at 25, 50 and 75 % of the smallest capacity
    #[arg(long)]
    no_latency: bool,
    /// Measured window of each trial [default: 3s, quick 1s]
    #[arg(short, long, value_name = "TIME", value_parser = duration)]
    duration: Option<Duration>,
    /// Warm-up before each window [default: 1s, quick 500ms]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    warmup: Option<Duration>,
    #[command(flatten)]
    measure: MeasureArgs,
}

/// Searches and says what was found.
pub fn main(args: CapacityArgs) -> anyhow::Result<u8> {
    let (begun, plan) = (Instant::now(), args.plan()?);
    args.measure.build.refuse_debug()?;
    let depth = if args.quick { Depth::Quick } else { Depth::Full };
    let (ended, _) = args.measure.run((plan, Endpoints::new()), depth, begun, |plan, session| {
        plan.cells.iter_mut().for_each(|cell| cell.cadence = Cadence::of(&session.facts.tuning));
    })?;
    ended.status()
}

impl CapacityArgs {
    fn plan(&self) -> anyhow::Result<Plan> {
        let why = format!("the highest load that holds {}", self.slo);
        let workload = Workload::Capacity { push: self.push(), search: self.search() };
        let cadence = Cadence { tick: self.tick.unwrap_or(TICK), ..Cadence::default() };
        let blocks = if self.quick { 1 } else { BLOCKS };
        let cell = Cell::alone("capacity", why.clone(), workload, self.arms.clone());
        let cell = Cell { null: true, preset: self.preset, cadence, blocks, ..cell };
        let plan = Plan::of("capacity", &why, vec![cell]);
        plan.check()?;
        Ok(plan)
    }

    fn search(&self) -> Search {
        let of = match self.of {
            Of::Rate => Variable::Rate,
            Of::Connections => Variable::Connections,
        };
        let mut search = Search { slo: self.slo.clone(), of, start: self.start, ..Search::default() };
        if self.quick {
            (search.trials, search.precision) = (1, 1.15);
        }
        if self.no_latency {
            search.latency.clear();
        }
        search
    }

    /// The streams whose load is raised.
    fn push(&self) -> Push {
        let [warmup, window] = if self.quick { [500, 1000] } else { [1000, 3000] }.map(Duration::from_millis);
        let timing = Timing { warmup: self.warmup.unwrap_or(warmup), window: self.duration.unwrap_or(window) };
        Push::constant(self.connections, self.rate, self.payload, self.shared, timing)
    }
}
