//! `run URL`: one transport against one endpoint, ours or anybody's.

use super::flags::{ConnectionArgs, bytes, duration, rate};
use super::{command_line, default_out};
use crate::interrupt::Interrupt;
use crate::journal::{self, Journal};
use crate::progress::Sign;
use crate::workload::{self, Foreign, Observer, Order};
use crate::{host, print, run_text, timestamp, tool};
use anyhow::{Context as _, bail, ensure};
use clap::Args;
use client::endpoint::Endpoint;
use client::event_log::EventLog;
use client::redact::{self, Secrets};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use trial::{Arm, Cadence, Cell, ClientKind, End, Line, Outcome, Pace, Plan, Push, Run, Timing, Trial, Workload};
use wire::{Carrier, Faults, Rate, Schedule, Transport, Tuning};

/// Flags of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// http(s):// reads SSE, ws(s):// WebSocket. A base URL of one of our servers subscribes to what the flags ask for;
    /// any other URL is read as it is. Whose it is shows /facts, which is asked first where the path is / (without
    /// credentials, but with --token-env)
    #[arg(value_name = "URL")]
    url: String,
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
    /// Longest wait for the first event of an endpoint that is not ours, beside warm-up and window
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
    /// Connections opened a second
    #[arg(long, value_name = "RATE", default_value = "500", value_parser = rate)]
    connect_rate: Rate,
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
    let endpoint: Endpoint = args.url.parse()?;
    let interrupt = Interrupt::listen()?;
    host::admit(u64::from(args.connections), None)?;
    let mut order = args.order(&endpoint)?;
    let secrets = Secrets::of(&order.headers, &endpoint.path_and_query);
    let log = args.log.as_deref().map(|path| EventLog::create(path, secrets)).transpose();
    let log =
        log.with_context(|| format!("--log {}", args.log.as_deref().unwrap_or("".as_ref()).display()))?.map(Arc::new);
    let ours = knobs(args, &endpoint, &order).await?;
    let sign = Sign::new(args.warmup + args.duration, args.json);
    let observer = Observer { interrupt: interrupt.clone(), log: log.clone() };
    let mut trial = if let Some(tuning) = ours {
        (order.cell.preset, order.cell.flush) = (tuning.preset, Some(tuning.flush));
        order.cell.cadence = Cadence::of(&tuning);
        ensure!(args.method.is_none() && args.body.is_none(), "-X and --body are for endpoints that are not ours");
        workload::trial(order, observer).await
    } else {
        let transport = order.arm.protocol;
        let readable = matches!(transport, Transport::Sse | Transport::WebSocket | Transport::HttpStream);
        ensure!(
            readable,
            "{transport} is a transport of our own servers: for other endpoints use sse, websocket or http-stream"
        );
        workload::foreign(order, args.foreign(&endpoint)?, observer).await
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
                write!(stdout, "{}", run_text::summary(&redact::url(&args.url), trial, measurement))?;
            }
            Ok(if interrupted { 130 } else { 0 })
        }
        Outcome::Unsupported(why) | Outcome::Failed(why) => bail!("{why}"),
    }
}

/// The knobs of our server, if the URL is the base of one: it names no path of its own, and what answers states our facts.
/// Nobody is told a credential before he is known; a token is for our servers alone.
async fn knobs(args: &RunArgs, endpoint: &Endpoint, order: &Order) -> anyhow::Result<Option<Tuning>> {
    if endpoint.path_and_query != "/" || args.foreign {
        return Ok(None);
    }
    let has_token = args.connection.token.token_env.is_some();
    let harmless = |(name, _): &&(String, String)| has_token || !redact::is_secret(name);
    let headers: Vec<_> = order.headers.iter().filter(harmless).cloned().collect();
    let keeps_back = headers.len() < order.headers.len();
    match workload::Session::open(endpoint, &order.trust(), &headers).await {
        Ok(session) => Ok(Some(session.facts.tuning)),
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
        target: Some(redact::url(&args.url)),
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
            url: self.url.clone(),
            threads: self.connection.threads(),
            headers: self.connection.headers()?,
            cacert: self.connection.cacert.clone(),
            insecure: self.connection.insecure,
        })
    }

    fn foreign(&self, endpoint: &Endpoint) -> anyhow::Result<Foreign> {
        let body = match self.body.as_deref().map(|body| (body, body.strip_prefix('@'))) {
            None => None,
            Some((_, Some(path))) => Some(std::fs::read(path).with_context(|| format!("--body @{path}"))?),
            Some((text, None)) => Some(text.as_bytes().to_vec()),
        };
        let implied = if body.is_some() { "POST" } else { "GET" };
        Ok(Foreign {
            endpoint: endpoint.clone(),
            method: self.method.clone().unwrap_or_else(|| implied.to_owned()),
            body,
            connect_rate: self.connect_rate.get(),
            patience: self.timeout,
        })
    }
}
