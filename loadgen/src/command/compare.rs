//! `compare`: a plan, run and rendered.

use super::flags::{ConnectionArgs, bytes, duration, rate};
use super::gate::{Gate, GateArgs};
use super::{command_line, default_out};
use crate::drive::Session;
use crate::endpoint::Endpoint;
use crate::interrupt::Interrupt;
use crate::journal::Journal;
use crate::progress::Display;
use crate::runner::{self, RunOptions};
use crate::tls::Trust;
use crate::{host, plans, timestamp, tool};
use anyhow::Context as _;
use clap::Args;
use reports::{Language, Records};
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;
use terminal_size::terminal_size;
use trial::{Cell, ClientKind, Line, Load, Plan, Run, SCHEMA, Scenario, Warning};
use wire::{Faults, Preset, Rate, Schedule, Sharing, Transport};

/// Flags of `compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// Every row in under a minute: for a first look, too short for intervals
    #[arg(long, group = "which")]
    quick: bool,
    /// The whole latency grid and fourteen blocks: as long as it takes
    #[arg(long, group = "which")]
    full: bool,
    /// A plan of your own (start from `loadgen list --plan standard`)
    #[arg(long, value_name = "FILE", group = "which")]
    plan: Option<PathBuf>,
    /// Measure this long-lived server instead of starting fresh ones (`loadgen serve` on another host)
    #[arg(long, value_name = "URL")]
    target: Option<String>,
    /// Compare only these; the first is the base of every ratio
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    transports: Vec<Transport>,
    /// Server knobs for every cell: what the libraries do (stock), or the same for all (equal)
    #[arg(long, value_name = "stock|equal")]
    preset: Option<Preset>,
    /// Blocks of each timed cell; a 95 % interval needs 6
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
    /// Measured window of each timed trial [default: the plan's]
    #[arg(short, long, value_name = "TIME", value_parser = duration)]
    duration: Option<Duration>,
    /// Warm-up before each window [default: the plan's]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    warmup: Option<Duration>,
    /// Seed of the order of trials and of every schedule
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Directory for report.html, charts, summary.md and records.jsonl [default: pushbench-results/TIME]
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Language of table and report
    #[arg(long, value_name = "en|zh", default_value = "en")]
    lang: Language,
    /// Print records as JSON lines instead of progress and table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: ConnectionArgs,
    #[command(flatten)]
    gate: GateArgs,
}

/// Runs the plan and renders what came of it.
pub fn main(args: CompareArgs) -> anyhow::Result<u8> {
    let plan = args.plan()?;
    let gate = args.gate.open()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let out = args.out.clone().unwrap_or_else(default_out);
    let ended = runtime.block_on(measure(&args, &plan, &out))?;
    let records = render(&args, &out)?;
    if !args.json {
        writeln!(std::io::stdout().lock(), "{}", out.display())?;
    }
    if ended.interrupted {
        eprintln!(
            "loadgen: interrupted after {} of {} trials; what was measured is kept",
            ended.finished,
            plan.trials()
        );
        return Ok(130);
    }
    match ended.failures.first() {
        Some(first) => anyhow::bail!("{} of {} trials failed; the first: {first}", ended.failures.len(), plan.trials()),
        None => gate.map_or(Ok(0), |gate| judge(&gate, &args, &records)),
    }
}

/// Judges the run; standard output belongs to the records when they are asked for.
fn judge(gate: &Gate, args: &CompareArgs, records: &Records) -> anyhow::Result<u8> {
    if args.json {
        gate.judge(records, args.lang, &mut std::io::stderr().lock())
    } else {
        gate.judge(records, args.lang, &mut std::io::stdout().lock())
    }
}

/// How the measuring ended.
struct Ended {
    interrupted: bool,
    finished: u64,
    failures: Vec<String>,
}

async fn measure(args: &CompareArgs, plan: &Plan, out: &Path) -> anyhow::Result<Ended> {
    let mut interrupt = Interrupt::listen()?;
    if let Some(url) = &args.target {
        let endpoint: Endpoint = url.parse()?;
        anyhow::ensure!(
            endpoint.path_and_query == "/",
            "--target takes a base URL, such as http://host:8080, without a path"
        );
        let trust = Trust::from_flags(args.connection.cacert.clone(), args.connection.insecure);
        Session::open(&endpoint, &trust, &args.connection.headers).await?;
    }
    let mut journal = Journal::create(out, args.json)?;
    let run = args.run(plan);
    for warning in &run.warnings {
        eprintln!("loadgen: {warning}");
    }
    journal.append(&Line::Run(Box::new(run)))?;
    let options = RunOptions {
        seed: args.seed,
        target: args.target.clone(),
        threads: args.connection.threads(),
        headers: args.connection.headers.clone(),
        cacert: args.connection.cacert.clone(),
        insecure: args.connection.insecure,
    };
    let mut display = Display::new(args.json);
    let progress = runner::run(plan, &options, &mut journal, &mut interrupt, |progress| display.show(progress)).await?;
    display.finish();
    Ok(Ended { interrupted: interrupt.came(), finished: progress.finished, failures: progress.failures })
}

/// The report, and the table on the terminal.
fn render(args: &CompareArgs, out: &Path) -> anyhow::Result<Records> {
    let records = reports::load(out)?;
    if !args.json {
        let width = terminal_width();
        let table =
            reports::terminal(&reports::Comparison::of(&records), args.lang, width, std::io::stdout().is_terminal());
        writeln!(std::io::stdout().lock(), "{table}")?;
    }
    reports::render(std::slice::from_ref(&records), out, args.lang)
        .context("the records are kept; render them later with 'loadgen report'")?;
    Ok(records)
}

/// Columns of the terminal, by `COLUMNS` or by asking it; 100 elsewhere.
fn terminal_width() -> usize {
    let stated = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    stated.or_else(|| terminal_size().map(|(width, _)| usize::from(width.0))).unwrap_or(100)
}

impl CompareArgs {
    /// The plan as asked for.
    fn plan(&self) -> anyhow::Result<Plan> {
        let custom = self.connections.is_some() || self.rate.is_some() || self.payload.is_some() || self.shared;
        let mut plan = match &self.plan {
            Some(path) => plans::from_file(path)?,
            None if custom => self.workload(),
            None if self.quick => plans::built_in("quick")?.plan(),
            None if self.full => plans::built_in("full")?.plan(),
            None => plans::built_in("standard")?.plan(),
        };
        plan.cells.iter_mut().for_each(|cell| self.adjust(cell));
        plan.cells.retain(|cell| !cell.transports.is_empty());
        anyhow::ensure!(!plan.cells.is_empty(), "--transports leaves no cell of this plan");
        Ok(plan)
    }

    /// A plan of one cell, from `-c`, `-r`, `--payload` and `--shared`.
    fn workload(&self) -> Plan {
        let load = Load {
            connections: self.connections.unwrap_or(1),
            schedule: Schedule::Constant,
            rate: self.rate.unwrap_or_else(|| Rate::per_second(100.0).expect("100 is above zero")),
            payload_bytes: self.payload.unwrap_or(128),
            sharing: if self.shared { Sharing::Shared } else { Sharing::Private },
            ids: false,
            warmup: Duration::from_secs(1),
            window: Duration::from_secs(2),
            faults: Faults::default(),
        };
        let cell = Cell {
            name: "workload/push".to_owned(),
            why: "a workload of your own".to_owned(),
            row: None,
            scenario: Scenario::Push,
            transports: vec![Transport::Sse, Transport::WebSocket],
            null: true,
            preset: Preset::Equal,
            flush: None,
            client: ClientKind::Lean,
            blocks: 6,
            load,
            steps: Vec::new(),
        };
        Plan { name: "workload".to_owned(), why: "one workload from the command line".to_owned(), cells: vec![cell] }
    }

    fn adjust(&self, cell: &mut Cell) {
        if !self.transports.is_empty() {
            let known = std::mem::take(&mut cell.transports);
            let custom = cell.row.is_none();
            cell.transports = self.transports.iter().copied().filter(|one| custom || known.contains(one)).collect();
        }
        cell.preset = self.preset.unwrap_or(cell.preset);
        let timed = matches!(cell.scenario, Scenario::Push | Scenario::Saturate | Scenario::Echo | Scenario::Connect);
        if timed && cell.blocks > 1 {
            cell.blocks = self.blocks.unwrap_or(cell.blocks);
            cell.load.window = self.duration.unwrap_or(cell.load.window);
            cell.load.warmup = self.warmup.unwrap_or(cell.load.warmup);
        }
    }

    /// The first line of the records.
    fn run(&self, plan: &Plan) -> Run {
        let tool = tool::facts();
        let mut warnings = Vec::new();
        if tool.profile == "debug" {
            warnings.push(Warning::DebugBuild { program: "loadgen".to_owned() });
        }
        warnings.push(if self.target.is_some() { Warning::LongLivedServer } else { Warning::Loopback });
        Run {
            schema: SCHEMA,
            tool,
            command: command_line(),
            started: timestamp::now(),
            seed: self.seed,
            plan: plan.clone(),
            host: host::facts(),
            target: self.target.clone(),
            warnings,
        }
    }
}
