//! `compare`: a plan, run and rendered.

use super::flags::{ConnectionArgs, arm, bytes, duration, rate};
use super::gate::{Gate, GateArgs};
use super::output::{BuildArgs, Ended, OutputArgs};
use super::{reach, terminal_width};
use crate::interrupt::Interrupt;
use crate::journal::Journal;
use crate::preflight::{self, Depth, PreflightError};
use crate::progress::Display;
use crate::runner::{self, RunOptions};
use crate::{blocks, host, plans, print, timestamp};
use clap::Args;
use reports::Records;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use trial::{
    Action, Arm, Cell, ClientKind, Content, End, Line, Pace, Plan, Preflight, Push, Quantile, StopRule, Timing,
    Workload,
};
use wire::{Facts, Faults, Preset, Rate, Schedule, Sharing, Transport};

/// Flags of `compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// Every row in under a minute: for a first look, with wide intervals
    #[arg(long, group = "which")]
    quick: bool,
    /// The whole latency grid and fourteen blocks: as long as it takes
    #[arg(long, group = "which")]
    full: bool,
    /// 40 to 100 blocks, until intervals are narrow: about a quarter of an hour
    #[arg(long, group = "which")]
    publish: bool,
    /// Counts instead of times: instructions, system calls, bytes on three layers, kernel receive stamps; a minute
    #[arg(long, group = "which")]
    exact: bool,
    /// A plan of your own (start from `loadgen list --plan standard`), or one of ours that answers no row: token streams (llm),
    /// shapes of model platforms (workloads), predictions and training runs (jobs)
    #[arg(long, value_name = "FILE|llm|workloads|jobs", group = "which")]
    plan: Option<PathBuf>,
    /// Measure this long-lived server instead of starting fresh ones (`loadgen serve` on another host)
    #[arg(long, value_name = "URL")]
    target: Option<String>,
    /// Take response times against another host's clock instead of relaying messages on one
    #[arg(long, requires = "target")]
    one_way: bool,
    /// Compare only these; the first is the base of every ratio. An arm is `protocol[/carrier][+compression][@stack][!client]`,
    /// such as sse or websocket!library
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = arm)]
    arms: Vec<Arm>,
    /// Short for --arms: these protocols, with the rest as the plan has it
    #[arg(long, value_name = "LIST", value_delimiter = ',', conflicts_with = "arms")]
    transports: Vec<Transport>,
    /// Server knobs for every cell: what the libraries do (stock), or the same for all (equal)
    #[arg(long, value_name = "stock|equal")]
    preset: Option<Preset>,
    /// Blocks of each timed cell; a 95 % interval needs 6, a difference in one of many figures more
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    blocks: Option<u32>,
    /// Compare one workload of your own instead of a plan: this many connections
    #[arg(short, long, value_name = "N", conflicts_with = "which", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    connections: Option<u32>,
    /// … at so many events a second on each connection
    #[arg(short, long, value_name = "RATE", conflicts_with = "which", value_parser = rate)]
    rate: Option<Rate>,
    /// … with payloads of this size
    #[arg(long, value_name = "BYTES", conflicts_with = "which", value_parser = bytes)]
    payload: Option<usize>,
    /// … one topic shared by all connections (fan-out)
    #[arg(long, conflicts_with = "which")]
    shared: bool,
    /// Stop after this long, pre-flight included [default: the plan's]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    budget: Option<Duration>,
    /// Measured window of each timed trial [default: the plan's]
    #[arg(short, long, value_name = "TIME", value_parser = duration)]
    duration: Option<Duration>,
    /// Warm-up before each window [default: the plan's]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    warmup: Option<Duration>,
    /// Difference of two latencies that is too small to matter [default: the plan's, else 20us]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    practical: Option<Duration>,
    /// What is found out before the first trial [default: full; quick with --quick]
    #[arg(long, value_enum, value_name = "quick|full")]
    preflight: Option<Depth>,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    build: BuildArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
    #[command(flatten)]
    gate: GateArgs,
}

/// Runs the plan and renders what came of it.
pub fn main(args: CompareArgs) -> anyhow::Result<u8> {
    let begun = Instant::now();
    args.build.refuse_debug()?;
    let mut plan = args.plan()?;
    let gate = args.gate.open()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let out = args.output.directory();
    let ended = runtime.block_on(measure(&args, &mut plan, &out, begun))?;
    let records = args.output.conclude(&out)?;
    match (ended.status()?, gate) {
        (0, Some(gate)) => judge(&gate, &args, &records),
        (status, _) => Ok(status),
    }
}

/// Judges the run; standard output belongs to the records when they are asked for.
fn judge(gate: &Gate, args: &CompareArgs, records: &Records) -> anyhow::Result<u8> {
    if args.output.json {
        gate.judge(records, args.output.lang, &mut print::stderr())
    } else {
        gate.judge(records, args.output.lang, &mut print::stdout())
    }
}

async fn measure(args: &CompareArgs, plan: &mut Plan, out: &Path, begun: Instant) -> anyhow::Result<Ended> {
    let mut interrupt = Interrupt::listen()?;
    let target = match &args.target {
        Some(url) => Some(args.meet(url, plan).await?),
        None => None,
    };
    let mut journal = args.output.open(out, args.output.first_line(plan.clone(), args.target.as_ref()))?;
    let here = target.as_ref().filter(|facts| facts.boot_id == host::boot_id());
    let mut options = RunOptions {
        target_pid: here.map(|facts| facts.pid),
        begun,
        ..args.connection.run_options(args.output.seed, args.target.clone())?
    };
    let route = preflight::Route { remote: target.is_some() && here.is_none() };
    tokio::select! {
        found = preflight::run(plan, &options, args.depth(), route) => {
            options.ceilings = record(args, plan, &mut journal, found)?;
        }
        // The run that follows ends at once and says why.
        () = interrupt.wait() => {}
    }
    let mut display = Display::new(args.output.json);
    let progress = runner::run(plan, &options, &mut journal, &mut interrupt, |progress| display.show(progress)).await?;
    display.finish();
    let runner::Progress { finished, planned, failures, .. } = progress;
    Ok(Ended { interrupted: interrupt.came(), finished, planned, failures })
}

/// Records and shows the pre-flight; what the generator can take. A refusal is recorded as the end of the run.
fn record(
    args: &CompareArgs,
    plan: &Plan,
    journal: &mut Journal,
    found: Result<Preflight, PreflightError>,
) -> anyhow::Result<BTreeMap<Transport, Rate>> {
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            let (reason, finished) = (error.to_string(), timestamp::now());
            journal.append(&Line::End(End {
                reason,
                finished,
                trials: 0,
                planned: plan.trials(),
                stops: Vec::new(),
            }))?;
            return Err(error.into());
        }
    };
    for warning in found.warnings.iter().filter(|warning| warning.action() >= Action::Warn) {
        print::say(warning);
    }
    if !args.output.json {
        print::note(reports::terminal(&reports::preflight(&found, args.output.lang), terminal_width(), false));
    }
    let ceilings = found.ceilings.clone();
    journal.append(&Line::Preflight(Box::new(found)))?;
    Ok(ceilings)
}

/// Makes the cells that time events from the server's schedule relay messages instead, where that is the same load:
/// publisher and subscribers then share this host's clock. Whether there was any.
fn relay(plan: &mut Plan) -> bool {
    let lean = |cell: &Cell| cell.clients() == [ClientKind::Lean];
    let timed = plan.cells.iter_mut().filter(|cell| cell.section().is_timed() && lean(cell));
    let mut any = false;
    for cell in timed {
        let Workload::Push(push) = &cell.workload else { continue };
        if push.sharing == Sharing::Shared || push.connections == 1 {
            (cell.workload, any) = (push.clone().relayed(), true);
        }
    }
    any
}

impl CompareArgs {
    /// What the server of `--target` states. Against another host, one-way times become relayed ones unless asked for.
    async fn meet(&self, url: &str, plan: &mut Plan) -> anyhow::Result<Facts> {
        let session = reach(url, &self.connection).await?;
        self.build.refuse_debug_of("server", &session.facts.profile)?;
        if !session.clock.same_clock && !self.one_way && self.plan.is_none() && relay(plan) {
            print::say(
                "the target is another host: response times are of messages relayed through it, on this host's \
                 clock (--one-way takes them against its clock)",
            );
        }
        Ok(session.facts)
    }

    fn depth(&self) -> Depth {
        self.preflight.unwrap_or(if self.quick { Depth::Quick } else { Depth::Full })
    }

    /// The plan as asked for.
    fn plan(&self) -> anyhow::Result<Plan> {
        let custom = self.connections.is_some() || self.rate.is_some() || self.payload.is_some() || self.shared;
        let mut plan = match &self.plan {
            Some(path) => plans::from_file(path)?,
            None if custom => self.workload(),
            None if self.quick => plans::built_in("quick")?.plan(),
            None if self.publish => plans::built_in("publish")?.plan(),
            None if self.full => plans::built_in("full")?.plan(),
            None if self.exact => plans::built_in("exact")?.plan(),
            None => plans::built_in("standard")?.plan(),
        };
        plan.cells.iter_mut().for_each(|cell| self.adjust(cell));
        // Whoever orders blocks or lengths of their own, and no budget, has set the time themselves: no cell goes on beyond it.
        if self.budget.is_none() && (self.blocks.is_some() || self.duration.is_some() || self.warmup.is_some()) {
            (plan.stop.budget, plan.stop.max_blocks) = (None, None);
        }
        plan.stop.budget = self.budget.or(plan.stop.budget);
        plan.practical = self.practical.or(plan.practical);
        plan.cells.retain(|cell| !cell.arms.is_empty());
        anyhow::ensure!(!plan.cells.is_empty(), "--arms and --transports leave no cell of this plan");
        plan.check()?;
        blocks::fit(&mut plan, self.blocks).into_iter().for_each(print::say);
        Ok(plan)
    }

    /// A plan of one cell, from `-c`, `-r`, `--payload` and `--shared`: ten short blocks, three more than its two headline
    /// figures take. What differs from trial to trial is the process more than the events in it, so many short trials say more
    /// than a few long ones; each is as long as a p99 takes, within half a second and two.
    fn workload(&self) -> Plan {
        let connections = self.connections.unwrap_or(1);
        let rate = self.rate.unwrap_or_else(|| Rate::per_second(100.0).expect("100 is above zero"));
        let independent = rate.get() * f64::from(if self.shared { 1 } else { connections });
        // A window of whole intervals may hold one event less.
        let wanted_s = (Quantile::P99.observations_needed() + 1) as f64 / independent;
        let push = Push {
            connections,
            pace: Pace { schedule: Schedule::Constant, rate },
            sharing: if self.shared { Sharing::Shared } else { Sharing::Private },
            content: Content { payload_bytes: self.payload.unwrap_or(128), ids: false },
            timing: Timing {
                warmup: Duration::from_millis(300),
                window: Duration::from_secs_f64(wanted_s.clamp(0.5, 2.0)),
            },
            faults: Faults::default(),
            stamps: true,
        };
        let why = "a workload of your own".to_owned();
        let arms = vec![Transport::Sse, Transport::WebSocket];
        let cell = Cell { null: true, blocks: 10, ..Cell::alone("workload/push", why, Workload::Push(push), arms) };
        Plan {
            name: "workload".to_owned(),
            why: "one workload from the command line".to_owned(),
            cells: vec![cell],
            stop: StopRule::default(),
            verdicts: true,
            practical: None,
        }
    }

    fn adjust(&self, cell: &mut Cell) {
        if !self.arms.is_empty() {
            let (known, custom) = (&cell.arms, cell.row.is_none());
            let kept = self.arms.iter().copied().filter(|one| custom || known.contains(one)).collect();
            cell.compare_only(kept);
        } else if !self.transports.is_empty() {
            // As the plan has them: a cell of the library client keeps it.
            let has = |one: &Transport| cell.arms.iter().copied().find(|arm| arm.protocol == *one);
            let custom = |one: &Transport| cell.base().filter(|_| cell.row.is_none()).map(|base| base.with(*one));
            let kept = self.transports.iter().filter_map(|one| has(one).or_else(|| custom(one))).collect();
            cell.compare_only(kept);
        }
        cell.preset = self.preset.unwrap_or(cell.preset);
        if cell.blocks == 1 || !cell.workload.is_timed() {
            return;
        }
        cell.blocks = self.blocks.unwrap_or(cell.blocks);
        if let Some(timing) = cell.workload.timing_mut() {
            timing.window = self.duration.unwrap_or(timing.window);
            timing.warmup = self.warmup.unwrap_or(timing.warmup);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: CompareArgs,
    }

    fn args(line: &str) -> CompareArgs {
        Cli::parse_from(std::iter::once("compare").chain(line.split(' '))).args
    }

    #[test]
    fn protocols_that_a_cell_lacks_are_read_as_its_others_are() {
        let head = "name = 'p'\nwhy = 'w'\n[[cell]]\nname = 'a'\nwhy = 'b'\nscenario = 'push'\n";
        let mut plan = Plan::from_toml(&format!("{head}client = 'library'\n")).unwrap();
        args("--transports sse,long-poll").adjust(&mut plan.cells[0]);
        let arms: Vec<_> = plan.cells[0].arms.iter().map(Arm::to_string).collect();
        assert_eq!(arms, ["sse!library", "long-poll!library"]);
    }

    #[test]
    fn cells_go_on_beyond_their_blocks_only_within_a_budget() {
        for (line, goes_on) in [
            ("--seed 1", true),
            ("--blocks 20", false),
            ("-d 2s", false),
            ("--warmup 1s", false),
            ("--blocks 20 --budget 10m", true),
        ] {
            let stop = args(line).plan().unwrap().stop;
            assert_eq!((stop.max_blocks.is_some(), stop.budget.is_some()), (goes_on, goes_on), "{line}");
        }
    }

    #[test]
    fn arms_that_cannot_be_compared_are_refused_from_the_command_line_too() {
        for (line, said) in [
            ("--connections 1 --arms sse,sse", "names one of them twice"),
            ("--connections 1 --transports sse,websocket,sse", "names one of them twice"),
            ("--plan jobs --arms sse!library,websocket!library", "needs client = 'lean'"),
        ] {
            let found = args(line).plan().err().map(|error| error.to_string());
            assert!(found.as_ref().is_some_and(|found| found.contains(said)), "{line}: {found:?}");
        }
        assert!(args("--connections 1 --arms sse!library,websocket").plan().is_ok());
    }
}
