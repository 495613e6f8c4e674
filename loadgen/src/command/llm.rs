//! `llm URL`: requests to a language-model endpoint over SSE, WebSocket or both, request by request.

mod ledger;

use super::flags::{duration, header, rate};
use super::{command_line, default_out, terminal_width};
use crate::drive::Session;
use crate::endpoint::Endpoint;
use crate::event_log::EventLog;
use crate::interrupt::Interrupt;
use crate::journal::Journal;
use crate::link::Dialer;
use crate::llm::campaign::{Pace, Turn, blocks, turns};
use crate::llm::drive::{Drive, MAX_RETRIES};
use crate::llm::exchange::Way;
use crate::llm::format::{Format, Key, message};
use crate::llm::score::Score;
use crate::llm::text;
use crate::tls::Trust;
use crate::{client, host, timestamp, tool};
use anyhow::{Context as _, bail, ensure};
use clap::Args;
use ledger::Ledger;
use servers::clock;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use trial::{AnswerSlo, Cell, ClientKind, Line, Load, Plan, Run, SCHEMA, Scenario, StopRule, Warning};
use wire::llm::{Arrival, Trace, TraceRequest};
use wire::{Faults, Preset, Rate, Schedule, Sharing, Transport};

/// Longest wait for a connection.
const DIAL_LIMIT: Duration = Duration::from_secs(10);
/// Largest file of prompts or of a trace.
const MAX_FILE_BYTES: u64 = 16 << 20;
/// Most input tokens that are made for a request of a trace.
const MAX_INPUT_TOKENS: u32 = 200_000;
/// What is asked without `--prompt-file`.
const PROMPT: &str = "Write a short story about a lighthouse keeper who learns to bake bread.";

/// Flags of `llm`.
#[derive(Debug, Args)]
pub struct LlmArgs {
    /// Base URL (the API's path is appended to / and …/v1) or the full URL of the API
    #[arg(value_name = "URL")]
    url: String,
    /// openai-chat, openai-responses or anthropic
    #[arg(long, value_name = "API", default_value = "openai-responses")]
    format: Format,
    /// sse, websocket or both: then request by request in random order (WebSocket: openai-responses only)
    #[arg(long, value_name = "NAME", default_value = "sse")]
    transport: Ways,
    /// Model to ask for; one of our servers takes the name of a workload, such as chat
    #[arg(long, value_name = "NAME")]
    model: String,
    /// Environment variable that holds the API key; the key itself is never shown or recorded
    #[arg(long, value_name = "NAME")]
    api_key_env: Option<String>,
    /// File of prompts, one a line, used in turn
    #[arg(long, value_name = "FILE", conflicts_with = "trace")]
    prompt_file: Option<PathBuf>,
    /// Replay arrivals, input and output lengths: azure2023_conv, azure2023_code, or a CSV file
    #[arg(long, value_name = "NAME|FILE", conflicts_with_all = ["request_rate", "concurrency"])]
    trace: Option<String>,
    /// Divides the offsets of the trace
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    trace_speed: f64,
    /// Requests open at one time, each begun when another has ended (closed loop) [default: 1]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=10_000), conflicts_with = "request_rate")]
    concurrency: Option<u16>,
    /// Requests a second, begun whatever the answers do (open loop)
    #[arg(long, value_name = "RATE", value_parser = rate)]
    request_rate: Option<Rate>,
    /// Shape of the gaps between requests, 1/CV²: 1 is Poisson, less comes in bursts
    #[arg(long, value_name = "B", default_value_t = 1.0)]
    burstiness: f64,
    /// Most output tokens of one answer
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=32_768))]
    max_tokens: u32,
    /// Requests on each transport
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    requests: u32,
    /// Most output tokens of the whole run: more is refused before it starts, and not asked for later
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    token_cap: u64,
    /// What makes an answer a good one, such as ttft=450ms,tpot=40ms
    #[arg(long, value_name = "BOUNDS")]
    slo: Option<AnswerSlo>,
    /// Longest silence before a request is given up
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    timeout: Duration,
    /// What our own server is to do beside, such as speed=10&mishaps=cut:3 (other servers get none of it)
    #[arg(long, value_name = "QUERY", default_value = "")]
    order: String,
    /// Header for every request (repeatable)
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,
    /// Trust the certificates in this PEM file, and no others
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,
    /// Do not check certificates (test servers)
    #[arg(short = 'k', long, conflicts_with = "cacert")]
    insecure: bool,
    /// Write begin, events and end of each request as JSON lines
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Seed of arrivals, of the order of transports and of what our server answers
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Print the records as JSON lines instead of the summary
    #[arg(long)]
    json: bool,
    /// Directory for records and report [default: pushbench-results/TIME]
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Language of the report
    #[arg(long, value_name = "en|zh", default_value = "en")]
    lang: reports::Language,
}

/// Which transports are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Ways {
    Sse,
    Websocket,
    Both,
}

impl Ways {
    fn transports(self) -> Vec<Transport> {
        match self {
            Self::Sse => vec![Transport::Sse],
            Self::Websocket => vec![Transport::WebSocket],
            Self::Both => vec![Transport::Sse, Transport::WebSocket],
        }
    }
}

/// Everything that is known before the first request.
struct Campaign {
    transports: Vec<Transport>,
    turns: Vec<Turn>,
    prompts: Vec<String>,
    trace: Option<Vec<TraceRequest>>,
    /// Whether the server is one of ours: it is told seeds and orders, and its clock is known.
    ours: Option<Session>,
    cell: Cell,
}

/// Measures, records, prints.
pub fn main(args: LlmArgs) -> anyhow::Result<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure(&args))
}

async fn measure(args: &LlmArgs) -> anyhow::Result<u8> {
    let endpoint: Endpoint = args.url.parse()?;
    let key = args.key()?;
    let campaign = args.campaign(&endpoint).await?;
    let way = Arc::new(args.way(&endpoint, key.as_ref()).await?);
    args.announce(&endpoint, &campaign)?;
    let out = args.out.clone().unwrap_or_else(default_out);
    let mut journal = Journal::create(&out, args.json)?;
    journal.append(&Line::Run(Box::new(args.run_line(&campaign))))?;
    let interrupt = Interrupt::listen()?;
    let drive = Drive {
        way: Arc::clone(&way),
        concurrency: usize::from(args.concurrency.unwrap_or(1)),
        token_cap: args.token_cap,
        until: None,
        interrupt: interrupt.clone(),
    };
    let (hand_over, clerk) = Ledger::new(args, &campaign, journal).keep();
    let body = |turn: &Turn| args.body(&campaign, turn);
    // The clerk's thread lives until the sender goes, so nothing handed over is lost.
    let finished =
        drive.run(&campaign.turns, body, |turn, done| _ = hand_over.send((*turn, done, clock::now()))).await?;
    drop(hand_over);
    let ledger = clerk.join().map_err(|_| anyhow::anyhow!("the thread that writes records died"))?;
    let totals =
        ledger.close(if finished { "plan finished" } else { "interrupted, or the cap on tokens was reached" })?;
    if let Some(log) = &way.log {
        log.finish().context("--log")?;
    }
    conclude(args, &out, &totals, interrupt.came())
}

/// The summary and the report; the exit status: 1 when nothing was answered.
fn conclude(
    args: &LlmArgs,
    out: &std::path::Path,
    totals: &[(Transport, Score)],
    interrupted: bool,
) -> anyhow::Result<u8> {
    let (mut stdout, mut answered) = (std::io::stdout().lock(), 0);
    for (transport, score) in totals {
        let (measurement, warnings) = score.clone().finish();
        answered += measurement.llm.as_ref().map_or(0, |counts| counts.answered);
        if !args.json {
            write!(stdout, "{}", text::summary(*transport, &measurement, &warnings))?;
        }
    }
    let records = [reports::load(out)?];
    let rendered = reports::render(&records, out, args.lang)?;
    if !args.json && totals.len() > 1 {
        let compared = reports::Comparison::of(&records[0]);
        write!(stdout, "\n{}", reports::terminal(&compared, args.lang, terminal_width(), stdout.is_terminal()))?;
    }
    if !args.json {
        writeln!(stdout, "report: {}", rendered.page.display())?;
    }
    ensure!(answered > 0, "no request was answered in full: the reasons are above and in {}", out.display());
    Ok(if interrupted { 130 } else { 0 })
}

impl LlmArgs {
    /// The key, by the name of its variable.
    fn key(&self) -> anyhow::Result<Option<Key>> {
        let Some(name) = &self.api_key_env else { return Ok(None) };
        let value = std::env::var(name).ok().with_context(|| format!("--api-key-env: no variable {name} is set"))?;
        let key = value.parse().map_err(|why| anyhow::anyhow!("--api-key-env: the value of {name} is {why}"))?;
        Ok(Some(key))
    }

    fn trust(&self) -> Trust {
        Trust::from_flags(self.cacert.clone(), self.insecure)
    }

    async fn campaign(&self, endpoint: &Endpoint) -> anyhow::Result<Campaign> {
        let transports = self.transport.transports();
        let asks_websocket = transports.contains(&Transport::WebSocket);
        ensure!(
            self.format.has_websocket() || !asks_websocket,
            "{} has no WebSocket form: use --transport sse, or --format openai-responses",
            self.format
        );
        let trace = self.trace.as_deref().map(|trace| self.recorded(trace)).transpose()?;
        let turns = turns(self.requests, &transports, self.pace(trace.as_deref())?, self.seed);
        let questions = (turns.len() / transports.len()) as u32;
        let ours = self.ours(endpoint).await?;
        ensure!(self.order.is_empty() || ours.is_some(), "--order is for our own servers: give the base URL of one");
        let cell = self.cell(transports.clone(), blocks(questions, transports.len()))?;
        Ok(Campaign { turns, prompts: self.prompts()?, trace, ours, cell, transports })
    }

    /// A session with one of our servers, if the URL is the base of one. Nobody else is asked anything but requests.
    async fn ours(&self, endpoint: &Endpoint) -> anyhow::Result<Option<Session>> {
        if endpoint.path_and_query != "/" {
            return Ok(None);
        }
        match Session::open(endpoint, &self.trust(), &[]).await {
            Ok(session) => Ok(Some(session)),
            Err(error) if error.is_foreign() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn pace(&self, trace: Option<&[TraceRequest]>) -> anyhow::Result<Pace> {
        if let Some(trace) = trace {
            return Ok(Pace::Recorded(trace.iter().map(|request| request.offset).collect()));
        }
        let Some(rate) = self.request_rate else { return Ok(Pace::Closed) };
        let arrival: Arrival =
            format!("gamma:{}", self.burstiness).parse().map_err(|why| anyhow::anyhow!("--burstiness: {why}"))?;
        Ok(arrival.offsets(rate, self.seed).map_or(Pace::Closed, Pace::Drawn))
    }

    fn recorded(&self, name: &str) -> anyhow::Result<Vec<TraceRequest>> {
        let speed = self.trace_speed;
        ensure!(speed.is_finite() && speed > 0.0, "--trace-speed must be above zero");
        let trace = if std::path::Path::new(name).is_file() {
            Trace::read(&read_bounded(name.as_ref())?).with_context(|| format!("--trace {name}"))?
        } else {
            Trace::built_in(name).context("--trace")?
        };
        Ok(trace.replay(speed).take(self.requests as usize).collect())
    }

    fn prompts(&self) -> anyhow::Result<Vec<String>> {
        let Some(path) = &self.prompt_file else { return Ok(vec![PROMPT.to_owned()]) };
        let text = read_bounded(path)?;
        let prompts: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
        ensure!(!prompts.is_empty(), "--prompt-file {}: no prompt in it", path.display());
        Ok(prompts)
    }

    async fn way(&self, endpoint: &Endpoint, key: Option<&Key>) -> anyhow::Result<Way> {
        let tls = if endpoint.tls { Some(self.trust().config()?) } else { None };
        let dialer = Dialer::resolve(endpoint, tls, DIAL_LIMIT).await?;
        host::admit(u64::from(self.concurrency.unwrap_or(256)), dialer.addresses().first().copied())?;
        let log = self
            .log
            .as_deref()
            .map(|path| EventLog::create(path).with_context(|| format!("--log {}", path.display())).map(Arc::new));
        let json = ("Content-Type".to_owned(), "application/json".to_owned());
        let headers = std::iter::once(json).chain(self.format.headers(key)).chain(self.headers.clone()).collect();
        let path = self.format.path(&endpoint.path_and_query);
        let request =
            client::Request { method: "POST".to_owned(), headers, ..client::Request::get(&endpoint.authority, path) };
        let (format, silence, idle) = (self.format, self.timeout, Mutex::default());
        Ok(Way { dialer, request, format, silence, log: log.transpose()?, idle })
    }

    /// The request of one turn. Both transports are asked the same; a WebSocket wraps it into an event.
    fn body(&self, campaign: &Campaign, turn: &Turn) -> Vec<u8> {
        let question = turn.question as usize;
        let recorded = campaign.trace.as_ref().and_then(|trace| trace.get(question));
        let made = recorded.map(|request| " word".repeat(request.input_tokens.min(MAX_INPUT_TOKENS) as usize));
        let prompt = made.as_deref().unwrap_or(&campaign.prompts[question % campaign.prompts.len()]);
        let max_tokens = recorded.map_or(self.max_tokens, |request| request.output_tokens.clamp(1, self.max_tokens));
        let seed = format!("seed={}", self.seed.wrapping_add(u64::from(turn.question)));
        let length = recorded.map_or(String::new(), |_| format!("&tokens={max_tokens}"));
        let order = format!("{seed}{length}&{}", self.order);
        let body = self.format.body(&self.model, prompt, max_tokens, campaign.ours.as_ref().map(|_| order.as_str()));
        message(turn.transport, body)
    }

    /// Says what is about to be sent, and refuses more than the cap.
    fn announce(&self, endpoint: &Endpoint, campaign: &Campaign) -> anyhow::Result<()> {
        let (requests, each) = (campaign.turns.len() as u64, u64::from(self.max_tokens));
        let most = requests * each;
        if most > self.token_cap {
            bail!(
                "{requests} requests of {each} tokens may cost {most}, above --token-cap {}: ask for less, or raise it",
                self.token_cap
            );
        }
        let place = endpoint.at(self.format.path(endpoint.path()));
        let transports =
            campaign.transports.iter().map(|transport| transport.title()).collect::<Vec<_>>().join(" and ");
        let key = self.api_key_env.as_ref().map_or(String::new(), |name| format!(", with the key in {name}"));
        eprintln!(
            "sending {requests} requests to {place} over {transports}, at most {each} output tokens each, {most} in all{key}; \
             after 429, 503 or 529 a request is repeated up to {MAX_RETRIES} times"
        );
        Ok(())
    }

    fn run_line(&self, campaign: &Campaign) -> Run {
        let cell = campaign.cell.clone();
        let loopback = campaign.ours.as_ref().is_some_and(|session| session.dialer.is_loopback());
        Run {
            schema: SCHEMA,
            tool: tool::facts(),
            command: command_line(),
            started: timestamp::now(),
            seed: self.seed,
            plan: Plan { name: "llm".to_owned(), why: cell.why.clone(), cells: vec![cell], stop: StopRule::default() },
            host: host::facts(),
            target: Some(self.url.clone()),
            capacity: None,
            agent: None,
            warnings: [loopback.then_some(Warning::Loopback), Some(Warning::LongLivedServer)]
                .into_iter()
                .flatten()
                .collect(),
        }
    }

    fn cell(&self, transports: Vec<Transport>, blocks: u32) -> anyhow::Result<Cell> {
        let open = self.request_rate.is_some() || self.trace.is_some();
        // A closed loop has no rate: the record's must be above zero, and its schedule says that it is not kept.
        let one = Rate::per_second(1.0).context("one request a second is a rate")?;
        let load = Load {
            connections: u32::from(self.concurrency.unwrap_or(1)),
            schedule: if open { Schedule::Poisson } else { Schedule::Unpaced },
            rate: self.request_rate.unwrap_or(one),
            payload_bytes: wire::MIN_PAYLOAD_BYTES,
            sharing: Sharing::Private,
            ids: false,
            warmup: Duration::ZERO,
            window: Duration::ZERO,
            faults: Faults::default(),
        };
        Ok(Cell {
            name: format!("llm/{}", self.format),
            why: format!("model {} at {}, from the command line", self.model, self.url),
            row: None,
            scenario: Scenario::Llm,
            transports,
            null: false,
            preset: Preset::Equal,
            flush: None,
            client: ClientKind::Lean,
            blocks,
            load,
            steps: Vec::new(),
            stamps: false,
            llm: None,
        })
    }
}

fn read_bounded(path: &std::path::Path) -> anyhow::Result<String> {
    let said = || path.display().to_string();
    let bytes = std::fs::metadata(path).with_context(said)?.len();
    ensure!(bytes <= MAX_FILE_BYTES, "{}: more than {MAX_FILE_BYTES} bytes", path.display());
    std::fs::read_to_string(path).with_context(said)
}
