//! `compare`: a plan, run and rendered.

use super::endpoints::{EndpointArgs, Endpoints};
use super::flags::{arm, bytes, duration, rate};
use super::gate::{Gate, GateArgs};
use super::measure::MeasureArgs;
use super::output::OutputArgs;
use crate::preflight::Depth;
use crate::workload::Session;
use crate::{blocks, plans, print};
use clap::Args;
use reports::Records;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use trial::{Arm, Cell, ClientKind, Plan, Push, Quantile, Timing, Workload};
use wire::{Preset, Rate, Sharing, Transport};

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
    /// Take response times against another host's clock instead of relaying messages on one
    #[arg(long, requires = "target")]
    one_way: bool,
    /// Compare only these; the first is the base of every ratio. An arm is `protocol[/carrier][+compression][@stack][!client]`,
    /// such as sse, websocket!library or sse/h1+tls
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
    /// Compare one workload of your own instead of a plan: this many connections [of endpoints of your own: 40]
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
    endpoints: EndpointArgs,
    #[command(flatten)]
    measure: MeasureArgs,
    #[command(flatten)]
    gate: GateArgs,
}

/// Runs the plan and renders what came of it.
pub fn main(args: CompareArgs) -> anyhow::Result<u8> {
    let begun = Instant::now();
    args.measure.build.refuse_debug()?;
    let (planned, gate) = (args.plan()?, args.gate.open()?);
    let depth = args.preflight.unwrap_or(if args.quick { Depth::Quick } else { Depth::Full });
    let (ended, records) = args.measure.run(planned, depth, begun, |plan, session| args.fit(plan, session))?;
    match (ended.status()?, gate) {
        (0, Some(gate)) => judge(&gate, &args.measure.output, &records),
        (status, _) => Ok(status),
    }
}

/// Judges the run; standard output belongs to the records when they are asked for.
fn judge(gate: &Gate, output: &OutputArgs, records: &Records) -> anyhow::Result<u8> {
    if output.json {
        gate.judge(records, output.lang, &mut print::stderr())
    } else {
        gate.judge(records, output.lang, &mut print::stdout())
    }
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
    /// Against another host, one-way times become relayed ones unless asked for.
    fn fit(&self, plan: &mut Plan, session: &Session) {
        if !session.clock.same_clock && !self.one_way && self.plan.is_none() && relay(plan) {
            print::say(
                "the target is another host: response times are of messages relayed through it, on this host's \
                 clock (--one-way takes them against its clock)",
            );
        }
    }

    /// The plan as asked for, and whose endpoints it reads.
    fn plan(&self) -> anyhow::Result<(Plan, Endpoints)> {
        let (arms, endpoints) = self.endpoints.endpoints()?;
        let custom = self.connections.is_some() || self.rate.is_some() || self.payload.is_some() || self.shared;
        let mut plan = match &self.plan {
            Some(path) => plans::from_file(path)?,
            None if !arms.is_empty() => self.endpoints.plan(self.connections, arms),
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
        Ok((plan, endpoints))
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
        let window = Duration::from_secs_f64(wanted_s.clamp(0.5, 2.0));
        let timing = Timing { warmup: Duration::from_millis(300), window };
        let push = Push::constant(connections, rate, self.payload.unwrap_or(128), self.shared, timing);
        let why = "a workload of your own".to_owned();
        let arms = vec![Transport::Sse, Transport::WebSocket];
        let cell = Cell { null: true, blocks: 10, ..Cell::alone("workload/push", why, Workload::Push(push), arms) };
        Plan::of("workload", "one workload from the command line", vec![cell])
    }

    fn adjust(&self, cell: &mut Cell) {
        if !self.arms.is_empty() {
            let (known, custom) = (&cell.arms, cell.row.is_none());
            // A row asks about protocols and clients; over which carrier is the user's to say.
            let has = |one: &Arm| known.iter().any(|arm| arm.over(one.carrier) == *one);
            let kept = self.arms.iter().copied().filter(|one| custom || has(one)).collect();
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
    fn rows_are_compared_over_any_carrier() {
        let cells = args("--quick --arms sse/h1+tls,websocket/h1+tls,raw-tcp!library").plan().unwrap().0.cells;
        assert!(cells.iter().any(|cell| cell.row.is_some()));
        for cell in cells {
            assert!(cell.arms.iter().all(|arm| arm.to_string().ends_with("/h1+tls")), "{}: {:?}", cell.name, cell.arms);
        }
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
            let stop = args(line).plan().unwrap().0.stop;
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
