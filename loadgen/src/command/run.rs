//! `run URL`: one transport against one endpoint, ours or anybody's.

use super::endpoints::body;
use super::flags::{ConnectionArgs, bytes, duration, rate};
use super::{command_line, default_out};
use crate::interrupt::Interrupt;
use crate::journal::{self, Journal};
use crate::progress::Sign;
use crate::runner::joint;
use crate::workload::{self, Foreign, Observer, Order};
use crate::{fleet, host, print, run_text, timestamp, tool};
use anyhow::{Context as _, bail, ensure};
use clap::Args;
use client::endpoint::Endpoint;
use client::event_log::EventLog;
use client::redact::{self, Secrets};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use trial::{
    Arm, Cadence, Cell, ClientKind, End, Line, Outcome, Pace, Plan, Push, Run, Start, Timing, Trial, Workload,
};
use wire::{Carrier, Facts, Faults, Rate, Schedule, Transport, Tuning};

/// Connections opened a second where nobody says how many: the servers of others have limits of their own.
const FOREIGN_CONNECT_RATE: f64 = 500.0;

/// Flags of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// http(s):// reads SSE, ws(s):// WebSocket. A base URL of one of our servers subscribes to what the flags ask for;
    /// any other URL is read as it is. Whose it is shows /facts, which is asked first where the path is / (without
    /// credentials, but with --token-env). Several URLs share the connections
    #[arg(value_name = "URL", required = true, num_args = 1..=16)]
    urls: Vec<String>,
    /// Transport, where the scheme does not say it (long-poll, http-stream and raw-tcp: our servers only)
    #[arg(long, value_name = "NAME")]
    transport: Option<Transport>,
    /// Streams to open
    #[arg(short, long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    connections: u32,
    /// Measured window
    #[arg(short, long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    duration: Duration,
    /// Discarded before the window
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration)]
    warmup: Duration,
    /// Events a second on each stream (our servers)
    #[arg(short, long, value_name = "RATE", default_value = "100", value_parser = rate)]
    rate: Rate,
    /// Payload size (our servers)
    #[arg(long, value_name = "BYTES", default_value = "128", value_parser = bytes)]
    payload: usize,
    /// constant, poisson, burst:N or unpaced (our servers)
    #[arg(long, value_name = "SHAPE", default_value = "constant")]
    schedule: Schedule,
    /// One topic for all streams: fan-out (our servers)
    #[arg(long)]
    shared: bool,
    /// Longest wait for the first event of an endpoint that is not ours, beside connecting, warm-up and window
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    timeout: Duration,
    /// The endpoint is none of our servers: do not ask for /facts
    #[arg(long, conflicts_with_all = ["token_env", "rate", "payload", "schedule", "shared", "faults"])]
    foreign: bool,
    /// Which client reads: lean (our decoders) or library (hyper with sse-stream, tokio-tungstenite)
    #[arg(long, value_name = "lean|library", default_value = "lean")]
    client: ClientKind,
    /// Method of the request, for streams that are asked for by POST
    #[arg(short = 'X', long, value_name = "METHOD")]
    method: Option<String>,
    /// Body of the request; @FILE reads it from a file
    #[arg(long, value_name = "TEXT|@FILE")]
    body: Option<String>,
    /// Write each event as one JSON line: received_ns, event, id, data
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Damage to order from our servers, to see whether it is seen, with commas: drop:SEQ, duplicate:SEQ, swap:SEQ,
    /// stall:SEQ:TIME; for each event burn:TIME (CPU) and syscalls:N; for each stream touch:BYTES (memory)
    #[arg(long, value_name = "LIST", default_value = "")]
    faults: Faults,
    /// Seed of random schedules (our servers)
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Print the record as one JSON line instead of the summary
    #[arg(long)]
    json: bool,
    /// Also keep records.jsonl.gz in this directory
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Keep every duration of each slice of the window in the record, not only count, median and p99
    #[arg(long)]
    slices: bool,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Measures and prints.
pub fn main(args: RunArgs) -> anyhow::Result<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure(&args))
}

async fn measure(args: &RunArgs) -> anyhow::Result<u8> {
    let endpoints = args.endpoints()?;
    let interrupt = Interrupt::listen()?;
    let each = args.processes()?;
    let mut order = args.order(&endpoints[0])?;
    let secrets = Secrets::of(&order.headers, &endpoints[0].path_and_query);
    let log = args.log.as_deref().map(|path| EventLog::create(path, secrets)).transpose();
    let log =
        log.with_context(|| format!("--log {}", args.log.as_deref().unwrap_or("".as_ref()).display()))?.map(Arc::new);
    order.foreign = match knobs(args, &endpoints, &order).await? {
        Some(tuning) => {
            ensure!(args.method.is_none() && args.body.is_none(), "-X and --body are for endpoints that are not ours");
            (order.cell.preset, order.cell.flush) = (tuning.preset, Some(tuning.flush));
            order.cell.cadence = Cadence::of(&tuning);
            None
        }
        None => {
            let timing = order.cell.workload.timing().unwrap_or_default();
            order.cell.workload = Workload::Read { connections: args.connections, timing };
            Some(args.foreign(order.arm.protocol)?)
        }
    };
    let default_rate = order.foreign.as_ref().and_then(|_| Rate::per_second(FOREIGN_CONNECT_RATE));
    order.connect_rate = order.connect_rate.or(default_rate);
    let connecting = fleet::connecting(args.connections as usize, order.connect_rate());
    let sign = Sign::new(connecting + args.warmup + args.duration, args.json);
    let mut trial = if args.urls.len() as u32 * each > 1 {
        ensure!(log.is_none(), "--log writes the events of one process, and these connections take several");
        let tasks = workload::tasks(&order, &args.urls, each).map_err(anyhow::Error::msg)?;
        joint::run(&order, &tasks, Start::default(), |_| {}, &interrupt).await
    } else {
        let observer = Observer { interrupt: interrupt.clone(), log: log.clone(), part: None };
        workload::trial(order, observer).await
    };
    drop(sign);
    if !args.slices {
        trial.summarise_slices();
    }
    if let Some(log) = &log {
        log.finish().context("--log")?;
    }
    if let Some(out) = &args.out {
        keep(args, out.clone(), &trial)?;
    }
    conclude(args, &trial, interrupt.came())
}

/// The summary or the record; the exit status.
fn conclude(args: &RunArgs, trial: &Trial, interrupted: bool) -> anyhow::Result<u8> {
    let mut stdout = print::stdout();
    if args.json {
        Line::Trial(Box::new(trial.clone())).write(&mut stdout)?;
    }
    match &trial.outcome {
        Outcome::Measured(measurement) => {
            if !args.json {
                write!(stdout, "{}", run_text::summary(&args.shown(), trial, measurement))?;
            }
            Ok(if interrupted { 130 } else { 0 })
        }
        Outcome::Unsupported(why) | Outcome::Failed(why) => bail!("{why}"),
    }
}

/// The knobs of our servers, the first one's; `None` where the endpoints are none of ours.
async fn knobs(args: &RunArgs, endpoints: &[Endpoint], order: &Order) -> anyhow::Result<Option<Tuning>> {
    let (mut ours, share) = (Vec::new(), args.share() as usize);
    for (endpoint, url) in endpoints.iter().zip(&args.urls) {
        let Some(Facts { tuning, limits, .. }) = facts(args, endpoint, order).await? else { continue };
        let (most, url) = (limits.max_connections, redact::url(url));
        ensure!(
            share <= most,
            "{url} takes {most} connections, {share} are wanted of it: give the URLs of several servers, or start it with \
             a higher --max-connections where its limit of open files allows it; 'compare' starts as many servers as it takes"
        );
        ours.push(tuning);
    }
    ensure!(ours.is_empty() || ours.len() == endpoints.len(), "give either our servers or endpoints of others");
    Ok(ours.into_iter().next())
}

/// What our server states, if the URL is the base of one: it names no path of its own, and what answers states our facts.
/// Nobody is told a credential before he is known; a token is for our servers alone.
async fn facts(args: &RunArgs, endpoint: &Endpoint, order: &Order) -> anyhow::Result<Option<Facts>> {
    if endpoint.path_and_query != "/" || args.foreign {
        return Ok(None);
    }
    let has_token = args.connection.token.token_env.is_some();
    let harmless = |(name, _): &&(String, String)| has_token || !redact::is_secret(name);
    let headers: Vec<_> = order.headers.iter().filter(harmless).cloned().collect();
    let keeps_back = headers.len() < order.headers.len();
    match workload::Session::open(endpoint, &order.trust(), &headers).await {
        Ok(session) => Ok(Some(session.facts)),
        Err(error) if error.is_foreign() || error.wants_token() && keeps_back => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Writes the run as records that `loadgen report` can render.
fn keep(args: &RunArgs, out: PathBuf, trial: &Trial) -> anyhow::Result<()> {
    let out = if out.as_os_str().is_empty() { default_out() } else { out };
    let mut journal = Journal::create(&out, false)?.with_whole_slices(args.slices);
    let plan = Plan { verdicts: false, ..Plan::of("run", "one endpoint", vec![trial.cell.clone()]) };
    let run = Run {
        started: trial.started.clone(),
        target: Some(args.shown()),
        ..tool::run(command_line(), args.seed, plan)
    };
    journal.append(&Line::Run(Box::new(run)))?;
    journal.append(&Line::Trial(Box::new(trial.clone())))?;
    let end = End {
        reason: "plan finished".to_owned(),
        finished: timestamp::now(),
        trials: 1,
        planned: 1,
        stops: Vec::new(),
    };
    journal.append(&Line::End(end))?;
    journal::pack(&out);
    Ok(())
}

impl RunArgs {
    /// Where to connect: the same transport everywhere.
    fn endpoints(&self) -> anyhow::Result<Vec<Endpoint>> {
        let endpoints: Vec<Endpoint> = self.urls.iter().map(|url| url.parse()).collect::<Result<_, _>>()?;
        let alike = endpoints.iter().all(|endpoint| endpoint.implied == endpoints[0].implied);
        ensure!(
            alike || self.transport.is_some(),
            "the URLs stand for different transports: say which with --transport"
        );
        Ok(endpoints)
    }

    /// Connections to each URL, at most.
    fn share(&self) -> u32 {
        self.connections.div_ceil(self.urls.len() as u32)
    }

    /// Generator processes that share the connections to one URL. A single one is this process.
    fn processes(&self) -> anyhow::Result<u32> {
        let (each, urls) = (host::processes(self.share().into())?, self.urls.len() as u32);
        ensure!(urls <= self.connections, "{urls} URLs share {} connections: give more with -c", self.connections);
        ensure!(urls * each <= host::MOST_PROCESSES, "this takes {} processes: give fewer connections", urls * each);
        if urls * each == 1 {
            host::admit(self.connections.into(), 1, None)?;
        }
        Ok(each)
    }

    /// The URLs without their credentials.
    fn shown(&self) -> String {
        self.urls.iter().map(|url| redact::url(url)).collect::<Vec<_>>().join(", ")
    }

    fn order(&self, endpoint: &Endpoint) -> anyhow::Result<Order> {
        let timing = Timing { warmup: self.warmup, window: self.duration };
        let push = Push::constant(self.connections, self.rate, self.payload, self.shared, timing);
        let pace = Pace { schedule: self.schedule, rate: self.rate };
        let push = Push { pace, faults: self.faults.clone(), ..push };
        let unpaced = self.schedule == Schedule::Unpaced;
        let workload = if unpaced { push.saturated() } else { Workload::Push(push) };
        let transport = self.transport.unwrap_or(endpoint.implied);
        let why = "one endpoint, from the command line".to_owned();
        let carrier = if endpoint.tls { Carrier::H1Tls } else { Carrier::H1 };
        let arm = Arm::of(transport).over(carrier).read_by(self.client);
        let cell = Cell::alone("run", why, workload, vec![arm]);
        Ok(Order {
            cell,
            arm,
            block: 0,
            attempt: 0,
            position: 0,
            seed: self.seed,
            url: self.urls[0].clone(),
            threads: self.connection.threads(),
            headers: self.connection.headers()?,
            cacert: self.connection.cacert.clone(),
            insecure: self.connection.insecure,
            connect_rate: self.connection.connect_rate,
            sources: self.connection.sources()?,
            foreign: None,
        })
    }

    fn foreign(&self, transport: Transport) -> anyhow::Result<Foreign> {
        let readable = matches!(transport, Transport::Sse | Transport::WebSocket | Transport::HttpStream);
        ensure!(
            readable,
            "{transport} is a transport of our own servers: for other endpoints use sse, websocket or http-stream"
        );
        let body = self.body.as_deref().map(body).transpose()?;
        let implied = if body.is_some() { "POST" } else { "GET" };
        Ok(Foreign { method: self.method.clone().unwrap_or_else(|| implied.to_owned()), body, patience: self.timeout })
    }
}
